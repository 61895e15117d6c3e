"""Commands given for later: kept, listed, taken back, carried out by the engine, refused then, after a restart, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.parse import parse_journey
from parcours.service.commands.automatic import run_scheduled
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.scheduling import (
    Scheduled,
    give_for_later,
    read_when,
    scheduled_commands,
    take_back,
)
from parcours.service.editing.authoring import apply_journey
from parcours.service.watch.reports import audit_trail
from parcours.store.database import Connection, Database
from support.cli import WELCOME, Cli
from support.worker import eventually, installed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.transaction() as connection:
        await draft(connection)
        yield connection


async def draft(connection: Connection, **changed: Any) -> None:
    journey, problems = parse_journey({**WELCOME, **changed})
    assert journey is not None, problems
    await apply_journey(connection, journey, NOW)


async def give(connection: Connection, command: Any, at: datetime = FRIDAY, **more: Any) -> Scheduled:
    order = Order("welcome", command, actor="anna", **more)
    return await give_for_later(connection, order, at, NOW)


async def status(connection: Connection, number: int = 1) -> str:
    row = await (
        await connection.execute("SELECT status FROM parcours.version WHERE version_no = %s", [number])
    ).fetchone()
    assert row is not None
    return str(row[0])


async def outcomes(connection: Connection) -> list[tuple[Any, ...]]:
    rows = await scheduled_commands(connection, past=True)
    return sorted((row["scheduled_id"], row["command"], row["outcome"], row["refused"]) for row in rows)


async def test_a_draft_goes_live_on_friday_at_six(connection: Connection) -> None:
    kept = await give(connection, "publish", reason="the campaign")
    assert (kept.version, kept.would.to_status, kept.dry_run) == (1, "live", False)
    assert await run_scheduled(connection, FRIDAY - MINUTE) == []
    assert await status(connection) == "draft"
    [done] = await run_scheduled(connection, FRIDAY)
    assert (done.command, done.from_status, done.to_status) == ("publish", "draft", "live")
    assert await status(connection) == "live"
    assert await run_scheduled(connection, FRIDAY + MINUTE) == []
    newest, kept_then = (await audit_trail(connection, "welcome"))[:2]
    assert (newest["command"], newest["actor"], newest["reason"]) == (
        "publish",
        "anna, scheduled",
        "the campaign",
    )
    assert newest["at"] == "2026-03-06T17:00:00Z"
    assert (kept_then["command"], kept_then["actor"]) == ("schedule", "anna")
    assert kept_then["options"] == {"command": "publish", "at": "2026-03-06T17:00:00Z"}


async def test_what_is_scheduled_is_the_draft_as_it_is_by_then(connection: Connection) -> None:
    await give(connection, "publish")
    await draft(connection, name="Another name", goal={"event": "Booked"})
    await run_scheduled(connection, FRIDAY)
    row = await (await connection.execute("SELECT definition -> 'goal' FROM parcours.version")).fetchone()
    assert row == ({"event": "Booked"},)


async def test_a_draft_published_by_hand_before_is_left_alone(connection: Connection) -> None:
    await give(connection, "publish")
    await execute(connection, Order("welcome", "publish"), NOW + MINUTE)
    await draft(connection, goal={"event": "Booked"})
    await run_scheduled(connection, FRIDAY)
    assert [await status(connection, number) for number in (1, 2)] == ["live", "draft"]
    assert [row[2] for row in await outcomes(connection)] == ["unchanged"]


async def test_every_command_can_be_given_for_later_and_happens_in_order(connection: Connection) -> None:
    for minutes, command in enumerate(("publish", "pause", "resume", "close", "stop")):
        await give(connection, command, FRIDAY + minutes * MINUTE)
    for expected in ("live", "paused", "live", "finished", "finished"):
        minutes = len([row for row in await outcomes(connection) if row[2]])
        await run_scheduled(connection, FRIDAY + minutes * MINUTE)
        assert await status(connection) == expected
    assert [row[1:] for row in await outcomes(connection)] == [
        ("publish", "done", None),
        ("pause", "done", None),
        ("resume", "done", None),
        ("close", "done", None),
        ("stop", "refused", "finished_is_final"),
    ]


async def test_an_engine_that_was_away_makes_up_for_it_in_order(connection: Connection) -> None:
    for minutes, command in ((2, "resume"), (1, "pause"), (0, "publish")):
        await give(connection, command, FRIDAY + minutes * MINUTE)
    done = await run_scheduled(connection, FRIDAY + timedelta(days=1))
    assert [result.command for result in done] == ["publish", "pause", "resume"]
    assert await status(connection) == "live"


async def test_a_refusal_is_kept_with_what_stood_in_the_way(connection: Connection) -> None:
    steps = {**WELCOME["steps"], "breathe": {"wait": {"for": "2d"}, "next": "nowhere"}}
    await draft(connection, steps=steps)
    kept = await give(connection, "publish")
    assert kept.would.refused == "invalid"  # said at once, and it may be mended until then
    [done] = await run_scheduled(connection, FRIDAY)
    assert done.refused == "invalid"
    [row] = await scheduled_commands(connection, "welcome", past=True)
    assert (row["outcome"], row["refused"]) == ("refused", "invalid")
    assert "nowhere" in row["said"]
    assert await status(connection) == "draft"


async def test_a_version_that_is_gone_is_refused_and_spares_the_others(connection: Connection) -> None:
    await give(connection, "publish")
    await give(connection, "stop", FRIDAY + MINUTE, version_no=1)
    await give(connection, "pause", FRIDAY + 2 * MINUTE)
    await run_scheduled(connection, FRIDAY)
    await connection.execute("UPDATE parcours.scheduled_command SET version_id = 999 WHERE command = 'stop'")
    await run_scheduled(connection, FRIDAY + 2 * MINUTE)
    assert [row[1:] for row in await outcomes(connection)] == [
        ("publish", "done", None),
        ("stop", "refused", "unknown_version"),
        ("pause", "done", None),
    ]


async def test_it_can_be_taken_back(connection: Connection) -> None:
    kept = await give(connection, "publish")
    assert kept.scheduled_id is not None
    taken = await take_back(connection, kept.scheduled_id, NOW + MINUTE, actor="bo", reason="not yet")
    assert (taken["outcome"], taken["journey"], taken["actor"]) == ("withdrawn", "welcome", "anna")
    assert await run_scheduled(connection, FRIDAY) == []
    assert await status(connection) == "draft"
    with pytest.raises(ParcoursError, match="withdrawn") as refused:
        await take_back(connection, kept.scheduled_id, NOW + MINUTE, actor="bo")
    assert refused.value.code == "not_scheduled"
    with pytest.raises(ParcoursError, match="999"):
        await take_back(connection, 999, NOW, actor="bo")
    newest = (await audit_trail(connection, "welcome"))[0]
    assert (newest["command"], newest["actor"], newest["reason"]) == ("unschedule", "bo", "not yet")


async def test_restart_new_version_and_delete_can_be_given_for_later(connection: Connection) -> None:
    await execute(connection, Order("welcome", "publish"), NOW)
    kept = [
        await give(connection, name, FRIDAY + number * MINUTE)
        for number, name in enumerate(("new_version", "publish", "stop", "restart", "stop", "delete"))
    ]
    assert all(one.scheduled_id for one in kept)
    results = await run_scheduled(connection, FRIDAY + 10 * MINUTE)
    assert [(one.command, one.version, one.to_status, one.refused) for one in results] == [
        ("new_version", 2, "draft", None), ("publish", 2, "live", None), ("stop", 2, "stopped", None),
        ("restart", 3, "live", None), ("stop", 3, "stopped", None), ("delete", 3, None, None),
    ]  # fmt: skip
    assert await run_scheduled(connection, FRIDAY + 20 * MINUTE) == []
    with pytest.raises(ParcoursError, match="no journey welcome"):
        await give(connection, "stop")


@pytest.mark.parametrize("command", ["edit", "duplicate"])
async def test_what_makes_sense_at_once_only_is_refused(connection: Connection, command: str) -> None:
    with pytest.raises(ParcoursError, match=f"{command} cannot be given for later") as found:
        await give(connection, command)
    assert (found.value.code, "publish --at" in found.value.hint) == ("not_for_later", True)
    assert await scheduled_commands(connection) == []


async def test_an_instant_that_is_over_is_refused(connection: Connection) -> None:
    for at in (NOW, NOW - MINUTE):
        with pytest.raises(ParcoursError) as refused:
            await give(connection, "publish", at)
        assert refused.value.code == "past_instant"
    assert await outcomes(connection) == []


async def test_a_dry_run_keeps_nothing(connection: Connection) -> None:
    would = await give(connection, "publish", dry_run=True)
    assert (would.scheduled_id, would.dry_run, would.would.to_status) == (None, True, "live")
    assert await outcomes(connection) == []


async def test_instants_are_read_in_the_journeys_time_zone(connection: Connection) -> None:
    await draft(connection, timezone="Europe/Stockholm")
    assert await read_when(connection, "welcome", "2026-03-06T18:00:00") == FRIDAY
    assert await read_when(connection, "welcome", "2026-03-06 18:00") == FRIDAY
    assert await read_when(connection, "welcome", "2026-03-06T18:00+01:00") == FRIDAY
    assert await read_when(connection, "welcome", "2026-03-06T17:00:00Z") == FRIDAY
    for text in ("friday", "2026-02-30", "18:00", ""):
        with pytest.raises(ParcoursError) as refused:
            await read_when(connection, "welcome", text)
        assert refused.value.code == "bad_instant"


async def test_workers_carry_it_out_once(database_url: str) -> None:
    async with installed(database_url, "one", "two") as here:
        async with here.database.transaction() as connection:
            await draft(connection)
            now = SystemClock().now()
            soon = now + timedelta(seconds=1)
            await give_for_later(connection, Order("welcome", "publish", actor="anna"), soon, now)

        async def live() -> bool:
            return await here.rows("SELECT status FROM parcours.version") == [("live",)]

        await eventually(live)
        [(at, actor)] = await here.rows("SELECT at, actor FROM parcours.audit WHERE command = 'publish'")
        assert (at >= soon, actor) == (True, "anna, scheduled")


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def test_from_the_command_line(cli: Cli, database_url: str) -> None:
    cli("apply", cli.file("welcome.yaml", WELCOME))
    answer = cli("journey", "publish", "welcome", "--at", "2090-12-04T18:00:00+01:00", "--reason", "launch")
    assert answer.lines[0] == "publish of welcome version 1 is scheduled for 2090-12-04T17:00:00Z (number 1)."
    assert answer.lines[1].startswith("Done now, version 1 would become live (is draft)")
    answer = cli("journey", "close", "welcome", "--at", "2090-12-31")
    assert "As things stand it would be refused then" in answer.lines[1]
    [first, second] = cli("journey", "scheduled", "welcome", "--json").json
    assert (first["command"], first["at"], first["version"]) == ("publish", "2090-12-04T17:00:00Z", 1)
    assert (second["command"], second["version"], second["reason"]) == ("close", None, None)
    assert len(cli("journey", "scheduled").lines) == 3
    assert cli("journey", "unschedule", 1).lines == [
        "publish of welcome at 2090-12-04T17:00:00Z is taken back: it will not happen."
    ]
    assert cli("journey", "unschedule", 1).status == 1
    assert [one["outcome"] for one in cli("journey", "scheduled", "--past", "--json").json] == [
        None,
        "withdrawn",
    ]
    past = cli("journey", "stop", "welcome", "--at", "2020-01-01")
    assert past.status == 1
    assert "(past_instant)" in past.error
    several = cli("journey", "stop", "welcome", "nothing", "--at", "2090-01-01", "--json")
    assert several.status == 1
    assert "(unknown_journey)" in several.error
    assert [one["journey"] for one in several.json] == ["welcome"]

    async def play() -> None:
        async with await Database.connect(database_url) as database, database.transaction() as connection:
            await run_scheduled(connection, datetime(2091, 1, 1, tzinfo=UTC))

    asyncio.run(play())
    assert {one["outcome"] for one in cli("journey", "scheduled", "--past", "--json").json} == {
        "withdrawn",
        "refused",
    }
    assert "refused" in cli("journey", "scheduled", "--past").out
