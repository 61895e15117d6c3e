"""Cron texts of schedules: five fields, checked before anything is made of them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["cron_fault", "plain_cron"]

_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# name, lowest, highest, names, number of the first name
_FIELDS: Final[tuple[tuple[str, int, int, tuple[str, ...], int], ...]] = (
    ("minute", 0, 59, (), 0),
    ("hour", 0, 23, (), 0),
    ("day of month", 1, 31, (), 0),
    ("month", 1, 12, _MONTHS, 1),
    ("day of week", 0, 7, _DAYS, 0),
)
_PART: Final = re.compile(r"(?:\*|([0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?)(?:/([0-9]{1,2}))?")


def cron_fault(text: str) -> str:
    """Return what is wrong with a cron text, or an empty text."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields, not {len(_FIELDS)}"
    for field, (name, low, high, names, first) in zip(fields, _FIELDS, strict=True):
        for part in field.lower().split(","):
            found = _PART.fullmatch(part)
            if found is None:
                return f"`{part[:20]}` is no {name}"
            begin, end, step = found.groups()
            numbers = [_number(word, names, first) for word in (begin, end) if word]
            if any(n is None or not low <= n <= high for n in numbers) or step in ("0", "00"):
                return f"`{part}` is no {name}: {low} to {high}"
            if len(numbers) == 2 and (numbers[0] or 0) > (numbers[1] or 0):  # noqa: PLR2004 (a range)
                return f"`{part}` falls"
    return ""


def plain_cron(text: str) -> str:
    """Write a good cron text with its ranges as lists of numbers.

    A range of one number with a step (`5-5/2`) is that number; there are libraries that take it for `5/2`.
    """
    fields = zip(text.lower().split(), _FIELDS, strict=True)
    return " ".join(_listed(field, names, first) for field, (_, _, _, names, first) in fields)


def _listed(field: str, names: tuple[str, ...], first: int) -> str:
    parts = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        begin, _, end = span.partition("-")
        low, high = _number(begin, names, first), _number(end, names, first)
        if low is not None and high is not None:
            parts += [str(number) for number in range(low, high + 1, int(step or 1))]
        else:
            parts.append(part)
    return ",".join(parts)


def _number(word: str, names: tuple[str, ...], first: int) -> int | None:
    if word in names:
        return names.index(word) + first
    return int(word) if word.isdecimal() else None
