"""Suggestions: admitted or refused, in the order of lifecycle.md (Admission)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from parcours.domain.journey import EventTrigger
from support.conditions import Happening, holds
from support.interpreter_walk import judge, start_walk
from support.interpreter_world import Caused, Family, Participant, Profile, Refusal, Version, Waiting, World

__all__ = ["admit", "refuse", "refused", "suggest", "suggest_by_event", "suggest_by_journey"]


def suggest_by_event(world: World, family: Family, profile: Profile, event: Happening) -> None:
    """Suggest the person, once, where some trigger of the admitting version matches the event (R17)."""
    version = family.admitting
    if version is None:
        return
    scene = world.scene_of_history(version.journey, profile, event=event.properties)
    for trigger in version.journey.entry.triggers:
        if not isinstance(trigger, EventTrigger) or trigger.event != event.name:
            continue
        if trigger.when is None or holds(trigger.when, scene):
            suggest(world, family, profile, event.name, event.properties)
            return


def suggest_by_journey(world: World, family: Family, profile: Profile, origin: Family) -> None:
    """Suggest the person to the admitting version, if there is one, since another journey starts it (R18)."""
    if family.admitting is not None:
        suggest(world, family, profile, origin.key)


def suggest(
    world: World,
    family: Family,
    profile: Profile,
    trigger: str,
    event: Mapping[str, Any] | None = None,
    *,
    silent: str | None = None,
) -> None:
    """Admit, or write down the refusal (P4) unless its reason is the `silent` one."""
    reason = refused(world, family, profile, event)
    if reason is None:
        version = family.admitting
        assert version is not None
        entry = version.journey.entry
        if entry.cap is not None or entry.rate is not None:
            family.waiting.append(Waiting(world.now, profile, trigger, event, silent))
        else:
            admit(world, family, version, profile, event)
    elif reason != silent:
        refuse(world, family, profile, trigger, reason)


def refuse(world: World, family: Family, profile: Profile, trigger: str, reason: str) -> None:
    """Write a refusal down."""
    newest = family.published[-1]
    world.refusals.append(Refusal(family, newest.number, profile.user_id, trigger, world.now, reason))


def refused(
    world: World,
    family: Family,
    profile: Profile,
    event: Mapping[str, Any] | None,
    *,
    ask_filter: bool = True,
) -> str | None:
    """Return the first rule of admission that fails; cap and rate are the gate's."""
    version = family.admitting
    if profile.deleted:
        return "profile_deleted"
    if version is None:
        return "journey_stopped" if family.published[-1].status == "stopped" else "journey_closed"
    if version.drops:
        return "journey_paused"
    entry = version.journey.entry
    scene = world.scene_of_history(version.journey, profile, event=event)
    if ask_filter and entry.filter is not None and not holds(entry.filter, scene):
        return "filter"
    if any(world.is_member(profile, audience) for audience in entry.exclude):
        return "excluded"
    if world.current(family, profile) is not None:
        return "already_inside"
    former = world.passages(family, profile)
    if former and entry.reentry.mode == "once":
        return "reentry_once"
    interval = entry.reentry.min_interval or timedelta()
    if former and entry.reentry.mode == "after_exit" and world.now < former[-1].entered_at + interval:
        return "reentry_interval"
    return None


def admit(
    world: World, family: Family, version: Version, profile: Profile, event: Mapping[str, Any] | None
) -> None:
    """Begin a passage; it goes to the first step at once, or queues."""
    p = Participant(
        family=family,
        version=version,
        profile=profile,
        entry_no=len(world.passages(family, profile)) + 1,
        entered_at=world.now,
        admitted_number=world.number,
        event=event,
    )
    world.participants.append(p)
    for key in version.journey.entry.removes_from:
        world.caused.append(Caused("remove", profile, family, key))
    judge(world, p, blind=True)
    if p.active and version.lets_in:
        start_walk(world, p)
