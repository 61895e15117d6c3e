"""The gate: who would be admitted waits there for a place under the cap, and for the entry rate."""

from __future__ import annotations

from support.interpreter_entry import admit, refuse, refused
from support.interpreter_feed import settle_caused
from support.interpreter_world import Family, World, next_at_gate

__all__ = ["pass_gates"]


def pass_gates(world: World) -> None:
    """Let through whoever may go now, one after the other, journeys by key, until nobody may."""
    while any(_pass_one(world, family) for family in world.by_key()):
        settle_caused(world)


def _pass_one(world: World, family: Family) -> bool:
    """Let the oldest go on to admission, where everything but the filter is asked again."""
    if not family.waiting:
        return False
    one, version = family.waiting[0], family.admitting
    if version is not None and not version.drops:
        entry = version.journey.entry
        entered = sum(p.entered_in is version for p in world.participants)
        full = entry.cap is not None and entered >= entry.cap
        if not full:
            at = next_at_gate(family)
            if at is not None and at > world.now:
                return False
            family.last_through = world.now if entry.rate is not None else None
    else:
        full = False
    family.waiting.pop(0)
    reason = refused(world, family, one.profile, one.event, ask_filter=False)
    if reason is None and full:
        reason = "entry_cap"
    if reason is None:
        assert version is not None
        admit(world, family, version, one.profile, one.event)
    elif reason != one.silent:
        refuse(world, family, one.profile, one.trigger, reason)
    return True
