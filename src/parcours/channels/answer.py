"""What a webhook's server answered, as JSON that the database can keep."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from parcours.domain.journey import Json

__all__ = ["LARGEST_ANSWER", "json_of", "kept"]

LARGEST_ANSWER: Final = 65_536  # bytes
_DEEPEST: Final = 32
_LARGEST_NUMBER: Final = 1e300


def json_of(raw: bytes) -> Json:
    """Return the JSON of an answer; None where it is none, too large, or nothing that can be kept."""
    if len(raw) > LARGEST_ANSWER:
        return None
    try:
        return kept(json.loads(raw, parse_constant=_refuse))
    except (ValueError, RecursionError):
        return None


def kept(value: Any) -> Json:
    """Return a value as it is, or None where some of it cannot be kept (the limits are those of the feed)."""
    return value if _can_be_kept(value, 0) else None


def _can_be_kept(value: Any, depth: int) -> bool:
    if depth > _DEEPEST:
        return False
    match value:
        case dict():
            return all(_is_text(key) and _can_be_kept(item, depth + 1) for key, item in value.items())
        case list():
            return all(_can_be_kept(item, depth + 1) for item in value)
        case str():
            return _is_text(value)
        case None | bool():
            return True
        case int() | float():
            return abs(value) <= _LARGEST_NUMBER
        case _:
            return False


def _is_text(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
