"""The history is the same for a seed, in order, readable as a feed, and has believable proportions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from parcours.demo.feed import VISITS, as_json, history, introduce, silent
from parcours.demo.people import Person, people
from parcours.domain.records import FeedLine
from parcours.service.intake.feed import parse_line

END = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@cache
def shown() -> list[Person]:
    return people(1000, seed=1, end=END)


@cache
def lines() -> list[FeedLine]:
    return history(shown(), seed=1, end=END)


@cache
def events() -> list[FeedLine]:
    return [line for line in lines() if line.kind == "event"]


def test_a_seed_makes_the_same_history() -> None:
    assert history(shown(), seed=1, end=END) == lines()
    assert history(shown(), seed=2, end=END) != lines()


def test_lines_are_in_order_each_once_and_before_the_end() -> None:
    instants = [line.at for line in lines() if line.at is not None]
    assert instants == sorted(instants)
    assert instants[-1] < END
    assert len({(line.user_id, line.message_key) for line in lines()}) == len(lines())


def test_the_written_lines_are_read_back_as_they_were() -> None:
    for line in [*introduce(shown()[:200]), *lines()[:3000]]:
        read = parse_line(as_json(line).encode(), "here", line.number)
        assert read == line


def test_people_are_introduced_by_the_time_of_their_sign_up() -> None:
    told = introduce(shown())
    instants = [line.at for line in told if line.at is not None]
    assert instants == sorted(instants)
    assert sum(line.kind == "identify" for line in told) == len(shown())
    assert {line.user_id for line in told if line.kind == "audience"} == {
        p.user_id for p in shown() if p.staff
    }


def test_nobody_acts_before_the_sign_up() -> None:
    joined = {person.user_id: person.signed_up_at for person in shown()}
    assert all(line.at is not None and line.at >= joined[line.user_id] for line in events())


def test_each_funnel_is_narrower_than_the_one_before() -> None:
    names = Counter(line.name for line in events())
    visits = names["App Opened"] + sum("referrer" in line.properties for line in events())
    carts = len({line.properties["cart_id"] for line in events() if line.name == "Product Added"})
    assert 0.07 < carts / visits < 0.18
    assert 0.35 < names["Checkout Started"] / carts < 0.65
    assert 0.3 < names["Order Completed"] / carts < 0.55


def test_every_order_has_items_that_make_its_total_and_comes_from_a_cart() -> None:
    carts = {line.properties["cart_id"] for line in events() if line.name == "Product Added"}
    orders = [line for line in events() if line.name == "Order Completed"]
    for order in orders:
        items = order.properties["items"]
        assert order.properties["total"] == sum(item["price"] * item["quantity"] for item in items)
        assert order.properties["total"] > 0
        assert order.properties["cart_id"] in carts
    assert {"SEK", "NOK", "EUR"} <= {order.properties["currency"] for order in orders}


def test_days_have_a_night_and_an_evening() -> None:
    zone = ZoneInfo("Europe/Stockholm")
    hours = Counter(line.at.astimezone(zone).hour for line in events() if line.at is not None)
    night = sum(hours[hour] for hour in range(1, 5))
    evening = sum(hours[hour] for hour in range(18, 22))
    assert night * 8 < evening


def test_the_week_of_black_friday_is_busier_than_a_week_in_october() -> None:
    end = datetime(2026, 11, 30, tzinfo=UTC)
    busy = history(people(1000, seed=1, end=end), seed=1, end=end)

    def week(start: datetime) -> int:
        until = start + timedelta(days=7)
        return sum(line.name in VISITS and line.at is not None and start <= line.at < until for line in busy)

    assert week(datetime(2026, 11, 23, tzinfo=UTC)) > 1.4 * week(datetime(2026, 10, 12, tzinfo=UTC))


def test_a_tenth_of_the_people_makes_half_of_the_traffic() -> None:
    busiest = sorted(Counter(line.user_id for line in events()).values(), reverse=True)
    assert 0.35 < sum(busiest[:100]) / len(events()) < 0.7


def test_the_silent_are_customers_without_a_visit_since() -> None:
    since = END - timedelta(days=30)
    found = silent(shown(), lines(), since=since)
    present = {
        line.user_id for line in events() if line.name in VISITS and line.at is not None and line.at >= since
    }
    customers = {person.user_id for person in shown() if person.customer_since is not None}
    assert set(found) == customers - present
    assert 150 < len(found) < 450
    assert len(silent(shown(), lines(), since=END - timedelta(days=21))) > len(found)
