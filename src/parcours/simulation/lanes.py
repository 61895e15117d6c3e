"""Lanes: between two instants that concern everybody, people are played side by side, each at its own instant.

A person depends on nobody else: on its own lines, its own timers, and on what its journeys do to it. So everybody
gets one turn after the other, in the person's own order, and the turns of different people are one set. A turn is
one line of the feed, wholly settled, or the timers of one instant. The engine is asked for everything that is due;
so that it sees only the timers whose turn it is, the others of the span are held: their `wake_at` is kept here, and
stands as `infinity` in the table until their turn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.journey import AudienceTrigger, End, Journey, ScheduleTrigger
from parcours.domain.timing import BEGINNING
from parcours.engine.upkeep import keep_statistics
from parcours.service.intake.taking import Mode, take
from parcours.simulation.feed import Company, Hearing, Numbered, at_of
from parcours.simulation.work import Work
from parcours.store.queries import query

__all__ = ["Lanes", "independent"]

Person: TypeAlias = tuple[int, str]  # bucket, profile_id
UPKEEP_AFTER = 1000  # turns after which it is asked whether statistics are stale


def independent(journeys: Iterable[Journey]) -> bool:
    """Tell whether people depend on nobody else by these journeys, and on no clock but the timers of participants.

    Where one is not like that, everything is played instant by instant. Scheduled runs are instants that concern
    everybody; but a journey that finishes behind its only run must not be started by others meanwhile.
    """
    found = list(journeys)
    ends = [step for journey in found for step in journey.steps.values() if isinstance(step, End)]
    started = {end.start for end in ends if end.start is not None}
    return not any(_coupled(journey) or (journey.key in started and _one_shot(journey)) for journey in found)


def _coupled(journey: Journey) -> bool:
    settings = (journey.entry.cap, journey.entry.rate, journey.window, journey.lifetime)
    by_audience = any(isinstance(trigger, AudienceTrigger) for trigger in journey.entry.triggers)
    return by_audience or any(setting is not None for setting in settings)


def _one_shot(journey: Journey) -> bool:
    triggers = journey.entry.triggers
    return bool(triggers) and all(
        isinstance(trigger, ScheduleTrigger) and trigger.cron is None for trigger in triggers
    )


@dataclass(frozen=True, slots=True)
class Timer:
    """When a participant is due, while that is held; `seq` is its move."""

    at: datetime
    entry_no: int
    seq: int


@dataclass(slots=True)
class Lane:
    """What is still to come for one person, in order, or for several whose names the feed merges.

    `inside` are the journeys they are in, by id.
    """

    people: set[Person] = field(default_factory=set)
    lines: list[Numbered] = field(default_factory=list)
    position: int = 0
    inside: set[int] = field(default_factory=set)
    timers: dict[tuple[Person, int], Timer] = field(default_factory=dict)  # by person and journey_id

    @property
    def due_at(self) -> datetime | None:
        """The instant of the next timers."""
        return min((timer.at for timer in self.timers.values()), default=None)

    @property
    def next_at(self) -> datetime | None:
        """The instant of the next turn; None where nothing is to come."""
        line_at = at_of(self.lines[self.position]) if self.position < len(self.lines) else None
        return min((at for at in (line_at, self.due_at) if at is not None), default=None)

    def take_lines(
        self, concerns: Callable[[Numbered, set[int]], bool]
    ) -> tuple[list[Numbered], Numbered | None]:
        """Take the lines of this turn: those that concern no journey, and behind them the first that does.

        None at all where a timer is due before the next line; at one instant lines come first (R5).
        """
        due_at = self.due_at
        idle: list[Numbered] = []
        while self.position < len(self.lines):
            line = self.lines[self.position]
            if due_at is not None and due_at < at_of(line):
                break
            self.position += 1
            if concerns(line, self.inside):
                return idle, line
            idle.append(line)
        return idle, None


@dataclass
class Turns:
    """The turns of one wave: at most one of each person."""

    idle: list[Numbered] = field(default_factory=list)
    heard: list[Numbered] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)  # whose people may stand elsewhere afterwards


@dataclass
class Lanes:
    """One span, from an instant (inclusive) to another (exclusive), between which no command and no date lies."""

    work: Work
    hearing: Hearing
    until: datetime
    sent_by: datetime
    progress: Callable[[datetime], None] | None = None
    company: Company = field(default_factory=lambda: Company(()))
    lanes: dict[Person, Lane] = field(default_factory=dict)
    journeys: dict[int, str] = field(default_factory=dict)  # key by id, in order of the keys
    movable: list[int] = field(default_factory=list)
    turns: int = 0

    async def play(self, lines: Sequence[Numbered]) -> datetime | None:
        """Play the span; return the latest instant at which something happened."""
        await self.begin(lines)
        latest: datetime | None = None
        alive = self.everybody()
        while True:
            alive = [lane for lane in alive if lane.next_at is not None]
            if not alive:
                return latest
            if self.progress:
                self.progress(min(lane.next_at for lane in alive if lane.next_at is not None))
            for first in range(0, len(alive), self.work.limits.people):
                some = alive[first : first + self.work.limits.people]
                ends = await self.wave(some)
                latest = ends if latest is None else max(latest, ends)

    async def begin(self, lines: Sequence[Numbered]) -> None:
        """Put everything that is to come into lanes, and hold the timers."""
        connection, buckets = self.work.connection, self.work.buckets
        cursor = await connection.execute(query("journeys_by_key"))
        self.journeys = dict(await cursor.fetchall())
        cursor = await connection.execute(query("movable_versions"))
        self.movable = [version_id for (version_id,) in await cursor.fetchall()]
        for name in self.company.names():
            # Whoever has timers goes with those that this person's lines may concern.
            self.join(person_of(name, buckets), person_of(self.company.head(name), buckets))
        known: dict[str, Lane] = {}
        for number, line in lines:
            if line.user_id not in known:
                known[line.user_id] = self.lane(person_of(line.user_id, buckets))
            known[line.user_id].lines.append((number, line))
        cursor = await connection.execute(query("lanes_due"), {"movable": self.movable, "until": self.until})
        for bucket, person_id in await cursor.fetchall():
            self.lane((bucket, person_id))
        everybody = self.everybody()
        for first in range(0, len(everybody), self.work.limits.people):
            await self.look(everybody[first : first + self.work.limits.people])

    def lane(self, person: Person) -> Lane:
        """Return the lane of a person, made where it is new."""
        return self.lanes.setdefault(person, Lane({person}))

    def join(self, person: Person, head: Person) -> None:
        """Let a person share the lane of another one."""
        lane = self.lanes[person] = self.lane(head)
        lane.people.add(person)

    def everybody(self) -> list[Lane]:
        """Return the lanes, each once."""
        return list({id(lane): lane for lane in self.lanes.values()}.values())

    async def wave(self, lanes: list[Lane]) -> datetime:
        """Give each of these people its next turn; return the latest instant."""
        turns = Turns()
        latest = due_by = BEGINNING
        for lane in lanes:
            idle, heard = lane.take_lines(self.concerns)
            for line in (*idle, *([heard] if heard else [])):
                latest = max(latest, at_of(line))
            turns.idle += idle
            if heard is not None:
                turns.heard.append(heard)
                turns.lanes.append(lane)
            elif (due_at := lane.due_at) is not None:
                due_by = max(due_by, due_at)
                turns.timers += self.due(lane, due_at)
                turns.lanes.append(lane)
        await self.apply(turns)
        if turns.lanes:
            await self.settle(turns, due_by)
            await self.look(turns.lanes)
        self.turns += len(lanes)
        if self.turns > UPKEEP_AFTER:
            self.turns = 0
            await keep_statistics(self.work.connection)
        return max(latest, due_by)

    def concerns(self, line: Numbered, inside: set[int]) -> bool:
        """Tell whether some journey can do something about a line of somebody who is inside these journeys."""
        return self.hearing.concerns(line[1], [self.journeys[journey_id] for journey_id in inside])

    def due(self, lane: Lane, at: datetime) -> list[dict[str, Any]]:
        """Return the person's timers of an instant, as rows, and forget them: they are held no longer."""
        rows = []
        for (person, journey_id), timer in list(lane.timers.items()):
            if timer.at == at:
                rows.append(row_of(person, journey_id, timer, at.isoformat()))
                del lane.timers[person, journey_id]
        return rows

    async def apply(self, turns: Turns) -> None:
        """Take the lines in, and show the engine the timers whose turn it is."""
        connection, buckets = self.work.connection, self.work.buckets
        async with connection.transaction():
            # Those that concern nobody first: they lie before the one line that a person has in a wave.
            modes: tuple[tuple[list[Numbered], Mode], ...] = ((turns.idle, "quiet"), (turns.heard, "live"))
            for lines, mode in modes:
                for first in range(0, len(lines), self.work.limits.rows):
                    part = lines[first : first + self.work.limits.rows]
                    await take(
                        connection, [line for _, line in part], buckets=buckets, received_at=None,
                        numbers=[number for number, _ in part], mode=mode, merging=bool(self.company),
                    )  # fmt: skip
            await self.set_timers(turns.timers)

    async def settle(self, turns: Turns, due_by: datetime) -> None:
        """Let the engine work until everybody of this wave rests.

        Its order for each person is that of `quiet` at one instant: journeys by key, first what time brings, then
        what follows from it at once; then what these have caused in other journeys.
        """
        work = self.work
        timed = {(row["journey_id"], row["bucket"]) for row in turns.timers}
        # One pass, and nothing behind it: a deadline that this pass stamps may lie before another person's.
        once = replace(work.limits, rounds=0, passes=1, seconds=math.inf)
        while True:
            routed = await work.route()
            cursor = await work.connection.execute(query("simulation_work"), {"until": BEGINNING})
            found = {*await cursor.fetchall(), *timed}
            for journey_id in self.journeys:
                for bucket in range(work.buckets):
                    if (journey_id, bucket) in timed:
                        await work.unit(bucket, journey_id, due_by, self.sent_by, once)
                    if (journey_id, bucket) in found:
                        await work.rest(bucket, journey_id, BEGINNING, self.sent_by)
            timed = set()
            if not found and not routed:
                return

    async def look(self, lanes: Iterable[Lane]) -> None:
        """See where people stand, and hold their timers of this span."""
        some = {person: (lane, lane.timers) for lane in lanes for person in lane.people}
        people = [{"bucket": bucket, "profile_id": person} for bucket, person in some]
        cursor = await self.work.connection.execute(
            query("lanes_inside"),
            {
                "people": json.dumps(people), "journeys": list(self.journeys), "movable": self.movable,
                "until": self.until,
            },
            prepare=True,
        )  # fmt: skip
        for lane, _ in some.values():
            lane.inside, lane.timers = set(), {}
        fresh = []
        for bucket, person, journey_id, entry_no, seq, wake_at in await cursor.fetchall():
            lane, held = some[bucket, person]
            lane.inside.add(journey_id)
            timer = held.get(((bucket, person), journey_id))
            if wake_at is not None:
                timer = Timer(wake_at, entry_no, seq)
                fresh.append(row_of((bucket, person), journey_id, timer, "infinity"))
            if timer is not None and (timer.entry_no, timer.seq) == (entry_no, seq):
                lane.timers[(bucket, person), journey_id] = timer
        await self.set_timers(fresh)

    async def set_timers(self, rows: list[dict[str, Any]]) -> None:
        """Write when participants are due, each guarded by its move."""
        if rows:
            cursor = await self.work.connection.execute(
                query("lanes_timers"), {"rows": json.dumps(rows)}, prepare=True
            )
            if cursor.rowcount != len(rows):
                raise RuntimeError(f"timers: {len(rows)} known, {cursor.rowcount} found")


def person_of(name: str, buckets: int) -> Person:
    """Return the key of whom a name means, where it was not merged."""
    person = profile_id(name)
    return bucket_of(person, buckets), str(person)


def row_of(person: Person, journey_id: int, timer: Timer, wake_at: str) -> dict[str, Any]:
    """Return a row of `set_timers`."""
    return {
        "bucket": person[0], "journey_id": journey_id, "profile_id": person[1], "entry_no": timer.entry_no,
        "seq": timer.seq, "wake_at": wake_at,
    }  # fmt: skip
