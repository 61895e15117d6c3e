"""The journey as a graph: the ways out of each step, what can be reached, where it goes round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from parcours.domain.journey import (
    DropOut,
    Email,
    EmailDefaults,
    End,
    Experiment,
    Journey,
    Jump,
    Split,
    Step,
    Target,
    UpdateProfile,
    Wait,
    WaitFor,
    Webhook,
)

__all__ = ["Way", "can_leave", "fast_cycles", "reachable", "ways"]

SLOW: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a step: its path below the step, and whether going it takes time or an event."""

    place: str
    target: Target
    slow: bool = False


def ways(step: Step, defaults: EmailDefaults | None = None) -> list[Way]:
    """Return every way out of a step, in file order; `next` of an end is none."""
    match step:
        case Email():
            on_skip = step.on_skip or (defaults.on_skip if defaults else None)
            named = (("email.on_skip", on_skip), ("email.on_error", step.on_error))
            return [Way("next", Jump(step.next)), *_named(named)]
        case Wait():
            slow = step.until_time is not None or (step.duration or timedelta(0)) >= SLOW
            return [Way("next", Jump(step.next), slow), *_named((("wait.on_missing", step.on_missing),))]
        case WaitFor():
            found = [Way(f"wait_for[{n}].next", a.target, slow=True) for n, a in enumerate(step.events)]
            if step.timeout:
                slow = step.timeout.after >= SLOW
                found.append(Way(f"wait_for[{len(found)}].next", step.timeout.target, slow))
            return found
        case Split():
            targets = [*(branch.target for branch in step.branches), step.otherwise]
            return [Way(f"split[{n}].next", target) for n, target in enumerate(targets)]
        case Experiment():
            return [Way(f"experiment[{n}].next", share.target) for n, share in enumerate(step.shares)]
        case Webhook():
            # A call fails for good after its retries, minutes later; who turns them off is on their own.
            failed = _named((("webhook.on_error", step.on_error),), slow=step.retries != 0)
            return [Way("next", Jump(step.next)), *failed]
        case UpdateProfile():
            return [Way("next", Jump(step.next))]
        case End():
            return []


def reachable(journey: Journey) -> set[str]:
    """Return the steps that somebody who enters may come to."""
    return _closure([journey.first_step], _edges(journey))


def can_leave(journey: Journey) -> set[str]:
    """Return the steps from which an end, or dropping out at a branch, can be reached."""
    back: dict[str, set[str]] = {}
    for source, targets in _edges(journey).items():
        for target in targets:
            back.setdefault(target, set()).add(source)
    leaving = [
        step.id
        for step in journey.steps.values()
        if isinstance(step, End) or any(isinstance(way.target, DropOut) for way in ways(step, journey.email))
    ]
    return _closure(leaving, back)


def fast_cycles(journey: Journey) -> list[list[str]]:
    """Return the groups of steps that go round without a wait, each in file order (architecture, loops).

    What counts is a duration or time-out of at least a minute, a time of day, or an awaited event, which
    must be a new one each time.
    """
    edges = _edges(journey, fast_only=True)
    groups: list[list[str]] = []
    grouped: set[str] = set()
    for start in journey.steps:
        if start in grouped:
            continue
        ahead = _closure(edges.get(start, ()), edges)
        if start in ahead:
            group = [s for s in journey.steps if s in ahead and start in _closure(edges.get(s, ()), edges)]
            groups.append(group)
            grouped.update(group)
    return groups


def _named(routes: Iterable[tuple[str, Target | str | None]], *, slow: bool = False) -> list[Way]:
    return [Way(place, target, slow) for place, target in routes if isinstance(target, Jump | DropOut)]


def _edges(journey: Journey, *, fast_only: bool = False) -> dict[str, set[str]]:
    return {
        step.id: {
            way.target.step
            for way in ways(step, journey.email)
            if isinstance(way.target, Jump)
            and way.target.step in journey.steps
            and not (fast_only and way.slow)
        }
        for step in journey.steps.values()
    }


def _closure(start: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    found, ahead = set(start), list(start)
    while ahead:
        for target in edges.get(ahead.pop(), ()):
            if target not in found:
                found.add(target)
                ahead.append(target)
    return found
