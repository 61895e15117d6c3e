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

__all__ = ["Way", "can_leave", "fast_cycles", "reachable", "reached_from", "ways"]

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


def reached_from(journey: Journey, step: str) -> set[str]:
    """Return the steps to which somebody may come after this one."""
    edges = _edges(journey)
    return _closure(edges.get(step, ()), edges)


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
    place = {step: n for n, step in enumerate(journey.steps)}
    circles = [
        sorted(group, key=place.__getitem__)
        for group in _circles(edges)
        if len(group) > 1 or group[0] in edges[group[0]]
    ]
    return sorted(circles, key=lambda group: place[group[0]])


def _circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of steps of which each can be reached from each (Tarjan 1972, without recursion)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    inside: set[str] = set()
    groups: list[list[str]] = []
    for start in edges:
        if start in number:
            continue
        path = [(start, iter(edges[start]))]
        number[start] = lowest[start] = len(number)
        open_.append(start)
        inside.add(start)
        while path:
            step, ahead = path[-1]
            target = next(ahead, None)
            if target is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[step])
                if lowest[step] == number[step]:
                    first = open_.index(step)
                    groups.append(open_[first:])
                    inside.difference_update(open_[first:])
                    del open_[first:]
            elif target not in number:
                number[target] = lowest[target] = len(number)
                open_.append(target)
                inside.add(target)
                path.append((target, iter(edges[target])))
            elif target in inside:
                lowest[step] = min(lowest[step], number[target])
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
