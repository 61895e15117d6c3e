"""When schedules occur: local times with their clock changes, held against a second reading that counts minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.cron import cron_fault
from parcours.domain.journey import ScheduleTrigger
from parcours.service.commands.schedules import never_occurs, newest_occurrence, next_occurrence
from support.cron import next_by_cron

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = (
    "UTC",
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(text: str) -> ScheduleTrigger:
    return ScheduleTrigger("vip", cron=text)


def coming(text: str, after: str, number: int) -> list[str]:
    found, last = [], at(after)
    for _ in range(number):
        following = next_occurrence(cron(text), STOCKHOLM, last)
        assert following is not None
        found.append(following.strftime("%m-%d %H:%M"))
        last = following
    return found


def test_local_times_keep_to_the_clock_of_the_zone() -> None:
    assert coming("0 9 * * mon", "2026-03-22 12:00", 2) == ["03-23 08:00", "03-30 07:00"]


def test_a_local_time_that_is_skipped_is_the_end_of_the_gap_once() -> None:
    assert coming("30 2 * * *", "2026-03-28 12:00", 2) == ["03-29 01:00", "03-30 00:30"]
    assert coming("*/20 2,3 29 3 *", "2026-03-28 12:00", 3) == ["03-29 01:00", "03-29 01:20", "03-29 01:40"]


def test_a_local_time_that_comes_twice_is_its_first_coming() -> None:
    assert coming("30 2 * * *", "2026-10-24 12:00", 2) == ["10-25 00:30", "10-26 01:30"]
    assert coming("*/30 2,3 25 10 *", "2026-10-24 12:00", 4) == [
        "10-25 00:00",
        "10-25 00:30",
        "10-25 02:00",
        "10-25 02:30",
    ]


def test_an_occurrence_lies_strictly_behind() -> None:
    nine = at("2026-03-23 08:00")
    assert next_occurrence(cron("0 9 * * mon"), STOCKHOLM, nine - timedelta(microseconds=1)) == nine
    assert next_occurrence(cron("0 9 * * mon"), STOCKHOLM, nine) == nine + timedelta(days=7) - timedelta(
        hours=1
    )
    once = ScheduleTrigger("vip", once=nine)
    assert next_occurrence(once, STOCKHOLM, nine) is None
    assert next_occurrence(once, STOCKHOLM, nine - timedelta(seconds=1)) == nine


@pytest.mark.parametrize(
    ("text", "never"), [("0 0 31 2 *", True), ("0 0 29 2 *", False), ("0 0 31 2 1", False)]
)
def test_days_that_no_month_has(text: str, *, never: bool) -> None:
    assert never_occurs(text) is never


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    part = st.one_of(
        st.just("*"),
        number.map(str),
        span,
        st.tuples(st.one_of(st.just("*"), number.map(str), span), st.integers(1, 30)).map(
            "{0[0]}/{0[1]}".format
        ),
    )
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=2).map(",".join))


WEEKDAYS = st.one_of(numbers(0, 7), st.sampled_from(("mon-fri", "SUN")))
CRONS = st.tuples(numbers(0, 59), numbers(0, 23), numbers(1, 28), numbers(1, 12), WEEKDAYS).map(" ".join)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001


@given(text=CRONS, zone=st.sampled_from(ZONES).map(ZoneInfo), after=INSTANTS)
def test_it_equals_a_reading_that_counts_minutes(text: str, zone: ZoneInfo, after: datetime) -> None:
    assert cron_fault(text) == ""
    found = next_occurrence(cron(text), zone, after)
    assert found == next_by_cron(text, zone, after)
    if found is not None:
        later = found + timedelta(hours=5)
        newest = newest_occurrence(cron(text), zone, found, later)
        assert found <= newest <= later
        following = next_by_cron(text, zone, newest)
        assert following is None or following > later


def test_a_range_of_one_number_with_a_step_is_that_number() -> None:
    assert coming("5-5/20 9 * * *", "2026-03-02 12:00", 2) == ["03-03 08:05", "03-04 08:05"]
    assert coming("5/20 9 * * *", "2026-03-03 00:00", 3) == ["03-03 08:05", "03-03 08:25", "03-03 08:45"]
