r"""The regular expressions of `matches`: the subset that PostgreSQL and Python read alike (R26).

Literals, `. [] () | * + ? {m,n} ^ $ \d \w \s`. Everything with two readings is refused: lazy and
possessive quantifiers, `(?`, back-references, classes such as `[:alpha:]`, bare `]`, `{` and `}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["pattern_fault", "python_pattern"]

MAX_LENGTH: Final = 500
MAX_BOUND: Final = 255  # PostgreSQL's own
MAX_SIZE: Final = 5_000  # positions once bounds are written out
MAX_GROUPS: Final = 32
_CLASSES: Final = "dws"
_PUNCTUATION: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~")
_BOUNDS: Final = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")


def pattern_fault(pattern: str) -> str:
    """Return what is wrong with a pattern, or an empty text."""
    if len(pattern) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    reader = _Reader(pattern)
    try:
        size = reader.alternatives(0)
        if reader.at < len(pattern):
            return f"`)` at {reader.at + 1} closes nothing"
    except _Fault as fault:
        return str(fault)
    return f"it is too large: at most {MAX_SIZE} positions" if size > MAX_SIZE else ""


def python_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the subset with the meaning PostgreSQL gives it; use `search`.

    `$` is the very end, `.` takes line breaks, and the classes are those of ASCII, as under COLLATE "C".
    """
    end = re.sub(
        r"(\\.)|(\[\^?(?:\\.|[^\]\\])*\])|\$",
        lambda m: m[0] if m[1] or m[2] else r"\Z",
        pattern,
        flags=re.DOTALL,
    )
    return re.compile(end, re.ASCII | re.DOTALL)


class _Fault(Exception):
    """What is wrong, as text."""


@dataclass(slots=True)
class _Reader:
    """Walks a pattern by recursive descent; each method returns the size of what it read."""

    text: str
    at: int = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        self.at += 1
        return char

    def fail(self, message: str) -> _Fault:
        return _Fault(f"{message} at {self.at}")

    def alternatives(self, depth: int) -> int:
        size = self.branch(depth)
        while self.peek() == "|":
            self.at += 1
            size += self.branch(depth)
        return size

    def branch(self, depth: int) -> int:
        size = 0
        while self.peek() not in ("", "|", ")"):
            atom, repeatable = self.atom(depth)
            size += self.repeated(atom, repeatable=repeatable)
        return size

    def atom(self, depth: int) -> tuple[int, bool]:
        match char := self.take():
            case "^" | "$":
                return 1, False
            case "(":
                return self.group(depth), True
            case "[":
                return self.bracket(), True
            case "\\":
                self.escape()
            case "*" | "+" | "?" | "{":
                raise self.fail(f"`{char}` repeats nothing")
            case "]" | "}":
                raise self.fail(f"`{char}` needs a backslash")
        return 1, True

    def group(self, depth: int) -> int:
        if depth >= MAX_GROUPS:
            raise self.fail(f"more than {MAX_GROUPS} groups inside each other")
        size = self.alternatives(depth + 1)
        if self.take() != ")":
            raise self.fail("a group is not closed")
        return size + 1

    def repeated(self, size: int, *, repeatable: bool) -> int:
        char = self.peek()
        if char not in ("*", "+", "?", "{"):
            return size
        if not repeatable:
            raise self.fail(f"`{char}` repeats nothing")
        times = 1
        if char == "{":
            times = self.bounds()
        else:
            self.at += 1
        if self.peek() and self.peek() in "*+?{":
            raise self.fail("a quantifier behind a quantifier")
        return size * max(times, 1) + 1

    def bounds(self) -> int:
        found = _BOUNDS.match(self.text, self.at)
        if found is None:
            raise self.fail("`{` begins no {m}, {m,} or {m,n}")
        low = int(found[1])
        high = int(found[3] or low)
        if high < low or high > MAX_BOUND:
            raise self.fail(f"bounds must rise and be at most {MAX_BOUND}")
        self.at = found.end()
        return high

    def escape(self) -> bool:
        """Read what follows a backslash; tell whether it is a class."""
        char = self.take()
        if not char or (char not in _CLASSES and char not in _PUNCTUATION):
            raise self.fail(f"`\\{char}` is not known; only \\d \\w \\s and escaped punctuation are")
        return char in _CLASSES

    def bracket(self) -> int:
        if self.peek() == "^":
            self.at += 1
        low, members = "", 0
        while (char := self.take()) != "]":
            members += 1
            if char == "-" and self.peek() != "]" and members > 1:
                high = self.member(self.take())
                if not low or not high or high < low:
                    raise self.fail("a range that does not rise")
                low = ""
            else:
                low = "" if char == "-" else self.member(char)
        if not members:
            raise self.fail("an empty bracket; write \\] for the character")
        return 1

    def member(self, char: str) -> str:
        """Return a single character of a bracket, or an empty text for a class."""
        if char == "":
            raise self.fail("a bracket is not closed")
        if char in "[^&~|-":
            raise self.fail(f"`{char}` needs a backslash inside a bracket")
        if char == "\\":
            return "" if self.escape() else self.text[self.at - 1]
        return char
