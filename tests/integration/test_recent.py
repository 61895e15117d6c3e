"""What came lately, and what each caused: over HTTP, by a real worker, told by service, command line and API."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.domain.parse import parse_journey
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.recent import KEPT, note_recent, read_recent
from parcours.store.database import Database
from support.cli import Cli
from support.postgres import Server
from support.served import Served, serving

JOURNEY: dict[str, Any] = {
    "journey": "welcome",
    "entry": {
        "triggers": [{"event": "Signed Up"}],
        "filter": {"field": "profile.plan", "is": "pro"},
        "reentry": {"mode": "always"},
    },
    "goal": {"event": "Bought"},
    "steps": {
        "patience": {"wait_for": [{"event": "Looked", "next": "done"}, {"timeout": "1d", "next": "done"}]},
        "done": {"wait": {"for": "1d"}},
    },
}


@pytest.fixture(scope="module")
def served(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch, postgres.clone() as url:
        patch.setenv("PARCOURS_MAILBOX_PORT", str(port))
        asyncio.run(publish(url))
        with serving(url, tmp_path_factory.mktemp("served"), "--with-worker") as found:
            yield found


async def publish(url: str) -> None:
    now = SystemClock().now()
    journey, problems = parse_journey(JOURNEY)
    assert journey is not None, problems
    async with await Database.connect(url) as database, database.transaction() as connection:
        await apply_journey(connection, journey, now)
        assert (await execute(connection, Order("welcome", "publish"), now)).refused is None


async def recent(url: str, **given: Any) -> list[dict[str, Any]]:
    async with await Database.connect(url, connections=1) as database, database.transaction() as connection:
        return await read_recent(connection, **given)


def told(served: Served, user: str | None, expected: list[Any]) -> list[dict[str, Any]]:
    """Wait until what is told of a person, the oldest first, is this."""
    end = time.monotonic() + 60
    while True:
        found = asyncio.run(recent(served.database_url, user_id=user))[::-1]
        short = [
            (one["type"], one["name"], one["result"], [(c["did"], c.get("reason")) for c in one["caused"]])
            for one in found
        ]
        if short == expected:
            return found
        assert time.monotonic() < end, short
        time.sleep(0.05)


def test_each_event_tells_what_it_caused(served: Served) -> None:
    def track(name: str) -> None:
        assert served.post("/v1/track", {"userId": "anna", "event": name, "messageId": name}).status == 200

    steps: list[Any] = []

    def then(kind: str, name: str | None, result: str, *caused: Any) -> list[dict[str, Any]]:
        steps.append((kind, name, result, list(caused)))
        return told(served, "anna", steps)

    track("Signed Up")
    then("track", "Signed Up", "taken", ("refused", "filter"))
    served.post("/v1/identify", {"userId": "anna", "traits": {"plan": "pro"}})
    then("identify", None, "taken")
    track("Signed up again")
    then("track", "Signed up again", "taken")
    served.post("/v1/track", {"userId": "anna", "event": "Signed Up", "messageId": "second"})
    [*_, entered] = then("track", "Signed Up", "taken", ("entered", None))
    assert (entered["caused"][0]["journey"], entered["caused"][0]["to"], entered["source"]) == (
        "welcome", "patience", "tests",
    )  # fmt: skip
    track("Looked")
    [*_, moved] = then("track", "Looked", "taken", ("moved", None))
    assert (moved["caused"][0]["from"], moved["caused"][0]["to"]) == ("patience", "done")
    served.post("/v1/track", {"userId": "anna", "event": "Looked", "messageId": "Looked"})
    track("Bought")
    found = asyncio.run(recent(served.database_url, user_id="anna", after=moved["feed_no"]))
    assert {one["result"] for one in found} <= {"taken", "repeated"}
    steps.append(("track", "Looked", "repeated", []))
    [*_, left] = then("track", "Bought", "taken", ("left", None))
    assert left["caused"][0]["status"] == "succeeded"


def test_merged_people_are_told_by_both_names(served: Served) -> None:
    served.post("/v1/identify", {"anonymousId": "anon", "traits": {"plan": "pro"}})
    served.post("/v1/track", {"anonymousId": "anon", "event": "Signed Up"})
    told(
        served,
        "anon",
        [("identify", None, "taken", []), ("track", "Signed Up", "taken", [("entered", None)])],
    )
    served.post("/v1/alias", {"userId": "kim", "previousId": "anon"})
    told(served, "kim", [("alias", None, "taken", [])])
    found = asyncio.run(recent(served.database_url, user_id="anon"))
    assert {one["now_known_as"] for one in found} == {"kim"}
    end = time.monotonic() + 60
    while served.rows(
        "SELECT reason FROM participant p JOIN profile USING (bucket, profile_id) WHERE user_id = 'anon'"
    ) != [("merged",)]:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_command_line_tells_it(
    served: Served, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", served.database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    cli = Cli(capsys, tmp_path)
    bad = {"userId": "carl", "event": "x" * 201}
    assert served.post("/v1/track", bad).body["code"] == "too_long"
    served.post("/v1/track", {"userId": "carl", "event": "Hello"})
    told(served, "carl", [("track", "Hello", "taken", [])])
    answer = cli("events", "--user", "carl")
    assert "tests  carl  track Hello  taken" in answer.out
    refused = cli("events", "--result", "refused", "--json")
    [one] = [one for one in json.loads(refused.out) if one["code"] == "too_long"]
    assert (one["place"], one["result"]) == ("body event", "refused")
    added = cli("source", "add", "shop")
    key = added.out.split()[0]
    assert served.post("/v1/track", {"userId": "carl", "event": "Hello"}, key=key).status == 200
    assert "shop" in cli("source", "list").out
    assert cli("source", "add", "shop").status == 1
    assert cli("source", "revoke", "shop").status == 0
    assert cli("source", "revoke", "nobody").status == 1
    end = time.monotonic() + 60
    while served.post("/v1/track", {"userId": "carl", "event": "Hello"}, key=key).status != 401:
        assert time.monotonic() < end
        time.sleep(0.1)


async def test_the_oldest_are_forgotten(database: Database) -> None:
    def row(number: int) -> dict[str, Any]:
        return {
            "bucket": 0, "feed_no": number, "at": f"2026-11-22T10:{number // 60 % 60:02}:{number % 60:02}Z", "source": "s",
            "kind": "track", "result": "taken", "data": {},
        }  # fmt: skip

    async with database.transaction() as connection:
        await note_recent(connection, [row(number) for number in range(KEPT + 500)])
        found = await read_recent(connection, limit=10 * KEPT)
    assert [one["feed_no"] for one in found] == list(range(KEPT + 499, 499, -1))
