"""Every condition of a definition, whole or in its parts, with the place where it stands in the file."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.domain.condition import All, AnyOf, Condition, EventTest, Not
from parcours.domain.journey import Journey, ManualTrigger, Split, WaitFor

__all__ = ["conditions_of", "parts", "parts_of"]


def conditions_of(journey: Journey) -> Iterator[tuple[str, Condition]]:
    """Yield each condition of a journey with its place."""
    for n, trigger in enumerate(journey.entry.triggers):
        if not isinstance(trigger, ManualTrigger) and trigger.when is not None:
            yield f"entry.triggers[{n}].when", trigger.when
    if journey.entry.filter is not None:
        yield "entry.filter", journey.entry.filter
    if journey.goal is not None:
        yield "goal" if journey.goal.leave else "goal.when", journey.goal.when
    for n, rule in enumerate(journey.exits):
        yield f"exit[{n}]", rule
    for step in journey.steps.values():
        if isinstance(step, WaitFor):
            for n, awaited in enumerate(step.events):
                if awaited.when is not None:
                    yield f"steps.{step.id}.wait_for[{n}].when", awaited.when
        elif isinstance(step, Split):
            for n, branch in enumerate(step.branches):
                yield f"steps.{step.id}.split[{n}].when", branch.when


def parts(condition: Condition, place: str) -> Iterator[tuple[str, Condition]]:
    """Yield a condition and every condition inside it, outermost first, each with its place."""
    yield place, condition
    match condition:
        case All(items) | AnyOf(items):
            name = "all" if isinstance(condition, All) else "any"
            for n, item in enumerate(items):
                yield from parts(item, f"{place}.{name}[{n}]")
        case Not(item):
            yield from parts(item, f"{place}.not")
        case EventTest(when=when) if when is not None:
            yield from parts(when, f"{place}.when")
        case _:
            return


def parts_of(journey: Journey) -> Iterator[tuple[str, Condition]]:
    """Yield every condition of a journey, and every one inside, with its place."""
    for place, condition in conditions_of(journey):
        yield from parts(condition, place)
