"""What there is to be asked for: a journey with people in it, one that is drawn, audiences, subscriptions, an import."""

from __future__ import annotations

import json
from typing import Any, Final

from support.api import ApiServer
from support.cli import play

__all__ = ["fill"]

JOURNEY: Final[dict[str, Any]] = {
    "journey": "course",
    "entry": {"triggers": [{"event": "Came"}]},
    "email": {"from": "a@example.com", "reply_to": "a@example.com", "transactional": True},
    "steps": {
        "hello": {"email": {"subject": "Hi {{ profile.name }}", "text": "Hello"}},
        "long": {"wait": {"for": "90d"}},
        "done": {"end": {}},
    },
}
DRAWN: Final[dict[str, Any]] = {**JOURNEY, "journey": "welcome", "name": "Welcome"}
SWEDES: Final[dict[str, Any]] = {"where": {"field": "profile.country", "is": "SE"}}
NEWS: Final[dict[str, Any]] = {"default": "in", "names": {"en": "News"}}
LINES: Final = b'{"type":"identify","userId":"cia","traits":{"country":"SE","n":1}}\n{"type":"track"}\n'


def feed() -> list[dict[str, Any]]:
    traits = {"country": "SE", "n": 1}
    return [
        line
        for user in ("anna", "bo")
        for line in (
            {
                "type": "identify", "userId": user, "timestamp": "2026-03-01T00:00:00Z",
                "traits": {"email": f"{user}@example.com", **traits},
            },
            {
                "type": "track", "userId": user, "timestamp": "2026-03-03T00:00:00Z", "event": "Came",
                "properties": {"n": 1},
            },
        )
    ]  # fmt: skip


def fill(api: ApiServer) -> None:
    """Fill an empty server."""
    play(api.database_url, [JOURNEY], feed(), to="2026-03-10T00:00:00Z")
    made = (
        ("POST", "/api/journeys", DRAWN), ("POST", "/api/journeys", {**DRAWN, "journey": "walk"}),
        ("PUT", "/api/audiences/swedes", SWEDES), ("PUT", "/api/audiences/regulars", {"name": "Regulars"}),
        ("PUT", "/api/subscriptions/news", NEWS), ("POST", "/api/users", {"email": "ann@example.com", "role": "editor"}),
        ("POST", "/api/invitations", {"email": "ida@example.com", "role": "viewer"}),
        ("POST", "/api/keys", {"name": "reader", "scopes": ["write"]}),
        ("POST", "/api/suppressions", {"addresses": ["gone@example.com"]}),
        ("POST", "/api/imports", {"name": "people", "mode": "state"}),
        ("POST", "/api/journeys/course/commands/close", {"at": "2100-01-01T08:00:00"}),
    )  # fmt: skip
    for method, path, body in made:
        _call(api, method, path, json.dumps(body).encode(), "application/json")
    _call(api, "PUT", "/api/imports/1/data", LINES, "application/x-ndjson")
    _call(
        api, "PUT", "/api/journeys/walk/draft/files/hello.mjml", b"<mjml></mjml>", "application/octet-stream"
    )


def _call(api: ApiServer, method: str, path: str, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind, "If-Match": "*"}
    answer = api.call(method, path, key=api.key("admin"), body=body, headers=headers)
    assert answer.status < 300, (path, answer.body)
