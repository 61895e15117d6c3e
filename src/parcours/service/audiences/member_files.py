"""Members of a list from files: CSV with a column that names the person, or a user_id or an object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant
from parcours.service.intake.feed import LONGEST_LINE, feed_line
from parcours.service.intake.sources import TooLong
from parcours.service.intake.tables import Column, read_table

__all__ = ["read_members"]

Op = Literal["add", "remove"]


def read_members(  # noqa: PLR0917 - what a file of a list is read with
    lines: Iterable[bytes | TooLong], file: str, key: str, mapping: Mapping[str, Column], at: datetime, op: Op
) -> Iterator[FeedLine | ParcoursError]:  # fmt: skip
    """Yield a line of the list for each row of the file, or the error that says what is wrong with it.

    A name that ends with .csv or .tsv is a table with a column `userId` (or one that is mapped to it); any other file has
    a `user_id` on each line, or a JSON object with `userId` and perhaps `op`. Raises ParcoursError where the header of
    a table does not fit.
    """
    stamp = format_instant(at)
    if file.lower().removesuffix(".gz").endswith((".csv", ".tsv")):
        for number, row in enumerate(read_table(lines, file, mapping, at), 1):
            if isinstance(row, ParcoursError):
                yield row
            else:
                message = f"{file}:{number} {key} {stamp}"
                yield replace(row, kind="audience", name=key, op=op, properties={}, message_key=message)
        return
    for number, raw in enumerate(lines, 1):
        place = f"{file}:{number}"
        if isinstance(raw, TooLong):
            said = f"the line has {raw.length:,} bytes; at most {LONGEST_LINE:,} are taken"
            yield ParcoursError("line_too_long", said, place=place, hint="Write one person on each line.")
            continue
        try:
            found = _line(raw, place, op)
            if found is not None:
                more = {"audience": key, "messageId": f"{place} {key} {stamp}"}
                yield feed_line(found | more | {"type": "audience"}, place, number)
        except ParcoursError as error:
            yield error


def _line(raw: bytes, place: str, op: Op) -> dict[str, Any] | None:
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ParcoursError(
            "not_utf8", "the line is not UTF-8", place=place, hint="Save the file as UTF-8."
        ) from None
    if not text:
        return None
    if not text.startswith(("{", '"')):
        return {"userId": text, "op": op}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParcoursError(
            "not_json", f"the line is not JSON: {error}", place=place, hint='Write u1, or {"userId": "u1"}.'
        ) from None
    if isinstance(value, str):
        return {"userId": value, "op": op}
    if not isinstance(value, dict):
        raise ParcoursError(
            "not_an_object", "the line is not a JSON object", place=place, hint='Write {"userId": "u1"}.'
        )
    return {"userId": value.get("userId", value.get("user_id")), "op": value.get("op", op)}
