"""Problems of branches and waits that can be carried out and are hardly what was meant: warnings all."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.domain.condition import All, Condition
from parcours.domain.journey import Experiment, Journey, Split, Step, Wait, WaitFor
from parcours.domain.known import Known
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at

__all__ = ["branch_problems"]


def branch_problems(step: Step, journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield what makes a way out of a step useless, or keeps people at it for ever."""
    place = f"steps.{step.id}"
    match step:
        case Split():
            yield from _split(step, place)
        case WaitFor():
            yield from _wait_for(step, journey, place)
        case Wait(until=until) if until is not None and known.now is not None and until <= known.now:
            message = "The instant has passed: nobody waits here."
            yield problem_at(
                "warning", "wait_passed", f"{place}.wait.until", message, "Move it, or remove the wait."
            )
        case Experiment():
            for n, arm in enumerate(step.shares):
                if arm.share == 0:
                    message = f"Nobody comes to `{arm.name}`: its share is 0 %."
                    hint = "Give it a share, or remove it."
                    yield problem_at(
                        "warning", "branch_never_taken", f"{place}.experiment[{n}]", message, hint
                    )
        case _:
            return


def _split(step: Split, place: str) -> Iterator[Problem]:
    if not step.branches:
        message, hint = "The split has no branch but `else`.", "Add {when: CONDITION, next: STEP}."
        yield problem_at("warning", "split_without_branches", f"{place}.split", message, hint)
    before: list[Condition] = []
    for n, branch in enumerate(step.branches):
        if branch.when in before or All(()) in before:
            message = "Nobody comes here: an earlier branch takes everybody whom this one would."
            hint = "The first branch that holds wins; change the order or the condition."
            yield problem_at("warning", "branch_never_taken", f"{place}.split[{n}]", message, hint)
        before.append(branch.when)


def _wait_for(step: WaitFor, journey: Journey, place: str) -> Iterator[Problem]:
    for n, awaited in enumerate(step.events):
        earlier = [a for a in step.events[:n] if a.event == awaited.event]
        if any(a.when is None or a.when == awaited.when for a in earlier):
            message = f"Nobody comes here: an earlier alternative takes every `{awaited.event}`."
            hint = "The first alternative that holds wins; put the one with `when` first."
            yield problem_at("warning", "branch_never_taken", f"{place}.wait_for[{n}]", message, hint)
    others = journey.lifetime is not None or journey.exits or (journey.goal and journey.goal.leave)
    if step.events and step.timeout is None and not others:
        message = "Whoever never does it waits here for ever."
        hint = "Add {timeout: 30d, next: STEP}, or a lifetime."
        yield problem_at("warning", "wait_without_timeout", f"{place}.wait_for", message, hint)
