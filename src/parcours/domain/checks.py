"""Everything wrong with a definition that can be read, all at once (lifecycle.md, Validation).

Errors are what would make publishing wrong; everything else is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from parcours.domain.availability import not_available
from parcours.domain.check_branches import branch_problems
from parcours.domain.check_conditions import condition_problems
from parcours.domain.check_consent import consent_problems
from parcours.domain.check_entry import entry_problems, start_problems
from parcours.domain.check_graph import graph_problems
from parcours.domain.check_steps import email_problems, step_problems, template_missing
from parcours.domain.journey import Email, Journey
from parcours.domain.known import Known
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at
from parcours.domain.senders import sender_problems
from parcours.domain.uses import uses_of_journey

__all__ = ["Known", "check_journey", "not_available", "template_missing", "unique"]

MAX_STEPS: Final = 200


def check_journey(journey: Journey, *, known: Known | None = None) -> list[Problem]:
    """Return every problem of a journey that could be read, in the order of the file's sections."""
    around = known or Known()
    return [problem for check in _CHECKS for problem in check(journey, around)]


def unique(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems without repetition, errors first, otherwise in their order."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.severity != "error")


def _size(journey: Journey, known: Known) -> Iterator[Problem]:  # noqa: ARG001 (one signature)
    if len(journey.steps) > MAX_STEPS:
        message = f"{len(journey.steps)} steps; at most {MAX_STEPS} are possible."
        yield problem_at("error", "too_many_steps", "steps", message, "Continue in a second journey.")


def _graph(journey: Journey, known: Known) -> Iterator[Problem]:  # noqa: ARG001
    if len(journey.steps) <= MAX_STEPS:
        yield from graph_problems(journey)


def _steps(journey: Journey, known: Known) -> Iterator[Problem]:
    for step in journey.steps.values():
        yield from email_problems(step, journey) if isinstance(step, Email) else step_problems(step)
        yield from branch_problems(step, journey, known)


def _names(journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield audiences that there are not, and events that are written a little differently from those that come."""
    for use in uses_of_journey(journey):
        if use.kind == "audience" and known.audiences is not None:
            if use.name not in known.audiences:
                hint = nearest(use.name, known.audiences) or "It counts as empty until it exists."
                message = f"There is no audience `{use.name}`."
                yield problem_at("warning", "unknown_audience", use.place, message, hint)
            elif ".update_profile." in use.place and use.name in known.conditions:
                message = (
                    f"`{use.name}` has a condition, which decides who belongs to it: this has no effect."
                )
                hint = "Name a list of members."
                yield problem_at("warning", "audience_by_condition", use.place, message, hint)
        # A new event is nothing to warn of; one that is nearly an old one is.
        elif (
            use.kind == "event"
            and known.events is not None
            and use.name not in known.events
            and (hint := nearest(use.name, tuple(known.events)))
        ):
            message = f"Nobody is known to have done `{use.name}`."
            yield problem_at("warning", "unknown_event", use.place, message, hint)


def _senders(journey: Journey, known: Known) -> Iterator[Problem]:
    yield from sender_problems(journey, known.senders)


_CHECKS: Final[tuple[Callable[[Journey, Known], Iterator[Problem]], ...]] = (
    entry_problems,
    _size,
    _graph,
    _steps,
    condition_problems,
    _names,
    start_problems,
    consent_problems,
    _senders,
)
