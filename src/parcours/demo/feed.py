"""Some weeks of history of the sample people, as lines of the feed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter
from typing import Any, Final

from parcours.demo.people import HISTORY_DAYS, STAFF, Person
from parcours.demo.rhythm import Calendar
from parcours.demo.visit import Happening, visit
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant

__all__ = ["VISITS", "as_json", "history", "introduce", "line", "silent"]

VISITS: Final = frozenset(("App Opened", "Page Viewed"))  # what everybody's visit begins with
_FIRST_DAYS: Final = timedelta(days=9)  # in which newcomers come more often than later
_MORE_OFTEN: Final = 0.35  # visits a day, then


def introduce(people: Iterable[Person]) -> list[FeedLine]:
    """Return who the people are: a line at each sign-up, and one for each member of the staff; by time."""
    lines = []
    for person in people:
        at = person.signed_up_at
        lines.append(
            FeedLine("identify", person.user_id, at, f"{person.user_id}/i", properties=person.traits())
        )
        if person.staff:
            lines.append(FeedLine("audience", person.user_id, at, f"{person.user_id}/a", name=STAFF))
    return sorted(lines, key=attrgetter("at", "message_key"))


def history(
    people: Iterable[Person], *, seed: int, end: datetime, days: int = HISTORY_DAYS
) -> list[FeedLine]:
    """Return what the people did in the `days` before `end`, by time, with what became known of them."""
    calendar = Calendar(end, days)
    lines = [item for person in people for item in _life(person, seed, calendar)]
    return sorted(lines, key=attrgetter("at", "user_id", "number"))


def silent(people: Sequence[Person], lines: Iterable[FeedLine], *, since: datetime) -> list[str]:
    """Return the customers, by user_id, whose latest visit in these lines, if any, lies before `since`."""
    customers = {person.user_id for person in people if person.customer_since is not None}
    for item in lines:
        if item.kind == "event" and item.name in VISITS and item.at is not None and item.at >= since:
            customers.discard(item.user_id)
    return sorted(customers)


def as_json(item: FeedLine) -> str:
    """Return a line of the feed as it is written in a file."""
    assert item.at is not None
    common = {"userId": item.user_id, "messageId": item.message_key, "timestamp": format_instant(item.at)}
    match item.kind:
        case "identify":
            told: dict[str, Any] = {"type": "identify", **common, "traits": dict(item.properties)}
        case "audience":
            told = {"type": "audience", **common, "audience": item.name, "op": item.op}
        case _:
            told = {"type": "track", **common, "event": item.name, "properties": dict(item.properties)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def line(person: Person, number: int, at: datetime, happening: Happening) -> FeedLine:
    """Return one event of a person. `number` tells its lines apart."""
    key = f"{person.user_id}/{number}"
    return FeedLine("event", person.user_id, at, key, happening.name, happening.properties, number=number)


def _life(person: Person, seed: int, calendar: Calendar) -> Iterable[FeedLine]:
    rng = random.Random(f"{seed}/{person.user_id}/history")  # noqa: S311 (sample data, the same for a seed)
    numbers = count(1)
    end = calendar.end
    signed_up = person.signed_up_at
    until = min(end, person.gone_at or end)
    happenings: list[tuple[datetime, Happening]] = []
    starts: list[datetime] = []
    if signed_up >= calendar.start:
        happenings.append((signed_up, Happening(timedelta(), "Signed Up", {"plan": person.plan})))
        starts.append(signed_up + timedelta(seconds=20))
        keen = min(signed_up + _FIRST_DAYS, end)
        starts += calendar.visits(rng, _MORE_OFTEN, person.timezone, signed_up, keen)
    if (since := max(signed_up, calendar.start)) < until:
        starts += calendar.visits(rng, person.rate, person.timezone, since, until)
    for start in starts:
        happenings += [(start + item.after, item) for item in visit(rng, person)]
    happenings = sorted(((at, h) for at, h in happenings if at < end), key=lambda pair: pair[0])
    yield from (line(person, next(numbers), at, happening) for at, happening in happenings)
    first_order = next((at for at, happening in happenings if happening.name == "Order Completed"), None)
    since_when = person.customer_since or first_order
    if since_when is not None:
        yield _known(person, next(numbers), since_when, "customer_since")
    if person.unsubscribed_at is not None:
        yield _known(person, next(numbers), person.unsubscribed_at, "unsubscribed_at")


def _known(person: Person, number: int, at: datetime, name: str) -> FeedLine:
    """Return the line that tells an instant of a person's life."""
    told = {name: format_instant(at)}
    return FeedLine(
        "identify", person.user_id, at, f"{person.user_id}/{number}", properties=told, number=number
    )
