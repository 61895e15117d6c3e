"""Readers of names: keys, step ids, fields, addresses, and where to go on."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from parcours.domain.journey import DropOut, Jump, Target
from parcours.domain.reading import Reading
from parcours.domain.values import Reader, line, listed, text

__all__ = [
    "RESERVED_STEPS",
    "ROOTS",
    "Route",
    "address",
    "attribute",
    "field_path",
    "is_key",
    "key",
    "keys",
    "root",
    "route",
    "step_id",
]

Route: TypeAlias = Target | Literal["next"]

RESERVED_STEPS: Final = ("entry", "next", "drop_out")
ROOTS: Final = ("profile", "event", "participant")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS: Final = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+|[^<>]*<[^\s@<>,;]+@[^\s@<>,;]+>")
_MAX_FIELD_DEPTH: Final = 8
_KEY_HINT: Final = "Use letters, digits, - and _, at most 64 of them."
_MAX_TEXT: Final = 10_000


def is_key(text: str) -> bool:
    """Tell whether a text can be the key of a journey."""
    return _KEY.fullmatch(text) is not None


def key(reading: Reading, value: object, place: str) -> str | None:
    """Read a key: letters, digits, - and _."""
    found = text(_MAX_TEXT)(reading, value, place)
    if found is None or is_key(found):
        return found
    reading.error("bad_key", place, f"`{found[:80]}` is not a key.", _KEY_HINT)
    return None


def step_id(reading: Reading, value: object, place: str) -> str | None:
    """Read the id of a step."""
    found = key(reading, value, place)
    if found in RESERVED_STEPS:
        reading.error("bad_key", place, f"`{found}` has a meaning of its own.", "Choose another id.")
        return None
    return found


def root(reading: Reading, value: object, place: str) -> str | None:
    """Read a `save_as` name, which becomes the root of fields."""
    found = key(reading, value, place)
    if found in ROOTS:
        reading.error("bad_key", place, f"`{found}` has a meaning of its own.", "Choose another name.")
        return None
    return found


def route(reading: Reading, value: object, place: str) -> Route | None:
    """Read `next`, `drop_out` or the id of a step."""
    if value == "next":
        return "next"
    if value == "drop_out":
        return DropOut()
    found = key(reading, value, place)
    return None if found is None else Jump(found)


def address(reading: Reading, value: object, place: str) -> str | None:
    """Read `anna@example.com` or `Anna <anna@example.com>`; placeholders are let through."""
    found = line(500)(reading, value, place)
    if found is None or not found or "{{" in found or _ADDRESS.fullmatch(found.strip()):
        return found
    reading.error(
        "bad_address",
        place,
        "This is not an email address.",
        "Write anna@example.com or Anna <anna@example.com>.",
    )
    return None


def attribute(reading: Reading, value: object, place: str) -> str | None:
    """Read the name of a top-level attribute: no dot, since a dot leads into a value."""
    found = line(empty=False)(reading, value, place)
    if found is not None and "." in found:
        reading.error("bad_field", place, f"`{found}` has a dot.", "Name a top-level attribute.")
        return None
    return found


def field_path(reading: Reading, value: object, place: str) -> tuple[str, tuple[str, ...]] | None:
    """Read `profile.address.city` as a root and the keys below it."""
    found = line(500)(reading, value, place)
    if found is None:
        return None
    head, *path = found.split(".")
    if _KEY.fullmatch(head) and path and all(path) and len(path) <= _MAX_FIELD_DEPTH:
        return head, tuple(path)
    roots = ", ".join(f"{name}.X" for name in ROOTS)
    hint = f"Write {roots}, or NAME.X of a save_as: NAME."
    reading.error("bad_field", place, f"`{found[:80]}` is not a field.", hint)
    return None


keys: Final[Reader[tuple[str, ...]]] = listed(key)
