"""Sieves before the inboxes, with a worker at work: what is held back, and what every change of versions does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.runner import journey
from support.worker import Document, Installation, installed, line, people

REST: Document = {"rest": {"wait": {"for": "1d"}}, "end": {"end": {}}}
INSIDE = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL"
ROUTED = "SELECT count(*) FROM parcours.pending"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        yield installation


def dear(above: int, key: str = "j", **settings: object) -> Document:
    when = {"field": "event.total", "gt": above}
    return journey(REST, key, triggers=[{"event": "Order", "when": when}], **settings)


def order(who: str, total: int) -> Document:
    return line("track", who, "Order", total=total)


async def sieves(here: Installation) -> list[bool]:
    """Tell of every listener for orders whether something stands before it."""
    async with here.database.transaction() as connection:
        rows = await connection.execute(
            "SELECT sieves IS NOT NULL FROM parcours.listener WHERE name = 'Order' ORDER BY journey_id"
        )
        return [row[0] for row in await rows.fetchall()]


async def test_an_event_that_no_trigger_accepts_never_comes_into_the_inbox(here: Installation) -> None:
    await here.feed(*people("u", range(4)))
    await here.publish(dear(1000))
    await here.publish(journey(REST, "every", triggers=[{"event": "Order"}]))
    assert await sieves(here) == [True, False]
    await here.start("one")
    await here.feed(order("u1", 5), order("u2", 2000), order("u3", 1000))
    await here.until(INSIDE, 4)  # three in the one that takes every order, one in the other
    await here.until("SELECT count(*) FROM parcours.participant p JOIN parcours.journey j USING (journey_id)"
                     " WHERE j.journey_key = 'j'", 1)  # fmt: skip
    # Nobody was looked at who is not let in: a refusal is of those whom a trigger suggests.
    await here.until("SELECT count(*) FROM parcours.refusal", 0)


async def test_a_new_version_asks_what_it_asks(here: Installation) -> None:
    await here.feed(*people("u", range(4)))
    await here.publish(dear(1000))
    await here.start("one")
    await here.feed(order("u1", 50))
    await here.until(ROUTED, 0)
    await here.publish(dear(10))
    await here.feed(order("u2", 50))
    await here.until(INSIDE, 1)
    # A version that hears orders in another way beside them lets everything through, until it is over.
    await here.publish(dear(10, goal={"when": {"event": "Order"}}))
    assert await sieves(here) == [False]


async def test_a_sieve_that_is_not_known_holds_nothing_back(here: Installation) -> None:
    """As where a version was published between two looks of a worker, or by a newer program."""
    await here.feed(*people("u", range(2)))
    await here.publish(dear(1000))
    async with here.database.transaction() as connection:
        await connection.execute(
            "UPDATE parcours.listener SET sieves = ARRAY['nobody knows'] WHERE name = 'Order'"
        )
    await here.start("one")
    await here.feed(order("u0", 5), order("u1", 2000))
    await here.until(INSIDE, 1)
    await here.until(ROUTED, 0)
