"""Publish with people `move`: everybody inside former versions goes over to the new one, person by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parcours.domain.journey import (
    DropOut,
    Email,
    Experiment,
    Jump,
    Split,
    Step,
    Target,
    UpdateProfile,
    Wait,
    WaitFor,
)
from support.interpreter_feed import settle_caused
from support.interpreter_walk import go_to, judge, leave, meet_wait
from support.interpreter_world import Family, Message, Participant, Transfer, Version, World

__all__ = ["apply_kept", "move_people", "moving_error", "moving_refusal", "sources_of"]


def sources_of(family: Family) -> list[Version]:
    """Return the versions whose people are taken along."""
    return [version for version in family.versions if version.status in ("live", "paused", "closed")]


def moving_error(family: Family, target: Version, options: Mapping[str, Any]) -> str | None:
    """Return the code of an answer that names a step which needs none, or goes to one that is not there."""
    known = {step for version in family.published for step in version.journey.steps if version is not target}
    for step, answer in (options.get("answers") or {}).items():
        if step in target.journey.steps or step not in known:
            return "unknown_answer"
        if "to" in answer and answer["to"] not in target.journey.steps:
            return "unknown_answer"
    return None


def moving_refusal(world: World, family: Family, target: Version, options: Mapping[str, Any]) -> str | None:
    """Return why people cannot be moved: one stands at a step of another kind, or at one that is gone."""
    steps = target.journey.steps
    people = [p for p in world.inside(*sources_of(family)) if p.step is not None]
    for version in sources_of(family):
        for step in version.journey.steps.values():
            now = steps.get(step.id)
            if now is not None and type(now) is not type(step) and any(p.step == step.id for p in people):
                return "kind_changed"
    answers = options.get("answers") or {}
    if any(p.step not in steps and p.step not in answers for p in people):
        return "answers_needed"
    return None


def move_people(
    world: World, family: Family, target: Version, sources: Sequence[Version], options: Mapping[str, Any]
) -> None:
    """Take everybody over; then kept events, overdue timers, the queue, as at a resume (R22)."""
    answers = options.get("answers") or {}
    for p in sorted(world.inside(*sources), key=lambda p: p.profile.user_id):
        answer = answers.get(p.step)
        _move(world, p, target, None if answer is None else _target(answer))
        settle_caused(world)
    apply_kept(world, target)


def apply_kept(world: World, version: Version) -> None:
    """Let kept events meet the steps where their people stand, if people may move (P7)."""
    if not version.may_move:
        return
    for p in world.inside(version):
        kept, p.kept = p.kept, []
        for event in kept:
            if p.active:
                meet_wait(world, p, event)
                settle_caused(world)


def _target(answer: Mapping[str, Any]) -> Target:
    return Jump(answer["to"]) if "to" in answer else DropOut()


def _move(world: World, p: Participant, target: Version, answer: Target | None) -> None:
    source, step = p.version, p.step
    held = source.journey.steps[step] if step is not None and p.waits_to_send else None
    deadline, p.deadline = p.deadline, None
    world.transfers.append(Transfer(p, source, target, step))
    p.version = target
    judge(world, p)
    judged_out = not p.active
    removed = step is not None and step not in target.journey.steps
    if p.active and removed:
        if isinstance(answer, Jump):
            go_to(world, p, answer.step)
        else:
            leave(world, p, "dropped_out", "step_removed")
    elif p.active:
        now = None if step is None else target.journey.steps[step]
        p.deadline = _deadline(world, now, deadline, waits_to_send=held is not None)
    if held is not None and (removed or judged_out):
        _cancel(world, p, source, held, "left" if judged_out else "publish")


def _deadline(world: World, step: Step | None, deadline: Any, *, waits_to_send: bool) -> Any:
    """A deadline stays; but where a time-out is there no more, and for a window, which is asked at once."""
    if isinstance(step, WaitFor) and step.timeout is None:
        return None
    assert not isinstance(step, Split | Experiment | UpdateProfile) or deadline is None
    if waits_to_send:
        return min(deadline, world.now)
    assert step is None or isinstance(step, Wait | WaitFor) or deadline is None
    return deadline


def _cancel(world: World, p: Participant, source: Version, step: Step, reason: str) -> None:
    channel = "email" if isinstance(step, Email) else "webhook"
    message = Message(p, source.number, step.id, channel, world.now, None, None, "cancelled", reason)
    world.messages.append(message)
