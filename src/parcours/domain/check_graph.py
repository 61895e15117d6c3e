"""Problems of the drawing: steps that are missing, out of reach, without an end, or in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.domain.graph import can_leave, fast_cycles, reachable, ways
from parcours.domain.journey import Journey, Jump
from parcours.domain.problems import Problem, Severity
from parcours.domain.reading import MAX_HINTS, nearest, problem_at

__all__ = ["graph_problems"]


def graph_problems(journey: Journey) -> Iterator[Problem]:
    """Yield the problems of the journey as a graph."""
    yield from _unknown_steps(journey)
    inside = reachable(journey)
    for step in journey.steps:
        if step not in inside:
            hint = "Lead a branch to it, or remove it."
            message = f"No path leads to `{step}`."
            yield problem_at("warning", "unreachable_step", f"steps.{step}", message, hint)
    yield from _endless(journey, inside)
    for group in fast_cycles(journey):
        names = " → ".join([*group, group[0]])
        hint = "Put a wait of at least a minute into the circle."
        message = f"The steps {names} go round without a wait."
        yield problem_at("error", "cycle_without_wait", f"steps.{group[0]}", message, hint)


def _unknown_steps(journey: Journey) -> Iterator[Problem]:
    ids = tuple(journey.steps)
    said = 0
    for place, step in _targets(journey):
        if step not in journey.steps:
            near = nearest(step, ids) if said < MAX_HINTS else ""
            hint, said = near or f"Steps: {', '.join(ids)[:200]}.", said + 1
            yield problem_at("error", "unknown_step", place, f"There is no step `{step}`.", hint)


def _targets(journey: Journey) -> Iterator[tuple[str, str]]:
    """Yield every place that names a step to go to."""
    for step in journey.steps.values():
        for way in ways(step):
            if isinstance(way.target, Jump):
                yield f"steps.{step.id}.{way.place}", way.target.step
    if isinstance(journey.email.on_skip, Jump):
        yield "email.on_skip", journey.email.on_skip.step


def _endless(journey: Journey, inside: set[str]) -> Iterator[Problem]:
    """Yield the first step of each path without an end: an error unless something else takes people out."""
    leaving = can_leave(journey)
    other_way = journey.lifetime is not None or journey.exits or (journey.goal and journey.goal.leave)
    trapped = [step for step in journey.steps if step in inside and step not in leaving]
    # Where a way leads to an unknown step, that is the problem, and it is said already.
    broken = {
        step.id
        for step in journey.steps.values()
        for way in ways(step, journey.email)
        if isinstance(way.target, Jump) and way.target.step not in journey.steps
    }
    if trapped and not broken.intersection(trapped):
        names = ", ".join(trapped)
        hint = (
            "Lead one branch to an end." if not other_way else "Only a goal, exit rule or lifetime ends it."
        )
        message = f"No end can be reached from {names[:200]}."
        severity: Severity = "warning" if other_way else "error"
        yield problem_at(severity, "no_end", f"steps.{trapped[0]}", message, hint)
