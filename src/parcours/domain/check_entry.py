"""Problems of the entry: who comes in, when, and what that sets off elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from parcours.domain.journey import End, Journey, ScheduleTrigger
from parcours.domain.known import Known
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at

__all__ = ["entry_problems", "start_problems"]

ADMITTING_NO_MORE = frozenset(("closed", "stopped", "finished", "deleted"))


def entry_problems(journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield what is wrong with triggers, dates and limits."""
    entry = journey.entry
    if not entry.triggers:
        hint = "Add a trigger, unless people are only added by hand."
        yield problem_at("warning", "no_trigger", "entry.triggers", "Nothing starts this journey.", hint)
    if entry.start and entry.end and entry.start >= entry.end:
        hint = "Move one of the two dates."
        yield problem_at("error", "start_after_end", "entry.end", "The end is not after the start.", hint)
    if entry.reentry.min_interval and entry.reentry.mode != "after_exit":
        message = f"`min_interval` has no effect with mode {entry.reentry.mode}."
        yield problem_at("warning", "interval_ignored", "entry.reentry", message, "Use mode: after_exit.")
    if entry.cap == 0:
        message = "At most 0 people: nobody enters."
        yield problem_at(
            "warning", "nobody_enters", "entry.cap", message, "Write at least 1, or leave cap out."
        )
    if entry.waves and not any(isinstance(trigger, ScheduleTrigger) for trigger in entry.triggers):
        message = "Waves spread a schedule, and no trigger has one."
        yield problem_at(
            "warning", "waves_ignored", "entry.waves", message, "Add a schedule, or remove the waves."
        )
    yield from _past(journey, known)
    yield from _removes(journey, known)


def _past(journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield dates that lie behind the instant of the check: they act at once, or never."""
    now, entry = known.now, journey.entry
    if now is None:
        return
    if entry.end is not None and entry.end <= now:
        message = "The end has passed: nobody enters."
        yield problem_at("warning", "nobody_enters", "entry.end", message, "Move it, or leave it out.")
    for n, trigger in enumerate(entry.triggers):
        if isinstance(trigger, ScheduleTrigger) and trigger.once is not None and trigger.once <= now:
            message = "The instant has passed: this trigger suggests nobody."
            hint = "Move it, or write now."
            yield problem_at("warning", "schedule_passed", f"entry.triggers[{n}].schedule", message, hint)


def _removes(journey: Journey, known: Known) -> Iterator[Problem]:
    for n, key in enumerate(journey.entry.removes_from):
        place = f"entry.removes_from[{n}]"
        if key == journey.key:
            message = "Nobody who enters is inside already."
            yield problem_at("warning", "unknown_journey", place, message, "Name another journey.")
        elif known.journeys is not None and key not in known.journeys:
            message = f"There is no journey `{key}`."
            hint = nearest(key, tuple(known.journeys)) or "It removes nobody until it exists."
            yield problem_at("warning", "unknown_journey", place, message, hint)


def start_problems(journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield ends that start a journey which admits nobody, or which leads back to this one."""
    for step in journey.steps.values():
        if not isinstance(step, End) or step.start is None:
            continue
        place = f"steps.{step.id}.end.start"
        status = known.journeys.get(step.start, "deleted") if known.journeys is not None else "live"
        if step.start != journey.key and status in ADMITTING_NO_MORE:
            if status == "deleted":
                message = f"There is no journey `{step.start}`."
                hint = nearest(step.start, tuple(known.journeys or ())) or "Publish it, or name another one."
            else:
                message = f"The journey `{step.start}` admits nobody: it is {status}."
                hint = "Publish a new version of it, or name another one."
            yield problem_at("error", "start_not_admitting", place, message, hint)
        elif status == "draft":
            message = f"The journey `{step.start}` is a draft: it admits nobody until it is published."
            yield problem_at("warning", "start_not_published", place, message, "Publish it, too.")
        if journey.key in _started_from(step.start, known.starts):
            message = f"Starting `{step.start}` leads back to this journey."
            yield problem_at("error", "start_cycle", place, message, "Break the circle at one of its ends.")


def _started_from(first: str, starts: Mapping[str, frozenset[str]]) -> set[str]:
    found, ahead = {first}, [first]
    while ahead:
        for key in starts.get(ahead.pop(), frozenset()) - found:
            found.add(key)
            ahead.append(key)
    return found
