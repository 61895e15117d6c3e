"""The output lines of `parcours simulate`, in the documented order of kinds and keys."""

from __future__ import annotations

from collections import Counter
from typing import Any

from parcours.domain.journey import End
from support.interpreter_world import Family, Version, World, instant_text

__all__ = ["output_lines"]

Line = dict[str, Any]


def output_lines(world: World, *, moves: bool) -> list[Line]:
    """Return every line."""
    lines = list(world.command_lines)
    lines += _participants(world) + _messages(world) + _refusals(world)
    if moves:
        lines += _moves(world)
    families = [*world.gone, *world.by_key()]
    versions = [(family, version) for family in families for version in [*family.versions, *family.deleted]]
    for family, version in sorted(versions, key=lambda pair: (pair[0].key, pair[1].number)):
        lines.append(_ledger(world, family, version))
    return lines


def _participants(world: World) -> list[Line]:
    found = sorted(world.participants, key=lambda p: (p.family.key, p.profile.user_id, p.entry_no))
    return [
        {
            "kind": "participant",
            "journey": p.family.key,
            "version": p.version.number,
            "user_id": p.profile.user_id,
            "entry_no": p.entry_no,
            "entered_at": instant_text(p.entered_at),
            "status": p.status,
            "reason": p.reason,
            "left_at": instant_text(p.left_at),
            "step": p.step,
        }
        for p in found
    ]


def _messages(world: World) -> list[Line]:
    found = sorted(
        world.messages,
        key=lambda m: (
            m.at,
            m.participant.family.key,
            m.participant.profile.user_id,
            m.participant.entry_no,
            m.step,
        ),
    )
    return [
        {
            "kind": "message",
            "journey": m.participant.family.key,
            "version": m.version,
            "user_id": m.participant.profile.user_id,
            "entry_no": m.participant.entry_no,
            "step": m.step,
            "channel": m.channel,
            "at": instant_text(m.at),
            "to": m.to,
            "subject": m.subject,
            "outcome": m.outcome,
            "reason": m.reason,
        }
        for m in found
    ]


def _refusals(world: World) -> list[Line]:
    found = sorted(world.refusals, key=lambda r: (r.at, r.family.key, r.user_id))
    return [
        {
            "kind": "refusal",
            "journey": r.family.key,
            "version": r.version,
            "user_id": r.user_id,
            "trigger": r.trigger,
            "at": instant_text(r.at),
            "reason": r.reason,
        }
        for r in found
    ]


def _moves(world: World) -> list[Line]:
    found = sorted(
        world.moves,
        key=lambda m: (
            m.participant.family.key,
            m.participant.profile.user_id,
            m.participant.entry_no,
            m.at,
        ),
    )
    return [
        {
            "kind": "move",
            "journey": m.participant.family.key,
            "user_id": m.participant.profile.user_id,
            "entry_no": m.participant.entry_no,
            "from": m.source,
            "to": m.target,
            "at": instant_text(m.at),
            "version": m.version,
        }
        for m in found
    ]


def _ledger(world: World, family: Family, version: Version) -> Line:
    people = [p for p in world.participants if p.version is version]
    moves = [m for m in world.moves if m.participant.family is family and m.version == version.number]
    status = Counter(p.status for p in people)
    reasons = Counter(p.reason for p in people if p.status == "dropped_out")
    entered = sum(p.entered_in is version for p in world.participants)
    come = Counter(t.step for t in world.transfers if t.target is version)
    gone = Counter(t.step for t in world.transfers if t.source is version)
    steps: dict[str, dict[str, int]] = {
        "entry": {
            "in": entered + come[None],
            "here": sum(p.queued for p in people),
            "out": sum(m.source is None for m in moves) + gone[None],
        }
    }
    for step in version.journey.steps.values():
        came = sum(m.target == step.id for m in moves) + come[step.id]
        left = sum(m.source == step.id for m in moves) + gone[step.id]
        went = came if isinstance(step, End) else left
        here = sum(p.active and p.step == step.id for p in people)
        steps[step.id] = {"in": came, "here": here, "out": went}
    return {
        "kind": "ledger",
        "journey": family.key,
        "version": version.number,
        "status": version.status,
        "entered": entered,
        "transferred_in": sum(come.values()),
        "transferred_out": sum(gone.values()),
        "active": status["active"],
        "completed": status["completed"],
        "succeeded": status["succeeded"],
        "dropped_out": status["dropped_out"],
        "cancelled": status["cancelled"],
        "reasons": {str(reason): count for reason, count in sorted(reasons.items(), key=str)},
        "steps": steps,
    }
