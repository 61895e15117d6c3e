"""Commands that make and take away versions: new version, edit, restart, duplicate, delete (P80 to P84)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from parcours.domain.lifecycle import Command, Delete, Refuse, Status, decide
from support.interpreter_answer import Answer, counts
from support.interpreter_lifecycle import publish, starts_in_vain
from support.interpreter_walk import leave
from support.interpreter_world import Family, Version, World

__all__ = ["VERSION_COMMANDS", "delete", "duplicate", "make_version"]

VERSION_COMMANDS = {"new_version", "edit", "restart"}


def make_version(
    world: World, family: Family, name: str, number: int | None, options: Mapping[str, Any]
) -> Answer:
    """Make version n+1 of the newest published version, or of the one that is named."""
    given = number
    if name == "new_version":
        number = options.get("from", number)
    named = [version for version in family.versions if number in (None, version.number)]
    if not named:
        return Answer(given, error="unknown_version")
    newest = (family.published or family.versions)[-1]
    if name == "edit" and family.draft is not None:
        newest = family.draft
    source = newest if number is None else named[0]
    if name == "edit" and source is family.draft:
        return _present(world, source)
    if name != "new_version":
        outcome = decide(cast("Command", name), cast("Status", source.status), entry_open=source.entry_open)
        if isinstance(outcome, Refuse):
            return _present(world, source, outcome.code)
    if family.draft is not None:
        return _present(world, family.draft, "draft_exists")
    if name == "restart" and (
        world.has_errors(source.journey) or starts_in_vain(world, family, source.journey)
    ):
        return _present(world, source, "invalid")
    made = Version(family.next_number, source.journey)
    family.versions.append(made)
    if name == "restart":
        publish(world, family, made)
    return Answer(made.number, None, made.status, {"inside": 0, "queued": 0, "messages": 0})


def duplicate(
    world: World, family: Family, number: int | None, options: Mapping[str, Any]
) -> tuple[str, Answer]:
    """Make a journey of its own; return its key and the answer."""
    source = (family.published or family.versions)[-1]
    if number is not None:
        named = [version for version in family.versions if version.number == number]
        if not named:
            return family.key, Answer(number, error="unknown_version")
        source = named[0]
    key = options.get("key")
    if key is not None and key in world.families:
        return family.key, Answer(number, error="journey_exists")
    tries = 1
    while key is None:
        candidate = f"{family.key}-copy" + (f"-{tries}" if tries > 1 else "")
        key = None if candidate in world.families else candidate
        tries += 1
    copy = replace(source.journey, key=key, name=f"{family.name or family.key} (copy)")
    made = world.family(key)
    made.name = copy.name
    made.versions.append(Version(1, copy))
    return key, Answer(1, None, "draft", {"inside": 0, "queued": 0, "messages": 0})


def delete(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
    """Delete the journey, or a version of it; what was printed of it stays (P83)."""
    asked = [version for version in family.versions if number in (None, version.number)]
    if not asked:
        return Answer(number, error="unknown_version")
    for version in reversed(asked):
        outcome = decide("delete", cast("Status", version.status), entry_open=version.entry_open)
        if isinstance(outcome, Refuse):
            return _present(world, version, outcome.code)
        if isinstance(outcome, Delete) and outcome.stop_first and not options.get("stop_first"):
            return _present(world, version, "stop_first_needed")
    newest = ([version for version in asked if version.status != "draft"] or asked)[-1]
    answer = Answer(newest.number, newest.status, None, counts(world, *asked))
    for p in world.inside(*asked):
        leave(world, p, "cancelled", "journey_stopped")
    for version in asked:
        family.versions.remove(version)
        if version.status == "paused":
            version.status, version.entry_open = "stopped", False
        if version.status != "draft":
            family.deleted.append(version)
    if not family.versions:
        world.gone.append(world.families.pop(family.key))
    return answer


def _present(world: World, version: Version, code: str | None = None) -> Answer:
    return Answer(version.number, version.status, version.status, counts(world, version), refused=code)
