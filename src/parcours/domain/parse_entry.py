"""The entry of a journey out of its document: triggers, dates, re-entry, pacing."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal, cast

from parcours.domain.cron import cron_fault
from parcours.domain.journey import (
    AudienceTrigger,
    Entry,
    EventTrigger,
    ManualTrigger,
    Reentry,
    ScheduleTrigger,
    Trigger,
    Waves,
)
from parcours.domain.keys import TRIGGERS
from parcours.domain.names import key, keys
from parcours.domain.parse_condition import condition_at
from parcours.domain.reading import Reading, Section, nearest
from parcours.domain.values import choice, count, duration, instant, line, rate, yes

__all__ = ["entry"]

_MAX_CAP: Final = 10**12
_MAX_PARTS: Final = 1_000


def entry(section: Section) -> Entry:
    """Read the entry."""
    filter_ = condition_at(section, "filter")
    triggers = [_trigger(section.reading, item, at) for item, at in section.items("triggers")]
    return Entry(
        triggers=tuple(trigger for trigger in triggers if trigger is not None),
        filter=filter_,
        exclude=section.get("exclude", keys) or (),
        reentry=_reentry(section),
        cap=section.get("cap", count(0, _MAX_CAP)),
        rate=section.get("rate", rate),
        waves=_waves(section),
        removes_from=section.get("removes_from", keys) or (),
        start=section.get("start", instant),
        end=section.get("end", instant),
        at_end=cast("Literal['close', 'stop']", section.get("at_end", choice("close", "stop")) or "close"),
    )


def _trigger(reading: Reading, value: object, place: str) -> Trigger | None:
    kind = next((name for name in TRIGGERS if name in value), None) if isinstance(value, dict) else "event"
    if kind is None:
        message = f"A trigger needs one of {', '.join(TRIGGERS)}."
        words = cast("dict[str, object]", value)
        reading.error(
            "bad_trigger", place, message, next(filter(None, (nearest(w, TRIGGERS) for w in words)), "")
        )
        return None
    section = reading.section(value, place, TRIGGERS[kind])
    if section is None:
        return None
    when = condition_at(section, "when") if kind != "manual" else None
    match kind:
        case "event":
            event = section.get("event", line(empty=False)) if section.need("event") else None
            return EventTrigger(event, when) if event else None
        case "audience":
            audience = section.get("audience", key) if section.need("audience") else None
            on = section.get("on", choice("enter", "leave", "both")) or "enter"
            found = cast("Literal['enter', 'leave', 'both']", on)
            return AudienceTrigger(audience, found, when) if audience else None
        case "schedule":
            audience = section.get("audience", key) if section.need("audience") else None
            schedule = section.get("schedule", _schedule) if section.need("schedule") else None
            if audience is None or schedule is None:
                return None
            return ScheduleTrigger(audience, schedule.cron, schedule.once, schedule.now, when)
        case _:
            return ManualTrigger() if section.need("manual") and section.get("manual", yes) else None


def _schedule(reading: Reading, value: object, place: str) -> ScheduleTrigger | None:
    """Read `now`, `{once: INSTANT}` or a cron text; the audience is filled in by the caller."""
    if isinstance(value, dict):
        section = reading.section(value, place, "once")
        once = section.get("once", instant) if section and section.need("once") else None
        return ScheduleTrigger("", once=once) if once else None
    text = line()(reading, value, place)
    if text is None:
        return None
    if text == "now":
        return ScheduleTrigger("", now=True)
    if fault := cron_fault(text):
        hint = "Write minute, hour, day, month, weekday (0 9 * * 1), or now, or {once: INSTANT}."
        reading.error("bad_schedule", place, f"The schedule is not understood: {fault}.", hint)
        return None
    return ScheduleTrigger("", cron=text)


def _reentry(section: Section) -> Reentry:
    inner = section.section("reentry", "reentry")
    if inner is None:
        return Reentry()
    mode = inner.get("mode", choice("once", "after_exit", "always")) or "once"
    return Reentry(
        cast("Literal['once', 'after_exit', 'always']", mode),
        inner.get("min_interval", duration(timedelta(0))),
    )


def _waves(section: Section) -> Waves | None:
    inner = section.section("waves", "waves")
    if inner is None or not inner.need("parts") or not inner.need("every"):
        return None
    parts, every = inner.get("parts", count(1, _MAX_PARTS)), inner.get("every", duration())
    return Waves(parts, every) if parts and every else None
