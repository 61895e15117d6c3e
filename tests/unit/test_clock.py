"""Clocks tell aware UTC, and a fixed one moves only forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from parcours.clock import Clock, FixedClock, SystemClock


@pytest.mark.parametrize("clock", [SystemClock(), FixedClock(datetime(2026, 5, 1, 12, tzinfo=UTC))])
def test_tells_aware_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_a_fixed_clock_stands_until_moved() -> None:
    clock = FixedClock(datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert clock.advance(timedelta(minutes=5)) == clock.now() == datetime(2026, 5, 1, 10, 5, tzinfo=UTC)
    clock.move_to(datetime(2026, 5, 2, tzinfo=UTC))
    assert clock.now() == datetime(2026, 5, 2, tzinfo=UTC)


def test_a_clock_does_not_go_back() -> None:
    clock = FixedClock(datetime(2026, 5, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="does not go back"):
        clock.move_to(datetime(2026, 4, 30, tzinfo=UTC))


def test_refuses_a_time_without_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 5, 1))  # noqa: DTZ001
