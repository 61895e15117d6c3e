"""Read a document once: collect every problem with its place, go on with what is good."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from difflib import get_close_matches
from math import isfinite
from typing import Final, TypeVar

from parcours.domain.keys import TABLES
from parcours.domain.problems import Problem, Severity

__all__ = [
    "BAD",
    "MAX_HINTS",
    "Reading",
    "Section",
    "clean",
    "nearest",
    "problem_at",
    "text_fault",
    "type_name",
]

BAD: Final = object()  # stands where a value was that has been reported already
MAX_DEPTH: Final = 100
MAX_VALUES: Final = 100_000
MAX_INTEGER: Final = 2**63 - 1
MAX_KEY: Final = 200
MAX_ITEMS: Final = 1_000
MAX_HINTS: Final = 200  # looking for the nearest word takes time; nobody reads more
T = TypeVar("T")


def problem_at(severity: Severity, code: str, place: str, message: str, hint: str = "") -> Problem:
    """Return a problem whose step and section are taken from its place."""
    parts = re.split(r"[.\[]", place, maxsplit=2)
    step_id = parts[1] if parts[0] == "steps" and len(parts) > 1 else None
    return Problem(severity, code, place, message, hint, step_id=step_id, section=parts[0] or None)


def nearest(name: str, known: Mapping[str, object] | frozenset[str] | tuple[str, ...]) -> str:
    """Return a hint that names the nearest known word, or an empty text."""
    found = get_close_matches(name, list(known), n=1)
    return f"Did you mean `{found[0]}`?" if found else ""


def type_name(value: object) -> str:
    """Return how a value's type is called to people."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return type(value).__name__


def text_fault(text: str) -> str:
    """Return why PostgreSQL could not hold this text, or an empty text."""
    if "\0" in text:
        return "holds a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair"
    return ""


@dataclass(slots=True)
class Reading:
    """The problems found so far, and the zone in which instants without offset are read (R20)."""

    problems: list[Problem] = field(default_factory=list)
    zone: tzinfo = UTC

    def error(self, code: str, place: str, message: str, hint: str = "") -> None:
        """Add an error."""
        self.problems.append(problem_at("error", code, place, message, hint))

    def wrong_type(self, value: object, place: str, wanted: str, hint: str = "") -> None:
        """Add an error about the type of a value, unless it has been reported already."""
        if value is not BAD:
            self.error("wrong_type", place, f"Expected {wanted}, found {type_name(value)}.", hint)

    def section(self, value: object, place: str, table: str) -> Section | None:
        """Open a mapping whose keys stand in a table of `keys.py`; report unknown ones."""
        if not isinstance(value, dict):
            self.wrong_type(value, place, "a mapping")
            return None
        section = Section(self, place, value)
        for key in value:
            if key not in TABLES[table]:
                message = f"`{key}` is not a key of {table.replace('_', ' ')}."
                near = nearest(key, TABLES[table]) if len(self.problems) < MAX_HINTS else ""
                hint = near or f"Known keys: {', '.join(TABLES[table])}."
                self.error("unknown_key", section.at(key), message, hint)
        return section

    def items(self, value: object, place: str, limit: int = MAX_ITEMS) -> list[tuple[object, str]]:
        """Return the items of a list, each with its place; none where it is no list, or too long a one."""
        if not isinstance(value, list):
            self.wrong_type(value, place, "a list")
            return []
        if len(value) > limit:
            self.error("too_large", place, f"More than {limit} items.", "Split the journey.")
            return []
        return [(item, f"{place}[{n}]") for n, item in enumerate(value)]

    def entries(self, value: object, place: str) -> list[tuple[str, object, str]]:
        """Return the entries of a mapping with free keys: key, value, place."""
        if not isinstance(value, dict):
            self.wrong_type(value, place, "a mapping")
            return []
        return [(key, item, f"{place}.{key}") for key, item in value.items()]


@dataclass(slots=True)
class Section:
    """One mapping of the document, with the place where it stands."""

    reading: Reading
    place: str
    data: dict[str, object]

    def at(self, key: str) -> str:
        """Return the place of a key."""
        return f"{self.place}.{key}" if self.place else key

    def has(self, key: str) -> bool:
        """Tell whether the key is given, and not null."""
        return self.data.get(key) is not None

    def get(self, key: str, read: Callable[[Reading, object, str], T | None]) -> T | None:
        """Read the value of a key; None where it is left out, null, or has a problem (then reported)."""
        value = self.data.get(key)
        return None if value is None or value is BAD else read(self.reading, value, self.at(key))

    def need(self, key: str, hint: str = "") -> bool:
        """Report a key that is left out."""
        if self.has(key):
            return True
        self.reading.error("missing_key", self.place, f"`{key}` is missing.", hint)
        return False

    def section(self, key: str, table: str) -> Section | None:
        """Open the mapping under a key; None where it is left out or not a mapping."""
        return self.reading.section(self.data[key], self.at(key), table) if self.has(key) else None

    def items(self, key: str) -> list[tuple[object, str]]:
        """Return the items of the list under a key."""
        return self.reading.items(self.data[key], self.at(key)) if self.has(key) else []

    def entries(self, key: str) -> list[tuple[str, object, str]]:
        """Return the entries of the mapping with free keys under a key."""
        return self.reading.entries(self.data[key], self.at(key)) if self.has(key) else []


def clean(reading: Reading, document: object) -> object:
    """Return a copy that holds JSON only; what nobody could store is reported and replaced by `BAD`.

    Refused: NUL, lone surrogates, keys that are no text, numbers beyond 64 bits or not finite, other types,
    more than 100 levels, more than 100,000 values.
    """
    return _Cleaner(reading).clean(document, "", 0)


@dataclass(slots=True)
class _Cleaner:
    reading: Reading
    values: int = 0

    def clean(self, value: object, place: str, depth: int) -> object:
        self.values += 1
        if depth > MAX_DEPTH:
            return self.bad("too_deep", place, f"More than {MAX_DEPTH} levels of nesting.")
        if self.values > MAX_VALUES:
            # Said once: the first value too many is enough to know.
            return self.bad("too_large", place, f"More than {MAX_VALUES} values.") if self.first() else BAD
        match value:
            case dict():
                return self.mapping(value, place, depth)
            case list():
                return [self.clean(item, f"{place}[{n}]", depth + 1) for n, item in enumerate(value)]
            case str() if fault := text_fault(value):
                return self.bad("bad_text", place, f"The text {fault}.", "Remove it.")
            case int() if abs(value) > MAX_INTEGER:
                return self.bad("bad_number", place, "The number is beyond 64 bits.", "Write it as text.")
            case float() if not isfinite(value):
                return self.bad("bad_number", place, "The number is not finite.", "Leave it out.")
            case None | bool() | int() | float() | str():
                return value
            case _:
                return self.bad("wrong_type", place, f"A {type(value).__name__} is not JSON.")

    def mapping(self, value: dict[object, object], place: str, depth: int) -> dict[str, object]:
        kept: dict[str, object] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                self.bad(
                    "key_not_text", place, f"A key is {type_name(key)}, not text.", "Write it in quotes."
                )
            elif fault := text_fault(key):
                self.bad("bad_text", place, f"The key {key!r} {fault}.", "Remove it.")
            elif len(key) > MAX_KEY:
                self.bad("bad_text", place, f"A key is longer than {MAX_KEY} characters.", "Shorten it.")
            else:
                kept[key] = self.clean(item, f"{place}.{key}" if place else key, depth + 1)
        return kept

    def first(self) -> bool:
        return all(p.code != "too_large" for p in self.reading.problems)

    def bad(self, code: str, place: str, message: str, hint: str = "") -> object:
        self.reading.error(code, place, message, hint)
        return BAD
