"""Lifecycle commands: each is one transaction of small rows, true from its commit on (lifecycle: Guarantee).

A command locks the versions, asks the matrix, waits for the units under way at the fences, and writes status,
fences and audit. What needs many rows is left behind as a task in the fences.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from parcours.domain.choices import Choices
from parcours.domain.errors import ParcoursError
from parcours.domain.fence import Task
from parcours.domain.lifecycle import (
    Become,
    Command,
    Making,
    State,
    decide,
    entry_is_open,
    state_of,
    status_of,
)
from parcours.domain.records import CommandResult
from parcours.service.commands.affected import with_effects
from parcours.service.commands.answering import Order, audit, check_options, nothing_to_do, refused
from parcours.service.commands.deleting import delete
from parcours.service.commands.drafting import duplicate, edit, new_version
from parcours.service.commands.moving import changes_too, finish_emptied, heed_transfer
from parcours.service.commands.pausing import (
    Chosen,
    catches_up,
    choose,
    chores_behind,
    chores_of,
    plan_catch_up,
    plan_end,
)
from parcours.service.commands.publishing import publish, resume_with_changes
from parcours.service.commands.restarting import restart
from parcours.service.commands.settling import takes_now
from parcours.service.commands.versions import Family, VersionRow, lock_family
from parcours.service.consent.around import with_consent_warnings
from parcours.service.editing.checking import check_version, refused_as_invalid
from parcours.service.editing.where_used import warned
from parcours.store.database import Connection

__all__ = ["AVAILABLE", "Order", "execute"]

AVAILABLE: tuple[Command | Making, ...] = (
    "publish", "pause", "resume", "close", "stop", "restart", "new_version", "edit", "duplicate", "delete"
)  # fmt: skip

# Commands that make or take away versions; the others change versions that are published.
_Way: TypeAlias = Callable[[Family, Order, datetime], Awaitable[CommandResult]]
_WAYS: Final[Mapping[str, _Way]] = MappingProxyType(
    {"restart": restart, "new_version": new_version, "edit": edit, "duplicate": duplicate, "delete": delete}
)


async def execute(
    connection: Connection, order: Order, at: datetime, *, ends_pause: bool = False
) -> CommandResult:
    """Carry out a command in the caller's transaction; with `dry_run` only say what it would do.

    With `ends_pause` a close is the end of a pause: the entry shuts, and people inside go on.

    A refusal is an answer, recorded in the audit, not an error. Raises ParcoursError `unknown_journey`,
    `unknown_version`, `not_available`.
    """
    result = await _execute(connection, order, at, ends_pause=ends_pause)
    if order.dry_run:
        freezes = order.options.get("inside", "freeze") == "freeze"
        result = await with_effects(connection, result, at, freezes=freezes)
    return await with_consent_warnings(connection, await warned(connection, result))


async def _execute(connection: Connection, order: Order, at: datetime, *, ends_pause: bool) -> CommandResult:
    family = await lock_family(connection, order.journey)
    await finish_emptied(family, at)
    if order.command in _WAYS:
        return await _WAYS[order.command](family, order, at)
    if order.command == "resume" and changes_too(order.options):
        return await resume_with_changes(family, order, at)
    _check_options(order)
    asked = [family.find(order.version_no)] if order.version_no is not None else family.versions
    if order.command == "publish":
        return await publish(family, order, at)
    chosen = choose(order, asked, at) if order.command == "pause" else Chosen({})
    if order.command == "pause":
        acted = [version for version in asked if version.version_id in chosen.choices]
    else:
        # A close that ends a pause lets people go on where the entry was shut before, too (P75).
        closes = ends_pause and order.command == "close"
        acted = [v for v in asked if _becomes(order, v) or (closes and v.status == "paused")]
    acted, waits = heed_transfer(family, order.command, acted)
    if waits:
        return await refused(family, order, at, family.published[-1], "still_settling")
    if not acted:
        return await nothing_to_do(family, order, at, asked, code=chosen.refused)
    acted, busy = await takes_now(family, order.command, acted)
    if busy is not None:
        return await refused(family, order, at, busy, "still_settling")
    newest = acted[-1]
    if order.command == "resume" and (invalid := await _invalid(family, order, at, acted)) is not None:
        return invalid
    if not order.dry_run:
        await family.lock_fences()
    counts = await family.counts(acted)
    becomes = newest.status
    tasks: dict[int, Task] = {}
    chores: dict[int, list[dict[str, Any]]] = {}
    for version in acted:
        state = _becomes(order, version) or state_of(version.status, entry_open=version.entry_open)
        if ends_pause and order.command == "close":
            state = "closed"
        status = status_of(state)
        released = version.status == "paused" and status in ("live", "closed")
        if order.command == "close" and status == "closed" and not await family.anybody_inside(version):
            status = "finished"
        if version is newest:
            becomes = status
        if order.dry_run:
            continue
        settling = None
        if released:
            former = await plan_catch_up(connection, version, family.journey_id, at)
            chores[version.version_id] = former + chores_behind(version, at)
            if not catches_up(version, at):
                tasks[version.version_id] = "resume"
        if order.command == "pause":
            chores[version.version_id] = chores_of(version, chosen.choices[version.version_id], at)
        if status == "stopped" and counts["inside"] + counts["messages"]:
            tasks[version.version_id] = "sweep"
            settling = "sweep"
        await family.set_status(
            version, status, entry_open=entry_is_open(state), at=at, settling=settling,
            pause=_choices(version, chosen) if status == "paused" else None, release=released,
        )  # fmt: skip
        if order.command == "pause":
            await plan_end(connection, version, chosen.choices[version.version_id], at)
    result = CommandResult(
        order.journey, newest.version_no, order.command, newest.status, becomes, counts, dry_run=order.dry_run,
        changed=tuple(version.version_id for version in acted),
    )  # fmt: skip
    if not order.dry_run:
        await family.set_fences(at, tasks, chores)
        await audit(connection, order, at, result)
    return result


async def _invalid(
    family: Family, order: Order, at: datetime, versions: list[VersionRow]
) -> CommandResult | None:
    """Refuse a resume of versions of which one has errors by now: nothing changes (lifecycle, Validation)."""
    for version in versions:
        checked = await check_version(family.connection, version)
        if checked.journey is None or checked.errors:
            result = CommandResult(
                order.journey, version.version_no, order.command, version.status, version.status,
                await family.counts([version]), dry_run=order.dry_run,
            )  # fmt: skip
            result = refused_as_invalid(result, checked.problems)
            if order.actor == "engine":
                result = replace(result, refused="resume_blocked")
            if not order.dry_run:
                await audit(family.connection, order, at, result)
            return result
    return None


def _becomes(order: Order, version: VersionRow) -> State | None:
    """Return the state that the matrix gives to a version; None where it gives none."""
    outcome = decide(order.command, version.status, entry_open=version.entry_open)
    return outcome.state if isinstance(outcome, Become) else None


def _check_options(order: Order) -> None:
    if order.command == "publish":
        check_options(order, ("people", "answers", "backfill"))
        return
    if order.command not in AVAILABLE:
        raise ParcoursError(
            "not_available", f"{order.command} cannot be done yet", hint=f"There are {', '.join(AVAILABLE)}."
        )
    if order.command == "resume":
        check_options(order, ("with_changes", "answers", "backfill"))
        if "backfill" in order.options:
            raise ParcoursError(
                "bad_option", "backfill goes with a publication", place="options.backfill",
                hint="Add with_changes: true, or leave it out.",
            )  # fmt: skip
    elif order.command != "pause":
        check_options(order)


def _choices(version: VersionRow, chosen: Chosen) -> Choices:
    """Return the choices of a version that is paused: those given now, else those it has."""
    return chosen.choices.get(version.version_id) or Choices.from_json(version.pause)
