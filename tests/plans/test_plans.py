"""EXPLAIN guards: with a million people waiting, what runs all the time finds its few rows by an index."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.numeric import Int4, Int8

from parcours.channels.address import ADDRESS_PATTERN
from parcours.compiler import Program, compile_journey
from parcours.domain.journey import Jump
from parcours.domain.parse import parse_journey
from parcours.store.queries import query
from support.postgres import Server
from support.runner import email, journey
from support.worker import installed

PEOPLE = 1_000_000
OVERDUE = 300_000
LARGE = ("participant", "passage", "message", "inbox", "profile")
NOW = "2026-03-02 12:00:00+00"
STEPS = {"rest": {"wait": {"for": "30d"}}, "mail": email(), "end": {"end": {}}}

FILL = """
INSERT INTO parcours.profile (bucket, profile_id, user_id, created_at, updated_at, attributes)
    SELECT 0, lpad(to_hex(n), 32, '0')::uuid, 'u' || n, %(now)s, %(now)s, '{"email": "a@example.com"}'
    FROM generate_series(1, 200000) n;
INSERT INTO parcours.participant (bucket, journey_id, profile_id, entry_no, version_id, status, step, seq, entered_at,
        entered_step_at, cause_at, cause_no, since_at, since_no, wake_at)
    SELECT 0, j, lpad(to_hex(n), 32, '0')::uuid, 1, j, 'active', 'rest', 1, a, a, a, n, a, n,
        CASE WHEN j = 2 OR n <= 100 THEN a ELSE a + make_interval(days => 1, secs => n) END
    FROM generate_series(1, %(people)s + %(overdue)s) n,
        LATERAL (SELECT CASE WHEN n > %(people)s THEN 2 ELSE 1 END, %(now)s::timestamptz - interval '1 h') x (j, a);
INSERT INTO parcours.message (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step, channel,
        queued_at, due_at, feed_no, state, settled_at)
    SELECT 0, lpad(to_hex(n), 32, '0')::uuid, 1, 1, lpad(to_hex(n), 32, '0')::uuid, 1, 1, 'mail', 'email',
        %(now)s::timestamptz, %(now)s::timestamptz, n,
        CASE WHEN n <= 100 THEN 'queued' ELSE 'sent' END, CASE WHEN n > 100 THEN %(now)s::timestamptz END
    FROM generate_series(1, 200000) n;
INSERT INTO parcours.passage (bucket, journey_id, batch, profile_id, entry_no, seq, at, version_id, cause, to_step, status,
        since_at, since_no, wake_at)
    SELECT 0, 1, n / 100, lpad(to_hex(n), 32, '0')::uuid, 1, 1, %(now)s, 1, 'event', 'rest', 'active', %(now)s, n, %(now)s
    FROM generate_series(1, 200000) n;
INSERT INTO parcours.inbox (bucket, journey_id, profile_id, happened_at, feed_no, kind, name, arrived_at)
    SELECT 0, 1 + n %% 50, lpad(to_hex(n), 32, '0')::uuid, %(now)s, n, 'event', 'On', %(now)s
    FROM generate_series(1, 50000) n;
"""


@pytest.fixture(scope="module")
def crowd(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """One bucket in which a million people wait in a live version, and 300,000 are overdue in a paused one."""
    with postgres.clone() as url:
        asyncio.run(publish(url))
        with psycopg.connect(
            url, autocommit=True, prepare_threshold=None, options="-c jit=off -c TimeZone=UTC"
        ) as connection:
            with psycopg.ClientCursor(connection) as cursor:
                given = {"now": NOW, "people": PEOPLE, "overdue": OVERDUE}
                for part in FILL.split(";\n"):
                    if part.strip():
                        cursor.execute(part, given)
            connection.execute("ANALYZE")
            yield connection


async def publish(url: str) -> None:
    async with installed(url) as here:
        for key in ("live", "frozen"):
            await here.publish(journey(STEPS, key))
        await here.command("frozen", "pause")
        assert await here.rows("SELECT journey_id, version_id FROM parcours.version ORDER BY 1") == [
            (1, 1),
            (2, 2),
        ]


COMMON: dict[str, Any] = {
    "b": Int4(0), "j": Int4(1), "v": Int4(1), "now": NOW, "until": NOW, "batch": Int8(7),
    "since": "2026-03-01 00:00:00+00",
    "at": NOW, "movable": [1], "sending": [1], "timers_due": True, "address": ADDRESS_PATTERN,
    "channels": ["email", "webhook"],
    "floor": "0001-01-01 00:00:00+00", "inbox_empty": False,
}  # fmt: skip
GIVEN: dict[str, dict[str, Any]] = {
    "due": {"n": Int8(5000)},
    "take_round": {"n": Int8(1000), "after": "00000000-0000-0000-0000-000000000000", "leaving": [2]},
    "drop_round": {"round": "{}"},
    "inside": {"round": "{}", "may_move": True},
    "admit": {
        "round": "{}",
        "parks": False,
        "may_move": True,
        "refuse_with": None,
        "published_at": NOW,
        "inside_batch": Int8(6),
        "nobody_moved": False,
        "nobody_frozen": False,
    },
    "claim_messages": {
        "room": [Int8(100), Int8(100)],
        "hand_over": [timedelta(seconds=30), timedelta(seconds=30)],
        "begin_within": timedelta(seconds=2),
        "opened_by": NOW,
        "limits": '[{"version_id": 1, "expires": {}, "zone": "UTC", "own_zone": false}]',
    },
    "move_participants": {},
    "next_instants": {},
    "sweep_participants": {"n": Int8(2000)},
    "transfer": {"n": Int8(2000), "source": Int4(1), "v": Int4(2), "parks": False},
    "transfer_messages": {"journey_key": "live", "steps": ["mail"]},
    "drop_messages": {"journey_key": "live", "steps": ["mail"]},
    "transfer_kept": {"source": Int4(1)},
    "anybody_left": {"source": Int4(1)},
}
COMPILED = ("due", "inside", "admit")
BY_ADDRESS = ("drop_round", "inside", "admit")  # find the rows of a round by their addresses alone


def statement(connection: psycopg.Connection[Any], name: str) -> tuple[str, dict[str, Any]]:
    """Return a query, or a statement of the live version's Program, with what it is given."""
    given = {**COMMON, **GIVEN[name]}
    if name == "transfer":
        compiled = transfer().statements[name]
        return compiled.text, {**given, **compiled.constants}
    if name not in COMPILED:
        return query(name), given
    asked = "SELECT program -> 'statements' -> %s FROM parcours.version WHERE version_id = 1"
    row = connection.execute(asked, [name]).fetchone()
    assert row is not None
    return row[0]["text"], {**given, **row[0]["constants"]}


def transfer() -> Program:
    """Compile a next version to which people are transferred: with goals to ask, and an answer to take."""
    document = journey({**STEPS, "new": {"wait": {"for": "1d"}}}, "live", goal={"event": "Buy"})
    next_version, problems = parse_journey(document)
    assert next_version is not None, problems
    return compile_journey(next_version, 2, answers={"gone": Jump("new")})


def plan(connection: psycopg.Connection[Any], text: str, given: dict[str, Any], mode: str) -> Any:
    """Explain a prepared statement with a plan for these values, or for any."""
    connection.execute(f"SET plan_cache_mode = {mode}")
    converted = psycopg._queries.PostgresQuery(psycopg.adapt.Transformer(connection))
    used = {name: value for name, value in given.items() if f"%({name})" in text}
    converted.convert(text, used)
    with psycopg.ClientCursor(connection) as cursor:
        types = ", ".join(str(oid) for oid in converted.types)
        names = {
            str(o): n
            for o, n in connection.execute("SELECT oid, format_type(oid, NULL) FROM pg_type").fetchall()
        }
        declared = ", ".join(
            names.get(oid, "unknown") if oid != "0" else "unknown" for oid in types.split(", ")
        )
        connection.pgconn.exec_(b"PREPARE guarded (" + declared.encode() + b") AS " + converted.query)
        order = converted._order or []
        values = ", ".join(cursor.mogrify("%s", [used[name]]) for name in order)
        found = connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE guarded ({values})").fetchone()
        connection.execute("DEALLOCATE guarded")
    assert found is not None
    return found[0]


def scans(node: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind of scan, table) of every node of a plan."""
    if isinstance(node, list):
        for one in node:
            yield from scans(one)
    elif isinstance(node, dict):
        if "Relation Name" in node:
            yield node["Node Type"], node["Relation Name"]
        for value in node.values():
            yield from scans(value)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", GIVEN)
def test_few_rows_are_found_by_an_index(crowd: psycopg.Connection[Any], name: str, mode: str) -> None:
    text, given = statement(crowd, name)
    found = plan(crowd, text, given, mode)
    assert any(table.startswith(LARGE) for _, table in scans(found))
    whole = [scan for scan in scans(found) if scan[0] == "Seq Scan" and scan[1].startswith(LARGE)]
    assert whole == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", BY_ADDRESS)
def test_a_round_is_read_by_address_even_by_a_plan_made_while_the_inbox_was_tiny(
    crowd: psycopg.Connection[Any], name: str, mode: str
) -> None:
    with crowd.transaction(force_rollback=True):
        crowd.execute("TRUNCATE parcours.inbox")
        crowd.execute(
            "INSERT INTO parcours.inbox VALUES (0, 1, gen_random_uuid(), now(), 1, 'event', 'On', '{}', now())"
        )
        crowd.execute("ANALYZE parcours.inbox")
        crowd.execute(query("tune_unit"))
        if name == "drop_round":
            crowd.execute(query("by_address"))
        text, given = statement(crowd, name)
        found = plan(crowd, text, {**given, "round": '{"(0,1)","(0,2)"}'}, mode)
    reads = {kind for kind, table in scans(found) if table == "inbox" and kind != "ModifyTable"}
    assert reads == {"Tid Scan"}, json.dumps(found, indent=1)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_a_claim_reads_what_it_takes_and_not_the_queue(crowd: psycopg.Connection[Any], mode: str) -> None:
    """Whatever the statistics say of the queue: those of the crowd, or of a time at which it was short."""
    text, given = statement(crowd, "claim_messages")
    with crowd.transaction(force_rollback=True):
        plans = [plan(crowd, text, given, mode)]
        crowd.execute("UPDATE parcours.message SET state = 'cancelled' WHERE state = 'queued'")
        crowd.execute("ANALYZE parcours.message")
        plans.append(plan(crowd, text, given, mode))
    for found in plans:
        reads = sorted(kind for kind, table in scans(found) if table == "message" and kind != "ModifyTable")
        assert reads == ["Index Scan", "Tid Scan", "Tid Scan"], json.dumps(found, indent=1)


def conditions(node: Any, table: str) -> Iterator[str]:
    """Yield the index conditions under which a table is read."""
    if isinstance(node, list):
        for one in node:
            yield from conditions(one, table)
    elif isinstance(node, dict):
        if node.get("Relation Name") == table and "Index Cond" in node:
            yield node["Index Cond"]
        for value in node.values():
            yield from conditions(value, table)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", ["claim_messages", "next_instants"])
def test_what_a_paused_version_has_queued_is_passed_over(
    crowd: psycopg.Connection[Any], name: str, mode: str
) -> None:
    text, given = statement(crowd, name)
    asked = list(conditions(plan(crowd, text, given, mode), "message"))
    assert asked
    assert [one for one in asked if "version_id" not in one] == []
