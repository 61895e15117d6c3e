"""Backfill at publish: whoever did it in the last D is suggested too (P85)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parcours.domain.journey import EventTrigger
from parcours.domain.timing import parse_duration
from support.conditions import Happening, holds
from support.interpreter_entry import suggest
from support.interpreter_feed import settle_caused
from support.interpreter_world import Family, Profile, Version, World

__all__ = ["backfill", "suggestions"]

Suggestion = tuple[Happening, Profile]


def suggestions(world: World, version: Version, options: Mapping[str, Any]) -> list[Suggestion]:
    """Return each person with the latest event that a trigger accepts, the oldest event first."""
    since = world.now - (parse_duration(options["backfill"]) or (world.now - world.now))
    found: dict[tuple[Any, ...], Suggestion] = {}
    for profile in world.profiles.values():
        for trigger in version.journey.entry.triggers:
            if profile.deleted or not isinstance(trigger, EventTrigger):
                continue
            accepted = [
                event
                for event in profile.events
                if event.name == trigger.event
                and since < event.at <= world.now
                and (
                    trigger.when is None
                    or holds(
                        trigger.when,
                        world.scene_of_history(version.journey, profile, event=event.properties),
                    )
                )
            ]
            if accepted:
                latest = max(accepted, key=lambda event: (event.at, event.number))
                found.setdefault((latest.at, profile.user_id, latest.name), (latest, profile))
    return [found[key] for key in sorted(found)]


def backfill(world: World, family: Family, version: Version, people: list[Suggestion]) -> None:
    """Suggest them at the publication, each wholly settled before the next."""
    start = version.journey.entry.start
    version.started = start is None or start <= world.now
    for event, profile in people:
        suggest(world, family, profile, event.name, event.properties)
        settle_caused(world)
