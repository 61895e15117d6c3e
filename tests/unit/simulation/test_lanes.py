"""Lanes without a database: whom a line concerns, which lines make one turn, which journeys are played otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from parcours.domain.journey import End, Journey, Window
from parcours.domain.parse import parse_journey
from parcours.domain.records import FeedLine
from parcours.simulation.feed import Company, Feed, Hearing, Numbered
from parcours.simulation.lanes import Lane, Timer, independent
from support.runner import email, journey

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def parsed(**more: Any) -> Journey:
    steps = {"hello": email(), "buys": {"wait_for": [{"event": "Buy", "next": "end"}]}, "end": {"end": {}}}
    found, problems = parse_journey(journey(steps, **more))
    assert found is not None, problems
    return found


def line(
    name: str,
    hours: int = 0,
    *,
    kind: Literal["event", "identify", "audience"] = "event",
    historical: bool = False,
) -> FeedLine:
    """A line at nine, or hours later; `name` is the attribute of an identify."""
    traits = {name: 1} if kind == "identify" else {}
    return FeedLine(
        kind, "u1", NINE + hours * HOUR, f"{kind} {name} {hours}", name=name, properties=traits, historical=historical
    )  # fmt: skip


HEARING = Hearing(
    [parsed(exclude=["staff"], exit=[{"field": "profile.gone", "exists": True}], goal={"event": "Won"})], {}
)


def test_a_trigger_concerns_everybody() -> None:
    assert HEARING.concerns(line("Go"), [])
    assert HEARING.concerns(line("Go"), ["j"])


@pytest.mark.parametrize(
    "heard",
    [line("Buy"), line("Won"), line("staff", kind="audience"), line("gone", kind="identify")],
    ids=lambda heard: heard.name,
)
def test_what_a_journey_listens_to_concerns_those_inside(heard: FeedLine) -> None:
    assert HEARING.concerns(heard, ["j"])
    assert not HEARING.concerns(heard, [])
    assert HEARING.heard_by_some(heard)


@pytest.mark.parametrize(
    "unheard",
    [
        line("Look"),
        line("vip", kind="audience"),
        line("plan", kind="identify"),
        line("Go", historical=True),
        line("Buy", historical=True),
        line("gone", kind="identify", historical=True),
    ],
    ids=lambda heard: heard.name,
)
def test_what_no_journey_listens_to_concerns_nobody(unheard: FeedLine) -> None:
    assert not HEARING.concerns(unheard, ["j"])
    assert not HEARING.heard_by_some(unheard)


def test_a_rule_that_time_alone_changes_makes_every_line_concern_those_inside() -> None:
    restless = Hearing([parsed(goal={"event": "Won", "at_most": 0, "within": "1d"})], {})
    for anything in (line("Look"), line("plan", kind="identify"), line("vip", kind="audience")):
        assert restless.concerns(anything, ["j"])
        assert not restless.concerns(anything, [])


def of_lane(*lines: FeedLine, timer_after: int | None = None) -> Lane:
    lane = Lane({(0, "u1")}, list(enumerate(lines)), inside={1})
    if timer_after is not None:
        lane.timers[(0, "u1"), 1] = Timer(NINE + timer_after * HOUR, 1, 1)
    return lane


def concerns(numbered: Numbered, inside: set[int]) -> bool:
    return HEARING.concerns(numbered[1], ["j"] if inside else [])


def turns(lane: Lane) -> list[list[str]]:
    """The lines of each turn up to the next timer; what concerns a journey is written large."""
    found: list[list[str]] = []
    while True:
        idle, heard = lane.take_lines(concerns)
        if not idle and heard is None:
            return found
        found.append([one.name.lower() for _, one in idle] + ([heard[1].name.upper()] if heard else []))


def test_a_turn_is_one_line_that_concerns_a_journey_with_the_idle_ones_before_it() -> None:
    lane = of_lane(line("Look"), line("Look", 1), line("Buy", 2), line("Won", 2), line("Look", 3))
    assert turns(lane) == [["look", "look", "BUY"], ["WON"], ["look"]]
    assert lane.next_at is None


def test_lines_wait_for_timers_before_them() -> None:
    lane = of_lane(line("Look"), line("Buy", 1), line("Look", 2), timer_after=1)
    assert turns(lane) == [["look", "BUY"]]
    assert lane.next_at == lane.due_at == NINE + HOUR
    lane.timers.clear()
    assert turns(lane) == [["look"]]


def test_a_line_comes_before_a_timer_of_its_instant() -> None:
    assert turns(of_lane(line("Look", 1), line("Buy", 1), timer_after=1)) == [["look", "BUY"]]
    assert turns(of_lane(line("Look", 1), timer_after=0)) == []


@pytest.mark.parametrize(
    "coupled",
    [
        {"cap": 10},
        {"rate": 10},
    ],
    ids=str,
)
def test_a_journey_whose_people_depend_on_each_other_is_played_instant_by_instant(
    coupled: dict[str, object],
) -> None:
    plain = parsed()
    assert independent([plain])
    assert not independent([replace(plain, entry=replace(plain.entry, **coupled))])  # type: ignore[arg-type]


def test_a_journey_that_finishes_behind_its_run_and_is_started_by_another_is_played_instant_by_instant() -> (
    None
):
    once = parsed(triggers=[{"audience": "vip", "schedule": "now"}])
    weekly = parsed(triggers=[{"audience": "vip", "schedule": "0 9 * * 1"}])
    starts = replace(once, key="starts", steps={"end": End(id="end", start=once.key)})
    assert independent([once])
    assert independent([weekly, starts])
    assert not independent([once, starts])


def test_a_journey_with_a_clock_of_its_own_is_played_instant_by_instant() -> None:
    plain = parsed()
    assert not independent([replace(plain, lifetime=HOUR)])
    assert not independent([replace(plain, window=Window(None, None, None))])


def test_events_that_nobody_hears_are_stored_beforehand_where_nothing_else_happens_then() -> None:
    lines = [line("Go"), line("Look"), line("Look", 1), line("Look", 2), line("Buy", 3)]
    feed = Feed(enumerate(lines), NINE, NINE + 24 * HOUR)
    unheard, rest = feed.split(HEARING, {NINE + 2 * HOUR}, Company([]))
    assert [(number, one.name) for number, one in unheard] == [(2, "Look")]
    assert [number for number, _ in rest] == [0, 1, 3, 4]
