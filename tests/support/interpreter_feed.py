"""Feed lines: read, put in order, and settled one after the other (R2, R3, R6, R11)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from support.conditions import MISSING, Happening, instant_of, same_json
from support.interpreter_audiences import Shift, ask, ask_all, shift_by_time, suggest_by_audience
from support.interpreter_entry import suggest_by_event, suggest_by_journey
from support.interpreter_walk import judge, leave, meet_wait
from support.interpreter_world import Caused, Family, Profile, World

__all__ = ["Line", "read_feed", "settle", "settle_caused", "settle_time"]

_EVENT_NAME = {"track": "event", "page": "name", "screen": "name"}
_UNNAMED = {"page": "Page", "screen": "Screen"}
_OTHER_NAME = {"identify": "anonymousId", "alias": "previousId"}
_NO_NAMES = ("null", "undefined", "anonymous", "0")  # of those of P132, what the strategies draw


@dataclass(frozen=True)
class Line:
    """One good line of the feed. `key` tells repeated ones, `name` is that of the event or audience."""

    at: datetime
    user_id: str
    kind: str
    key: str
    name: str
    data: Mapping[str, Any]
    historical: bool
    op: str = ""
    other: str | None = None  # another name of the person, to be merged


def read_feed(feed: Sequence[Any]) -> list[Line]:
    """Return the good lines in the order of their timestamps, ties as given (P24)."""
    lines = [line for line in map(_read, feed) if line is not None]
    return sorted(lines, key=lambda line: line.at)


def _read(raw: Any) -> Line | None:
    if not isinstance(raw, dict):
        return None
    kind = _text(raw, "type")
    user_id = _text(raw, "userId") or _text(raw, "anonymousId")
    at = instant_of(raw.get("timestamp"))
    name: str | None = ""
    data: Any = None
    if kind in _EVENT_NAME:
        name, data = _text(raw, _EVENT_NAME[kind]), raw.get("properties")
        if kind in _UNNAMED and raw.get("name") in (None, ""):
            name = _UNNAMED[kind]
    elif kind == "identify":
        data = raw.get("traits")
    elif kind == "audience":
        name = _text(raw, "audience") if raw.get("op") in ("add", "remove") else None
    elif kind == "consent":
        name = _text(raw, "subscription") if "subscription" in raw else "*"
        if raw.get("state") not in ("in", "out"):
            return None
    elif kind == "alias":
        name = "" if _text(raw, "previousId") else None
    elif kind != "group":
        return None
    data = {} if data is None else data
    if user_id is None or at is None or name is None or not isinstance(data, dict):
        return None
    context = raw.get("context")
    return Line(
        at=at,
        user_id=user_id,
        kind=kind,
        key=_text(raw, "messageId") or json.dumps(raw, sort_keys=True),
        name=name,
        data=data,
        historical=isinstance(context, dict) and context.get("historical") is True,
        op=str(raw.get("state") if kind == "consent" else raw.get("op")),
        other=_text(raw, _OTHER_NAME[kind]) if kind in _OTHER_NAME else None,
    )


def _text(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    return value if isinstance(value, str) and value else None


def settle(world: World, line: Line, *, history: bool = False) -> None:
    """Let one line take its whole effect; `history` lines are only remembered (R1)."""
    if (line.user_id, line.key) in world.seen:
        return
    world.seen.add((line.user_id, line.key))
    world.number += 1
    if line.kind == "group":
        return
    user_id = world.who(line.user_id)
    new = user_id not in world.profiles
    profile = world.profile(user_id)
    silent = history or line.historical
    event: Happening | None = None
    changed: set[str] = set()
    moved = False
    joined = _merge_people(world, line.other, line.user_id, profile) if line.other is not None else None
    grown = joined is not None
    if line.kind == "alias":
        pass
    elif line.kind == "identify":
        changed = _merge(profile, line.data)
    elif line.kind == "consent":
        if not profile.deleted:
            profile.consents[line.name] = line.op
    elif line.kind == "audience":
        moved = _change_membership(world, profile, line)
    else:
        event = Happening(line.name, line.at, world.number, line.data, line.historical)
        if not profile.deleted:
            profile.events.append(event)
    if history:
        return
    shift = _shift(world, profile, line, changed, moved=moved, new=new or grown)
    shift.entered |= joined or set()
    if not silent:
        for family in world.by_key():
            if event is not None:
                _meet(world, family, profile, event)
            elif changed or moved or grown:
                p = world.current(family, profile)
                if p is not None:
                    judge(world, p)
            suggest_by_audience(world, family, profile, shift)
    settle_caused(world)


def _shift(world: World, profile: Profile, line: Line, changed: set[str], *, moved: bool, new: bool) -> Shift:
    """Return which memberships the line changes: of those audiences that look at what it changes (P111)."""
    static = _static(world, line.name) if moved else set()
    if new:
        shift = ask_all(world, profile)
    else:
        name = line.name if line.kind not in ("identify", "alias", "audience", "consent") else None
        shift = ask(world, profile, event=name, fields=changed, lists=static)
    (shift.entered if line.op == "add" else shift.left).update(static)
    return shift


def _static(world: World, key: str) -> set[str]:
    definition = world.audiences.get(key)
    return {key} if definition is None or definition.where is None else set()


def settle_time(world: World) -> None:
    """Memberships that time alone changes suggest, behind the lines of an instant (R3, R31)."""
    for profile, shift in shift_by_time(world):
        for family in world.by_key():
            suggest_by_audience(world, family, profile, shift)
        settle_caused(world)


def settle_caused(world: World) -> None:
    """Show changes made by walks to the other journeys, each a line of its own (R3)."""
    while world.caused:
        line = world.caused.popleft()
        if line.kind == "changed":
            _settle_changed(world, line)
        elif line.kind == "start":
            if line.target in world.families:
                suggest_by_journey(world, world.families[line.target], line.profile, line.origin)
        elif line.target in world.families:
            p = world.current(world.families[line.target], line.profile)
            if p is not None:
                leave(world, p, "dropped_out", "entered_elsewhere")


def _merge_people(world: World, other: str, name: str, profile: Profile) -> set[str] | None:
    """Let the person of another name become part of this one; return the lists that this one came on by it.

    None where there was no such person (R12, P130, P135).
    """
    former = world.profiles.get(other)
    if other in world.merged or other == profile.user_id or profile.deleted:
        return None
    if other in _NO_NAMES or name in _NO_NAMES or (former is not None and former.deleted):
        return None
    world.merged[other] = profile.user_id
    if former is None:
        return None
    for family in world.by_key():
        p = world.current(family, former)
        if p is not None:
            leave(world, p, "dropped_out", "merged")
    profile.attributes.update({**former.attributes, **profile.attributes})
    profile.events += [replace(event, historical=True) for event in former.events]
    profile.events.sort(key=lambda event: event.number)
    former.deleted = True
    former.attributes.clear()
    former.events.clear()
    joined = {key for name in former.audiences - profile.audiences for key in _static(world, name)}
    profile.audiences |= joined
    former.audiences.clear()
    former.belongs.clear()
    for subscription, state in former.consents.items():
        refused = "out" in (state, profile.consents.get(subscription))
        profile.consents[subscription] = "out" if refused else "in"
    former.consents.clear()
    return joined


def _settle_changed(world: World, line: Caused) -> None:
    """Show what a step wrote to the other journeys; memberships that it changes suggest there (P112)."""
    joined = {key for name in line.joined for key in _static(world, name)}
    quitted = {key for name in line.quitted for key in _static(world, name)}
    shift = ask(world, line.profile, fields=line.fields, lists=joined | quitted)
    shift.entered |= joined
    shift.left |= quitted
    for family in world.by_key():
        p = world.current(family, line.profile)
        if family is not line.origin and p is not None:
            judge(world, p)
        suggest_by_audience(world, family, line.profile, shift, origin=line.origin)


def _merge(profile: Profile, traits: Mapping[str, Any]) -> set[str]:
    """Write the traits; return the attributes that really changed (P13)."""
    changed: set[str] = set()
    if profile.deleted:
        return changed
    for name, value in traits.items():
        if name != "user_id" and not same_json(profile.attributes.get(name, MISSING), value):
            profile.attributes[name] = value
            changed.add(name)
    return changed


def _change_membership(world: World, profile: Profile, line: Line) -> bool:
    """Add to or remove from a static audience; tell whether that was a change (P15)."""
    definition = world.audiences.get(line.name)
    if profile.deleted or (definition is not None and definition.where is not None):
        return False
    if (line.name in profile.audiences) == (line.op == "add"):
        return False
    if line.op == "add":
        profile.audiences.add(line.name)
    else:
        profile.audiences.remove(line.name)
    return True


def _meet(world: World, family: Family, profile: Profile, event: Happening) -> None:
    """Bring one event to one journey: goal and exits, awaited events, admission (R6, R7)."""
    used = False
    p = world.current(family, profile)
    if p is not None:
        used = judge(world, p)
        if p.active and p.version.may_move and p.place is None:
            used = meet_wait(world, p, event) or used
        elif p.active and meet_wait(world, p, event, only_ask=True):
            p.kept.append(event)
            used = True
    if not used:
        suggest_by_event(world, family, profile, event)
