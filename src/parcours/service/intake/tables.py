"""Profiles from CSV: a header, a row per person, a mapping from columns to attributes.

A cell is text unless the mapping says `:number` or `:boolean`, because conditions never turn a text into a
number (R26). An empty cell says nothing about its attribute.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, cast

from parcours.domain.errors import ParcoursError
from parcours.domain.reading import nearest
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant
from parcours.service.intake.feed import LONGEST_LINE, feed_line
from parcours.service.intake.sources import TooLong

__all__ = ["Column", "parse_mapping", "read_table"]

Kind: TypeAlias = Literal["text", "number", "boolean"]

PERSON: Final = "userId"
_KINDS: Final = ("text", "number", "boolean")
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column of the file becomes: the person's key (`userId`), or an attribute of this kind."""

    trait: str
    kind: Kind = "text"


def parse_mapping(texts: Sequence[str]) -> dict[str, Column]:
    """Read `column=trait` and `column=trait:number`. Raises ParcoursError `bad_mapping`."""
    found = {}
    for text in texts:
        column, equals, target = text.partition("=")
        trait, colon, kind = target.rpartition(":")
        if not colon or kind not in _KINDS:
            trait, kind = target, "text"
        if not equals or not column or not trait:
            raise ParcoursError(
                "bad_mapping",
                f"{text!r} is no mapping",
                place="--map",
                hint="Write column=trait, or column=trait:number.",
            )
        found[column] = Column(trait, cast("Kind", kind))
    return found


def read_table(
    lines: Iterable[bytes | TooLong], file: str, mapping: Mapping[str, Column], received_at: datetime
) -> Iterator[FeedLine | ParcoursError]:
    """Yield a profile line for each row, or the error that says what is wrong with it.

    Without a mapping every column is the attribute of its name, `userId` (or `user_id`) the person. Raises
    ParcoursError `unknown_column`, `no_person` where the header does not fit.
    """
    text = _Text(lines, file)
    try:
        first = next(text, "")
    except _Refused as refused:
        raise refused.error from None
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    columns = _columns(header, file, mapping)
    rows = csv.reader(text, delimiter=delimiter)
    while True:
        begins = text.number + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except _Refused as refused:
            yield refused.error
            continue
        except csv.Error as error:
            yield ParcoursError(
                "bad_row",
                f"the row cannot be read: {error}",
                place=f"{file}:{begins}",
                hint="Check its quotes.",
            )
            continue
        if not row:
            continue
        try:
            yield _profile(row, columns, f"{file}:{begins}", received_at, begins)
        except ParcoursError as error:
            yield error


class _Refused(Exception):
    """A line that cannot be text; carries the error through the CSV reader, which stops at it."""

    def __init__(self, error: ParcoursError) -> None:
        super().__init__()
        self.error = error


class _Text:
    """Decodes lines, counting them."""

    def __init__(self, lines: Iterable[bytes | TooLong], file: str) -> None:
        self._lines = iter(lines)
        self._file = file
        self.number = 0

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        place = f"{self._file}:{self.number}"
        if isinstance(line, TooLong):
            message = f"the line has {line.length:,} bytes; at most {LONGEST_LINE:,} are taken"
            raise _Refused(ParcoursError("line_too_long", message, place=place, hint="Shorten its cells."))
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8") + "\n"
        except UnicodeDecodeError:
            error = ParcoursError("not_utf8", "the line is not UTF-8", place=place, hint="Save it as UTF-8.")
            raise _Refused(error) from None


def _columns(
    header: Sequence[str], file: str, mapping: Mapping[str, Column]
) -> list[tuple[int, str, Column]]:
    """Return position, name and meaning of each column that is read."""
    names = [name.strip() for name in header]
    for name in mapping:
        if name not in names:
            hint = nearest(name, tuple(names)) or f"It has {', '.join(names)}."
            raise ParcoursError("unknown_column", f"there is no column {name}", place=file, hint=hint)
    chosen = dict(mapping) or {name: Column(name) for name in names if name}
    if all(column.trait != PERSON for column in chosen.values()):
        person = next((name for name in ("userId", "user_id") if name in names), None)
        if person is None:
            raise ParcoursError(
                "no_person",
                "no column names the person",
                place=f"{file}:1",
                hint="Name one userId, or map it: --map COLUMN=userId.",
            )
        chosen[person] = Column(PERSON)
    return [(names.index(name), name, column) for name, column in chosen.items()]


def _profile(
    row: Sequence[str],
    columns: Sequence[tuple[int, str, Column]],
    place: str,
    received_at: datetime,
    number: int,
) -> FeedLine:
    traits: dict[str, Any] = {}
    user_id = ""
    for position, name, column in columns:
        cell = row[position].strip() if position < len(row) else ""
        if column.trait == PERSON:
            user_id = cell
        elif cell:
            traits[column.trait] = _value(cell, column.kind, f"{place} {name}")
    # The same row may come again another day and mean it, so the load is part of its identity.
    key = f"{place} {format_instant(received_at)}"
    line = {"type": "identify", "userId": user_id, "messageId": key, "traits": traits}
    return feed_line(line, place, number)


def _value(cell: str, kind: Kind, place: str) -> str | float | int | bool:
    if kind == "boolean":
        if cell.lower() not in _BOOLEANS:
            raise ParcoursError(
                "bad_cell", f"{cell!r} is no boolean", place=place, hint="Write true or false."
            )
        return _BOOLEANS[cell.lower()]
    if kind == "number":
        try:
            number = float(cell)
        except ValueError:
            number = float("nan")
        if not abs(number) < float("inf"):
            raise ParcoursError("bad_cell", f"{cell!r} is no number", place=place, hint="Write it as 12.5.")
        return int(cell) if cell.lstrip("+-").isascii() and cell.lstrip("+-").isdigit() else number
    return cell
