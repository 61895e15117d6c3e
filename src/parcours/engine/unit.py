"""The unit of work: one bucket of one journey, one transaction: tasks, inbox rounds, due timers, claims.

Everything a unit decides is written by the compiled statements of the versions; this module only orders them.
`now` is the instant of the unit; None under a virtual clock, where each row and each timer has its own.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncRawCursor
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int4, Int8

from parcours.domain.fence import FenceVersion
from parcours.domain.identity import FIRST
from parcours.domain.runs import FenceRun
from parcours.domain.timing import BEGINNING
from parcours.engine.chores import do_chores
from parcours.engine.counted import same
from parcours.engine.handing import window_of
from parcours.engine.held import put_back
from parcours.engine.rounds import apply_round
from parcours.engine.runs import suggest_next
from parcours.engine.tasks import do_task
from parcours.engine.versions import Version, Versions
from parcours.engine.waiting import find_waiting, forget_left
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["LEASE", "LeaseLost", "Limits", "Unit", "UnitResult"]

LEASE = timedelta(seconds=10)  # from the latest unit, or the latest beat of the worker
PASSES_MOST = 4000  # batch numbers reserved by one unit


class LeaseLost(Exception):
    """Another worker owns the bucket now; nothing was written."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one unit takes on: people per statement, rounds, and seconds after which it begins nothing more."""

    people: int = 1000
    rows: int = 1000
    rounds: int = 20
    task_people: int = 2000
    seconds: float = 0.15
    passes: int = 4000  # rounds and timer passes together: one where a culprit is looked for


@dataclass(slots=True)
class UnitResult:
    """What a unit did, and whether there is more to do at once."""

    moved: int = 0
    admitted: int = 0
    rows: int = 0
    swept: int = 0
    more: bool = False
    held_up: bool = False  # a transfer waits for the outcome of messages that are in a provider's hands
    yielded: bool = False  # a command waits for this journey: nothing was done
    gone: bool = False  # the journey has no fence here: it was deleted
    clock: datetime = BEGINNING
    fence: list[FenceVersion] = field(default_factory=list)


@dataclass(slots=True)
class Unit:
    """One unit on a connection that is inside a transaction. `until` is the latest instant that counts as due."""

    connection: Connection
    versions: Versions
    bucket: int
    journey_id: int
    now: datetime | None
    until: datetime
    limits: Limits = field(default_factory=Limits)
    holder: tuple[str, int] | None = None  # lease holder and term
    batch: int = 0
    first_batch: int = 0
    result: UnitResult = field(default_factory=UnitResult)
    loaded: dict[int, Version] = field(default_factory=dict)
    after: str = FIRST  # rounds go on behind this person
    waiting: set[int] = field(default_factory=set)  # versions of which somebody waits to be set free
    sending_held: bool = False  # of all journeys
    held: set[int] | None = None  # versions for whose people rows are held back; None: not asked yet
    transferred: int = 0
    runs: list[FenceRun] = field(default_factory=list)  # under way in this bucket

    async def run(self) -> UnitResult:
        """Run the unit. Raises LeaseLost where the bucket is another worker's."""
        began = time.monotonic()
        if not await self.open():
            return self.result
        working = [v for v in self.result.fence if v.status not in ("stopped", "finished")]
        for entry in working:
            self.loaded[entry.version_id] = await self.versions.get(self.connection, entry.version_id)
        await self.tasks()
        await find_waiting(self)
        if any(entry.task in ("resume", "sweep") for entry in self.result.fence):
            # What was kept comes first, all of it: nothing else is applied before it is back in the inbox (R22). And
            # who is cancelled is outside already: nobody is refused by another version for being inside this one.
            self.result.more = True
            await self.finish()
            return self.result
        if self.transferred and self.limits.passes == 1:
            # A culprit is looked for: nobody else is in the unit that transfers somebody.
            self.result.more = True
            await self.finish()
            return self.result
        rounds = passes = 0
        asked = (
            self.now is None
        )  # timers, in this unit; a virtual clock comes to them last, however long it takes
        while True:
            ready = self.ready()
            passes += 1
            if passes > self.limits.passes or self.batch - self.first_batch > PASSES_MOST:
                self.result.more = True
                break
            if time.monotonic() - began > self.limits.seconds:
                self.result.more = True
                if (
                    not asked
                ):  # events that stream in faster than they are applied keep no timer waiting for ever
                    await self.timers(ready)
                break
            if rounds < self.limits.rounds and await apply_round(self, ready):
                rounds += 1
                continue
            asked = True
            if await self.timers(ready):
                continue
            # A run takes what time is left by everything else.
            if rounds < self.limits.rounds and await suggest_next(self):
                continue
            self.result.more = self.result.more or rounds >= self.limits.rounds
            break
        await self.finish()
        return self.result

    # Beginning and end -----------------------------------------------------------------------------------------

    async def open(self) -> bool:
        """Hold the lease, take the fence, learn the rights; False where the journey has no fence here."""
        if self.holder is not None:
            assert self.now is not None
            cursor = await self.execute(
                "hold_lease", holder=self.holder[0], term=Int8(self.holder[1]), expires=self.now + LEASE
            )
            if await cursor.fetchone() is None:
                raise LeaseLost
            cursor = await self.execute("let_commands_pass")
            row = await cursor.fetchone()
            if row is None or not row[0]:
                self.result.yielded = True
                return False
        tuned = await (await self.execute("tune_unit")).fetchone()
        cursor = await self.execute("open_fence", now=self.now)
        row = await cursor.fetchone()
        if row is None:
            self.result.gone = True
            return False
        self.batch, self.result.clock, rights, runs = row
        self.first_batch = self.batch
        if self.now is not None:
            self.now = max(self.now, self.result.clock)
            self.until = max(self.until, self.now)
        self.result.fence = [FenceVersion.from_json(entry) for entry in rights]
        self.sending_held = bool(tuned[2])
        if self.sending_held:
            self.result.fence = [
                replace(v, rights=replace(v.rights, may_send=False)) for v in self.result.fence
            ]
        self.runs = [FenceRun.from_json(run) for run in runs]
        return True

    def ready(self) -> list[FenceVersion]:
        """Return the versions that work now: not over, and without a task."""
        return [v for v in self.result.fence if v.status not in ("stopped", "finished") and not v.busy]

    async def finish(self) -> None:
        """Queue the messages and keep the counters of everything this unit moved."""
        if self.batch == self.first_batch:
            return
        # A sweep is recorded at the instant of its stop, which lies before this unit.
        since = BEGINNING if self.result.swept else self.since
        span = {"first": Int8(self.first_batch), "last": Int8(self.batch), "since": since}
        async with self.connection.pipeline():
            for entry in self.result.fence:
                version = self.loaded.get(entry.version_id)
                if version is not None and version.program.message_steps:
                    window = version.journey.window is not None
                    await self.execute(
                        "queue_messages_for_window" if window else "queue_messages",
                        **span,
                        v=Int4(entry.version_id),
                        journey_key=version.message_space,
                        steps=list(version.program.message_steps),
                        channels=list(version.program.message_steps.values()),
                        **window_of(version.journey),
                    )
                waits = version is not None and (
                    version.journey.window
                    or entry.inside is not None
                    or entry.version_id in self.waiting
                    or self.sending_held
                )
                if version is not None and version.program.message_steps and waits:
                    await self.execute(
                        "cancel_messages",
                        **span,
                        v=Int4(entry.version_id),
                        journey_key=version.message_space,
                        steps=list(version.program.message_steps),
                    )
            await self.execute("count_moves", **span)

    # Tasks -----------------------------------------------------------------------------------------------------

    async def tasks(self) -> None:
        """Write down in sets what a command made true: the sweep of a stop, the release of a resume, a transfer."""
        fence = []
        for entry in self.result.fence:
            left = await do_chores(self, entry)
            if left.task is not None and not left.chores and await do_task(self, left):
                left = replace(left, task=None, task_at=None)
            fence.append(left)
        self.result.fence = fence

    # What moves bring about ------------------------------------------------------------------------------------

    async def effects(self, batch: int) -> None:
        """Write what update steps write, tell other journeys, look back at events a settle was slower than."""
        await forget_left(self, batch)
        await put_back(self, batch)
        for entry in self.result.fence:
            version = self.loaded.get(entry.version_id)
            if version is None:
                continue
            if version.program.writes:
                for name in ("announce", "write", "join", "quit"):
                    await self.compiled(entry, name, batch=Int8(batch), since=self.since)
            if version.program.calls:
                await self.compiled(entry, "call", batch=Int8(batch), since=self.since)
            if version.program.message_steps and version.program.awaited:
                pairs = [(step, name) for step, names in version.program.awaited.items() for name in names]
                await self.execute(
                    "recheck_events",
                    v=Int4(entry.version_id),
                    batch=Int8(batch),
                    since=self.since,
                    awaited=json.dumps([{"step": step, "name": name} for step, name in pairs]),
                )

    # Timers ----------------------------------------------------------------------------------------------------

    async def timers(self, ready: list[FenceVersion]) -> int:
        """Move those whose time has come, one pass; returns how many moved or left."""
        moved = 0
        for entry in ready:
            if not entry.rights.may_move:
                continue
            batch = self.next_batch()
            decided = await self.compiled(
                entry,
                "due",
                batch=Int8(batch),
                until=self.until,
                n=Int8(self.limits.people),
                floor=entry.floor or BEGINNING,
                inbox_empty=False,
            )
            if decided.rowcount == 0:
                continue
            done = await self.execute("move_participants", batch=Int8(batch), since=self.since)
            same(decided.rowcount, done.rowcount, "timers")
            await self.effects(batch)
            moved += decided.rowcount
        self.result.moved += moved
        return moved

    # Plumbing --------------------------------------------------------------------------------------------------

    @property
    def since(self) -> datetime:
        """The earliest instant of a passage of this unit: what PostgreSQL may pass over by partition."""
        return self.now if self.now is not None else BEGINNING

    def next_batch(self) -> int:
        """Return the next of the batch numbers reserved for this unit."""
        self.batch += 1
        return self.batch

    async def execute(self, name: str, **given: Any) -> Any:
        """Run a named query for this bucket and journey."""
        given.update(b=Int4(self.bucket), j=Int4(self.journey_id))
        cursor = self.connection.cursor(row_factory=tuple_row)
        return await cursor.execute(query(name), given, prepare=True)

    async def compiled(self, entry: FenceVersion, name: str, **given: Any) -> Any:
        """Run a statement of a version's Program."""
        statement = self.loaded[entry.version_id].statements[name]
        given.update(
            b=Int4(self.bucket), j=Int4(self.journey_id), v=Int4(entry.version_id), now=self.now,
            may_send=entry.claims,
        )  # fmt: skip
        cursor = AsyncRawCursor(self.connection, row_factory=tuple_row)
        return await cursor.execute(statement.text, statement.values(given), prepare=True)
