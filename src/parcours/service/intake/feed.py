"""Lines of the feed: Segment-style JSON, each read by itself, each bad one named with its place and remedy."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.domain.timing import parse_instant

__all__ = ["LONGEST_LINE", "parse_line", "read_feed"]

LONGEST_LINE = 32_768  # bytes (architecture: input limits)
DEEPEST = 32
LONGEST_PERSON = 256  # characters
# What a journey file can name (journey-file.md, Kinds of values); longer ones would not fit into the indexes either.
LONGEST_NAME = 200
LONGEST_AUDIENCE = 64
LARGEST_NUMBER = 1e300
HALF = re.compile("[\ud800-\udfff]")  # half a character
UNNAMED = {"page": "Page", "screen": "Screen"}  # what pages' programs send of themselves names nothing
KINDS = ("identify", "track", "page", "screen", "group", "alias", "audience", "consent")


def read_feed(lines: Iterable[bytes], file: str = "") -> Iterator[FeedLine | ParcoursError]:
    """Yield each line as a value, or as the error that says what is wrong with it. Empty lines are passed over."""
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        place = f"{file}:{number}" if file else f"line {number}"
        try:
            yield parse_line(raw, place, number)
        except ParcoursError as error:
            yield error


def parse_line(raw: bytes, place: str, number: int = 0) -> FeedLine:
    """Read one line. Raises ParcoursError naming `place`."""
    if len(raw) > LONGEST_LINE:
        raise ParcoursError(
            "line_too_long", f"the line has {len(raw):,} bytes; at most {LONGEST_LINE:,} are taken", place=place,
            hint="Send fewer or shorter properties.",
        )  # fmt: skip
    if b"\\u0000" in raw or b"\x00" in raw:
        raise ParcoursError("nul_character", "the line holds a NUL character", place=place, hint="Remove it.")
    try:
        line = json.loads(raw, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ParcoursError(
            "not_utf8", "the line is not UTF-8", place=place, hint="Save the file as UTF-8."
        ) from None
    except (ValueError, RecursionError) as error:
        raise ParcoursError(
            "not_json",
            f"the line is not JSON: {error}",
            place=place,
            hint="Write one JSON object on each line.",
        ) from None
    if not isinstance(line, dict):
        raise ParcoursError("not_an_object", "the line is not a JSON object", place=place, hint="Write {…}.")
    return feed_line(line, place, number)


def feed_line(line: dict[str, Any], place: str, number: int = 0) -> FeedLine:
    """Read one message that is already decoded. Raises ParcoursError naming `place`."""
    kind = line.get("type")
    if kind not in KINDS:
        raise ParcoursError(
            "unknown_type", f"type is {kind!r}", place=f"{place} type", hint=f"Use one of {', '.join(KINDS)}."
        )
    user_id = _person(line, place)
    at = None
    if line.get("timestamp") is not None:
        stamp = line["timestamp"]
        at = parse_instant(stamp) if isinstance(stamp, str) else None
        if at is None:
            raise ParcoursError(
                "bad_timestamp", f"{stamp!r} is no instant, or no such date exists", place=f"{place} timestamp",
                hint="Write it as 2026-12-01T08:00:00Z.",
            )  # fmt: skip
    context = line.get("context")
    historical = isinstance(context, dict) and context.get("historical") is True
    key = line.get("messageId")
    if not isinstance(key, str) or not key:
        key = hashlib.sha256(_written(line, place)).hexdigest()
    common: dict[str, Any] = {
        "user_id": user_id, "at": at, "message_key": key, "historical": historical, "number": number,
    }  # fmt: skip
    if kind == "identify":
        other = _other_name(line, "anonymousId", user_id, place)
        return FeedLine("identify", properties=_object(line, "traits", place), merges=other, **common)
    if kind == "alias":
        previous = line.get("previousId")
        if not isinstance(previous, str) or not previous:
            raise ParcoursError(
                "no_previous_id", "previousId is missing", place=f"{place} previousId",
                hint="Give the name that the person had before, a text.",
            )  # fmt: skip
        return FeedLine("alias", merges=_other_name(line, "previousId", user_id, place), **common)
    if kind == "audience":
        if line.get("op") not in ("add", "remove"):
            raise ParcoursError(
                "bad_op", f"op is {line.get('op')!r}", place=f"{place} op", hint="Write add or remove."
            )
        return FeedLine(
            "audience", name=_name(line, "audience", place, LONGEST_AUDIENCE), op=line["op"], **common
        )
    if kind == "consent":
        return _consent(line, place, common)
    if kind == "group":
        return FeedLine("ignored", **common)
    if kind in UNNAMED and line.get("name") in (None, ""):
        name = UNNAMED[kind]
    else:
        name = _name(line, "event" if kind == "track" else "name", place)
    return FeedLine("event", name=name, properties=_object(line, "properties", place), **common)


def _written(line: dict[str, Any], place: str) -> bytes:
    try:
        return json.dumps(line, sort_keys=True).encode()
    except RecursionError:  # in a part of the line that means nothing to us
        raise ParcoursError(
            "too_deep", f"values nest deeper than {DEEPEST}", place=place, hint="Flatten them."
        ) from None


def _consent(line: dict[str, Any], place: str, common: dict[str, Any]) -> FeedLine:
    state = line.get("state")
    if state not in ("in", "out"):
        raise ParcoursError(
            "bad_state", f"state is {state!r}", place=f"{place} state", hint="Write in or out."
        )
    key = _name(line, "subscription", place, LONGEST_AUDIENCE) if "subscription" in line else "*"
    source = _name(line, "source", place) if line.get("source") is not None else None
    return FeedLine("consent", name=key, op=state, properties={"source": source}, **common)


def _person(line: dict[str, Any], place: str) -> str:
    for key in ("userId", "anonymousId"):
        value = line.get(key)
        if isinstance(value, str) and value:
            return _short(value, key, place)
    raise ParcoursError(
        "no_person",
        "the line names no person",
        place=place,
        hint="Give userId or anonymousId, a text that is not empty.",
    )


def _other_name(line: dict[str, Any], key: str, user_id: str, place: str) -> str | None:
    """Return another name of the person, where the line has one."""
    value = line.get(key)
    if not isinstance(value, str) or not value or value == user_id:
        return None
    return _short(value, key, place)


def _short(name: str, key: str, place: str) -> str:
    if len(name) > LONGEST_PERSON:
        raise ParcoursError(
            "bad_person", f"{key} is longer than 256 characters", place=place, hint="Shorten it."
        )
    _encodable(name, place)
    return name


def _name(line: dict[str, Any], key: str, place: str, limit: int = LONGEST_NAME) -> str:
    value = line.get(key)
    if not isinstance(value, str) or not value:
        raise ParcoursError(
            "no_name", f"{key} is missing", place=f"{place} {key}", hint=f"Give {key}, a text."
        )
    if len(value) > limit:
        raise ParcoursError(
            "too_long", f"{key} is longer than {limit} characters", place=f"{place} {key}", hint="Shorten it."
        )
    _encodable(value, place)
    return value


def _object(line: dict[str, Any], key: str, place: str) -> dict[str, Any]:
    value = line.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ParcoursError(
            "not_an_object", f"{key} is not an object", place=f"{place} {key}", hint="Write {…}."
        )
    if not _sound(value, 0):
        _bounded(value, place, key, 0)
    return value


def _sound(value: Any, depth: int) -> bool:
    """Tell whether a value can be kept, as `_bounded` does, without looking for where it cannot.

    Asked of every value that comes in: what is plain is passed over without a call of its own.
    """
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or HALF.search(value) is None)
    if isinstance(value, dict):
        if depth >= DEEPEST:
            return False
        for key, item in value.items():
            if ("\x00" in key or not key.isascii()) and not _sound(key, 0):
                return False
            if type(item) is str and "\x00" not in item and item.isascii():
                continue
            if not _sound(item, depth + 1):
                return False
        return True
    if isinstance(value, list):
        return depth < DEEPEST and all(_sound(item, depth + 1) for item in value)
    return value is None or isinstance(value, bool) or abs(value) <= LARGEST_NUMBER


def _bounded(value: Any, place: str, path: str, depth: int) -> None:
    if depth > DEEPEST:
        raise ParcoursError(
            "too_deep", f"values nest deeper than {DEEPEST}", place=f"{place} {path}", hint="Flatten them."
        )
    if isinstance(value, dict):
        for key, item in value.items():
            _encodable(key, place)
            _bounded(item, place, f"{path}.{key}", depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _bounded(item, place, f"{path}[{number}]", depth + 1)
    elif isinstance(value, str):
        _encodable(value, f"{place} {path}")
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > LARGEST_NUMBER:
        raise ParcoursError(
            "number_too_large", "a number is too large", place=f"{place} {path}", hint="Use a text."
        )


def _encodable(text: str, place: str) -> None:
    if "\x00" in text or (not text.isascii() and HALF.search(text) is not None):
        raise ParcoursError(
            "bad_text", "a text holds NUL or half a character", place=place, hint="Remove it."
        )


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
