"""Traffic without end, at a pace at which a day lasts seconds: sign-ups, visits, carts, orders, farewells."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, count
from math import pi, sin
from typing import Any, Final

from parcours.demo.feed import line
from parcours.demo.people import Person, newcomer
from parcours.demo.visit import Habits, Happening, visit
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant

__all__ = ["live"]

# Happenings of a day, for each thousand people; and the least of them, so that a small shop is lively too.
_SIGN_UPS: Final = (2.2, 5.0)
_RETURNS: Final = (1.2, 2.0)
_FAREWELLS: Final = (0.35, 0.5)
_VISITS: Final = 30.0  # the least in a day
_WAVE: Final = 0.35  # how far a day's rhythm goes up and down; a still night would look like a fault
_CLOCK_START: Final = 0.25  # the part of the day at which the wave begins

_NEW: Final = Habits(looks=0.8, adds=0.3, pays=0.6)
_BACK: Final = Habits(looks=0.9, adds=0.5, pays=0.8)
_UNSUBSCRIBES: Final = 0.05  # of newcomers, within days
_UPGRADES: Final = 0.1  # of newcomers with the free plan, within days


def live(
    people: Sequence[Person],
    silent: Sequence[str],
    *,
    seed: int,
    start: datetime,
    day: timedelta,
    joined: int | None = None,
) -> Iterator[FeedLine]:
    """Yield lines of the feed by time, without end, from `start` on.

    `day` is how long a day lasts. `silent` are those who stay away, but for a few who return. `joined` is how
    many have signed up so far, where it is more than the people given.
    """
    joined = len(people) if joined is None else joined
    yield from _Traffic(people, silent, seed=seed, start=start, day=day, joined=joined)


class _Traffic:
    """Sources of happenings, each of which says when it has the next one."""

    def __init__(
        self,
        people: Sequence[Person],
        silent: Sequence[str],
        *,
        seed: int,
        start: datetime,
        day: timedelta,
        joined: int,
    ) -> None:
        self._seed, self._start, self._day = seed, start, day
        self._rng = random.Random(f"{seed}/live")  # noqa: S311 (sample data, the same for a seed)
        away = set(silent)
        self._silent = [person for person in people if person.user_id in away]
        self._present = [person for person in people if person.gone_at is None and person.user_id not in away]
        self._weights = list(accumulate(person.rate for person in self._present))
        self._subscribed = [person for person in people if person.unsubscribed_at is None]
        self._number = joined
        self._lines = count(int(start.timestamp()) * 1_000_000)  # another run repeats none
        self._order = count()
        self._ahead: list[tuple[float, int, FeedLine | Callable[[float], None]]] = []
        thousands = len(people) / 1000
        self._every(self._sign_up, max(_SIGN_UPS[0] * thousands, _SIGN_UPS[1]))
        self._every(self._come, max(self._weights[-1] if self._weights else 0.0, _VISITS))
        self._every(self._return, max(_RETURNS[0] * thousands, _RETURNS[1]))
        self._every(self._leave, max(_FAREWELLS[0] * thousands, _FAREWELLS[1]))

    def __iter__(self) -> Iterator[FeedLine]:
        while True:
            days, _, item = heapq.heappop(self._ahead)
            if isinstance(item, FeedLine):
                yield item
            else:
                item(days)

    def _every(self, act: Callable[[float], None], rate: float) -> None:
        """Let something happen `rate` times a day, for ever."""

        def happen(days: float) -> None:
            act(days)
            plan(days)

        def plan(days: float) -> None:
            wave = 1 + _WAVE * sin(2 * pi * (days + _CLOCK_START))
            self._push(days + self._rng.expovariate(rate * wave), happen)

        plan(0.0)

    def _sign_up(self, days: float) -> None:
        person = newcomer(self._number, seed=self._seed, at=self._at(days))
        self._number += 1
        rng = self._rng
        self._tell(person, days, person.traits())
        self._do(person, days, Happening(timedelta(), "Signed Up", {"plan": person.plan}))
        self._visit(person, days + 0.001, _NEW)
        after = days
        while rng.random() < 0.72:  # noqa: PLR2004 (comes again, about three times)
            after += rng.expovariate(1 / 1.3)
            self._visit(person, after, _NEW)
        if rng.random() < _UNSUBSCRIBES:
            later = days + rng.uniform(0.2, 5)
            self._tell(person, later, {"unsubscribed_at": format_instant(self._at(later))})
        else:
            self._subscribed.append(person)
        if person.plan == "free" and rng.random() < _UPGRADES:
            self._tell(person, days + rng.uniform(0.3, 4), {"plan": "pro"})
        self._present.append(person)
        self._weights.append((self._weights[-1] if self._weights else 0.0) + person.rate)

    def _come(self, days: float) -> None:
        """Somebody visits, those more often who come more often."""
        if self._present:
            chosen = bisect_right(self._weights, self._rng.random() * self._weights[-1])
            self._visit(self._present[min(chosen, len(self._present) - 1)], days, None)

    def _return(self, days: float) -> None:
        """Somebody who was silent is back."""
        if self._silent:
            person = self._silent.pop(self._rng.randrange(len(self._silent)))
            self._visit(person, days, _BACK)

    def _leave(self, days: float) -> None:
        """Somebody wants no more mail."""
        if self._subscribed:
            person = self._subscribed.pop(self._rng.randrange(len(self._subscribed)))
            self._tell(person, days, {"unsubscribed_at": format_instant(self._at(days))})

    def _visit(self, person: Person, days: float, habits: Habits | None) -> None:
        for happening in visit(self._rng, person, habits):
            self._do(person, days + happening.after / timedelta(days=1), happening)

    def _do(self, person: Person, days: float, happening: Happening) -> None:
        self._push(days, line(person, next(self._lines), self._at(days), happening))

    def _tell(self, person: Person, days: float, traits: dict[str, Any]) -> None:
        number = next(self._lines)
        key = f"{person.user_id}/{number}"
        self._push(
            days,
            FeedLine("identify", person.user_id, self._at(days), key, properties=traits, number=number),
        )

    def _push(self, days: float, item: FeedLine | Callable[[float], None]) -> None:
        heapq.heappush(self._ahead, (days, next(self._order), item))

    def _at(self, days: float) -> datetime:
        return self._start + self._day * days
