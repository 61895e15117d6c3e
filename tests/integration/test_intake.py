"""Intake against a real database: each bad line is named, the good ones beside it stay; batches do not lose each other."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import timedelta
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.intake.feed import read_feed
from parcours.service.intake.taking import IntakeResult, Mode, take
from parcours.store.database import Database
from support.postgres import BUCKETS

NOW = SystemClock().now()


def track(user: str = "u1", **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": "Go", "timestamp": "2026-03-02T08:00:00Z", **more}


def raw(line: Any) -> bytes:
    return json.dumps(line).encode()


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


BAD: dict[str, tuple[bytes, str, str]] = {
    "text": (b"hello", "not_json", "line 2"),
    "half an object": (b'{"type": "track"', "not_json", "line 2"),
    "deeper than Python": (b"[" * 20_000, "not_json", "line 2"),
    "not a number": (raw(track()).replace(b'"Go"', b"NaN"), "not_json", "line 2"),
    "infinity": (raw(track(properties={"n": float("inf")})), "not_json", "line 2"),
    "a number of 5,000 digits": (raw(track()).replace(b'"Go"', b"1" * 5_000), "not_json", "line 2"),
    "a list": (b"[1]", "not_an_object", "line 2"),
    "null": (b"null", "not_an_object", "line 2"),
    "broken UTF-8": (raw(track()).replace(b"u1", b"\xff\xfe"), "not_utf8", "line 2"),
    "a NUL byte": (raw(track()).replace(b"u1", b"u\x001"), "nul_character", "line 2"),
    "an escaped NUL": (raw(track("u\x00")), "nul_character", "line 2"),
    "half a character": (raw(track(properties={"a": "\ud800"})), "bad_text", "line 2 properties.a"),
    "half a character in a key": (raw(track(properties={"\udfff": 1})), "bad_text", "line 2"),
    "half a character in a name": (raw(track("\ud800")), "bad_text", "line 2"),
    "10 MB": (raw(track(properties={"a": "x" * 10_000_000})), "line_too_long", "line 2"),
    "no type": (raw({"userId": "u1"}), "unknown_type", "line 2 type"),
    "no person": (raw({"type": "track", "event": "Go"}), "no_person", "line 2"),
    "an empty person": (raw(track("")), "no_person", "line 2"),
    "a number as a person": (raw({**track(), "userId": 7}), "no_person", "line 2"),
    "a long person": (raw(track("u" * 257)), "bad_person", "line 2"),
    "an impossible date": (raw(track(timestamp="2026-02-30T08:00:00Z")), "bad_timestamp", "line 2 timestamp"),
    "a date as a number": (raw(track(timestamp=1_772_000_000)), "bad_timestamp", "line 2 timestamp"),
    "no event": (raw({"type": "track", "userId": "u1"}), "no_name", "line 2 event"),
    "a long event": (raw({**track(), "event": "e" * 201}), "too_long", "line 2 event"),
    "a number as a page": (raw({"type": "page", "userId": "u1", "name": 7}), "no_name", "line 2 name"),
    "a long page": (
        raw({"type": "page", "userId": "u1", "name": "ö" * 201}),
        "too_long",
        "line 2 name",
    ),
    "a long audience": (
        raw({"type": "audience", "userId": "u1", "audience": "a" * 65, "op": "add"}),
        "too_long",
        "line 2 audience",
    ),
    "a list of properties": (raw(track(properties=[1])), "not_an_object", "line 2 properties"),
    "deep properties": (raw(track(properties=nested(40))), "too_deep", "line 2 properties"),
    "a huge number": (raw(track(properties={"n": 10**301})), "number_too_large", "line 2 properties.n"),
    "a huge float": (raw(track(properties={"n": 1e301})), "number_too_large", "line 2 properties.n"),
    "no op": (raw({"type": "audience", "userId": "u1", "audience": "vip"}), "bad_op", "line 2 op"),
}


async def take_in(database: Database, lines: list[FeedLine], *, mode: Mode = "live") -> IntakeResult:
    async with database.transaction() as connection:
        return await take(connection, lines, buckets=BUCKETS, received_at=NOW, mode=mode)


def read(*lines: Any) -> tuple[list[FeedLine], list[ParcoursError]]:
    found = list(read_feed(one if isinstance(one, bytes) else raw(one) for one in lines))
    return [f for f in found if isinstance(f, FeedLine)], [f for f in found if isinstance(f, ParcoursError)]


async def count(database: Database, table: str) -> int:
    async with database.transaction() as connection:
        row = await (await connection.execute(f"SELECT count(*) FROM parcours.{table}")).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_with_its_code_and_place(name: str) -> None:
    line, code, place = BAD[name]
    good, bad = read(track("before"), line, track("behind"))
    assert [one.user_id for one in good] == ["before", "behind"]
    (error,) = bad
    assert (error.code, (error.place or "")[: len(place)]) == (code, place)
    assert error.message
    assert error.hint


def test_pages_and_screens_need_no_name() -> None:
    line = {"userId": "u1", "properties": {"path": "/home"}}
    sent = [
        {**line, "type": "page"},
        {**line, "type": "screen", "name": None},
        {**line, "type": "page", "name": ""},
    ]
    good, bad = read(*sent)
    assert bad == []
    assert [(one.kind, one.name) for one in good] == [
        ("event", "Page"),
        ("event", "Screen"),
        ("event", "Page"),
    ]


async def test_the_good_lines_between_all_bad_ones_are_kept(database: Database) -> None:
    lines: list[Any] = []
    for number, (line, _, _) in enumerate(BAD.values()):
        lines += [track(f"u{number}"), line]
    good, bad = read(*lines)
    assert len(bad) == len(BAD)
    assert (await take_in(database, good)).stored == len(BAD)
    assert await count(database, "profile") == await count(database, "event") == len(BAD)


HARD_VALUES: list[Any] = [
    10**300, -(10**300), 1e-300, 1e-320, 0.1, -0.0, 2**63, 123456789012345678901234567890, "", " ", "\u2028", "\x7f",
    "\\", "'", '"', "%s", "%(a)s", "$1", "🙂", "é", "e\u0301", "\u202e", True, None, [], {}, [[[]]],
    nested(30), "x" * 30_000,
]  # fmt: skip


async def test_unusual_values_come_back_as_they_were(database: Database) -> None:
    good, bad = read(
        *(track(f"u{n}", properties={"v": v}) for n, v in enumerate(HARD_VALUES)),
        *({"type": "identify", "userId": f"u{n}", "traits": {"v": v}} for n, v in enumerate(HARD_VALUES)),
    )
    assert bad == []
    assert (await take_in(database, good)).stored == 2 * len(HARD_VALUES)
    async with database.transaction() as connection:
        for table, column in (("event", "properties"), ("profile", "attributes")):
            text = f"SELECT pr.user_id, t.{column} -> 'v' FROM {table} t JOIN profile pr USING (profile_id)"
            found = dict(await (await connection.execute(text)).fetchall())
            assert found == {f"u{n}": value for n, value in enumerate(HARD_VALUES)}


async def test_the_longest_names_are_kept(database: Database) -> None:
    name = "".join(chr(0x20000 + 31 * n) for n in range(200))  # four bytes each, and does not compress
    good, bad = read(
        track(event=name),
        {"type": "audience", "userId": "u1", "audience": name[:64], "op": "add"},
    )
    assert bad == []
    assert (await take_in(database, good)).stored == 2
    async with database.transaction() as connection:
        found = await connection.execute("SELECT e.name, m.audience_key FROM event e, membership m")
        assert await found.fetchall() == [(name, name[:64])]


@pytest.mark.parametrize("user", ["u" * 256, "'; DROP TABLE profile; --", "🙂", "\u202e", " ", "\\", "%s"])
async def test_unusual_names_of_people(database: Database, user: str) -> None:
    good, bad = read(track(user))
    assert bad == []
    assert (await take_in(database, good)).stored == 1
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT user_id FROM parcours.profile")).fetchone()
    assert row == (user,)


@pytest.mark.parametrize(
    "timestamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1900-01-01", "2026-03-02"]
)
async def test_instants_at_the_edge(database: Database, timestamp: str) -> None:
    good, bad = read(track(timestamp=timestamp))
    assert bad == []
    assert (await take_in(database, good)).stored == 1
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT happened_at FROM parcours.event")).fetchone()
    assert row is not None
    assert row[0] <= NOW


async def test_one_message_id_counts_once(database: Database) -> None:
    twice = [track(messageId="m1", properties={"n": n}) for n in (1, 2)]
    good, _ = read(*twice, track("u2", messageId="m1"))
    assert await take_in(database, good) == IntakeResult(2, 1)
    assert await take_in(database, good) == IntakeResult(0, 3)
    assert await count(database, "event") == await count(database, "pending") == 2


async def test_a_line_without_message_id_counts_once_by_its_content(database: Database) -> None:
    good, _ = read(
        track(properties={"a": 1, "b": 2}), track(properties={"b": 2, "a": 1}), track(properties={"a": 1})
    )
    assert await take_in(database, good) == IntakeResult(2, 1)


async def test_a_timestamp_in_the_future_is_the_arrival(database: Database) -> None:
    good, _ = read(track(timestamp=(NOW + timedelta(days=400)).isoformat()))
    await take_in(database, good)
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT happened_at FROM parcours.event")).fetchone()
    assert row == (NOW,)


async def test_batches_over_the_same_people_at_once_lose_nothing(database: Database) -> None:
    """Batches in random orders of the same people: every one is taken, or refused as a whole and tried again."""
    chance = random.Random(7)
    batches = []
    for batch in range(24):
        users = [f"u{n}" for n in range(40)]
        chance.shuffle(users)
        lines: list[Any] = [track(user, messageId=f"t{batch}") for user in users]
        lines += [
            {"type": "identify", "userId": u, "traits": {f"b{batch}": batch, "last": batch}} for u in users
        ]
        lines += [
            {"type": "audience", "userId": u, "audience": f"a{chance.randrange(5)}", "messageId": f"a{batch}",
             "op": chance.choice(["add", "remove"])}
            for u in users
        ]  # fmt: skip
        chance.shuffle(lines)
        batches.append(read(*lines)[0])
    results = await asyncio.gather(*(take_in(database, lines) for lines in batches), return_exceptions=True)
    assert [one for one in results if isinstance(one, BaseException)] == []
    assert sum(one.stored for one in results if isinstance(one, IntakeResult)) == 24 * 120
    assert await count(database, "event") == 24 * 40
    async with database.transaction() as connection:
        rows = await (await connection.execute("SELECT attributes FROM parcours.profile")).fetchall()
    assert len(rows) == 40
    for (attributes,) in rows:
        assert {f"b{n}": n for n in range(24)}.items() <= attributes.items()
