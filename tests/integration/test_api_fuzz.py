"""Journeys, people and numbers, as the OpenAPI describes them, asked at random: no failure, no undescribed answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.api import ApiServer, api_server
from support.api_walk import Walker
from support.cli import play
from support.postgres import Server

ROUNDS = 2
AWAY = ("/live", "/simulation", "/test-mails")  # a stream; what takes long; what sends
TAGS = {
    "journeys", "drafts", "commands", "participants", "reports", "people", "trials", "imports", "watching", "mailbox",
}  # fmt: skip
TAGS = {
    "journeys", "drafts", "commands", "participants", "reports", "people", "trials", "imports", "watching", "mailbox",
}  # fmt: skip
JOURNEY: dict[str, Any] = {
    "journey": "course",
    "entry": {"triggers": [{"event": "Came"}]},
    "email": {"from": "a@example.com", "reply_to": "a@example.com", "transactional": True},
    "steps": {
        "hello": {"email": {"subject": "Hi {{ profile.name }}", "text": "Hello"}},
        "long": {"wait": {"for": "90d"}},
        "done": {"end": {}},
    },
}
FEED = [
    line
    for user in ("anna", "bo")
    for line in (
        {
            "type": "identify",
            "userId": user,
            "timestamp": "2026-03-01T00:00:00Z",
            "traits": {"email": f"{user}@x.se"},
        },
        {
            "type": "track",
            "userId": user,
            "timestamp": "2026-03-03T00:00:00Z",
            "event": "Came",
            "properties": {"n": 1},
        },
    )
]
KNOWN: dict[str, list[Any]] = {
    "key": ["course", "course", "walk", "nowhere"], "user_id": ["anna", "bo", "nobody"], "version": [1, 1, 2, 9],
    "user_ids": ["anna", "nobody"], "journeys": [["course"], ["walk", "nowhere"]], "journey": ["course", "nowhere"],
    "steps": [["hello"], ["long"]], "step": [["hello"], "long"], "number": [1, 2, 9], "name": ["Came", "hello.mjml"],
    "event": ["Came", {"n": 1}], "field": ["email", "n"], "If-Match": ["*", '"1-x"'], "kind": ["event", "journey"],
    "at": ["2100-01-01T08:00:00", None], "cursor": [None],
}  # fmt: skip


@pytest.fixture(scope="module")
def played(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        play(server.database_url, [JOURNEY], FEED, to="2026-03-10T00:00:00Z")
        yield server


def walk(api: ApiServer, rounds: int, seed: int) -> list[str]:
    """Ask everything so many times; return what was wrong."""
    walker = Walker(api, api.key("admin"), seed, KNOWN)
    found = []
    for _ in range(rounds):
        for template, method, operation in walker.operations():
            if template.endswith(AWAY) or not TAGS.intersection(operation.get("tags", ())):
                continue
            asked = walker.ask(template, method, operation)
            fault = walker.fault(asked, operation)
            if fault is not None:
                found.append(f"{fault}: {asked}")
    return found


def test_every_answer_is_described_and_none_is_a_failure(played: ApiServer) -> None:
    assert walk(played, ROUNDS, seed=1) == []
