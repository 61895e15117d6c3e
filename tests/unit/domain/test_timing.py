from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.timing import (
    MAX_DURATION,
    find_zone,
    format_duration,
    format_instant,
    in_window,
    local_instant,
    parse_clock,
    parse_duration,
    parse_instant,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = [
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",  # left out 30 December 2011
    "America/Sao_Paulo",  # changed at midnight
]
WEEK = timedelta(days=7)
FIRST, LAST = datetime(1980, 1, 1), datetime(2036, 1, 1)  # noqa: DTZ001 (wall times)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("15m", 900),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("2w", 1_209_600),
        ("1w1d1h1m1s", 694_861),
        ("0s", 0),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "30",
        "1.5h",
        "-1d",
        "+1d",
        "1 d",
        "1D",
        "1m1h",
        "1d1d",
        "1d\n",
        "\uff11d",
        "36501d",
        "9999999999w",
        "P1D",
    ],
)
def test_other_texts_are_no_durations(text: str) -> None:
    assert parse_duration(text) is None


@given(st.integers(0, int(MAX_DURATION.total_seconds())))
def test_durations_come_back_as_they_went(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration
    assert format_duration(-duration) == ("-" if seconds else "") + format_duration(duration)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01", "2026-11-30T23:00:00Z"),
        ("2026-12-01T08:00:00", "2026-12-01T07:00:00Z"),
        ("2026-12-01 08:00:00", "2026-12-01T07:00:00Z"),
        ("2026-07-01T08:00:00", "2026-07-01T06:00:00Z"),
        ("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"),
        ("2026-12-01t08:00:00z", "2026-12-01T08:00:00Z"),
        ("2026-12-01T08:00:00.5+23:59", "2026-11-30T08:01:00.500000Z"),
        ("2026-12-01T08:00:00-00:00", "2026-12-01T08:00:00Z"),
        ("2026-12-01T08:00:00.1234569Z", "2026-12-01T08:00:00.123456Z"),
        ("2024-02-29", "2024-02-28T23:00:00Z"),
        ("2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),  # does not exist: the first instant after the gap
        ("2026-03-29T02:59:59.9", "2026-03-29T01:00:00Z"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # twice: the first
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
    ],
)
def test_instants_are_read_in_the_zone(text: str, expected: str) -> None:
    instant = parse_instant(text, STOCKHOLM)
    assert instant is not None
    assert instant.tzinfo is UTC
    assert format_instant(instant) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "2026", "2026-12", "2026-1-1", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-01",
        "0000-01-01",
        "2026-12-01T08:00", "2026-12-01T24:00:00Z", "2026-12-01T23:59:60Z", "2026-12-01T08:60:00Z",
        "2026-12-01T08:00:00+24:00", "2026-12-01T08:00:00+01:60", "2026-12-01T08:00:00+0100",
        "2026-12-01T08:00:00.Z", "2026-12-01Z", "2026-12-01T08:00:00Z\n", " 2026-12-01", "\uff12026-12-01",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "+2026-12-01", "20261201T080000Z",
    ],
)  # fmt: skip
def test_other_texts_are_no_instants(text: str) -> None:
    assert parse_instant(text) is None


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z-]*", fullmatch=True))
def test_reading_an_instant_never_raises(text: str) -> None:
    for zone in (UTC, STOCKHOLM, ZoneInfo("Pacific/Apia")):
        parse_instant(text, zone)


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_come_back_as_they_went(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant


@pytest.mark.parametrize("name", ZONES)
@given(data=st.data())
def test_local_times_follow_the_rule_around_every_change(name: str, data: st.DataObject) -> None:
    zone = ZoneInfo(name)
    wall = data.draw(st.datetimes(FIRST, LAST) | st.sampled_from(_changes(zone)))
    wall += timedelta(minutes=data.draw(st.integers(-150, 150)))
    found = local_instant(wall.date(), wall.time(), zone)
    local = found.astimezone(zone).replace(tzinfo=None)
    if local == wall:  # it exists: nothing earlier shows the same time
        assert all(
            (found - timedelta(minutes=m)).astimezone(zone).replace(tzinfo=None) != wall
            for m in (30, 60, 120)
        )
    else:  # a gap: the instant before still shows an earlier time
        assert local > wall
        before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < wall


@lru_cache
def _changes(zone: ZoneInfo) -> list[datetime]:
    """Local times near the changes of the clock from 2000 to 2029, and one that is none."""
    found = [datetime(2011, 12, 30, 12)]  # noqa: DTZ001
    instant = datetime(2000, 1, 1, tzinfo=UTC)
    while instant.year < 2030:
        if (instant + WEEK).astimezone(zone).utcoffset() != instant.astimezone(zone).utcoffset():
            for hours in range(168):
                at = instant + timedelta(hours=hours)
                if (at + timedelta(hours=1)).astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset():
                    found.append(at.astimezone(zone).replace(tzinfo=None, minute=30))
        instant += WEEK
    return found


def test_a_day_that_was_left_out_is_its_first_instant_after() -> None:
    found = local_instant(date(2011, 12, 30), time(12), ZoneInfo("Pacific/Apia"))
    assert format_instant(found) == "2011-12-30T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:00", time(8)),
        ("23:59:59", time(23, 59, 59)),
        ("24:00", None),
        ("8:00", None),
        ("08:60", None),
        ("0800", None),
    ],
)
def test_times_of_day(text: str, expected: time | None) -> None:
    assert parse_clock(text) == expected


def at(text: str) -> datetime:
    """Read a local time of Stockholm; 2026-06-01 is a Monday."""
    found = parse_instant(text, STOCKHOLM)
    assert found is not None
    return found


EIGHT, SIX, TEN = time(8), time(18), time(22)
MONDAY = frozenset({1})


@pytest.mark.parametrize(
    ("local", "weekdays", "start", "until", "inside"),
    [
        ("2026-06-01T08:00:00", None, EIGHT, SIX, True),
        ("2026-06-01T18:00:00", None, EIGHT, SIX, False),
        ("2026-06-01T07:59:59.999999", None, EIGHT, SIX, False),
        ("2026-06-01T12:00:00", MONDAY, EIGHT, SIX, True),
        ("2026-06-02T12:00:00", MONDAY, EIGHT, SIX, False),
        ("2026-06-01T23:00:00", MONDAY, TEN, EIGHT, True),  # over midnight: the day is that of `from`
        ("2026-06-02T07:59:59", MONDAY, TEN, EIGHT, True),
        ("2026-06-02T08:00:00", MONDAY, TEN, EIGHT, False),
        ("2026-06-01T07:00:00", MONDAY, TEN, EIGHT, False),
        ("2026-06-07T23:00:00", frozenset({7}), TEN, EIGHT, True),
        ("2026-06-08T01:00:00", frozenset({7}), TEN, EIGHT, True),
        ("2026-06-01T03:00:00", MONDAY, EIGHT, EIGHT, True),  # equal: the whole day
        ("2026-06-02T03:00:00", MONDAY, EIGHT, EIGHT, False),
        ("2026-06-01T03:00:00", MONDAY, None, None, True),
        ("2026-06-01T03:00:00", None, None, EIGHT, True),
        ("2026-06-01T09:00:00", None, None, EIGHT, False),
        ("2026-06-01T23:59:59", None, EIGHT, None, True),
        ("2026-06-01T23:59:59", None, EIGHT, time(), True),
        ("2026-06-02T00:00:00", MONDAY, EIGHT, time(), False),
    ],
)
def test_windows(
    local: str, weekdays: frozenset[int] | None, start: time | None, until: time | None, inside: bool
) -> None:
    assert in_window(at(local), STOCKHOLM, weekdays, start, until) is inside


def test_zones_are_found_by_their_exact_name() -> None:
    assert find_zone("Europe/Stockholm") == STOCKHOLM
    for name in ("europe/stockholm", "Stockholm", "", "../etc/passwd", "localtime"):
        assert find_zone(name) is None
