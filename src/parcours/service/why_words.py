"""What somebody waits for, and why somebody was never suggested, in sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from parcours.domain.condition import Condition
from parcours.domain.journey import (
    Email,
    EventTrigger,
    Journey,
    ManualTrigger,
    ScheduleTrigger,
    Wait,
    WaitFor,
    Webhook,
)
from parcours.domain.serialise_condition import condition_document
from parcours.domain.timing import format_instant

__all__ = ["never_suggested", "waits_for"]

Row: TypeAlias = Mapping[str, Any]


def waits_for(
    participant: Row, version: Row, journey: Journey | None, message: Row | None, *, kept: int, now: datetime
) -> str:
    """Say what somebody inside waits for now. `message` is the one that has no outcome yet."""
    if version["status"] == "paused":
        since = format_instant(version["paused_at"])
        stands = "queued before the first step" if participant["step"] is None else "frozen here"
        more = f"; {kept} events are kept for then" if kept else ""
        return f"the resume of the journey: it is paused since {since}, the person is {stands}{more}"
    if version["starts_at"] is not None and version["starts_at"] > now:
        return f"the start date of the journey, {format_instant(version['starts_at'])}"
    if participant["step"] is None:
        return "a worker, to go to the first step"
    step = journey.steps.get(participant["step"]) if journey else None
    wake_at = participant["wake_at"]
    if isinstance(step, WaitFor):
        events = " or ".join(f"the event {a.event}{_when(a.when)}" for a in step.events)
        until = f", until {format_instant(wake_at)} at the latest" if wake_at else ", without a time-out"
        return f"{events}{until}{_overdue(wake_at, now)}"
    if isinstance(step, Wait) and wake_at is not None:
        return f"{format_instant(wake_at)}{_overdue(wake_at, now)}"
    if isinstance(step, Email | Webhook):
        return _outcome(message, now)
    return "a worker, to go on"


def never_suggested(version: Row, journey: Journey | None, done: Mapping[str, Row]) -> list[str]:
    """Say why no trigger of the newest published version has suggested somebody."""
    published_at = format_instant(version["published_at"])
    lines = [f"Never suggested: no trigger has led this person to the journey since {published_at}."]
    triggers = journey.entry.triggers if journey else ()
    if not triggers:
        lines.append("It has no triggers; people are added by hand.")
    for trigger in triggers:
        if isinstance(trigger, EventTrigger):
            lines.append(_trigger(trigger, done.get(trigger.event), published_at))
        elif isinstance(trigger, ManualTrigger):
            lines.append("Trigger by hand: nobody has added the person.")
        elif isinstance(trigger, ScheduleTrigger):
            who = f"the audience {trigger.audience}{_when(trigger.when)}"
            lines.append(f"Trigger by schedule: no run has come, or the person did not belong to {who} then.")
    lines += _status(version)
    return lines


def _trigger(trigger: EventTrigger, done: Row | None, published_at: str) -> str:
    name = f"Trigger {trigger.event}{_when(trigger.when)}"
    if done is None:
        return f"{name}: the person has not done it."
    last = format_instant(done["last_at"])
    if done["heard"]:
        return f"{name}: done, at {last} for the last time, but it did not hold then, or was not applied yet."
    if done["historical"] == done["n"]:
        return f"{name}: done, at {last} for the last time, but loaded as history, which triggers nothing."
    return f"{name}: done, at {last} for the last time, but before the publication at {published_at}."


def _status(version: Row) -> Iterator[str]:
    if version["status"] in ("closed", "stopped", "finished"):
        yield f"Version {version['version_no']} is {version['status']}: its triggers are off."


def _outcome(message: Row | None, now: datetime) -> str:
    if message is None:
        return "a worker, to queue its message"
    if message["state"] == "claimed":
        return "the outcome of its message, which the provider has"
    tried = f" (tries: {message['attempts']}; {message['detail']})" if message["detail"] else ""
    due = message["due_at"]
    return f"its message to be sent, due {format_instant(due)}{tried}{_overdue(due, now)}"


def _when(condition: Condition | None) -> str:
    if condition is None:
        return ""
    return f" when {json.dumps(condition_document(condition), ensure_ascii=False)}"


def _overdue(at: datetime | None, now: datetime) -> str:
    if at is None or at >= now:
        return ""
    return " (overdue: is a worker running?)" if (now - at).total_seconds() > 5 else " (now)"  # noqa: PLR2004
