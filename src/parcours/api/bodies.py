"""Reading JSON from outside: what cannot be kept is refused with its place, before anybody sees it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from parcours.domain.errors import ParcoursError

__all__ = ["read_json"]

DEEPEST: Final = 100  # a journey needs 20
UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters


def read_json(body: bytes) -> Any:
    """Read a body as JSON. Raises ParcoursError `bad_json` with the place of what cannot be kept."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad(f"The body is not UTF-8: byte {error.start}", "Send it as UTF-8.") from None
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _bad(f"The body is not JSON: {error.msg}", "Correct it there.", place) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # a number with thousands of digits
        raise _bad(f"The body is not JSON: {error}", "Write such numbers as text.") from None
    _check(value)
    return value


def _check(value: Any) -> None:
    waiting: list[tuple[Any, str, int]] = [(value, "body", 0)]
    while waiting:
        one, place, depth = waiting.pop()
        if depth > DEEPEST:
            raise _too_deep()
        match one:
            case str():
                _check_text(one, place)
            case float() if not math.isfinite(one):
                raise _bad("A number is too large", "Write it as text.", place)
            case dict():
                for key, inner in one.items():
                    _check_text(key, place)
                    waiting.append((inner, f"{place}.{key}", depth + 1))
            case list():
                waiting.extend((inner, f"{place}.{n}", depth + 1) for n, inner in enumerate(one))


def _check_text(text: str, place: str) -> None:
    found = UNKEPT.search(text)
    if found is not None:
        raise _bad(
            f"A text has the character U+{ord(found[0]):04X}",
            "Remove it.",
            place.split("\x00", maxsplit=1)[0],
        )


def _refuse(word: str) -> None:
    raise _bad(f"{word} is no JSON", "Write a number, a text, or null.")


def _too_deep() -> ParcoursError:
    return _bad("The body is nested too deeply", f"At most {DEEPEST} levels are read.")


def _bad(message: str, hint: str, place: str = "body") -> ParcoursError:
    return ParcoursError("bad_json", message, hint=hint, place=place)
