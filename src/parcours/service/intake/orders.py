"""The commands file of a simulation: one JSON object on each line, each read by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import parse_instant
from parcours.service.intake.sources import TooLong

__all__ = ["CommandLine", "read_orders"]

CommandLine: TypeAlias = dict[str, Any]


def read_orders(lines: Iterable[bytes | TooLong], file: str) -> Iterator[CommandLine | ParcoursError]:
    """Yield each command line, or the error that says what is wrong with its form.

    Whether the command can be carried out is told by its output line.
    """
    for number, raw in enumerate(lines, 1):
        place = f"{file}:{number}"
        if not isinstance(raw, TooLong) and not raw.strip():
            continue
        try:
            yield _order(raw, place)
        except ParcoursError as error:
            yield error


def _order(raw: bytes | TooLong, place: str) -> CommandLine:
    if isinstance(raw, TooLong):
        raise ParcoursError(
            "line_too_long", "the line is too long", place=place, hint="Name fewer people on it."
        )
    try:
        line = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ParcoursError(
            "not_utf8", "the line is not UTF-8", place=place, hint="Save it as UTF-8."
        ) from None
    except (ValueError, RecursionError) as error:
        hint = "Write one JSON object on each line."
        raise ParcoursError("not_json", f"the line is not JSON: {error}", place=place, hint=hint) from None
    if not isinstance(line, dict):
        raise ParcoursError("not_an_object", "the line is not a JSON object", place=place, hint="Write {…}.")
    at = line.get("at")
    if not isinstance(at, str) or parse_instant(at) is None:
        hint = "Write it as 2026-12-01T08:00:00Z."
        raise ParcoursError("bad_timestamp", f"{at!r} is no instant", place=f"{place} at", hint=hint)
    for name, kind, hint in (
        ("command", str, "Name a command, such as pause."),
        ("journey", str | None, "Give the key of a journey."),
        ("version", int | None, "Give the number of a version."),
        ("options", dict | None, "Write {…}."),
    ):
        value = line.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ParcoursError("bad_command", f"{name} is {value!r}", place=f"{place} {name}", hint=hint)
    return line
