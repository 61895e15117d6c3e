"""Restart: begin again with the definition of a version that is over, as a new version that is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from parcours.domain.lifecycle import NewVersion, Refuse, decide
from parcours.domain.records import CommandResult
from parcours.service.commands.answering import Order, audit, check_options, refused
from parcours.service.commands.drafting import NOBODY, copy_draft, newest
from parcours.service.commands.publishing import put_live
from parcours.service.commands.settling import settling
from parcours.service.commands.versions import Family
from parcours.service.editing.checking import check_version, refused_as_invalid

__all__ = ["restart"]


async def restart(family: Family, order: Order, at: datetime) -> CommandResult:
    """Publish version n+1 with the definition of a stopped or finished one: the newest published, unless named.

    Cancelled people stay cancelled; re-entry is judged over all versions. Refused by the matrix, with `draft_exists`
    where a draft stands, with `invalid` where the definition has errors by now. Raises ParcoursError
    `unknown_version`, `bad_option`.
    """
    check_options(order)
    source = family.find(order.version_no) if order.version_no is not None else newest(family)
    outcome = decide("restart", source.status, entry_open=source.entry_open)
    if isinstance(outcome, Refuse):
        return await refused(family, order, at, source, outcome.code)
    assert isinstance(outcome, NewVersion)
    if await settling(family, [source]):
        return await refused(family, order, at, source, "still_settling")
    if family.draft is not None:
        return await refused(family, order, at, family.draft, "draft_exists")
    checked = await check_version(family.connection, source)
    journey = checked.journey
    if journey is None or checked.errors:
        present = CommandResult(order.journey, source.version_no, "restart", source.status, source.status,
                                await family.counts([source]), dry_run=order.dry_run)  # fmt: skip
        result = refused_as_invalid(present, checked.problems)
        if not order.dry_run:
            await audit(family.connection, order, at, result)
        return result
    result = CommandResult(
        order.journey,
        family.versions[-1].version_no + 1,
        "restart",
        None,
        "live",
        NOBODY,
        dry_run=order.dry_run,
    )
    if order.dry_run:
        return result
    draft = await copy_draft(family, source, at)
    await put_live(family, draft, journey, at)
    result = replace(result, version=draft.version_no, changed=(draft.version_id,))
    kept = replace(order, options={**order.options, "from": source.version_no})
    await audit(family.connection, kept, at, result)
    return result
