"""The criteria of an entrance, asked of one person now: triggers, and then admission in its order (lifecycle)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from parcours.compiler.asking import compile_asking, tests_of
from parcours.domain.catalogue_reasons import REFUSING
from parcours.domain.condition import All, AnyOf, AudienceTest, Condition, EventTest, FieldTest, Not
from parcours.domain.condition_words import say_condition, say_duration
from parcours.domain.journey import (
    AudienceTrigger,
    EventTrigger,
    Journey,
    ManualTrigger,
    ScheduleTrigger,
    Trigger,
)
from parcours.domain.timing import format_instant
from parcours.service.explaining.reading import Reader
from parcours.store.queries import query

__all__ = ["Criterion", "Entrance", "ask_entrance", "recorded"]

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is asked, in words; whether it holds (None: not known any more), and the value it looked at."""

    said: str
    holds: bool | None
    value: object = None
    items: tuple[Criterion, ...] = ()
    code: str | None = None  # of the refusal that it would be

    def as_dict(self) -> Row:
        """Return the wire form."""
        wire: Row = {"said": self.said, "holds": self.holds, "value": self.value}
        if self.code is not None:
            wire["code"] = self.code
        if self.items:
            wire["items"] = [item.as_dict() for item in self.items]
        return wire


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the entrance of a version says to a person at an instant: each trigger, each rule of admission."""

    version: int
    at: datetime
    triggers: list[Row]
    criteria: list[Criterion] = field(default_factory=list)

    @property
    def would(self) -> str:
        """Return `enter`, or the reason for which the person would be refused were it suggested now."""
        return next((one.code for one in self.criteria if one.code and not one.holds), "enter")

    def as_dict(self) -> Row:
        """Return the wire form."""
        return {
            "version": self.version,
            "at": format_instant(self.at),
            "would": self.would,
            "criteria": [one.as_dict() for one in self.criteria],
            "triggers": self.triggers,
        }


async def ask_entrance(
    reader: Reader, version: Row, journey: Journey, audiences: Mapping[str, Condition], now: datetime
) -> Entrance:
    """Ask the triggers and the rules of admission of one published version, in their order."""
    asking = _Asking(reader, journey, audiences, now)
    triggers = [await _trigger(asking, trigger, version) for trigger in journey.entry.triggers]
    criteria = [one async for one in _admission(asking, version)]
    return Entrance(version["version_no"], now, triggers, criteria)


def recorded(condition: Condition, seen: Mapping[str, Any]) -> Criterion:
    """Return a condition with the values that were written down when it held."""
    match condition:
        case All(items) | AnyOf(items):
            inner = tuple(recorded(item, seen) for item in items)
            return Criterion(say_condition(condition), holds=None, items=inner)
        case Not(item):
            return Criterion(say_condition(condition), None, None, (recorded(item, seen),))
        case _:
            return Criterion(say_condition(condition), None, seen.get(_name(condition)))


@dataclass(frozen=True, slots=True)
class _Asking:
    reader: Reader
    journey: Journey
    audiences: Mapping[str, Condition]
    now: datetime

    async def ask(self, condition: Condition, event: object = None, at: datetime | None = None) -> Criterion:
        """Ask one condition; `event` are the properties of the event that it may look at."""
        statement = compile_asking(condition, self.journey, self.audiences)
        given = {"at": at or self.now, "event": None if event is None else json.dumps(event)}
        row = await self.reader.ask(statement.text, {**statement.constants, **given})
        return _tree(condition, iter(row[0] if row else [(False, None)] * len(list(tests_of(condition)))))


def _tree(condition: Condition, answers: Iterator[tuple[bool, Any]]) -> Criterion:
    said = say_condition(condition)
    match condition:
        case All(items):
            inner = tuple(_tree(item, answers) for item in items)
            return Criterion(said, all(one.holds for one in inner), None, inner)
        case AnyOf(items):
            inner = tuple(_tree(item, answers) for item in items)
            return Criterion(said, any(one.holds for one in inner), None, inner)
        case Not(item):
            one = _tree(item, answers)
            return Criterion(said, not one.holds, None, (one,))
        case _:
            holds, value = next(answers)
            return Criterion(said, holds, value)


def _name(condition: Condition) -> str:
    """Return the name under which a value was written down (compiler/values.py)."""
    match condition:
        case FieldTest(root=root, path=path):
            return ".".join((root, *path))
        case EventTest(name=name):
            return f"event {name}"
        case AudienceTest(audience=audience):
            return f"audience {audience}"
        case _:
            return ""


# Triggers --------------------------------------------------------------------------------------------------------


async def _trigger(asking: _Asking, trigger: Trigger, version: Row) -> Row:
    match trigger:
        case EventTrigger():
            return await _by_event(asking, trigger, version)
        case ScheduleTrigger(audience=audience, when=when):
            wanted = All((AudienceTest(audience), *([when] if when is not None else [])))
            asked = await asking.ask(wanted)
            yes, no = "belongs to them now", "does not belong to them now"
            said = f"A schedule suggests who belongs to the audience {audience}"
            said += f" and {say_condition(when, inner=True)}" if when is not None else ""
            return _said("schedule", f"{said}: the person {yes if asked.holds else no}.", asked)
        case AudienceTrigger(audience=audience):
            asked = await asking.ask(AudienceTest(audience))
            return _said("audience", f"Who comes to or leaves the audience {audience} is suggested.", asked)
        case ManualTrigger():
            return _said("manual", "People are added by hand.")


async def _by_event(asking: _Asking, trigger: EventTrigger, version: Row) -> Row:
    """Tell of the latest events of the trigger's name, each with why it did not suggest the person, or that it should."""
    where = f" where {say_condition(trigger.when)}" if trigger.when is not None else ""
    line = _said("event", f"Whoever does {trigger.event}{where} is suggested.")
    counted = await asking.reader.one("why_event_count", event=trigger.event)
    events = await asking.reader.rows("why_latest_events", event=trigger.event)
    times = int(counted["n"]) if counted else 0
    line |= {"event": trigger.event, "times": times, "events": []}
    for row in events:
        asked = (
            await asking.ask(trigger.when, row["properties"], row["happened_at"])
            if trigger.when is not None
            else None
        )
        line["events"].append(
            {
                "at": format_instant(row["happened_at"]),
                "said": _event_words(row, version, asked),
                "historical": row["historical"],
                "properties": row["properties"],
                "when": asked.as_dict() if asked is not None else None,
            }
        )
    if not times:
        line["said"] += f" This person has never done {trigger.event}."
    return line


def _event_words(row: Row, version: Row, asked: Criterion | None) -> str:
    if row["historical"]:
        return "it was loaded as history, which suggests nobody"
    if row["received_at"] < version["published_at"]:
        since = format_instant(version["published_at"])
        return f"it came before version {version['version_no']} was published, at {since}"
    if asked is not None and not asked.holds:
        return "it does not meet the condition"
    if version["status"] in ("stopped", "finished", "closed") or not version["entry_open"]:
        return f"it meets the condition; the version is {version['status']}, and its triggers may have been off by then"
    return "it meets the condition" if asked is not None else "it suggests the person"


def _said(kind: str, said: str, asked: Criterion | None = None) -> Row:
    return {"kind": kind, "said": said} | ({"now": asked.as_dict()} if asked is not None else {})


# Admission -------------------------------------------------------------------------------------------------------


async def _admission(asking: _Asking, version: Row) -> AsyncIterator[Criterion]:
    """Yield the rules of admission in their order; the first that does not hold is the reason of a refusal."""
    reader, entry, now = asking.reader, asking.journey.entry, asking.now
    profile = await reader.one("why_profile")
    gone = profile is not None and profile["deleted_at"] is not None
    yield Criterion("the person is not deleted", not gone, code="profile_deleted")
    yield _status(version)
    if entry.filter is not None:
        asked = await asking.ask(entry.filter)
        yield Criterion(f"the entry filter: {asked.said}", asked.holds, asked.value, asked.items, "filter")
    for audience in entry.exclude:
        asked = await asking.ask(AudienceTest(audience))
        yield Criterion(f"is not on the exclusion list {audience}", not asked.holds, None, (), "excluded")
    former = await reader.rows("why_participants")
    inside = next((row for row in former if row["finished_at"] is None), None)
    since = f": inside since {format_instant(inside['entered_at'])}" if inside else ""
    yield Criterion(f"is not inside already{since}", inside is None, code="already_inside")
    if former:
        last = former[-1]
        before = f"passage {last['entry_no']} began at {format_instant(last['entered_at'])}"
        if entry.reentry.mode == "once":
            yield Criterion(f"has never been inside; {before}", holds=False, code="reentry_once")
        elif entry.reentry.min_interval is not None:
            again = last["entered_at"] + entry.reentry.min_interval
            said = f"the latest passage began {say_duration(entry.reentry.min_interval)} ago or earlier; {before}"
            said += f", so from {format_instant(again)} on" if again > now else ""
            yield Criterion(said, again <= now, code="reentry_interval")
    if entry.cap is not None:
        row = await (
            await reader.connection.execute(query("counted_at_gate"), {"v": version["version_id"]})
        ).fetchone()
        entered = row[0] if row else 0
        said = f"fewer than {entry.cap:,} have entered version {version['version_no']}; {entered:,} have"
        yield Criterion(said, entered < entry.cap, entered, code="entry_cap")


def _status(version: Row) -> Criterion:
    said = f"version {version['version_no']} takes people in; it is {version['status']}"
    queues = (version["pause"] or {}).get("entrants", "queue") == "queue"
    admits = version["entry_open"] and (version["status"] == "live" or queues)
    if version["status"] == "paused" and version["entry_open"]:
        said += ", so whoever enters queues" if queues else " and refuses people meanwhile"
        return Criterion(said, admits, code="journey_paused")
    if version["status"] == "paused":
        said += " with its entry shut"
    code = "journey_stopped" if version["status"] == "stopped" else "journey_closed"
    assert code in REFUSING
    return Criterion(said, admits, code=code)
