"""The whole matrix on a real database: every command at every state does what the table says, and is kept.

A refusal and a no-op change nothing; whatever came of it is one line in the audit; and given twice, a command that
makes a version become something is a no-op.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parcours.domain.lifecycle import (
    COMMANDS,
    MAKING,
    MATRIX,
    STATES,
    Become,
    Command,
    Delete,
    Making,
    NewVersion,
    NoOp,
    Refuse,
    State,
    status_of,
)
from parcours.domain.parse import parse_journey
from parcours.domain.records import CommandResult
from parcours.engine.unit import Limits
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.feed import parse_line
from parcours.service.intake.taking import take
from parcours.simulation.work import Work
from parcours.store.database import Connection, Database
from support.postgres import BUCKETS
from support.runner import journey

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
WAIT = {"rest": {"wait": {"for": "9h"}}}
# What brings a journey into a state, from a draft on; somebody enters behind each publication.
WAYS: dict[State, tuple[Command, ...]] = {
    "draft": (),
    "live": ("publish",),
    "paused": ("publish", "pause"),
    "paused_shut": ("publish", "close", "pause"),
    "closed": ("publish", "close"),
    "stopped": ("publish", "stop"),
    "finished": ("publish", "close"),
}


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    async with await Database.connect(database_url, connections=1) as database, database.dedicated() as found:
        yield found


async def order(connection: Connection, command: Any, at: datetime, **more: Any) -> CommandResult:
    async with connection.transaction():
        return await execute(connection, Order("j", command, actor="anna", reason="why", **more), at)


async def bring_to(connection: Connection, state: State) -> Work:
    """Bring a journey to a state, with somebody inside where people can be, and everything settled."""
    found, problems = parse_journey(journey(WAIT))
    assert found is not None, problems
    work = Work(connection, BUCKETS, Limits())
    async with connection.transaction():
        await apply_journey(connection, found, AT)
    for command in WAYS[state]:
        assert (await order(connection, command, AT)).refused is None
        if command == "publish" and state != "finished":
            line = {"type": "track", "userId": "u1", "event": "Go", "timestamp": AT.isoformat()}
            async with connection.transaction():
                lines = [parse_line(json.dumps(line).encode(), "line 1", 1)]
                await take(connection, lines, buckets=BUCKETS, received_at=AT)
        await work.quiet(AT, AT + TICK)
    status, entry_open = await one(connection, "SELECT status, entry_open FROM parcours.version")
    assert (status, entry_open) == (status_of(state), state in ("live", "paused"))
    return work


async def one(connection: Connection, text: str) -> Any:
    row = await (await connection.execute(text)).fetchone()
    assert row is not None
    return row


async def everything(connection: Connection) -> dict[str, Any]:
    """Return all that a command could change, but for the audit."""
    found = {}
    for table in ("journey", "version", "participant", "message", "scheduled_command", "listener", "removal"):
        rows = await (await connection.execute(f"SELECT to_jsonb(t) FROM parcours.{table} t")).fetchall()
        found[table] = sorted((row for (row,) in rows), key=lambda row: (row.get("version_id", 0), str(row)))
    rows = await (await connection.execute("SELECT rights FROM parcours.fence ORDER BY bucket")).fetchall()
    return found | {"rights": rows}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
async def test_the_matrix(connection: Connection, command: Command, state: State) -> None:
    await bring_to(connection, state)
    before = await everything(connection)
    (commands,) = await one(connection, "SELECT count(*) FROM parcours.audit")
    outcome = MATRIX[command, state]
    would = await order(connection, command, AT, dry_run=True)
    assert await everything(connection) == before
    assert (await one(connection, "SELECT count(*) FROM parcours.audit"))[0] == commands
    result = await order(connection, command, AT)
    assert (result.refused, result.to_status, result.version) == (
        would.refused,
        would.to_status,
        would.version,
    )
    latest = "FROM parcours.audit ORDER BY audit_id DESC LIMIT 1"
    said = await one(connection, f"SELECT actor, command, refused, from_status, to_status, reason {latest}")
    assert said == ("anna", command, result.refused, result.from_status, result.to_status, "why")
    assert (await one(connection, "SELECT count(*) FROM parcours.audit"))[0] == commands + 1
    rows = await (
        await connection.execute("SELECT version_no, status, entry_open FROM parcours.version ORDER BY 1")
    ).fetchall()
    first = (1, status_of(state), state in ("live", "paused"))
    match outcome:
        case Become("draft"):
            assert (result.refused, result.to_status, rows) == (None, "draft", [first])
        case Become(new):
            assert result.refused is None
            assert rows == [(1, status_of(new), new in ("live", "paused"))]
            again = await order(connection, command, AT)
            assert again.from_status == again.to_status == status_of(new)
            repeated = MATRIX[command, new]  # of a paused one that was closed, resume is refused then
            assert again.refused == (repeated.code if isinstance(repeated, Refuse) else None)
            assert isinstance(repeated, NoOp) or (command, state) == ("resume", "paused_shut")
        case NoOp():
            assert (result.refused, result.from_status) == (None, result.to_status)
            assert await everything(connection) == before
        case Refuse(code):
            assert result.refused == code
            assert result.message
            assert result.hint
            assert await everything(connection) == before
        case NewVersion(new):
            assert (result.refused, result.version, result.to_status) == (None, 2, status_of(new))
            assert rows == [first, (2, status_of(new), new == "live")]
        case Delete(stop_first=True):
            assert result.refused == "stop_first_needed"
            assert await everything(connection) == before
            gone = await order(connection, command, AT, options={"stop_first": True})
            assert (gone.refused, gone.to_status) == (None, None)
            assert (await everything(connection))["version"] == []
        case Delete():
            assert (result.refused, result.to_status) == (None, None)
            assert (await everything(connection))["journey"] == []


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", MAKING)
async def test_what_makes_a_draft_leaves_the_rest_as_it_is(
    connection: Connection, command: Making, state: State
) -> None:
    await bring_to(connection, state)
    before = await everything(connection)
    result = await order(connection, command, AT)
    after = await everything(connection)
    if command == "new_version" and state == "draft":
        assert result.refused == "draft_exists"
        assert after == before
        return
    assert (result.refused, result.from_status, result.to_status) == (None, None, "draft")
    assert after["version"][:1] == before["version"]
    assert after["version"][1]["definition"]["steps"] == before["version"][0]["definition"]["steps"]
    assert {**after, "version": None, "journey": None} == {**before, "version": None, "journey": None}


@pytest.mark.parametrize("command", ["publish", "pause", "resume", "close", "restart", "delete"])
async def test_what_is_still_being_swept_takes_stop_only(connection: Connection, command: Command) -> None:
    work = await bring_to(connection, "live")
    assert (await order(connection, "stop", AT)).refused is None
    before = await everything(connection)
    result = await order(connection, command, AT)
    by_matrix = {"publish": "use_restart", "restart": "still_settling", "delete": "still_settling"}
    assert result.refused == by_matrix.get(command, "stopped_is_final")
    assert await everything(connection) == before
    again = await order(connection, "stop", AT)
    assert (again.refused, again.to_status) == (None, "stopped")
    await work.quiet(AT, AT + TICK)
    assert (await order(connection, command, AT)).refused != "still_settling"


@pytest.mark.parametrize("command", ["pause", "stop"])
async def test_without_a_number_a_command_acts_on_every_version(
    connection: Connection, command: Command
) -> None:
    """lifecycle.md: stopping only the newest one would leave an older one mailing."""
    await bring_to(connection, "live")
    await order(connection, "new_version", AT)
    await order(connection, "publish", AT)
    shown = "status || CASE WHEN entry_open THEN ' open' ELSE '' END"
    rows = f"SELECT array_agg({shown} ORDER BY version_no) FROM parcours.version"
    assert (await one(connection, rows))[0] == ["closed", "live open"]
    result = await order(connection, command, AT)
    assert result.version == 2
    assert len(result.changed) == 2
    after = {"pause": ["paused", "paused open"], "stop": ["stopped", "stopped"]}[command]
    assert (await one(connection, rows))[0] == after
    if command == "pause":
        await order(connection, "resume", AT)
        assert (await one(connection, rows))[0] == ["closed", "live open"]
