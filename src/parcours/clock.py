"""Time as an argument: the one place that asks the system what time it is. Every instant is aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "FixedClock", "SystemClock"]


class Clock(Protocol):
    """Tell the present instant, as aware UTC."""

    def now(self) -> datetime:
        """Return the present instant, as aware UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's present instant, as aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the place


class FixedClock:
    """A clock that stands still until it is moved; for tests and simulations."""

    def __init__(self, instant: datetime) -> None:
        self._instant = _utc(instant)

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._instant

    def advance(self, span: timedelta) -> datetime:
        """Move on by `span` (not negative) and return the new instant."""
        if span < timedelta(0):
            raise ValueError("a clock does not go back")
        self._instant += span
        return self._instant

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant`, which is not earlier than the present one."""
        self.advance(_utc(instant) - self._instant)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)
