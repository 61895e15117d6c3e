"""The live traffic is the same for a seed, goes on where the history ends, and never ends."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile

from parcours.demo.feed import as_json, history, silent
from parcours.demo.live import live
from parcours.demo.people import HISTORY_DAYS, Person, people
from parcours.domain.records import FeedLine
from parcours.service.intake.feed import parse_line

END = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(seconds=5)


@cache
def shown() -> list[Person]:
    return people(1000, seed=1, end=END)


@cache
def past() -> list[FeedLine]:
    return history(shown(), seed=1, end=END)


@cache
def away() -> list[str]:
    return silent(shown(), past(), since=END - timedelta(days=30))


def first(seconds: float, among: list[Person] | None = None, seed: int = 1) -> list[FeedLine]:
    until = END + timedelta(seconds=seconds)
    endless = live(shown() if among is None else among, away(), seed=seed, start=END, day=DAY)
    return list(takewhile(lambda line: line.at is not None and line.at < until, endless))


@cache
def minute() -> list[FeedLine]:
    return first(60)


def test_a_seed_makes_the_same_traffic() -> None:
    assert first(60) == minute()
    assert first(60, seed=2) != minute()


def test_lines_are_in_order_from_the_start_on() -> None:
    instants = [line.at for line in minute() if line.at is not None]
    assert instants == sorted(instants)
    assert instants[0] >= END


def test_no_line_repeats_one_of_the_history_or_another() -> None:
    keys = [(line.user_id, line.message_key) for line in [*past(), *minute()]]
    assert len(set(keys)) == len(keys)


def test_lines_are_read_back_as_they_were() -> None:
    for line in minute()[:1000]:
        assert parse_line(as_json(line).encode(), "here", line.number) == line


def test_a_sign_up_is_known_before_it_is_told() -> None:
    known: set[str] = set()
    for line in minute():
        if line.kind == "identify" and "first_name" in line.properties:
            known.add(line.user_id)
        if line.name == "Signed Up":
            assert line.user_id in known
    assert len(known) > 30


def test_a_day_brings_about_as_much_as_a_day_of_the_history() -> None:
    then = Counter(line.name for line in past() if line.kind == "event")
    now = Counter(line.name for line in minute() if line.kind == "event")
    for name in ("Product Viewed", "Product Added", "Order Completed"):
        assert 0.5 < (now[name] / 12) / (then[name] / HISTORY_DAYS) < 2.5


def test_some_of_the_silent_return_and_some_people_leave() -> None:
    silent_ones = set(away())
    returned = {line.user_id for line in minute() if line.user_id in silent_ones and line.kind == "event"}
    assert 5 < len(returned) < 60
    assert sum("unsubscribed_at" in line.properties for line in minute()) > 1


def test_every_second_of_a_small_shop_is_lively() -> None:
    lines = first(30, people(50, seed=1, end=END))
    seconds = Counter(int((line.at - END).total_seconds()) for line in lines if line.at is not None)
    assert sum(seconds[second] > 0 for second in range(30)) >= 28
    assert sum(line.name == "Signed Up" for line in lines) > 15


def test_traffic_begins_where_there_is_nobody_yet() -> None:
    assert any(line.name == "Signed Up" for line in first(5, []))
