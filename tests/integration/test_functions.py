"""The database's own functions say what the rules say, for any argument."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.domain.identity import experiment_point
from parcours.domain.journey import Window
from parcours.domain.timing import local_instant, zone_names
from support.interpreter_clock import next_local_time, next_opening
from support.postgres import Server

pytestmark = pytest.mark.both_servers

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@pytest.fixture(scope="module")
def connection(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    with postgres.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


def one(connection: psycopg.Connection[Any], text: str, *values: Any) -> Any:
    row = connection.execute(text, values).fetchone()
    assert row is not None
    return row[0]


def test_the_point_in_an_experiment_is_the_same_in_sql(connection: psycopg.Connection[Any]) -> None:
    @settings(max_examples=200)
    @given(TEXTS, TEXTS, TEXTS)
    def ask(journey: str, step: str, user_id: str) -> None:
        number = one(connection, "SELECT parcours.experiment_number(%s)", f"{journey}/{step}/{user_id}")
        assert number * 100 / 2**32 == experiment_point(journey, step, user_id)

    ask()


ZONES = (
    "UTC", "Europe/Stockholm", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca",
    "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Asia/Beirut",
)  # fmt: skip
# Days on which clocks change in one of these, and those beside them; Apia left out 30 December 2011.
DAYS = [
    day + timedelta(days=n)
    for day in (
        date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4),
        date(2011, 12, 30), date(2026, 4, 24), date(2026, 10, 29), date(2026, 2, 15), date(2026, 3, 22),
    )
    for n in (-1, 0, 1)
]  # fmt: skip
CLOCKS = st.times(max_value=time(23, 59, 59)).map(lambda clock: clock.replace(microsecond=0))


def test_local_times_become_instants_as_in_the_domain(connection: psycopg.Connection[Any]) -> None:
    @settings(max_examples=300)
    @given(st.sampled_from(DAYS), CLOCKS, st.sampled_from(ZONES))
    def ask(day: date, clock: time, zone: str) -> None:
        found = one(connection, "SELECT parcours.local_instant(%s::date, %s::time, %s)", day, clock, zone)
        assert found == local_instant(day, clock, ZoneInfo(zone)), (day, clock, zone)

    ask()


def test_the_next_local_time_is_as_in_the_reference(connection: psycopg.Connection[Any]) -> None:
    @settings(max_examples=100)
    @given(
        st.sampled_from(DAYS), CLOCKS, st.integers(0, 59), CLOCKS, st.sampled_from(ZONES),
        st.one_of(st.none(), st.sets(st.integers(1, 7), min_size=1)),
    )  # fmt: skip
    def ask(  # noqa: PLR0917 - one argument of the function after the other
        day: date, at: time, seconds: int, clock: time, zone: str, days: set[int] | None
    ) -> None:
        since = datetime.combine(day, at.replace(second=seconds), UTC)
        given = [since, zone, sorted(days) if days else None, clock]
        text = "SELECT parcours.next_local_time(%s, %s, %s::integer[], %s::time)"
        assert one(connection, text, *given) == next_local_time(since, ZoneInfo(zone), clock, days), given

    ask()


MINUTES = CLOCKS.map(lambda clock: clock.replace(second=0))


def test_the_next_opening_is_as_in_the_reference(connection: psycopg.Connection[Any]) -> None:
    @settings(max_examples=150)
    @given(
        st.sampled_from(DAYS), CLOCKS, MINUTES, st.one_of(MINUTES, MINUTES, st.none()), st.sampled_from(ZONES),
        st.one_of(st.none(), st.frozensets(st.integers(1, 7), min_size=1)),
    )  # fmt: skip
    def ask(  # noqa: PLR0917 - one argument of the function after the other
        day: date, at: time, opens: time, shuts: time | None, zone: str, days: frozenset[int] | None
    ) -> None:
        since = datetime.combine(day, at, UTC)
        given = [since, zone, sorted(days) if days else None, opens, shuts or time()]
        found = one(
            connection, "SELECT parcours.next_opening(%s, %s, %s::integer[], %s::time, %s::time)", *given
        )
        assert found == next_opening(since, ZoneInfo(zone), Window(days, opens, shuts)), given

    ask()


def test_the_zones_of_the_database_are_among_those_of_journey_files(
    connection: psycopg.Connection[Any],
) -> None:
    known = {name for (name,) in connection.execute("SELECT name FROM parcours.time_zone")}
    assert len(known) > 400
    assert known <= zone_names()


@pytest.mark.parametrize(
    "name", ["", "europe/stockholm", "EST5EDT+1", "Foo/Bar", "posix/UTC", "right/UTC", "UTC ", "é"]
)
def test_other_names_are_no_zones(connection: psycopg.Connection[Any], name: str) -> None:
    assert one(connection, "SELECT parcours.zone(%s)", name) is None
    assert one(connection, "SELECT parcours.zone(%s)", "Europe/Stockholm") == "Europe/Stockholm"
