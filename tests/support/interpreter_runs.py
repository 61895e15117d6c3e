"""Scheduled runs: who is suggested at which instant (R3 stage 4, R24, P60 to P63)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from parcours.domain.journey import ScheduleTrigger
from support.conditions import holds
from support.cron import next_by_cron
from support.interpreter_entry import suggest
from support.interpreter_feed import settle_caused
from support.interpreter_world import Family, Profile, Run, Version, World

__all__ = ["is_spent", "plan", "run_instants", "run_scheduled"]


def plan(world: World, version: Version) -> None:
    """Note the first occurrence of each schedule of a version published now."""
    for number, trigger in enumerate(version.journey.entry.triggers):
        if isinstance(trigger, ScheduleTrigger):
            first = world.now if trigger.now else _next(version, trigger, world.now)
            if first is not None:
                version.coming[number] = first


def run_instants(world: World) -> Iterator[datetime]:
    """Yield the instants of runs still to come."""
    for family in world.by_key():
        if family.admitting is not None:
            yield from family.admitting.coming.values()
            yield from (run.at for run in family.admitting.runs)


def run_scheduled(world: World) -> None:
    """Carry out the runs of this instant, journeys by key, one after the other."""
    for family in world.by_key():
        version = family.admitting
        if version is None:
            continue
        _occur(world, version)
        due = sorted(
            (run for run in version.runs if run.at <= world.now), key=lambda r: (r.occurrence, r.part)
        )
        for run in due:
            version.runs.remove(run)
            _carry_out(world, family, version, run)


def is_spent(version: Version) -> bool:
    """Tell whether all triggers were schedules of one occurrence, and nothing of them is to come (P63)."""
    triggers = version.journey.entry.triggers
    once = bool(triggers) and all(isinstance(t, ScheduleTrigger) and t.cron is None for t in triggers)
    return once and not version.coming and not version.runs


def _next(version: Version, trigger: ScheduleTrigger, after: datetime) -> datetime | None:
    if trigger.cron is None:
        return trigger.once if trigger.once is not None and trigger.once > after else None
    return next_by_cron(trigger.cron, ZoneInfo(version.journey.timezone), after)


def _occur(world: World, version: Version) -> None:
    """Make runs of the schedules that have come; those of one instant are one run."""
    together: dict[datetime, list[int]] = defaultdict(list)
    for number, at in list(version.coming.items()):
        if at > world.now:
            continue
        together[at].append(number)
        del version.coming[number]
        trigger = version.journey.entry.triggers[number]
        assert isinstance(trigger, ScheduleTrigger)
        following = None if trigger.cron is None else _next(version, trigger, at)
        if following is not None:
            version.coming[number] = following
    waves = version.journey.entry.waves
    for occurrence, numbers in together.items():
        for part in range(waves.parts if waves else 1):
            at = occurrence + part * waves.every if waves else occurrence
            version.runs.append(Run(occurrence, part, at, sorted(numbers)))


def _carry_out(world: World, family: Family, version: Version, run: Run) -> None:
    for user_id in sorted(world.profiles):
        profile = world.profiles[user_id]
        if profile.deleted or not _is_turn(version, run, profile):
            continue
        for number in run.triggers:
            trigger = version.journey.entry.triggers[number]
            assert isinstance(trigger, ScheduleTrigger)
            scene = world.scene_of_history(version.journey, profile)
            if world.is_member(profile, trigger.audience) and (
                trigger.when is None or holds(trigger.when, scene)
            ):
                silent = "already_inside" if trigger.cron is not None else None
                suggest(world, family, profile, trigger.audience, silent=silent)
                settle_caused(world)
                break


def _is_turn(version: Version, run: Run, profile: Profile) -> bool:
    """Tell whether the person belongs to this part of a run (P62)."""
    waves = version.journey.entry.waves
    if waves is None:
        return True
    digest = sha256(f"{version.journey.key}//{profile.user_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") * waves.parts // 2**32 == run.part
