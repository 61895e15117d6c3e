"""One person's way through one journey: judged, moved on, brought to rest, let go."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from parcours.domain.journey import (
    DropOut,
    Email,
    End,
    Experiment,
    Jump,
    Split,
    Step,
    Target,
    UpdateProfile,
    Wait,
    WaitFor,
    Webhook,
)
from support.conditions import MISSING, Happening, holds, instant_of, look_up, same_json
from support.interpreter_clock import next_local_time, next_opening
from support.interpreter_message import note_message, send_email
from support.interpreter_webhook import call_webhook
from support.interpreter_world import Caused, Move, Participant, World, zone_of

__all__ = ["fire", "go_to", "judge", "leave", "meet_wait", "release", "start_walk"]


@dataclass(frozen=True)
class Onward:
    """Where somebody goes next; `reason` is for a drop-out; `judged`: goal and exits have been asked."""

    target: Target
    reason: str = ""
    judged: bool = False


def judge(world: World, p: Participant, *, blind: bool = False) -> bool:
    """Ask goal, exit rules, exclusion, in this order; tell whether goal or exit took it up (R6, R7, P15).

    `blind`: at admission event tests are false (P6).
    """
    journey = p.version.journey
    scene = world.scene_of_passage(p, blind=blind)
    met = False
    goal = journey.goal
    if goal is not None and (goal.leave or not p.goal_met) and holds(goal.when, scene):
        p.goal_met = met = True
        if goal.leave:
            leave(world, p, "succeeded", None)
            return True
    if any(holds(rule, scene) for rule in journey.exits):
        leave(world, p, "dropped_out", "exit_rule")
        return True
    if any(world.is_member(p.profile, audience) for audience in journey.entry.exclude):
        leave(world, p, "dropped_out", "excluded")
    return met


def leave(world: World, p: Participant, status: str, reason: str | None) -> None:
    """End a passage somewhere else than at an end of the journey; a message that waits is cancelled (P52)."""
    if p.waits_to_send:
        why = {"journey_stopped": "stop", "profile_deleted": "profile_deleted"}.get(reason or "", "left")
        note_message(world, p, "cancelled", why)
    world.moves.append(Move(p, p.version.number, p.step, None, world.now))
    finish(world, p, status, reason)


def finish(world: World, p: Participant, status: str, reason: str | None) -> None:
    """Write down the final status."""
    p.status, p.reason, p.left_at = status, reason, world.now
    p.deadline = None
    p.kept.clear()


def start_walk(world: World, p: Participant) -> None:
    """Bring somebody just admitted, and judged, to the first step."""
    walk(world, p, Onward(Jump(p.version.journey.first_step), judged=True))


def go_to(world: World, p: Participant, step: str) -> None:
    """Bring somebody, just judged, to a step that an answer names."""
    walk(world, p, Onward(Jump(step), judged=True))


def release(world: World, p: Participant) -> None:
    """Bring somebody from the queue to the first step; goal, exits and exclusion are asked again."""
    walk(world, p, Onward(Jump(p.version.journey.first_step)))


def fire(world: World, p: Participant) -> None:
    """Take somebody on whose deadline has come; or out, whose lifetime is over (R25, P49)."""
    if p.ends_at is not None and (p.ends_at < world.now or p.ends_at == p.due_at):
        judge(world, p)
        if p.active:
            leave(world, p, "dropped_out", "lifetime_exceeded")
        return
    if p.queued:
        release(world, p)
        return
    assert p.step is not None
    step = p.version.journey.steps[p.step]
    if isinstance(step, WaitFor):
        assert step.timeout is not None
        walk(world, p, Onward(step.timeout.target, "wait_timeout"))
    elif isinstance(step, Email | Webhook):
        walk(world, p, hand_out(world, p, step))
    else:
        assert isinstance(step, Wait | UpdateProfile)
        walk(world, p, Onward(Jump(step.next)))


def meet_wait(world: World, p: Participant, event: Happening, *, only_ask: bool = False) -> bool:
    """Take somebody on by the first alternative that this event satisfies; tell whether one did."""
    step = p.version.journey.steps[p.step] if p.step is not None else None
    if not isinstance(step, WaitFor):
        return False
    scene = world.scene_of_passage(p, event=event.properties)
    for awaited in step.events:
        if awaited.event == event.name and (awaited.when is None or holds(awaited.when, scene)):
            if not only_ask:
                if awaited.save_as is not None:
                    p.saved[awaited.save_as] = event.properties
                walk(world, p, Onward(awaited.target, "exit_rule"))
            return True
    return False


def walk(world: World, p: Participant, onward: Onward | None) -> None:
    """Go on through every step that does not rest (R15)."""
    while onward is not None:
        if not onward.judged:
            judge(world, p)
            if not p.active:
                return
        if isinstance(onward.target, DropOut):
            leave(world, p, "dropped_out", onward.reason)
            return
        world.moves.append(Move(p, p.version.number, p.step, onward.target.step, world.now))
        p.step, p.deadline = onward.target.step, None
        assert len(world.moves) < 100_000, "a cycle without a wait"
        onward = enter(world, p, p.version.journey.steps[onward.target.step])


def enter(world: World, p: Participant, step: Step) -> Onward | None:
    """Do what a step does; None where the participant rests there."""
    match step:
        case End():
            finish(world, p, "succeeded" if p.goal_met else "completed", None)
            if step.start is not None and step.start_if in ("any", p.status):
                world.caused.append(Caused("start", p.profile, p.family, step.start))
            return None
        case Split():
            return take_branch(world, p, step)
        case Wait():
            return enter_wait(world, p, step)
        case WaitFor():
            p.deadline = None if step.timeout is None else world.now + step.timeout.after
            return None
        case UpdateProfile():
            update(world, p, step)
            if not p.version.may_move:  # an answer led here before the start date
                p.deadline = world.now
                return None
            return Onward(Jump(step.next))
        case Email() | Webhook():
            p.reached_at = world.now
            if not p.version.may_move:
                p.deadline = world.now
                return None
            return hand_out(world, p, step)
        case Experiment():
            return take_arm(p, step)
        case _:
            assert_never(step)


def hand_out(world: World, p: Participant, step: Email | Webhook) -> Onward | None:
    """Hand a message out where the window is open, else wait in the step (R21); too old, it is skipped (P52)."""
    assert p.reached_at is not None
    window, p.deadline = p.version.journey.window, None
    if window is not None:
        opening = next_opening(world.now, zone_of(p.version.journey, p.profile), window)
        if opening > world.now:
            p.deadline = opening
            return None
    if p.version.inside == "hold" or (world.sending_held and p.version.inside != "discard"):
        p.deadline = world.now
        return None
    gate = None
    if step.expires is not None and world.now >= p.reached_at + step.expires:
        gate = "expired"
    if p.version.inside == "discard":
        gate = "pause_discard"
    send = send_email if isinstance(step, Email) else call_webhook
    target, reason = send(world, p, step, gate=gate)  # type: ignore[arg-type]
    return Onward(target, reason)


def take_branch(world: World, p: Participant, step: Split) -> Onward:
    """Choose the first branch that is true. Nothing has changed since the last judgement."""
    scene = world.scene_of_history(p.version.journey, p.profile, event=p.event, participant=p)
    for branch in step.branches:
        if holds(branch.when, scene):
            return Onward(branch.target, "exit_rule", judged=True)
    return Onward(step.otherwise, "split_else", judged=True)


def take_arm(p: Participant, step: Experiment) -> Onward:
    """Choose the arm by hash: the first whose running sum of shares is above the point (R28)."""
    text = f"{p.family.key}/{step.id}/{p.profile.user_id}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    total = Decimal(0)
    for share in step.shares:
        total += Decimal(repr(share.share))
        if total * 2**32 > number * 100:
            return Onward(share.target, "exit_rule", judged=True)
    raise AssertionError(f"the shares of {step.id} make {total} %")


def enter_wait(world: World, p: Participant, step: Wait) -> Onward | None:
    """Stamp the deadline (R19); one that has come already is no rest (P27)."""
    if step.duration is not None:
        p.deadline = world.now + step.duration
    elif step.until is not None:
        p.deadline = step.until
    elif step.until_time is not None:
        zone = zone_of(p.version.journey, p.profile)
        p.deadline = next_local_time(world.now, zone, step.until_time, step.weekdays)
    else:
        assert step.until_field is not None
        scene = world.scene_of_history(p.version.journey, p.profile, event=p.event, participant=p)
        instant = instant_of(look_up(scene.roots, *step.until_field))
        if instant is None:
            target = Jump(step.next) if step.on_missing == "next" else step.on_missing
            return Onward(target, "wait_timeout", judged=True)
        try:
            p.deadline = instant + (step.offset or timedelta())
        except OverflowError:  # before the year 1, or behind the year 9999
            p.deadline = None if step.offset and step.offset > timedelta() else world.now
    passes = p.version.may_move and p.deadline is not None and p.deadline <= world.now
    return Onward(Jump(step.next)) if passes else None


def update(world: World, p: Participant, step: UpdateProfile) -> None:
    """Write attributes and memberships; a real change is a line for the other journeys (P16)."""
    changed, joined, quitted = set(), set(), set()
    attributes, audiences = p.profile.attributes, p.profile.audiences
    for name, value in step.set.items():
        if name != "user_id" and not same_json(attributes.get(name, MISSING), value):
            attributes[name] = value
            changed.add(name)
    for name in step.unset:
        if name in attributes:
            del attributes[name]
            changed.add(name)
    for key in step.add_to:
        if key not in audiences:
            audiences.add(key)
            joined.add(key)
    for key in step.remove_from:
        if key in audiences:
            audiences.remove(key)
            quitted.add(key)
    if changed or joined or quitted:
        fields, came, went = frozenset(changed), frozenset(joined), frozenset(quitted)
        world.caused.append(Caused("changed", p.profile, p.family, fields=fields, joined=came, quitted=went))
