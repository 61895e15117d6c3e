"""Every operation under /api that changes something leaves a line in the audit; what leaves none is listed, with why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.service.access.setup import make_setup_link
from parcours.store.database import Database
from support.api import Answer, ApiServer, api_server
from support.postgres import Server

PASSWORD = "correct horse battery staple"
STEPS: dict[str, Any] = {"rest": {"wait": {"for": "2d"}}, "done": {"end": {}}}
ADDRESSES = {"from": "a@example.com", "reply_to": "a@example.com"}
MAIL = {"email": {"subject": "Hello", "text": "Hello", "transactional": True, **ADDRESSES}}
LIFE = (
    "publish", "pause", "edit", "delete", "resume", "close", "restart", "new_version", "delete", "duplicate", "stop",
    "restart",
)  # fmt: skip

# Method and path of what changes nothing that anybody would ask about later.
SILENT = {
    ("POST", "/api/audiences/preview"): "it counts",
    ("POST", "/api/check"): "it looks at a definition",
    ("POST", "/api/imports/check"): "it looks at a file",
    ("POST", "/api/invitations/look"): "it shows an invitation",
    ("POST", "/api/journeys/{key}/preview"): "it shows mails",
    ("POST", "/api/journeys/{key}/publish-plan"): "it tells what publishing would do",
    ("POST", "/api/journeys/{key}/simulation"): "it plays in a database of its own",
}
ELSEWHERE = {("POST", "/api/stuck/mend"): "somebody has to be stuck: test_stuck.py reads the lines"}


@dataclass
class Walk:
    """Asks one operation after the other, and looks into the audit behind each."""

    api: ApiServer
    done: set[tuple[str, str]] = field(default_factory=set)
    silent: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, method: str, template: str, who: str = "admin", **given: Any) -> Answer:
        """Ask; `{…}` of the path are filled from `path`, and a query is put behind it."""
        path = template
        for name, value in given.pop("path", {}).items():
            path = path.replace(f"{{{name}}}", str(value))
        path += given.pop("query", "")
        before = self.lines()
        if "cookie" not in given:
            given["key"] = self.api.key(who)
        answer = self.api.call(method, path, **given)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.body!r}"
        self.done.add((method, template))
        if self.lines() == before:
            self.silent.append((method, path))
        return answer

    def lines(self) -> int:
        lines = self.api.call("GET", "/api/audit?limit=1", key=self.api.key("admin")).json["lines"]
        return int(lines[0]["id"]) if lines else 0


@pytest.fixture(scope="module")
def api(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(
        postgres, data=str(tmp_path_factory.mktemp("data"))
    ) as server:  # the mailbox takes what is sent
        yield server


def test_what_changes_something_is_in_the_audit(api: ApiServer) -> None:
    walk = Walk(api)
    first(walk)
    people(walk)
    journeys(walk)
    audiences(walk)
    house(walk)
    assert walk.silent == []
    operations = {
        (method.upper(), path)
        for path, methods in api.app.state.document["paths"].items()
        for method in methods
        if path.startswith("/api/") and method != "get"
    }
    assert operations - walk.done == SILENT.keys() | ELSEWHERE.keys(), (
        "let the walk do it, or say why it leaves no line"
    )


def first(walk: Walk) -> None:
    """The first administrator, by the code that a server prints."""

    async def work(database: Database) -> str:
        async with database.transaction() as connection:
            return (await make_setup_link(connection, "", SystemClock().now()))[0]

    code = walk.api.within(work).partition("#")[2]
    walk("POST", "/api/setup", json={"code": code, "email": "first@example.com", "password": PASSWORD})


def people(walk: Walk) -> None:
    """Imports, consents, suppressions, what people may ask for."""
    number = walk("POST", "/api/imports", json={"name": "people"}).json["id"]
    lines = b"".join(b'{"type":"identify","userId":"u%d","traits":{"n":%d}}\n' % (n, n) for n in range(5))
    kind = {"Content-Type": "application/x-ndjson"}
    walk("PUT", "/api/imports/{number}/data", path={"number": number}, body=lines, headers=kind)
    walk("PUT", "/api/subscriptions/{key}", path={"key": "news"}, json={"default": "in"})
    walk(
        "POST",
        "/api/people/{user_id}/consents",
        path={"user_id": "u1"},
        json={"subscription": "news", "state": "out"},
    )
    walk("DELETE", "/api/subscriptions/{key}", path={"key": "news"})
    walk("POST", "/api/suppressions", json={"addresses": ["a@example.com"]})
    walk("POST", "/api/suppressions/remove", json={"addresses": ["a@example.com"]})
    walk("PUT", "/api/senders/{key}", path={"key": "news"}, json={"address": "news@example.com"})
    walk("DELETE", "/api/senders/{key}", path={"key": "news"})
    walk("PUT", "/api/retention", json={"events": 400})
    walk("POST", "/api/people/{user_id}/erasure", path={"user_id": "u4"})
    before = walk.lines()
    assert api_get(walk, "/api/people/u1/export").status == 200
    assert walk.lines() > before, "an export is no change, and is in the audit all the same"


def journeys(walk: Walk) -> None:
    """Definitions, every command, of a journey and of a version; people by hand; approvals."""
    for key in ("one", "two"):
        walk("POST", "/api/journeys", json=document(key))
    walk("PATCH", "/api/journeys/{key}", path={"key": "one"}, json={"folder": "Mine"})
    files = "/api/journeys/{key}/draft/files/{name}"
    etag = api_get(walk, "/api/journeys/one/draft").headers["etag"]
    etag = walk("PUT", "/api/journeys/{key}/draft", path={"key": "one"}, json=document("one", name="1"),
                headers={"If-Match": etag}).headers["etag"]  # fmt: skip
    place = {"key": "one", "name": "hello.mjml"}
    etag = walk("PUT", files, path=place, body=b"<mjml/>", headers={"If-Match": etag}).headers["etag"]
    walk("DELETE", files, path=place, headers={"If-Match": etag})
    walk(
        "POST",
        "/api/journeys/{key}/test-mails",
        path={"key": "two"},
        json={"user_id": "u1", "to": "me@example.com"},
    )
    for key, template in (
        ("one", "/api/journeys/{key}/commands/"), ("two", "/api/journeys/{key}/versions/{version}/commands/")
    ):  # fmt: skip
        version = draft = 1
        for command in LIFE:
            given = draft if command == "delete" else version
            body = {"version": given} if key == "one" else {}
            answer = walk("POST", template + command, path={"key": key, "version": given}, json=body)
            if command in ("edit", "new_version"):
                draft = answer.json["version"]
            elif command == "restart":
                version = answer.json["version"]
    for command in ("pause", "resume"):
        walk("POST", f"/api/bulk/{command}", json={"journeys": ["one", "two"]})
    for change in ("add", "remove"):
        walk(
            "POST",
            f"/api/journeys/{{key}}/participants/{change}",
            path={"key": "one"},
            json={"user_ids": ["u1"]},
        )
    walk("PUT", "/api/journeys/{key}/entrants-watch", path={"key": "one"}, json={"within": "24h"})
    close = {"at": "2999-01-01T00:00:00Z"}
    walk("POST", "/api/journeys/{key}/commands/close", path={"key": "one"}, json=close)
    [kept] = api_get(walk, "/api/scheduled-commands").json
    walk("DELETE", "/api/scheduled-commands/{number}", path={"number": kept["scheduled_id"]})
    walk("PATCH", "/api/settings", json={"publish_needs_second_person": True})
    walk("POST", "/api/journeys", json=document("three"))
    asked = walk.api.call("POST", "/api/journeys/three/commands/publish", key=walk.api.key("publish"))
    assert asked.json["code"] == "second_person_needed"
    [waits] = api_get(walk, "/api/approvals").json
    walk("DELETE", "/api/approvals/{approval_id}", path={"approval_id": waits["id"]})


def audiences(walk: Walk) -> None:
    """Audiences in every way."""
    where = {"field": "profile.n", "gte": 2}
    walk("PUT", "/api/audiences/{key}", path={"key": "rising"}, json={"where": where})
    walk("PATCH", "/api/audiences/{key}", path={"key": "rising"}, json={"name": "Rising"})
    walk("POST", "/api/audiences/{key}/members", path={"key": "picked"}, json={"add": ["u1"]})
    walk("POST", "/api/audiences/{key}/members", path={"key": "picked"}, json={"remove": ["u1"]})
    walk("POST", "/api/audiences/{key}/apply", path={"key": "picked"}, json={"members": ["u2"]})
    walk("POST", "/api/audiences/{key}/from", path={"key": "got"}, json={"journey": "one", "kind": "inside"})
    walk("DELETE", "/api/audiences/{key}", path={"key": "rising"})
    before = walk.lines()
    walk.api.call("DELETE", "/api/audiences/picked?dry_run=true", key=walk.api.key("admin"))
    assert walk.lines() == before


def house(walk: Walk) -> None:
    """Sending, keys, sources, users, invitations, sessions."""
    walk("POST", "/api/sending/hold", json={})
    walk("POST", "/api/sending/release", json={})
    walk("POST", "/api/keys", json={"name": "shop", "scopes": ["read"]})
    walk("DELETE", "/api/keys/{name}", path={"name": "shop"})
    walk("POST", "/api/sources", json={"name": "site"})
    walk("DELETE", "/api/sources/{name}", path={"name": "site"})
    anna = {"email": "anna@example.com"}
    walk("POST", "/api/users", json=anna | {"role": "editor"})
    walk("PATCH", "/api/users/{email}", path=anna, json={"role": "viewer"})
    link = walk("POST", "/api/users/{email}/link", path=anna).json["link"]
    came = walk("POST", "/api/session/link", cookie="", json={"token": link.rpartition("/")[2]})
    walk("PATCH", "/api/me", cookie=came.cookie, json={"language": "sv"})
    walk("POST", "/api/me/password", cookie=came.cookie, json={"password": PASSWORD})
    again = walk("POST", "/api/session", cookie="", json=anna | {"password": PASSWORD})
    sessions = walk.api.call("GET", "/api/me/sessions", cookie=again.cookie).json
    other = next(one["id"] for one in sessions if not one["current"])
    walk("DELETE", "/api/me/sessions/{session_id}", path={"session_id": other}, cookie=again.cookie)
    walk("DELETE", "/api/session", cookie=again.cookie)
    once = walk("POST", "/api/session", cookie="", json=anna | {"password": PASSWORD})
    walk("DELETE", "/api/me/sessions", cookie=once.cookie)
    walk("POST", "/api/session", cookie="", json=anna | {"password": PASSWORD})
    walk("DELETE", "/api/users/{email}/sessions", path=anna)
    made = walk("POST", "/api/invitations", json={"email": "bo@example.com", "role": "viewer"}).json
    walk("DELETE", "/api/invitations/{invitation_id}", path={"invitation_id": made["id"]})
    made = walk("POST", "/api/invitations", json={"email": "bo@example.com", "role": "viewer"}).json
    token = {"token": made["link"].rpartition("/")[2]}
    walk("POST", "/api/invitations/accept", cookie="", json=token | {"password": PASSWORD})


def document(key: str, name: str = "") -> dict[str, Any]:
    steps = STEPS | ({"hello": MAIL} if key == "two" else {})
    return {"journey": key, "name": name, "entry": {"triggers": [{"event": "Came"}]}, "steps": steps}


def api_get(walk: Walk, path: str) -> Answer:
    return walk.api.call("GET", path, key=walk.api.key("admin"))
