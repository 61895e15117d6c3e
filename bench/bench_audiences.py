"""An audience of everybody asked of everybody, against the bare SQL that answers once; a change with 100 audiences.

Three orders over 100 within thirty days, asked of every person by the statement that fills a new audience, 2,000 people a
transaction; beside it one query over the events that counts the same people. Then one attribute of one person changes,
with no audience and with 100 that look at it: milliseconds until it is routed and every membership stands.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
import uvloop

from house import arguments, house, median, say, seed_people, step
from parcours.clock import SystemClock
from parcours.domain.parse import parse_audience
from parcours.domain.records import FeedLine
from parcours.engine.belonging import Audiences, fill_some
from parcours.engine.route import route_bucket
from parcours.engine.sieves import Sieves
from parcours.service.audiences.conditions import save_condition
from parcours.service.intake.taking import take
from parcours.store.database import Database

BUCKETS = 8
PART = 2000
BUYERS = {
    "audience": "buyers",
    "where": {"event": "Order", "at_least": 3, "within": "30d", "when": {"field": "event.total", "gt": 100}},
}
# Three events a person: of every second one all three count.
ORDERS = """INSERT INTO parcours.event (bucket, profile_id, name, happened_at, feed_no, received_at, properties)
    SELECT pr.bucket, pr.profile_id, 'Order', x.at - make_interval(days => n), n, x.at,
        jsonb_build_object('total', CASE WHEN get_byte(uuid_send(pr.profile_id), 15) % 2 = 0 THEN 150 ELSE 50 END)
    FROM parcours.profile pr, generate_series(1, 3) n, (SELECT clock_timestamp() AS at) x"""
BARE = """SELECT count(*) FROM (SELECT e.bucket, e.profile_id FROM parcours.event e
    WHERE e.name = 'Order' AND e.happened_at > %(now)s - interval '30 days' AND e.happened_at <= %(now)s
      AND jsonb_typeof(e.properties -> 'total') = 'number' AND (e.properties -> 'total')::numeric > 100
    GROUP BY 1, 2 HAVING count(*) >= 3) m"""


async def save(database: Database, document: dict[str, Any]) -> None:
    """Save an audience by condition."""
    audience, problems = parse_audience(document)
    assert audience is not None, problems
    async with database.transaction() as connection:
        await save_condition(connection, audience, SystemClock().now())


async def fill(database: Database) -> float:
    """Ask everybody; return the seconds."""
    began = time.monotonic()
    audiences = Audiences()
    for bucket in range(BUCKETS):
        more = True
        while more:
            async with database.transaction() as connection:
                more = await fill_some(connection, audiences, bucket, SystemClock().now(), PART) is not None
    return time.monotonic() - began


async def change(
    database: Database, audiences: Audiences, sieves: Sieves, number: int, user_id: str
) -> float:
    """Change an attribute, route it; return the milliseconds of both commits."""
    began = time.monotonic()
    line = FeedLine("identify", user_id, None, f"change {time.time_ns()}", properties={"score": number})
    async with database.transaction() as connection:
        await take(connection, [line], buckets=BUCKETS, received_at=SystemClock().now())
    async with database.transaction() as connection:
        row = await (await connection.execute("SELECT bucket FROM parcours.pending LIMIT 1")).fetchone()
        assert row is not None
        await route_bucket(connection, row[0], 1000, audiences, sieves, SystemClock().now())
    return (time.monotonic() - began) * 1000


async def changes(database: Database, times: int) -> float:
    """Return the median of the milliseconds of a change."""
    audiences, sieves = Audiences(), Sieves()
    found = [await change(database, audiences, sieves, number, "p1") for number in range(times + 10)]
    return median(found[10:])


async def run(url: str, people: int, times: int) -> None:
    """Measure both, and print."""
    async with await Database.connect(url) as database:
        step("orders")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(ORDERS.encode())
            connection.execute("ANALYZE")
        without = await changes(database, times)
        await save(database, BUYERS)
        step("everybody is asked")
        seconds = await fill(database)
        now = SystemClock().now()
        bare = []
        for _ in range(3):
            began = time.monotonic()
            async with database.transaction() as connection:
                row = await (await connection.execute(BARE.encode(), {"now": now})).fetchone()
            bare.append(time.monotonic() - began)
        async with database.transaction() as connection:
            kept = await (
                await connection.execute("SELECT count(*) FROM parcours.belonging WHERE member")
            ).fetchone()
        assert row is not None
        assert kept is not None
        if row[0] != kept[0]:
            raise SystemExit(f"the audience has {kept[0]} members, the bare query counts {row[0]}")
        say(
            f"an audience of {people:,} asked: {people / seconds:,.0f} people/s ({seconds:.1f} s), {kept[0]:,} belong"
        )
        say(f"the bare query once: {median(bare):.2f} s; ratio {seconds / median(bare):.1f}")
        step("a hundred audiences")
        for number in range(100):
            await save(
                database, {"audience": f"a{number}", "where": {"field": "profile.score", "gt": number}}
            )
        await fill(database)
        many = await changes(database, times)
        say(f"a change of an attribute with no audience: {without:.2f} ms")
        say(f"with 100 audiences that look at it: {many:.2f} ms; ratio {many / without:.1f}")


def main() -> None:
    """Run the benchmark."""
    given = arguments(__doc__ or "", people=(1_000_000, 20_000, "people"), times=(200, 30, "changes"))
    with house() as ground:
        url = ground.create("audiences", BUCKETS)
        step(f"seeding {given.people:,} people")
        seed_people(url, given.people)
        uvloop.run(run(url, given.people, given.times))


if __name__ == "__main__":
    main()
