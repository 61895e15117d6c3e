"""Imports side by side: transactions that meet head-on are repeated, and nothing is lost."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from psycopg import errors

from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.intake.importing import Loader
from parcours.service.intake.taking import IntakeResult, take
from parcours.store.database import Database

PEOPLE = 300


def loader(database: Database, bad: list[ParcoursError]) -> Loader:
    return Loader(database, SystemClock(), 8, "state", bad.append, batch=100)


def profiles(source: int) -> list[FeedLine]:
    """One line about everybody, in an order of this source's own."""
    lines = [
        FeedLine("identify", f"u{n}", None, f"{source}/{n}", properties={f"source_{source}": n}, number=n)
        for n in range(PEOPLE)
    ]
    random.Random(source).shuffle(lines)
    return lines


async def test_imports_of_the_same_people_do_not_lose_anything(database: Database) -> None:
    bad: list[ParcoursError] = []
    loaders = [loader(database, bad) for _ in range(4)]
    async with asyncio.TaskGroup() as group:
        for source, one in enumerate(loaders):
            group.create_task(one.load(profiles(source), f"feed {source}", lambda: None))
    assert bad == []
    assert [one.stored for one in loaders] == [PEOPLE] * 4
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM profile WHERE attributes ?& '{source_0,source_1,source_2,source_3}'"
        )
        assert await cursor.fetchone() == (PEOPLE,)


async def test_what_the_database_cannot_keep_is_one_bad_line(database: Database) -> None:
    name = "".join(
        chr(0x4E00 + n % 20_000) for n in range(0, 30_000, 7)
    )  # does not compress, fits into no index
    lines = [
        FeedLine("event", f"u{n}", None, f"m{n}", name=name if n == 7 else "Go", number=n) for n in range(10)
    ]
    bad: list[ParcoursError] = []
    one = loader(database, bad)
    await one.load(lines, "feed", lambda: None)
    assert (one.stored, one.bad) == (9, 1)
    assert [(error.code, error.place) for error in bad] == [("line_refused", "feed:7")]


async def test_a_deadlock_is_tried_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bad: list[ParcoursError] = []
    one = loader(database, bad)
    tries = []

    async def unlucky(*arguments: Any, **named: Any) -> IntakeResult:
        tries.append(1)
        if len(tries) < 3:
            raise errors.DeadlockDetected
        return await take(*arguments, **named)

    monkeypatch.setattr("parcours.service.intake.importing.take", unlucky)
    await one.load(profiles(0), "feed", lambda: None)
    assert (one.stored, len(tries), bad) == (PEOPLE, 5, [])
