"""A walk-through: one person, copied into a database of the walk's own, goes through a journey while one looks on.

Engine, compiled conditions and gates are those of a running installation, under a virtual clock that jumps over waits.
Mails may really be sent, to one address; webhooks are called only where that is asked for. Nobody else is there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import uuid4

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience, End, EventTrigger, Journey, Step
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant, parse_instant
from parcours.engine.unit import Limits
from parcours.service.audiences.conditions import save_condition
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.editing.authoring import apply_journey
from parcours.service.explaining.person_copy import Person
from parcours.service.explaining.why import read_why
from parcours.service.intake.taking import Mode, add_people, take
from parcours.simulation.walker import Outlets, Walker
from parcours.store.database import Connection, Database

__all__ = ["Answer", "Happened", "Walk", "for_walk"]

TICK: Final = timedelta(microseconds=1)
SOON: Final = timedelta(seconds=1)  # after which an event comes that answers a wait
ROUNDS: Final = 500  # waits after which a walk that goes round is given up
CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """An event that the person does while waiting at a step."""

    step: str
    event: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a walk.

    `because` says what made somebody move, and which branches were taken why; `seen` are the values that these compared;
    `until` is the instant up to which somebody waits.
    """

    kind: Literal["note", "event", "move", "message", "wait", "refused", "end"]
    at: str
    text: str
    step: str | None = None
    until: str | None = None
    because: tuple[str, ...] = ()
    seen: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)


def for_walk(journey: Journey, *, ignore_entrance: bool = False) -> tuple[Journey, list[str]]:
    """Return a journey as a single person can walk through it now, and what was left out for that."""
    entry, notes = journey.entry, []
    triggers = tuple(trigger for trigger in entry.triggers if isinstance(trigger, EventTrigger))
    dates = {
        "start": entry.start,
        "end": entry.end,
        "cap": entry.cap,
        "rate": entry.rate,
        "waves": entry.waves,
    }
    left_out = [name for name, value in dates.items() if value is not None]
    if left_out:
        notes.append(f"Left out: {', '.join(f'entry.{name}' for name in left_out)}.")
    if journey.window is not None:
        notes.append("Left out: the window; messages leave at once.")
    entry = replace(
        entry, triggers=triggers, start=None, end=None, cap=None, rate=None, waves=None, removes_from=()
    )
    if ignore_entrance:
        open_to_all = tuple(replace(trigger, when=None) for trigger in triggers)
        entry = replace(entry, triggers=open_to_all, filter=None, exclude=())
        notes.append("Left out: filter, exclusion and the conditions of triggers.")
    steps: dict[str, Step] = {}
    for name, step in journey.steps.items():
        if isinstance(step, End) and step.start is not None:
            notes.append(f"The end `{name}` starts {step.start}; here it does not.")
            steps[name] = replace(step, start=None)
        else:
            steps[name] = step
    return replace(journey, entry=entry, window=None, steps=steps), notes


@dataclass
class Walk:
    """One walk, in an own, empty, migrated database with one bucket. `answers` are used up in their order."""

    journey: Journey
    person: Person
    audiences: Sequence[Audience]
    start: datetime
    entry: tuple[str | None, Mapping[str, Any]]
    answers: list[Answer] = field(default_factory=list)
    outlets: Outlets = field(default_factory=Outlets)
    shown: set[tuple[int, int]] = field(default_factory=set)
    lines: int = 0  # of the feed, so far

    async def go(self, database: Database) -> AsyncIterator[Happened]:
        """Walk to the end, or to a wait that nothing ends, and yield what happens.

        Raises ParcoursError `invalid` where the definition has errors.
        """
        async with database.dedicated() as connection:
            work = Walker(connection, 1, Limits(), outlets=self.outlets)
            await self.prepare(connection)
            now = self.start
            await self.enter(connection, now)
            yield Happened("event", format_instant(now), self.entrance())
            await work.quiet(now, now + TICK)
            for _ in range(ROUNDS):
                passage, lines = await self.look(connection, now)
                for line in lines:
                    yield line
                if passage is None or passage["status"] != "active":
                    return
                wait, nxt = await self.next(connection, passage, now)
                yield wait
                if nxt is None:
                    return
                now = nxt
                await work.quiet(now, now + TICK)
            yield Happened("end", format_instant(now), f"Given up: still going round after {ROUNDS} waits.")

    async def prepare(self, connection: Connection) -> None:
        """Copy the person, define audiences, publish the journey."""
        person, user_id = self.person, self.person.user_id
        latest = max(
            [person.known_since, *(event.at for event in person.events), *person.memberships.values()]
        )
        lines = [
            FeedLine("event", user_id, e.at, f"event {n}", e.name, e.properties)
            for n, e in enumerate(person.events)
        ]
        lines += [
            FeedLine("audience", user_id, at, f"in {key}", key) for key, at in person.memberships.items()
        ]
        lines.append(FeedLine("identify", user_id, latest, "who", properties=person.attributes))
        for first in range(0, len(lines), CHUNK):
            await self.store(connection, lines[first : first + CHUNK], "history")
        async with connection.transaction():
            for audience in self.audiences:
                await save_condition(connection, audience, self.start, keep=False)
            await apply_journey(connection, self.journey, self.start - SOON)
            order = Order(self.journey.key, "publish", actor="trial")
            result = await execute(connection, order, self.start - SOON)
        if result.refused is not None:
            raise ParcoursError(result.refused, result.message, hint=result.hint)

    async def enter(self, connection: Connection, at: datetime) -> None:
        """Let the person do what brings people in; where no event does, add the person by hand."""
        name, properties = self.entry
        if name is not None:
            line = FeedLine("event", self.person.user_id, at, "entry", name, properties)
            await self.store(connection, [line], "live")
            return
        async with connection.transaction():
            await add_people(
                connection, self.journey.key, [self.person.user_id], buckets=1, at=at, numbers=[self.lines]
            )

    def entrance(self) -> str:
        """Return how the person comes in, in words."""
        name, properties = self.entry
        return "added by hand" if name is None else f"does {name} {_json(properties)}"

    async def next(
        self, connection: Connection, passage: Mapping[str, Any], now: datetime
    ) -> tuple[Happened, datetime | None]:
        """Let the next thing happen to somebody who rests: an event that was given for this step, or the time."""
        step, at = passage["step"], format_instant(now)
        until = parse_instant(passage["until"]) if passage["until"] else None
        answer = next((one for one in self.answers if one.step == step), None)
        if answer is not None:
            self.answers.remove(answer)
            then = now + SOON if until is None or now + SOON < until else now + (until - now) / 2
            line = FeedLine(
                "event", self.person.user_id, then, f"answer {uuid4()}", answer.event, answer.properties
            )
            await self.store(connection, [line], "live")
            text = f"does {answer.event} {_json(answer.properties)}"
            return Happened("event", format_instant(then), text, step), then
        if until is None:
            text = f"Waits for {passage['waits_for']}: answer with --event NAME@{step}."
            return Happened("end", at, text, step), None
        return Happened("wait", at, f"waits for {passage['waits_for']}", step, format_instant(until)), until

    async def store(self, connection: Connection, lines: list[FeedLine], mode: Mode) -> None:
        """Store lines, one number after the other."""
        numbers = [self.lines + n for n in range(len(lines))]
        self.lines += len(lines)
        async with connection.transaction():
            await take(connection, lines, buckets=1, received_at=None, numbers=numbers, mode=mode)

    async def look(
        self, connection: Connection, now: datetime
    ) -> tuple[Mapping[str, Any] | None, list[Happened]]:
        """Return the passage, and what has happened since the last look."""
        async with connection.transaction():
            why = await read_why(connection, self.person.user_id, self.journey.key, buckets=1, now=now)
        if not why.passages:
            return None, list(self.refused(why.refusals, why.notes, now))
        passage = why.passages[-1]
        # A message follows the move that made it.
        rows = [(move["seq"], 0, self.move(move)) for move in passage["moves"]]
        rows += [
            (m["seq"], 1, message) for m in passage["messages"] if (message := self.message(m)) is not None
        ]
        fresh = []
        for seq, kind, line in sorted(rows, key=lambda row: row[:2]):
            if (seq, kind) not in self.shown:
                self.shown.add((seq, kind))
                fresh.append(line)
        if passage["status"] != "active":
            reason = f" ({passage['reason']})" if passage["reason"] else ""
            text = f"{passage['status']}{reason}"
            fresh.append(Happened("end", passage["left_at"] or format_instant(now), text, passage["step"]))
        return passage, fresh

    def move(self, move: Mapping[str, Any]) -> Happened:
        """Return the line of one move."""
        start = "entry" if move["entered"] or move["from"] is None else move["from"]
        text = " → ".join([start, *move["path"]])
        text += ", goal met" if move["goal"] else ""
        branches = [f"at {branch['step']}: {branch['said']}" for branch in move["branches"]]
        because = tuple(filter(None, (move["said"], *branches)))
        # What became of a message is said in a line of its own.
        seen = {name: value for name, value in (move["seen"] or {}).items() if name != "detail"}
        return Happened("move", move["at"], text, move["to"], because=because, seen=seen or None)

    def message(self, message: Mapping[str, Any]) -> Happened | None:
        """Return the line of one message, once its outcome is known."""
        if message["state"] in ("queued", "claimed"):
            return None
        parts = [message["channel"], message["state"]]
        if message["channel"] == "email" and message["state"] == "sent" and self.outlets.to is None:
            parts[1] = "made"
        parts += [f"({message['reason']})"] if message["reason"] else []
        parts += [f"“{message['subject']}”"] if message["subject"] else []
        parts += [f"- {message['detail']}"] if message["detail"] else []
        return Happened("message", message["at"] or message["due_at"], " ".join(parts), message["step"])

    def refused(
        self, refusals: Sequence[Mapping[str, Any]], notes: Sequence[str], now: datetime
    ) -> Sequence[Happened]:
        """Return why the person did not enter."""
        at = format_instant(now)
        if refusals:
            return [Happened("refused", at, f"refused: {r['reason']}", seen=r["seen"]) for r in refusals]
        return [Happened("refused", at, note) for note in notes]


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
