"""Audiences as the application asks for them: conditions as text, who uses them, members as a table, lists as shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from support.api import Answer, ApiServer, api_server
from support.cli import play
from support.postgres import Server

JOURNEY: dict[str, Any] = {
    "journey": "course", "timezone": "Europe/Stockholm",
    "entry": {"triggers": [{"event": "Came"}], "filter": {"audience": "small"}},
    "steps": {
        "which": {"split": [{"when": {"field": "profile.n", "lt": 2}, "next": "long"}, {"else": True, "next": "short"}]},
        "short": {"wait": {"for": "1d"}, "next": "done"},
        "long": {"wait": {"for": "90d"}, "next": "done"},
        "done": {"end": {}},
    },
}  # fmt: skip
SMALL: dict[str, Any] = {"field": "profile.n", "lt": 5}


def feed() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for n in range(6):
        lines += [
            {"type": "identify", "userId": f"u{n}", "timestamp": "2026-02-01T00:00:00Z", "traits": {"n": n}},
            {"type": "track", "userId": f"u{n}", "event": "Came", "timestamp": "2026-03-02T00:00:00Z"},
        ]
    return lines


@pytest.fixture(scope="module")
def played(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        assert save(server, "small", where=SMALL).status == 200
        play(server.database_url, [JOURNEY], feed(), to="2026-03-10T00:00:00Z")
        yield server


def save(api: ApiServer, key: str, **wanted: Any) -> Answer:
    return api.call("PUT", f"/api/audiences/{key}", key=api.key("write"), json=wanted)


def preview(api: ApiServer, **asked: Any) -> Answer:
    return api.call("POST", "/api/audiences/preview", key=api.key("read"), json=asked)


def test_a_condition_may_be_text(played: ApiServer) -> None:
    written = "all:\n  - field: profile.n\n    lt: 3\n  - {event: Came}\n"
    found = preview(played, text=written).json
    assert (found["people"], found["sample"]) == (3, found["sample"])
    assert found["where"] == {"all": [{"field": "profile.n", "lt": 3}, {"event": "Came"}]}
    assert preview(played, where=found["where"]).json["people"] == 3
    assert preview(played, text="{field: profile.n, lt").code == "malformed_file"
    named = preview(played, text="/etc/hostname")  # a text is never the name of a file
    assert named.status >= 400, named.body
    assert preview(played).status >= 400


def test_who_uses_an_audience_and_where_its_people_came_from(played: ApiServer) -> None:
    assert save(played, "unused").status == 200
    wanted = {"journey": "course", "kind": "inside"}
    made = played.call("POST", "/api/audiences/inside/from", key=played.key("publish"), json=wanted).json
    assert made == {"key": "inside", "people": 2, "added": 2}
    found = {one["key"]: one for one in played.call("GET", "/api/audience-uses", key=played.key("read")).json}
    assert [(one["journey"], one["place"]) for one in found["small"]["used"]] == [
        ("course", "entry.filter.audience")
    ]
    assert (found["inside"]["used"], found["inside"]["filled_from"]) == ([], ["course"])
    assert (found["unused"]["used"], found["unused"]["filled_from"]) == ([], [])


def test_the_list_of_participants_as_it_is_narrowed(played: ApiServer) -> None:
    def counted(**more: Any) -> tuple[int, int]:
        wanted = {"journey": "course", "kind": "listed", "dry_run": True, **more}
        made = played.call("POST", "/api/audiences/x/from", key=played.key("publish"), json=wanted).json
        query = {
            "status": more.get("statuses", []), "step": more.get("steps", []),
            "search": [more["search"]] if "search" in more else [],
        }  # fmt: skip
        asked = "&".join(f"{name}={value}" for name, values in query.items() for value in values)
        listed = played.call("GET", f"/api/journeys/course/participants?{asked}", key=played.key("read"))
        return made["people"], len(listed.json["items"])

    assert counted() == (5, 5)
    assert counted(statuses=["active", "completed"]) == (5, 5)
    assert counted(statuses=["completed"]) == (3, 3)
    assert counted(statuses=["active"], steps=["long", "short"]) == (2, 2)
    assert counted(search="u4") == (1, 1)
    assert counted(statuses=["dropped_out"]) == (0, 0)


def test_members_as_a_table(played: ApiServer) -> None:
    change = {"add": ["u1", "=u2"]}
    assert (
        played.call("POST", "/api/audiences/table/members", key=played.key("publish"), json=change).status
        == 200
    )
    answer = played.call(
        "GET", "/api/audiences/table/members", key=played.key("read"), headers={"Accept": "text/csv"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert sorted(row["user_id"] for row in rows) == ["'=u2", "u1"]
    gone = played.call(
        "GET", "/api/audiences/gone/members", key=played.key("read"), headers={"Accept": "text/csv"}
    )
    assert gone.code == "no_such_audience"


def test_what_is_said_of_somebody_whose_key_is_odd(played: ApiServer) -> None:
    said = {"subscription": "news", "state": "in", "source": "fair"}
    path = "/api/people/a%2Fb%20c/consents"
    track = {"type": "identify", "userId": "a/b c", "traits": {}}
    sent = played.call("POST", "/v1/batch", key=played.key("ingest"), json={"batch": [track]})
    assert sent.status == 200
    assert played.call("POST", path, key=played.key("publish"), json=said).status == 204
    assert [one["state"] for one in played.call("GET", path, key=played.key("read")).json] == ["in"]
