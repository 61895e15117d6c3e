"""Everything wrong with a definition that can be read, all at once (lifecycle.md, Validation).

Errors are what would make publishing wrong; everything else is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from parcours.domain.availability import not_available
from parcours.domain.check_graph import graph_problems
from parcours.domain.check_steps import email_problems, step_problems, template_missing
from parcours.domain.condition import AudienceTest, FieldTest, MessageTest
from parcours.domain.journey import (
    AudienceTrigger,
    Email,
    End,
    Journey,
    ScheduleTrigger,
    UpdateProfile,
    WaitFor,
    Webhook,
)
from parcours.domain.names import ROOTS
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at
from parcours.domain.walk import parts_of

__all__ = ["Known", "check_journey", "not_available", "template_missing", "unique"]

MAX_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What stands around a journey. None means unknown: nothing is said about it then.

    `fields` are the top-level attributes of profiles, `audiences` the keys of audiences, `journeys` the
    status of each other journey, `starts` the journeys that each other journey starts from its ends.
    """

    fields: frozenset[str] | None = None
    audiences: frozenset[str] | None = None
    journeys: Mapping[str, str] | None = None
    starts: Mapping[str, frozenset[str]] = field(default_factory=dict)


def check_journey(journey: Journey, *, known: Known | None = None) -> list[Problem]:
    """Return every problem of a journey that could be read, in the order of the file's sections."""
    around = known or Known()
    return [problem for check in _CHECKS for problem in check(journey, around)]


def unique(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems without repetition, errors first, otherwise in their order."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.severity != "error")


def _entry(journey: Journey, known: Known) -> Iterator[Problem]:  # noqa: ARG001 (one signature)
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


def _size(journey: Journey, known: Known) -> Iterator[Problem]:  # noqa: ARG001
    if len(journey.steps) > MAX_STEPS:
        message = f"{len(journey.steps)} steps; at most {MAX_STEPS} are possible."
        yield problem_at("error", "too_many_steps", "steps", message, "Continue in a second journey.")


def _graph(journey: Journey, known: Known) -> Iterator[Problem]:  # noqa: ARG001
    if len(journey.steps) <= MAX_STEPS:
        yield from graph_problems(journey)


def _steps(journey: Journey, known: Known) -> Iterator[Problem]:  # noqa: ARG001
    for step in journey.steps.values():
        yield from email_problems(step, journey) if isinstance(step, Email) else step_problems(step)


def _conditions(journey: Journey, known: Known) -> Iterator[Problem]:
    saved = tuple(sorted({name for step in journey.steps.values() for name in _saves(step)}))
    for place, part in parts_of(journey):
        if isinstance(part, FieldTest):
            yield from _field(part, f"{place}.field", saved, known)
        elif isinstance(part, MessageTest) and not isinstance(journey.steps.get(part.step), Email | Webhook):
            message = f"`{part.step}` is no step that makes a message."
            makers = tuple(s.id for s in journey.steps.values() if isinstance(s, Email | Webhook))
            hint = nearest(part.step, makers) or "Name an email step."
            yield problem_at("error", "unknown_message", f"{place}.message", message, hint)


def _field(test: FieldTest, place: str, saved: tuple[str, ...], known: Known) -> Iterator[Problem]:
    if test.root not in ROOTS and test.root not in saved:
        message = f"No step saves anything as `{test.root}`."
        hint = nearest(test.root, (ROOTS + saved)[:50]) or f"Known: {', '.join(ROOTS + saved)[:200]}."
        yield problem_at("warning", "unknown_field", place, message, hint)
    elif test.root == "profile" and known.fields is not None and test.path[0] not in known.fields:
        message = f"No profile has `{test.path[0]}`."
        hint = nearest(test.path[0], known.fields) or "The test fails until some profile has it."
        yield problem_at("warning", "unknown_field", place, message, hint)


def _saves(step: object) -> Iterator[str]:
    match step:
        case WaitFor(events=events):
            yield from (event.save_as for event in events if event.save_as)
        case Webhook(save_as=str(name)):
            yield name
        case _:
            return


def _audiences(journey: Journey, known: Known) -> Iterator[Problem]:
    if known.audiences is None:
        return
    for place, audience in _named_audiences(journey):
        if audience not in known.audiences:
            hint = nearest(audience, known.audiences) or "It counts as empty until it exists."
            message = f"There is no audience `{audience}`."
            yield problem_at("warning", "unknown_audience", place, message, hint)


def _named_audiences(journey: Journey) -> Iterator[tuple[str, str]]:
    for n, trigger in enumerate(journey.entry.triggers):
        if isinstance(trigger, AudienceTrigger | ScheduleTrigger):
            yield f"entry.triggers[{n}].audience", trigger.audience
    for n, audience in enumerate(journey.entry.exclude):
        yield f"entry.exclude[{n}]", audience
    for place, part in parts_of(journey):
        if isinstance(part, AudienceTest):
            yield f"{place}.audience", part.audience
    for step in journey.steps.values():
        if isinstance(step, UpdateProfile):
            for name, audiences in (("add_to", step.add_to), ("remove_from", step.remove_from)):
                for n, audience in enumerate(audiences):
                    yield f"steps.{step.id}.update_profile.{name}[{n}]", audience


def _starts(journey: Journey, known: Known) -> Iterator[Problem]:
    for step in journey.steps.values():
        if not isinstance(step, End) or step.start is None:
            continue
        place = f"steps.{step.id}.end.start"
        status = known.journeys.get(step.start, "deleted") if known.journeys is not None else "live"
        if step.start != journey.key and status in {"closed", "stopped", "finished", "deleted"}:
            if status == "deleted":
                message = f"There is no journey `{step.start}`."
                hint = nearest(step.start, tuple(known.journeys or ())) or "Publish it, or name another one."
            else:
                message = f"The journey `{step.start}` admits nobody: it is {status}."
                hint = "Publish a new version of it, or name another one."
            yield problem_at("error", "start_not_admitting", place, message, hint)
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


_CHECKS: Final[tuple[Callable[[Journey, Known], Iterator[Problem]], ...]] = (
    _entry,
    _size,
    _graph,
    _steps,
    _conditions,
    _audiences,
    _starts,
)
