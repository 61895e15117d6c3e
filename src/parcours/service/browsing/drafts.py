"""Drafts as an editor needs them: read with a sign of what they are, saved only where that sign is still right.

The sign (an ETag) changes with the definition, its files, and the words of the journey, so whoever saves over somebody
else's change is told before anything is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from parcours.domain.checks import unique
from parcours.domain.errors import ParcoursError
from parcours.domain.names import is_key
from parcours.domain.parse import parse_journey
from parcours.domain.problems import Problem, has_errors
from parcours.domain.refusals import refusal
from parcours.service.browsing.paging import Row, rows_of
from parcours.service.commands.trail import record
from parcours.service.editing.attachments import read_attachments
from parcours.service.editing.authoring import apply_journey
from parcours.service.editing.checking import definition_problems
from parcours.service.editing.definitions import journey_problems
from parcours.service.editing.surroundings import wide_surroundings
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "DraftSaved",
    "Expected",
    "StoredDefinition",
    "change_file",
    "check_document",
    "create_journey",
    "keep_draft",
    "read_definition",
    "read_file",
]

TEMPLATES: Final = (".mjml", ".html", ".htm", ".liquid", ".txt")
LARGEST_TEMPLATE: Final = 1_000_000
LONGEST_NAME: Final = 200
WORDS: Final = ("name", "description", "folder", "tags")


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """A version as an editor sees it: its document with the present words of the journey, its files, its sign."""

    journey: str
    version: int
    status: str
    document: Row
    templates: Mapping[str, str]
    attachments: Sequence[Row]  # name and bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller takes the draft to be: `etag` of one that was read, or `absent` where none should stand."""

    etag: str | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class DraftSaved:
    """A saved draft, with everything that is wrong with it now."""

    draft: StoredDefinition
    created: bool
    problems: Sequence[Problem]


async def read_definition(
    connection: Connection, key: str, version_no: int | None = None
) -> StoredDefinition:
    """Return a version; the draft where none is named.

    Raises ParcoursError `unknown_journey`, `unknown_version`, `no_draft`.
    """
    words = await _words(connection, key)
    if words is None:
        raise _unknown(key)
    if version_no is None:
        row = await (await connection.execute(query("read_draft"), {"j": words["journey_id"]})).fetchone()
        if row is None:
            raise refusal("no_draft")
        version_no = int(row[0])
    given = {"j": words["journey_id"], "version_no": version_no}
    found = next(iter(await rows_of(connection, "browse_version", given)), None)
    if found is None:
        raise ParcoursError("unknown_version", f"journey {key} has no version {version_no}",
                            hint="Ask for the journey to see its versions.")  # fmt: skip
    document = dict(found["definition"])
    if found["status"] == "draft":  # what was published stays as it was
        document |= {name: words[name] for name in WORDS if words[name] or name in document}
    sign = json.dumps([found["sign"], found["attachments"], {n: words[n] for n in WORDS}], sort_keys=True)
    etag = f'"{version_no}-{hashlib.sha256(sign.encode()).hexdigest()[:20]}"'
    files = [{"name": one["name"], "bytes": one["bytes"]} for one in found["attachments"]]
    return StoredDefinition(key, version_no, found["status"], document, found["templates"], files, etag)


async def create_journey(connection: Connection, document: Any, at: datetime, *, actor: str) -> DraftSaved:
    """Make a journey with draft 1 of a definition. Raises ParcoursError `journey_exists`, `bad_definition`."""
    check_form(document)
    key = document.get("journey")
    if not isinstance(key, str) or not is_key(key):
        raise ParcoursError(
            "bad_definition", "the definition has no key", place="journey",
            hint="Give `journey`: letters, digits, - and _, at most 64.",
        )  # fmt: skip
    if await _words(connection, key) is not None:
        raise ParcoursError(
            "journey_exists", f"there is a journey {key} already", place="journey",
            hint="Choose another key, or save its draft.",
        )  # fmt: skip
    return await keep_draft(
        connection, key, document, at, expected=Expected(absent=True), actor=actor, create=True
    )


async def keep_draft(
    connection: Connection, key: str, document: Any, at: datetime, *, expected: Expected, actor: str,
    create: bool = False,
) -> DraftSaved:  # fmt: skip
    """Save a definition as the draft of a journey, whatever is wrong with it; what cannot be read is kept as it is.

    Where no draft stands, one is made (n+1). The files of the draft, or of the newest version, stay. Raises
    ParcoursError `unknown_journey`, `bad_definition`, `draft_changed`, `if_match_needed`.
    """
    check_form(document)
    document = {"journey": key, **document}
    if document["journey"] != key:
        raise ParcoursError(
            "bad_definition", f"the definition is of {document['journey']!r}, not of {key}", place="journey",
            hint="Leave `journey` out, or write the key of this one.",
        )  # fmt: skip
    before = None
    templates: Mapping[str, str] = {}
    files: Mapping[str, bytes] = {}
    if not create:
        await _lock(connection, key)
        before = await _draft(connection, key)
        _compare(before, expected)
        templates, files = await _files(connection, key, before)
    journey, problems = parse_journey(document, templates=templates)
    if journey is None or has_errors(problems):
        await _save_as_is(
            connection, document, templates, files, at, actor=actor, replaced=before is not None
        )
    else:
        await apply_journey(connection, replace(journey, attachments=files), at, actor=actor)
    draft = await read_definition(connection, key)
    [checked] = await journey_problems(connection, key, at, draft.version)
    return DraftSaved(draft, before is None, checked.problems)


async def change_file(
    connection: Connection, key: str, name: str, data: bytes | None, at: datetime, *, expected: Expected, actor: str
) -> StoredDefinition:  # fmt: skip
    """Put a file beside the draft, in place of one of its name, or remove it (None).

    A template is a text that ends as such do; anything else is attached to mails. Raises ParcoursError
    `unknown_journey`, `no_draft`, `draft_changed`, `if_match_needed`, `bad_file`, `unknown_file`.
    """
    await _lock(connection, key)
    before = await read_definition(connection, key)
    _compare(before, expected)
    if (
        not name
        or len(name) > LONGEST_NAME
        or not name.isprintable()
        or "/" in name
        or "\\" in name
        or name.startswith(".")
    ):
        raise ParcoursError("bad_file", "this is no name of a file", place="name", hint="Leave folders out.")
    templates = dict(before.templates)
    version_id = await _version_id(connection, key, before.version)
    if data is None:
        dropped = await connection.execute(query("drop_attachment"), {"v": version_id, "name": name})
        if templates.pop(name, None) is None and not dropped.rowcount:
            raise ParcoursError("unknown_file", f"the draft has no file {name}", hint="Look at its files.")
    elif name.lower().endswith(TEMPLATES):
        templates[name] = _text(name, data)
    else:
        await connection.execute(query("put_attachment"), {"v": version_id, "name": name, "data": data})
    await connection.execute(query("save_templates"), {"v": version_id, "templates": json.dumps(templates)})
    options = {"file": name, "bytes": None if data is None else len(data)}
    await record(
        connection, at, actor=actor, key=key, command="change_file", version_no=before.version, options=options,
        from_status="draft", to_status="draft",
    )  # fmt: skip
    return await read_definition(connection, key)


async def check_document(
    connection: Connection, document: Any, at: datetime
) -> tuple[str | None, Sequence[Problem]]:
    """Return the key of a definition, None where it cannot be read, and everything that is wrong with it now.

    It is looked at among all journeys, people and events; nothing is kept. Raises ParcoursError `bad_definition`.
    """
    check_form(document)
    key = document.get("journey")
    templates: Mapping[str, str] = {}
    files: Mapping[str, bytes] = {}
    version_id = 0
    words = await _words(connection, key) if isinstance(key, str) else None
    if isinstance(key, str) and words is not None:
        templates, files = await _files(connection, key, await _draft(connection, key))
        row = await (await connection.execute(query("newest_version"), {"j": words["journey_id"]})).fetchone()
        version_id = await _version_id(connection, key, int(row[0])) if row and row[0] else 0
    journey, problems = parse_journey(document, templates=templates)
    if journey is None:
        return None, problems
    known = await wide_surroundings(connection, version_id, at)
    if not version_id:  # beside a journey that there is not are all of them
        others = await (await connection.execute(query("all_journeys"))).fetchall()
        known = replace(
            known,
            journeys={other: status for other, status, _ in others},
            starts={other: frozenset(started) for other, _, started in others},
        )
    found = definition_problems(replace(journey, attachments=files), known)
    return journey.key, unique([*problems, *found])


async def read_file(connection: Connection, key: str, version_no: int | None, name: str) -> bytes:
    """Return a template or an attached file of a version; of the draft where none is named.

    Raises ParcoursError `unknown_journey`, `unknown_version`, `no_draft`, `unknown_file`.
    """
    found = await read_definition(connection, key, version_no)
    if name in found.templates:
        return found.templates[name].encode()
    version_id = await _version_id(connection, key, found.version)
    row = await (
        await connection.execute(query("read_attachment"), {"v": version_id, "name": name})
    ).fetchone()
    if row is None:
        raise ParcoursError("unknown_file", f"version {found.version} has no file {name}",
                            hint="Look at its files.")  # fmt: skip
    return bytes(row[0])


def _compare(before: StoredDefinition | None, expected: Expected) -> None:
    if before is None:
        if expected.etag is not None:
            raise ParcoursError(
                "draft_changed", "the draft was published or deleted meanwhile",
                hint="Read the journey again; save without If-Match to make a new draft.",
            )  # fmt: skip
        return
    if expected.absent or (expected.etag is not None and expected.etag not in (before.etag, "*")):
        raise ParcoursError(
            "draft_changed", f"draft {before.version} is not what it was: somebody has changed it",
            hint="Nothing was saved. Read the draft again, bring your changes into it, and save with its ETag.",
        )  # fmt: skip
    if expected.etag is None:
        raise ParcoursError(
            "if_match_needed", "a draft stands, and the request does not say which state of it it replaces",
            hint="Send If-Match with the ETag with which the draft was read.",
        )  # fmt: skip


def check_form(document: Any) -> None:
    """Refuse what could not be kept, or would break those who look into definitions."""
    if not isinstance(document, dict):
        raise ParcoursError(
            "bad_definition", "the definition is no mapping", place="body", hint="Write keys and values."
        )
    if not isinstance(document.get("steps", {}), dict):
        raise ParcoursError(
            "bad_definition", "`steps` is no mapping", place="steps", hint="Write ID: {KIND: …}."
        )
    try:
        text = json.dumps(document, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise ParcoursError(
            "bad_definition",
            f"the definition cannot be kept: {error}",
            place="body",
            hint="Correct this value.",
        ) from None
    if "\\u0000" in text:
        raise ParcoursError(
            "bad_definition", "the definition holds a NUL character", place="body", hint="Remove it."
        )


async def _save_as_is(
    connection: Connection, document: Row, templates: Mapping[str, str], files: Mapping[str, bytes], at: datetime, *,
    actor: str, replaced: bool,
) -> None:  # fmt: skip
    """Keep a definition of which a part cannot be read, every key of it: an editor mends it later."""
    key = document["journey"]
    words = await _words(connection, key) or dict.fromkeys(("name", "description", "folder"), "") | {
        "tags": []
    }
    for name in ("name", "description", "folder"):
        if isinstance(document.get(name), str):
            words[name] = document[name][:200]
    tags = document.get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        words["tags"] = tags
    given = {"key": key, "at": at, **{name: words[name] for name in WORDS}}
    row = await (await connection.execute(query("save_journey"), given)).fetchone()
    assert row is not None
    content = {"definition": json.dumps(document), "templates": json.dumps(dict(templates))}
    draft = await (await connection.execute(query("read_draft"), {"j": row[0]})).fetchone()
    if draft is not None:
        number = int(draft[0])
        version_id = await _version_id(connection, key, number)
        await connection.execute(query("save_draft"), {**content, "v": version_id})
    else:
        made = await (
            await connection.execute(query("add_draft"), {**content, "j": row[0], "at": at})
        ).fetchone()
        assert made is not None
        number, version_id = made
        for name, data in files.items():
            await connection.execute(query("put_attachment"), {"v": version_id, "name": name, "data": data})
    await record(
        connection, at, actor=actor, key=key, command="apply", version_no=number,
        from_status="draft" if replaced else None, to_status="draft",
    )  # fmt: skip


async def _files(
    connection: Connection, key: str, draft: StoredDefinition | None
) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """Return the files of the draft, or of the newest version."""
    source = draft
    if source is None:
        words = await _words(connection, key)
        assert words is not None
        row = await (await connection.execute(query("newest_version"), {"j": words["journey_id"]})).fetchone()
        if row is None or row[0] is None:
            return {}, {}
        source = await read_definition(connection, key, int(row[0]))
    version_id = await _version_id(connection, key, source.version)
    return source.templates, await read_attachments(connection, version_id)


async def _draft(connection: Connection, key: str) -> StoredDefinition | None:
    try:
        return await read_definition(connection, key)
    except ParcoursError as error:
        if error.code != "no_draft":
            raise
        return None


async def _lock(connection: Connection, key: str) -> None:
    if await (await connection.execute(query("lock_journey"), {"key": key})).fetchone() is None:
        raise _unknown(key)


async def _words(connection: Connection, key: str) -> Row | None:
    return next(iter(await rows_of(connection, "journey_words", {"key": key})), None)


async def _version_id(connection: Connection, key: str, version_no: int) -> int:
    words = await _words(connection, key)
    assert words is not None
    [row] = await rows_of(connection, "browse_version", {"j": words["journey_id"], "version_no": version_no})
    return int(row["version_id"])


def _text(name: str, data: bytes) -> str:
    if len(data) > LARGEST_TEMPLATE:
        raise ParcoursError("bad_file", f"{name} is larger than 1 MB", place=name, hint="Make it smaller.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ParcoursError(
            "bad_file", f"{name} is not UTF-8", place=name, hint="Save it as UTF-8."
        ) from None
    if "\0" in text:
        raise ParcoursError("bad_file", f"{name} holds a NUL character", place=name, hint="Remove it.")
    return text


def _unknown(key: str) -> ParcoursError:
    hint = "`parcours journey list` shows those there are."
    return ParcoursError("unknown_journey", f"there is no journey {key}", hint=hint)
