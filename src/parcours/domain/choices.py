"""The choices of a pause: read from options, begun with a pause, changed by another one (docs/lifecycle.md, Pause).

What is given is a `Wish`; what a paused version has are `Choices`. Nothing here knows the database or the clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import ENTRANTS, INSIDE, TIMERS, Entrants, Inside, Timers
from parcours.domain.timing import format_instant, parse_instant

__all__ = ["THEN", "Choices", "Then", "Wish", "begin", "change", "read_rate", "read_wish"]

Then: TypeAlias = Literal["resume", "close", "stop"]
THEN: Final[tuple[Then, ...]] = get_args(Then)
NAMES: Final = ("entrants", "inside", "timers", "until", "then", "catch_up")
NONE: Final = "none"  # written for: no limit
MOST: Final = 1_000_000  # people a second

T = TypeVar("T", bound=str)


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one pause. `catch_up` is people a second behind it; None: everybody at once."""

    entrants: Entrants = "queue"
    inside: Inside = "freeze"
    timers: Timers = "run"
    until: datetime | None = None
    then: Then = "resume"
    catch_up: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "entrants": self.entrants,
            "inside": self.inside,
            "timers": self.timers,
            "until": format_instant(self.until) if self.until else None,
            "then": self.then if self.until else None,
            "catch_up": self.catch_up,
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any] | None) -> Choices:
        """Read the stored form; absent keys are the defaults."""
        found = stored or {}
        until = found.get("until")
        return Choices(
            found.get("entrants") or "queue",
            found.get("inside") or "freeze",
            found.get("timers") or "run",
            parse_instant(until) if until else None,
            found.get("then") or "resume",
            found.get("catch_up"),
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a `pause` was given; None where nothing was said. `unlimited`, `at_once`: a limit is to be lifted."""

    entrants: Entrants | None = None
    inside: Inside | None = None
    timers: Timers | None = None
    until: datetime | None = None
    then: Then | None = None
    catch_up: float | None = None
    unlimited: bool = False
    at_once: bool = False


def read_wish(options: Mapping[str, Any], at: datetime) -> Wish:
    """Read the options of a pause given at an instant.

    `until` may be an instant beside `then`, or `{at, then}`. Raises ParcoursError `bad_option`, `until_past`.
    """
    for name in options:
        if name not in NAMES:
            raise _bad(str(name), f"a pause has no choice {name}", f"There are {', '.join(NAMES)}.")
    wish = Wish(
        entrants=_one_of("entrants", options.get("entrants"), ENTRANTS),
        inside=_one_of("inside", options.get("inside"), INSIDE),
        timers=_one_of("timers", options.get("timers"), TIMERS),
        then=_one_of("then", options.get("then"), THEN),
    )
    if "until" in options:
        wish = _with_until(wish, options["until"], at)
    if "catch_up" in options:
        rate = read_rate(options["catch_up"])
        wish = replace(wish, catch_up=rate, at_once=rate is None)
    return wish


def read_rate(value: object) -> float | None:
    """Read people a second: `50`, `50/s`; `none` or null for no limit. Raises ParcoursError `bad_option`."""
    if value is None or value == NONE:
        return None
    rate = value
    if isinstance(value, str):
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(?:/s)?", value)
        rate = float(found[1]) if found else None
    if (
        isinstance(rate, bool)
        or not isinstance(rate, int | float)
        or not (0 < rate <= MOST and math.isfinite(rate))
    ):
        raise _bad(
            "catch_up",
            f"{value!r} is no number of people a second",
            "Write it as 50 or 50/s, or none for no limit.",
        )
    return float(rate)


def begin(wish: Wish) -> Choices | str:
    """Return the choices of a pause that begins; the code of the refusal where they do not go together."""
    chosen = _changed(Choices(inside=wish.inside or "freeze", timers=wish.timers or "run"), wish)
    return "extend_needs_freeze" if chosen.timers == "extend" and chosen.inside != "freeze" else chosen


def change(now: Choices, wish: Wish) -> Choices | str:
    """Return the choices of a pause from now on; the code of the refusal where one of them is fixed."""
    if wish.inside not in (None, now.inside) or wish.timers not in (None, now.timers):
        return "pause_choice_fixed"
    return _changed(now, wish)


def _changed(now: Choices, wish: Wish) -> Choices:
    until = None if wish.unlimited else wish.until or now.until
    if wish.then is not None and until is None:
        raise _bad("then", "there is no `until` that `then` could follow", "Give `until` too.")
    then = wish.then or (now.then if wish.until is None and until is not None else "resume")
    return replace(
        now,
        entrants=wish.entrants or now.entrants,
        until=until,
        then=then,
        catch_up=None if wish.at_once else wish.catch_up or now.catch_up,
    )


def _with_until(wish: Wish, given: object, at: datetime) -> Wish:
    then = wish.then
    if isinstance(given, Mapping):
        for name in given:
            if name not in ("at", "then"):
                raise _bad(f"until.{name}", f"`until` has no {name}", "There are at and then.")
        own = _one_of("until.then", given.get("then"), THEN)
        if own is not None and then not in (None, own):
            raise _bad("then", f"`then` is said twice: {own} and {then}", "Say it once.")
        then, given = own or then, given.get("at")
    if given is None or given == NONE:
        return replace(wish, then=then, unlimited=True)
    until = parse_instant(given) if isinstance(given, str) else None
    if until is None:
        raise _bad(
            "until", f"{given!r} is no instant", "Write it as 2026-12-01T08:00:00Z, or none for no limit."
        )
    if until <= at:
        raise ParcoursError(
            "until_past", f"{format_instant(until)} has passed", place="options.until",
            hint=f"Give an instant behind {format_instant(at)}.",
        )  # fmt: skip
    return replace(wish, until=until, then=then)


def _one_of(name: str, value: object, choices: tuple[T, ...]) -> T | None:
    if value is None:
        return None
    found = next((choice for choice in choices if choice == value), None)
    if found is None:
        raise _bad(name, f"{name} cannot be {value!r}", f"Choose {', '.join(choices[:-1])} or {choices[-1]}.")
    return found


def _bad(name: str, message: str, hint: str) -> ParcoursError:
    return ParcoursError("bad_option", message, place=f"options.{name}", hint=hint)
