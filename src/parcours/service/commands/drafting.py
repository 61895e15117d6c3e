"""Commands that make a draft from what there is: new version, edit, duplicate. What is published stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import NewVersion, Refuse, decide
from parcours.domain.names import is_key
from parcours.domain.records import CommandResult
from parcours.service.commands.answering import Order, audit, check_options, refused
from parcours.service.commands.versions import Family, VersionRow, lock_family
from parcours.store.queries import query

__all__ = ["copy_draft", "duplicate", "edit", "new_version"]

NOBODY = {"inside": 0, "queued": 0, "messages": 0}
LONGEST_KEY = 64


async def new_version(family: Family, order: Order, at: datetime) -> CommandResult:
    """Make draft n+1 with the definition of any published version: the newest, or `from`.

    Refused with `draft_exists` where a draft stands. Raises ParcoursError `unknown_version`, `bad_option`.
    """
    check_options(order, ("from",))
    number = order.options.get("from", order.version_no)
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise ParcoursError("bad_option", f"{number!r} is no number of a version", place="options.from",
                            hint="Write it as from: 2.")  # fmt: skip
    source = family.find(number) if number is not None else newest(family)
    if family.draft is not None:
        return await refused(family, order, at, family.draft, "draft_exists")
    return await _draft_of(family, order, at, source)


async def edit(family: Family, order: Order, at: datetime) -> CommandResult:
    """Answer with the draft to be edited: the one that stands, else one made from the newest published version.

    Refused with `running_not_editable` where that is live. Raises ParcoursError `unknown_version`, `bad_option`.
    """
    check_options(order)
    draft = family.draft
    looked_at = family.find(order.version_no) if order.version_no is not None else draft or newest(family)
    if looked_at == draft:
        result = CommandResult(
            order.journey, draft.version_no, "edit", "draft", "draft", await family.counts([draft]), dry_run=order.dry_run
        )  # fmt: skip
        if not order.dry_run:
            await audit(family.connection, order, at, result)
        return result
    outcome = decide("edit", looked_at.status, entry_open=looked_at.entry_open)
    if isinstance(outcome, Refuse):
        return await refused(family, order, at, looked_at, outcome.code)
    assert isinstance(outcome, NewVersion)
    if draft is not None:
        return await refused(family, order, at, draft, "draft_exists")
    return await _draft_of(family, order, at, looked_at)


async def duplicate(family: Family, order: Order, at: datetime) -> CommandResult:
    """Make an independent journey in draft, named `NAME (copy)`, with the definition of the newest published version.

    Its key is `key`, else KEY-copy, KEY-copy-2 and so on. The result names the new journey. Raises ParcoursError
    `unknown_version`, `bad_option`, `journey_exists`.
    """
    check_options(order, ("key",))
    source = family.find(order.version_no) if order.version_no is not None else newest(family)
    key = await _free_key(family, order.options.get("key"))
    result = CommandResult(key, 1, "duplicate", None, "draft", NOBODY, dry_run=order.dry_run)
    if order.dry_run:
        return result
    connection = family.connection
    row = await (await connection.execute(query("journey_name"), {"j": family.journey_id})).fetchone()
    name = f"{(row and row[0]) or family.key} (copy)"
    given: dict[str, Any] = {"key": key, "name": name, "j": family.journey_id, "at": at}
    row = await (await connection.execute(query("add_journey"), given)).fetchone()
    if row is None:  # made by somebody else meanwhile
        raise _taken(key)
    document = {**source.definition, "journey": key, "name": name}
    given = {
        "j": row[0], "definition": json.dumps(document), "templates": json.dumps(source.templates), "at": at,
    }  # fmt: skip
    row = await (await connection.execute(query("add_draft"), given)).fetchone()
    assert row is not None
    await connection.execute(query("copy_attachments"), {"v": source.version_id, "to": row[1]})
    kept = replace(order, options={**order.options, "key": key})
    await audit(connection, kept, at, replace(result, version=source.version_no))
    return result


async def copy_draft(family: Family, source: VersionRow, at: datetime) -> VersionRow:
    """Make draft n+1 with definition, templates and files of a version; the family knows it from then on."""
    connection = family.connection
    row = await (
        await connection.execute(query("copy_version"), {"v": source.version_id, "at": at})
    ).fetchone()
    assert row is not None
    version_id, version_no = row
    await connection.execute(query("copy_attachments"), {"v": source.version_id, "to": version_id})
    family.versions = (await lock_family(connection, family.key)).versions
    return family.find(version_no)


def newest(family: Family) -> VersionRow:
    """Return the newest published version; the draft where nothing is published."""
    return (family.published or family.versions)[-1]


async def _draft_of(family: Family, order: Order, at: datetime, source: VersionRow) -> CommandResult:
    if order.dry_run:
        number = await family.next_number()
    else:
        number = (await copy_draft(family, source, at)).version_no
    result = CommandResult(order.journey, number, order.command, None, "draft", NOBODY, dry_run=order.dry_run)
    if not order.dry_run:
        kept = replace(order, options={**order.options, "from": source.version_no})
        await audit(family.connection, kept, at, result)
    return result


async def _free_key(family: Family, asked: Any) -> str:
    if asked is not None and not (isinstance(asked, str) and is_key(asked)):
        raise ParcoursError("bad_option", f"{asked!r} is no key", place="options.key",
                            hint="Use letters, digits, - and _, at most 64 of them.")  # fmt: skip
    begins = asked if asked is not None else family.key[: LONGEST_KEY - len("-copy-999")] + "-copy"
    cursor = await family.connection.execute(query("journey_keys"), {"begins": begins})
    taken = {key for (key,) in await cursor.fetchall()}
    if asked is not None:
        if asked in taken:
            raise _taken(asked)
        return str(asked)
    number = 1
    while (key := begins if number == 1 else f"{begins}-{number}") in taken:
        number += 1
    return key


def _taken(key: str) -> ParcoursError:
    return ParcoursError(
        "journey_exists", f"there is a journey {key} already", place="options.key", hint="Choose another key."
    )
