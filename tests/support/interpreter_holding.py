"""One switch over the sending of all journeys (P102)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.interpreter_answer import Answer
from support.interpreter_feed import settle_caused
from support.interpreter_walk import fire
from support.interpreter_world import World

__all__ = ["SWITCH", "switch"]

SWITCH = ("hold_sending", "release_sending")


def switch(world: World, name: str, options: Mapping[str, Any]) -> Answer:
    """Hold all sending, or release it: what waits to be sent then leaves as a timer that was due before now."""
    if set(options) - {"reason"}:
        return Answer(error="bad_option")
    before = "held" if world.sending_held else "sending"
    waiting = [p for p in world.participants if p.waits_to_send and p.version.status in ("live", "closed")]
    answer = Answer(None, before, "held" if name == "hold_sending" else "sending", {"messages": len(waiting)})
    world.sending_held = name == "hold_sending"
    for family in world.families.values():
        for version in family.published:
            version.sending_held = world.sending_held
    if before == "held" and not world.sending_held:
        for family in world.by_key():
            for p in world.inside(*[version for version in family.versions if version.may_move]):
                if p.at_message and p.due_at is not None and p.due_at < world.now:
                    fire(world, p)
                    settle_caused(world)
    return answer
