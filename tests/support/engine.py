"""The real engine as a simulator of hand-worked and random cases: the same input and output as the reference."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Journey
from parcours.domain.parse import parse_audience, parse_journey
from parcours.domain.records import FeedLine
from parcours.domain.timing import parse_instant
from parcours.engine.unit import Limits
from parcours.service.intake.feed import parse_line
from parcours.simulation import simulate
from parcours.store.database import Database
from support.postgres import Server
from support.runner import Case, Document

__all__ = ["EngineSimulator"]

PERSON_TABLES = (
    "identity, recent, deleted_journey, deleted_version, removal, hold, "
    "subscription_type, suppression, consent, consent_log, erasure, retention_walk, "
    "participant, passage, message, refusal, counter, fence, profile, event, seen, membership, pending, inbox, kept, "
    "unasked, waiting, belonging, filling, "
    "catch_up, eligible, gate, audit, scheduled_command, schedule, run, listener, audience, version, journey"
)


@dataclass
class EngineSimulator:
    """Runs cases one after the other in one database, emptied between them."""

    url: str
    buckets: int = 4
    limits: Limits = field(default_factory=Limits)
    lanes: bool = True  # False: line by line
    progress: Callable[[datetime], None] | None = None

    def __call__(self, case: Case) -> list[dict[str, Any]]:
        return asyncio.run(self.simulate(case))

    async def simulate(self, case: Case) -> list[dict[str, Any]]:
        start, to = parse_instant(case.start), parse_instant(case.to)
        assert start is not None
        assert to is not None
        async with await Database.connect(self.url, connections=1) as database:
            async with database.transaction() as connection:
                await connection.execute("DROP TABLE IF EXISTS refusal_log")
                await connection.execute(f"TRUNCATE {PERSON_TABLES} RESTART IDENTITY CASCADE")
                await connection.execute("DELETE FROM lease")
                await connection.execute(
                    "INSERT INTO lease (bucket) SELECT b FROM generate_series(0, %s) b", [self.buckets - 1]
                )
            return await simulate(
                database,
                [_journey(document) for document in case.journeys],
                [audience for d in case.audiences if (audience := parse_audience(d)[0]) is not None],
                _feed(case.feed),
                case.commands,
                start,
                to,
                moves=True,
                files={name: _journey(document) for name, document in case.files.items()},
                buckets=self.buckets,
                limits=self.limits,
                lanes=self.lanes,
                progress=self.progress,
            )


def _journey(document: Document) -> Journey:
    journey, problems = parse_journey(document)
    assert journey is not None, problems
    return journey


def _feed(lines: tuple[Any, ...]) -> list[FeedLine]:
    good = []
    for number, line in enumerate(lines):
        try:
            good.append(parse_line(json.dumps(line).encode(), f"line {number + 1}", number))
        except ParcoursError:
            continue
    return good


def engine_simulator(server: Server) -> Any:
    """Yield a simulator on a database of its own."""
    with server.clone() as url:
        yield EngineSimulator(url)
