"""Journeys and audiences as documents: export, then import, is the identity.

Canonical: keys in the order of the format, values that are the default left out, `next` left out where it is
the following step, instants in UTC, durations as text.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import Final

from parcours.domain.condition import Condition
from parcours.domain.journey import (
    Audience,
    AudienceTrigger,
    EmailDefaults,
    Entry,
    EventTrigger,
    Goal,
    Journey,
    ManualTrigger,
    Reentry,
    ScheduleTrigger,
    Trigger,
    Window,
)
from parcours.domain.serialise_condition import (
    Document,
    clock_text,
    condition_document,
    day_names,
    duration_text,
    instant_text,
    plain_number,
    without_none,
)
from parcours.domain.serialise_steps import route_text, step_document

__all__ = ["audience_document", "journey_document"]

_PER: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def journey_document(journey: Journey) -> Document:
    """Return the document of a journey. The texts of its template files stay outside, as in a file."""
    ids = list(journey.steps)
    following = zip_longest(journey.steps.values(), ids[1:])
    return _filled(
        {
            "journey": journey.key,
            "name": journey.name,
            "description": journey.description,
            "folder": journey.folder,
            "tags": list(journey.tags),
            "timezone": journey.timezone,
            "profile_timezone": journey.profile_timezone,
            "entry": _entry(journey.entry),
            "goal": _goal(journey.goal),
            "exit": [condition_document(exit_rule) for exit_rule in journey.exits],
            "lifetime": duration_text(journey.lifetime),
            "email": _defaults(journey.email),
            "window": _window(journey.window),
        }
    ) | without_none(
        {
            "steps": {step.id: step_document(step, after) for step, after in following},
            "layout": {name: [plain_number(x), plain_number(y)] for name, (x, y) in journey.layout.items()}
            or None,
        }
    )


def audience_document(audience: Audience) -> Document:
    """Return the document of an audience."""
    where = _condition(audience.where)
    document = {"audience": audience.key, "name": audience.name, "where": where}
    return _filled(document) | ({} if where else {"members": list(audience.members)})


def _filled(document: Document) -> Document:
    """Leave out what is empty: those are the defaults."""
    return {name: value for name, value in document.items() if value not in (None, "", [], {}, False)}


def _entry(entry: Entry) -> Document:
    return without_none(
        {
            "triggers": [_trigger(trigger) for trigger in entry.triggers] or None,
            "filter": _condition(entry.filter),
            "exclude": list(entry.exclude) or None,
            "reentry": _reentry(entry.reentry),
            "cap": entry.cap,
            "rate": _rate(entry.rate),
            "waves": entry.waves and {"parts": entry.waves.parts, "every": duration_text(entry.waves.every)},
            "removes_from": list(entry.removes_from) or None,
            "start": instant_text(entry.start),
            "end": instant_text(entry.end),
            "at_end": None if entry.at_end == "close" else entry.at_end,
        }
    )


def _trigger(trigger: Trigger) -> Document:
    match trigger:
        case EventTrigger(event, when):
            return without_none({"event": event, "when": _condition(when)})
        case AudienceTrigger(audience, on, when):
            return without_none({"audience": audience, "on": on, "when": _condition(when)})
        case ScheduleTrigger(audience, cron, once, now, when):
            schedule = "now" if now else cron or {"once": instant_text(once)}
            return without_none({"audience": audience, "schedule": schedule, "when": _condition(when)})
        case ManualTrigger():
            return {"manual": True}


def _reentry(reentry: Reentry) -> Document | None:
    if reentry == Reentry():
        return None
    return without_none({"mode": reentry.mode, "min_interval": duration_text(reentry.min_interval)})


def _goal(goal: Goal | None) -> Document | None:
    if goal is None:
        return None
    when = condition_document(goal.when)
    return when if goal.leave else {"when": when, "leave": False}


def _defaults(defaults: EmailDefaults) -> Document:
    return without_none(
        {
            "from": defaults.from_,
            "reply_to": defaults.reply_to,
            "subscription": defaults.subscription,
            "transactional": defaults.transactional,
            "on_skip": route_text(defaults.on_skip),
        }
    )


def _window(window: Window | None) -> Document | None:
    if window is None:
        return None
    days, start, until = day_names(window.weekdays), clock_text(window.start), clock_text(window.until)
    return without_none({"days": days, "from": start, "to": until})


def _rate(rate: float | None) -> str | None:
    """Write a rate per second so that reading it gives the same number: whole numbers first."""
    if rate is None:
        return None
    for unit, seconds in _PER.items():
        whole = round(rate * seconds)
        if whole > 0 and whole / seconds == rate:
            return f"{whole}/{unit}"
    return f"{Decimal(repr(rate)):f}/s"


def _condition(condition: Condition | None) -> Document | None:
    return None if condition is None else condition_document(condition)
