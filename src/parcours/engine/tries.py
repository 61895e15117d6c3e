"""How often, and after how long, a message is tried again that was not taken (architecture, Delivery)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from parcours.domain.journey import Webhook
from parcours.engine.versions import Version

__all__ = ["Tries", "tries_of"]


@dataclass(frozen=True, slots=True)
class Tries:
    """So many tries in all, and the pause behind each; behind those that the list has none for, its last one."""

    most: int
    pauses: tuple[timedelta, ...]

    def pause(self, tried: int) -> timedelta | None:
        """Return how long to wait behind the try after `tried` earlier ones; None where that was the last one."""
        if tried + 1 >= self.most:
            return None
        return self.pauses[min(tried, len(self.pauses) - 1)]


def _minutes(*minutes: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=n) for n in minutes)


_BY_CHANNEL: Final[Mapping[str, Tries]] = MappingProxyType(
    {
        "email": Tries(5, _minutes(1, 30, 4 * 60, 18 * 60)),  # within 24 hours
        "webhook": Tries(4, _minutes(1, 5, 25)),
    }
)


def tries_of(channel: str, version: Version, step: str) -> Tries:
    """Return the tries of a message: those of its channel, unless its step says how many."""
    usual = _BY_CHANNEL[channel]
    asked = version.journey.steps.get(step)
    if isinstance(asked, Webhook) and asked.retries is not None:
        return Tries(asked.retries + 1, usual.pauses)
    return usual
