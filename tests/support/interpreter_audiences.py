"""Memberships that change, and whom that suggests: P110 to P115. Written for itself: it knows nothing of the engine.

A line asks the audiences that look at what it changes. What time alone changes comes behind the lines of an instant:
to find such instants, every instant that a person's data holds is shifted by every span that some condition names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from parcours.domain.condition import All, AnyOf, AudienceTest, Condition, EventTest, FieldTest, Not, TimeTest
from parcours.domain.journey import AudienceTrigger
from support.conditions import holds, instant_of
from support.interpreter_entry import suggest
from support.interpreter_world import Family, Profile, World

__all__ = ["Shift", "ask", "ask_all", "begin", "membership_instants", "shift_by_time", "suggest_by_audience"]

TICK = timedelta(microseconds=1)


@dataclass
class Shift:
    """Which audiences a person came into, and went out of."""

    entered: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)


def begin(world: World) -> None:
    """Who belongs when the clock begins: nobody comes in by that."""
    for profile in world.profiles.values():
        ask_all(world, profile)


def ask_all(world: World, profile: Profile) -> Shift:
    """Ask every audience by condition."""
    return _ask(world, profile, [key for key, a in world.audiences.items() if a.where is not None])


def ask(
    world: World, profile: Profile, *, event: str | None = None, fields: Collection[str] = (), lists: Collection[str] = ()
) -> Shift:  # fmt: skip
    """Ask the audiences by condition that look at what has changed."""
    concerned = []
    for key, audience in world.audiences.items():
        if audience.where is None:
            continue
        leaves = list(_leaves(world, audience.where))
        if (
            any(isinstance(leaf, EventTest) and leaf.name == event for leaf in leaves)
            or any(
                isinstance(leaf, FieldTest) and leaf.root == "profile" and leaf.path[0] in fields
                for leaf in leaves
            )
            or any(isinstance(leaf, AudienceTest) and leaf.audience in lists for leaf in leaves)
        ):
            concerned.append(key)
    return _ask(world, profile, concerned)


def shift_by_time(world: World) -> Iterator[tuple[Profile, Shift]]:
    """Yield what time alone has changed by now, person by person."""
    for user_id in sorted(world.profiles):
        profile = world.profiles[user_id]
        shift = ask_all(world, profile)
        if shift.entered or shift.left:
            yield profile, shift


def suggest_by_audience(
    world: World, family: Family, profile: Profile, shift: Shift, *, origin: Family | None = None
) -> None:
    """Suggest the person, once, by the first trigger that one of these changes meets."""
    version = family.admitting
    if version is None or family is origin:
        return
    for trigger in version.journey.entry.triggers:
        if not isinstance(trigger, AudienceTrigger):
            continue
        came = trigger.on in ("enter", "both") and trigger.audience in shift.entered
        went = trigger.on in ("leave", "both") and trigger.audience in shift.left
        if not (came or went):
            continue
        if trigger.when is None or holds(trigger.when, world.scene_of_history(version.journey, profile)):
            suggest(world, family, profile, trigger.audience)
            return


def membership_instants(world: World) -> Iterator[datetime]:
    """Yield instants at which time alone may change some membership, and others."""
    if not any(
        isinstance(t, AudienceTrigger)
        for f in world.by_key()
        for v in f.published
        for t in v.journey.entry.triggers
    ):
        return
    leaves = [
        leaf for a in world.audiences.values() if a.where is not None for leaf in _leaves(world, a.where)
    ]
    tests = [(leaf.op, leaf.value) for leaf in leaves if isinstance(leaf, FieldTest)]
    counts = {leaf.within for leaf in leaves if isinstance(leaf, EventTest) and leaf.within is not None}
    last = {span for op, span in tests if op == "within_last" and isinstance(span, timedelta)}
    ahead = {span for op, span in tests if op == "within_next" and isinstance(span, timedelta)}
    for profile in world.profiles.values():
        yield from (at + span for at in {event.at for event in profile.events} for span in counts)
        values = (
            [profile.attributes, *(event.properties for event in profile.events)] if last or ahead else []
        )
        for at in set(_instants(values)):
            yield from (at + span for span in last | {timedelta()})
            yield from (at + TICK - span for span in ahead | {timedelta()})
    clocks = {
        clock or time(0)
        for leaf in leaves
        if isinstance(leaf, TimeTest)
        for clock in (leaf.start, leaf.until, None)
    }
    for days in (0, 1):
        for clock in clocks:
            yield datetime.combine(world.now.date() + timedelta(days=days), clock, UTC)


def _ask(world: World, profile: Profile, keys: Collection[str]) -> Shift:
    shift = Shift()
    for key in keys:
        belongs = not profile.deleted and world.is_member(profile, key)
        if belongs and key not in profile.belongs:
            profile.belongs.add(key)
            shift.entered.add(key)
        elif not belongs and key in profile.belongs:
            profile.belongs.remove(key)
            if not profile.deleted:
                shift.left.add(key)
    return shift


def _leaves(world: World, condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                yield from _leaves(world, item)
        case Not(item):
            yield from _leaves(world, item)
        case EventTest(when=when):
            yield condition
            if when is not None:
                yield from _leaves(world, when)
        case AudienceTest(audience):
            named = world.audiences.get(audience)
            if named is not None and named.where is not None:
                yield from _leaves(world, named.where)
            else:
                yield condition
        case _:
            yield condition


def _instants(value: Any) -> Iterator[datetime]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _instants(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _instants(item)
    else:
        at = instant_of(value)
        if at is not None:
            yield at
