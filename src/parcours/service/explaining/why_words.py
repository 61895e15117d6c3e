"""What happened to somebody and what comes next, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from parcours.domain.condition import Condition
from parcours.domain.condition_words import say_condition, say_duration
from parcours.domain.journey import (
    DropOut,
    Email,
    EventTrigger,
    Experiment,
    Journey,
    Jump,
    ScheduleTrigger,
    Split,
    Step,
    Target,
    Wait,
    WaitFor,
    Webhook,
)
from parcours.domain.timing import format_instant
from parcours.service.commands.holding import Held

__all__ = ["branches_taken", "cause_of", "goes_on", "waits_for"]

Row: TypeAlias = Mapping[str, Any]

CAUSES: Final = {
    "profile": "the profile was changed",
    "add": "added by hand",
    "remove": "taken out by hand",
    "delete": "the person was deleted",
    "stop": "the journey was stopped",
    "recheck": "it had happened already",
}
TIMERS: Final = {
    "wait": "its wait was over",
    "wait_for": "none of its events came before the time-out",
    "update_profile": "the profile was written",
}
OUTCOMES: Final = {
    "sent": "its message was sent",
    "uncertain": "its message was handed over, without an answer",
    "skipped": "its message was not sent",
    "rejected": "its message was rejected",
    "cancelled": "its message was cancelled",
}
KINDS: Final = {Wait: "wait", WaitFor: "wait_for"}


def cause_of(
    move: Row, journey: Journey | None, message: Row | None, *, moved_from: int | None = None, version: int | None = None
) -> str:  # fmt: skip
    """Say what made somebody move. `message` is the one of the step that was left, where it made one.

    `moved_from` and `version` are the numbers of the versions of a transfer.
    """
    cause, name = move["cause"], move["cause_name"]
    step = journey.steps.get(move["from_step"]) if journey and move["from_step"] else None
    match cause:
        case "event":
            return f"did {name}"
        case "audience":
            return f"the audience {name} changed"
        case "start":
            return f"started by the journey {str(name).rpartition('/')[2]}"
        case "transfer":
            return _transferred(move, moved_from, version)
        case "run" if _by_backfill(name, journey):
            return f"suggested at the publication, because of {name} done before it (backfill)"
        case "run":
            return f"suggested by a schedule over the audience {name}"
        case "outcome":
            return (
                OUTCOMES.get(message["state"], "its message was settled")
                if message
                else "its message was settled"
            )
        case "timer" if move["reason"] == "lifetime_exceeded":
            return "the time that the journey allows was over"
        case "timer" if move["from_step"] is None:
            return "let in from the queue"
        case "timer":
            return TIMERS.get(KINDS.get(type(step), "update_profile"), "its turn had come")
        case _:
            return CAUSES.get(cause, str(cause))


def _transferred(move: Row, moved_from: int | None, version: int | None) -> str:
    """Say how somebody came from one version to another: at the same step, by an answer, or out of it."""
    said = f"moved from version {moved_from or '?'} to version {version or '?'}"
    step = move["from_step"]
    if move["reason"] == "step_removed":
        return f"{said}, which lacks the step {step}: drops out"
    if move["status"] != "active" and not move["path"]:
        return f"{said}, whose rules were asked first"
    if step is None:
        return f"{said}, queued before its first step"
    if move["path"]:
        return f"{said}, by answer from {step} to {move['path'][0]}"
    return f"{said}, at the same step {step}"


def _by_backfill(name: str | None, journey: Journey | None) -> bool:
    """Tell whether a run suggested by an event of before: a schedule names an audience."""
    triggers = journey.entry.triggers if journey else ()
    scheduled = any(isinstance(one, ScheduleTrigger) and one.audience == name for one in triggers)
    return not scheduled and any(isinstance(one, EventTrigger) and one.event == name for one in triggers)


def branches_taken(move: Row, journey: Journey | None) -> list[dict[str, Any]]:
    """Return, for each split and experiment passed, where it led and by which branch, in the words of its condition."""
    taken = []
    for step, target in _passed(move, journey):
        said = " or ".join(_choices(step, target))
        taken.append({"step": step.id, "to": target, "said": said or "as it was drawn"})
    return taken


def _passed(move: Row, journey: Journey | None) -> Iterator[tuple[Split | Experiment, str | None]]:
    path = list(move["path"])
    if journey is None:
        return
    # A split that rests for an instant is left by a move of its own.
    if move["from_step"] is not None and path and not move["entered"]:
        path.insert(0, move["from_step"])
    for place, name in enumerate(path):
        step = journey.steps.get(name)
        if not isinstance(step, Split | Experiment):
            continue
        if place + 1 < len(path):
            yield step, path[place + 1]
        elif move["status"] == "dropped_out":
            yield step, None


def _choices(step: Split | Experiment, target: str | None) -> Iterator[str]:
    if isinstance(step, Experiment):
        yield from (f"its arm {share.name}" for share in step.shares if _leads(share.target, target))
        return
    for branch in step.branches:
        if _leads(branch.target, target):
            yield say_condition(branch.when)
    if _leads(step.otherwise, target):
        yield "none of its conditions held" if step.branches else "always"


def _leads(way: Target, target: str | None) -> bool:
    return isinstance(way, DropOut) if target is None else isinstance(way, Jump) and way.step == target


def waits_for(
    participant: Row, version: Row, journey: Journey | None, message: Row | None, *, kept: int, held: Held | None,
    now: datetime,
) -> str:  # fmt: skip
    """Say what somebody inside waits for now. `message` is the one that has no outcome yet."""
    step = journey.steps.get(participant["step"]) if journey and participant["step"] else None
    if version["status"] == "paused" and (paused := _paused(participant, version, step, kept)) is not None:
        return paused
    if version["starts_at"] is not None and version["starts_at"] > now:
        return f"the start date of the journey, {format_instant(version['starts_at'])}"
    if participant["resumed_at"] is not None:
        resumed = format_instant(participant["resumed_at"])
        return f"its turn: the journey was resumed at {resumed}, and people are set free at a pace"
    if participant["step"] is None:
        return "a worker, to go to the first step"
    wake_at = participant["wake_at"]
    if isinstance(step, WaitFor):
        events = " or ".join(f"the event {a.event}{_when(a.when)}" for a in step.events)
        until = f", until {format_instant(wake_at)} at the latest" if wake_at else ", without a time-out"
        return f"{events}{until}{_overdue(wake_at, now)}"
    if isinstance(step, Wait) and wake_at is not None:
        return f"{format_instant(wake_at)}{_overdue(wake_at, now)}"
    if isinstance(step, Email | Webhook):
        if held is not None and message is not None and message["state"] == "queued":
            return f"all sending to be released: it is held since {format_instant(held.since)} by {held.by}"
        return _outcome(message, journey, now)
    return "a worker, to go on"


def _paused(participant: Row, version: Row, step: Step | None, kept: int) -> str | None:
    """Say how a pause holds somebody; None where waits and conditions go on, and it stands at one."""
    inside = (version["pause"] or {}).get("inside", "freeze")
    since = format_instant(version["paused_at"])
    if participant["step"] is None:
        stands = "the person is queued before the first step"
    elif inside == "freeze":
        stands = "the person is frozen here"
    elif not isinstance(step, Email | Webhook):
        return None
    elif inside == "discard":
        stands = "what would be sent in it drops the person out (pause_discard)"
    else:
        stands = "the message is held"
    more = f"; {kept} events are kept for then" if kept else ""
    return f"the resume of the journey: it is paused since {since}, {stands}{more}"


def goes_on(participant: Row, journey: Journey | None) -> list[dict[str, Any]]:
    """Return the ways from where somebody stands: on which occasion, when at the latest, to which step (None: out)."""
    if journey is None:
        return []
    name = participant["step"]
    if name is None:
        return [{"when": "on being let in", "at": None, "to": journey.first_step}]
    step = journey.steps.get(name)
    at = None if participant["wake_at"] is None else format_instant(participant["wake_at"])
    return [{"when": when, "at": at if timed else None, "to": to} for when, timed, to in _ways(step)]


def _ways(step: Step | None) -> Iterator[tuple[str, bool, str | None]]:
    match step:
        case WaitFor(events=events, timeout=timeout):
            for one in events:
                yield f"on {one.event}{_when(one.when)}", False, _to(one.target)
            if timeout is not None:
                yield (
                    f"at the time-out, {say_duration(timeout.after)} behind its beginning",
                    True,
                    _to(timeout.target),
                )
        case Wait(next=target):
            yield "when its wait is over", True, target
        case Email(next=target) | Webhook(next=target):
            yield "when its message is settled", False, target
        case None:
            return
        case _:
            yield "at once", False, getattr(step, "next", None)


def _to(target: Target) -> str | None:
    return target.step if isinstance(target, Jump) else None


def _outcome(message: Row | None, journey: Journey | None, now: datetime) -> str:
    if message is None:
        return "a worker, to queue its message"
    if message["state"] == "claimed":
        return "the outcome of its message, which the provider has"
    due = message["due_at"]
    if due is None:
        return "its turn after the pause; then its message is sent"
    if message["detail"]:
        tried = f"{message['attempts']} times" if message["attempts"] != 1 else "once"
        return (
            f"its message to be sent, which was tried {tried} in vain ({message['detail']}); "
            f"the next try is at {format_instant(due)}{_overdue(due, now)}"
        )
    if journey is not None and journey.window is not None and due > now:
        return f"the window in which messages may leave: it opens at {format_instant(due)}"
    return f"its message to be sent, due {format_instant(due)}{_overdue(due, now)}"


def _when(condition: Condition | None) -> str:
    return "" if condition is None else f" where {say_condition(condition)}"


def _overdue(at: datetime | None, now: datetime) -> str:
    if at is None or at >= now:
        return ""
    return " (overdue: is a worker running?)" if (now - at).total_seconds() > 5 else " (now)"  # noqa: PLR2004
