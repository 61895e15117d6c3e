"""Commands, given and automatic, and the line each of them prints (R3, R22, R32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from parcours.domain.lifecycle import Command
from support.interpreter_answer import Answer, counts
from support.interpreter_consent import CONSENT_COMMANDS, carry_out_consent
from support.interpreter_holding import SWITCH, switch
from support.interpreter_lifecycle import fire_overdue, lifecycle, publish, release_queue, resume_with_changes
from support.interpreter_people import add_people, delete_profile, remove_people, stub
from support.interpreter_transfer import apply_kept
from support.interpreter_versions import VERSION_COMMANDS, delete, duplicate, make_version
from support.interpreter_world import Family, Version, World, instant_text

__all__ = ["make_draft", "publish", "run_automatic", "run_command"]

_LIFECYCLE = {"publish", "pause", "resume", "close", "stop"}


def run_command(world: World, command: Mapping[str, Any]) -> None:
    """Carry out one given command and write down its line."""
    name, key, number = command["command"], command.get("journey"), command.get("version")
    options = command.get("options") or {}
    if name == "delete_profile":
        _print(world, key, name, delete_profile(world, options))
        return
    if name.replace("-", "_") in SWITCH:
        _print(world, None, name.replace("-", "_"), switch(world, name.replace("-", "_"), options))
        return
    if name in CONSENT_COMMANDS:
        _print(world, key, name, replace(carry_out_consent(world, name, options), version=number))
        return
    if name == "apply":
        file = str(options.get("file"))
        if file not in world.files:
            _print(world, key, name, Answer(error="unknown_file"))
        else:
            _print(world, world.files[file].key, name, _apply(world, file))
        return
    family = world.families.get(key) if isinstance(key, str) else None
    if family is None:
        _print(world, key, name, Answer(number, error="unknown_journey"))
        return
    if name == "resume" and options.get("with_changes"):
        _print(world, key, name, resume_with_changes(world, family, options))
    elif name in _LIFECYCLE:
        _print(world, key, name, lifecycle(world, family, cast("Command", name), number, options))
    elif name == "duplicate":
        key, answer = duplicate(world, family, number, options)
        _print(world, key, name, answer)
    elif name == "delete":
        _print(world, key, name, delete(world, family, number, options))
    elif name.replace("-", "_") in VERSION_COMMANDS:
        name = name.replace("-", "_")
        _print(world, key, name, make_version(world, family, name, number, options))
    elif name == "add_people":
        _print(world, key, name, add_people(world, family, number, options))
    elif name == "remove_people":
        _print(world, key, name, remove_people(world, family, number, options))
    elif name == "stub":
        _print(world, key, name, stub(world, family, number, options))
    else:
        raise NotImplementedError(name)
    _open_and_end(world, family)


def run_automatic(world: World) -> None:
    """Open what starts now and end what ends now, journeys by key (P5, P37)."""
    for family in list(world.by_key()):
        _open_and_end(world, family)


def _open_and_end(world: World, family: Family) -> None:
    for version in family.published:
        entry = version.journey.entry
        if not version.started and (entry.start is None or entry.start <= world.now):
            version.started = True
            if version.lets_in:
                apply_kept(world, version)
                fire_overdue(world, version)
            release_queue(world, version)
        if version.entry_open and entry.end is not None and entry.end <= world.now:
            name: Command = "close" if entry.at_end == "close" else "stop"
            _print(world, family.key, name, lifecycle(world, family, name, version.number, {}))
        until = version.choices.until if version.status == "paused" else None
        if until is not None and until <= world.now:
            then = version.choices.then
            version.choices = replace(version.choices, until=None, then="resume")
            answer = lifecycle(world, family, then, version.number, {}, ends_pause=True)
            answer.refused = "resume_blocked" if answer.refused else None
            _print(world, family.key, then, answer)


def _print(world: World, key: str | None, name: str, answer: Answer) -> None:
    line = {
        "kind": "command",
        "at": instant_text(world.now),
        "journey": key,
        "version": answer.version,
        "command": name,
        "from": answer.source,
        "to": answer.target,
        "counts": answer.counts,
        "refused": answer.refused,
        "error": answer.error,
    }
    world.command_lines.append(line)


def make_draft(world: World, file_journey: Any) -> tuple[Version, bool]:
    """Put a definition in the draft of its journey; tell whether the draft is new."""
    family = world.family(file_journey.key)
    family.name = file_journey.name
    draft = family.draft
    if draft is not None:
        draft.journey = file_journey
        return draft, False
    version = Version(family.next_number, file_journey)
    family.versions.append(version)
    return version, True


def _apply(world: World, file: str) -> Answer:
    version, is_new = make_draft(world, world.files[file])
    return Answer(version.number, None if is_new else "draft", "draft", counts(world, version))
