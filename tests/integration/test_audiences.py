"""Audiences beside a running worker: kept up to date, asked of everybody in silence, counted, listed, made of counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.engine.belonging import Audiences, fill_some
from parcours.service.audiences.changing import change_members, save_audience
from parcours.service.audiences.counts import Count, audience_from_count
from parcours.service.audiences.members import (
    delete_audience,
    every_member,
    list_audiences,
    members_page,
    show_audience,
)
from parcours.service.audiences.size import read_where, size_of
from parcours.service.browsing.profiles import ProfileFilter, browse_profiles, show_profile
from parcours.service.intake.taking import take
from parcours.store.database import Connection, Database
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Document, Installation, installed, line

WAITING: Document = {"rest": {"wait_for": [{"event": "On", "next": "end"}]}, "end": {"end": {}}}
MEMBERS = "SELECT count(*) FROM parcours.belonging WHERE audience_key = %(key)s AND member"
INSIDE = """SELECT string_agg(pr.user_id, ' ' ORDER BY pr.user_id) FROM parcours.participant p
    JOIN parcours.profile pr USING (bucket, profile_id)"""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED = "SELECT count(*) FROM parcours.filling"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        yield installation


async def number(connection: Connection, text: str, *values: object) -> int:
    row = await (await connection.execute(text, values)).fetchone()
    assert row is not None
    return int(row[0])


async def save(here: Installation, key: str, where: Document | None) -> None:
    async with here.database.transaction() as connection:
        await save_audience(connection, key, "", where, at=here.clock.now(), actor="cli:test")


def through(key: str, on: str = "enter") -> Document:
    return journey(WAITING, "j", triggers=[{"audience": key, "on": on}])


async def test_changes_move_memberships_and_start_journeys(here: Installation) -> None:
    await here.feed(line("identify", "old", plan="pro"))
    await save(here, "pros", {"field": "profile.plan", "is": "pro"})
    await here.until(MEMBERS, 1, key="pros")  # everybody was asked, and nobody came in by that
    await here.until(ASKED, 0)
    await here.publish(through("pros", "both"))
    await here.feed(line("identify", "u1", plan="pro"), line("identify", "u2", plan="free"))
    await here.until(INSIDE, "u1")
    await here.feed(line("identify", "old", plan="free"))
    await here.until(INSIDE, "old u1")
    assert await here.one(MEMBERS, key="pros") == 1
    (ledger,) = await here.ledgers()
    assert ledger.balances


async def test_people_are_found_by_list_and_by_condition(here: Installation) -> None:
    await save(here, "pros", {"field": "profile.plan", "is": "pro"})
    await save(here, "picked", None)
    plans = [line("identify", f"u{n}", plan="pro" if n % 3 == 0 else "free") for n in range(9)]
    await here.feed(*plans)
    await here.until(MEMBERS, 3, key="pros")
    async with here.database.transaction() as connection:
        at = here.clock.now()
        await change_members(
            connection, "picked", add=["u3", "u4", "new"], remove=[], buckets=BUCKETS, at=at, actor="cli:test"
        )

        async def found(audience: str, search: str | None = None) -> list[str]:
            people: list[str] = []
            cursor: str | None = None
            while True:  # two by two, so that a page ends in the midst of a bucket
                asked = ProfileFilter(search, audience)
                page = await browse_profiles(connection, asked, buckets=BUCKETS, limit=2, cursor=cursor)
                people += [str(one["user_id"]) for one in page.items]
                cursor = page.next
                if cursor is None:
                    return sorted(people)

        assert await found("pros") == ["u0", "u3", "u6"]
        assert await found("picked") == ["new", "u3", "u4"]
        assert await found("pros", "u3") == ["u3"]
        assert await found("pros", "u4") == []
        assert await found("unheard-of") == []
        shown = await show_profile(connection, "u3", buckets=BUCKETS)
        assert [one["audience"] for one in shown["audiences"]] == ["picked", "pros"]


async def test_a_list_starts_journeys_too(here: Installation) -> None:
    await here.feed(line("identify", "u1"), line("identify", "u2"))
    await here.publish(through("vip"))
    async with here.database.transaction() as connection:
        done = await change_members(
            connection, "vip", add=["u1", "u1", ""], remove=["u2"], buckets=BUCKETS, at=here.clock.now(),
            actor="cli:test",
        )  # fmt: skip
    assert (done.added, done.removed, [one["code"] for one in done.bad]) == (1, 0, ["no_person"])
    await here.until(INSIDE, "u1")


async def test_time_alone_takes_somebody_out(here: Installation) -> None:
    await save(here, "lately", {"event": "Visit", "within": "1s"})
    await here.publish(through("lately", "leave"))
    await here.feed(line("track", "u1", "Visit"))
    await here.until(INSIDE, "u1")
    stayed = "SELECT b.until - e.happened_at FROM parcours.belonging b JOIN parcours.event e USING (bucket, profile_id)"
    assert await here.one(stayed) >= timedelta(seconds=1)


async def test_another_condition_is_asked_of_everybody_in_silence(here: Installation) -> None:
    await here.feed(*(line("identify", f"u{n}", n=n) for n in range(100)))
    await save(here, "some", {"field": "profile.n", "lt": 30})
    await here.until(MEMBERS, 30, key="some")
    await here.until(ASKED, 0)
    await here.publish(through("some", "both"))
    await save(here, "some", {"field": "profile.n", "gte": 90})
    await here.until(ASKED, 0)
    assert await here.one(MEMBERS, key="some") == 10
    assert await here.one(INSIDE) is None
    async with here.database.transaction() as connection:
        shown, used = await show_audience(connection, "some")
        assert (shown.members, shown.asked, [one.journey for one in used]) == (10, 1.0, ["j"])
        found = [member.user_id async for member in every_member(connection, "some")]
        assert sorted(found) == sorted(f"u{n}" for n in range(90, 100))
        first = await members_page(connection, "some", limit=4)
        second = await members_page(connection, "some", limit=20, after=first.next)
        assert [m.user_id for m in (*first.members, *second.members)] == found
        with pytest.raises(ParcoursError, match="not the end of a page"):
            await members_page(connection, "some", after="x")
        with pytest.raises(ParcoursError, match="is used by j version 1"):
            await delete_audience(connection, "some", at=NOW, actor="cli:test")


async def test_a_condition_is_counted_before_it_is_saved(here: Installation) -> None:
    await here.feed(*(line("identify", f"u{n}", n=n) for n in range(500)))
    where = read_where({"field": "profile.n", "lt": 100})
    async with here.database.transaction() as connection:
        size = await size_of(connection, where, here.clock.now(), seconds=60)
        assert (size.people, size.exact, size.looked_at, len(size.sample)) == (100, True, 500, 10)
        ticks = iter(range(100))
        some = await size_of(connection, where, here.clock.now(), seconds=4.5, clock=lambda: next(ticks))
        assert not some.exact
        assert some.low <= some.people <= some.high
        assert 0 < some.looked_at < 500
        with pytest.raises(ParcoursError, match="belongs to no journey"):
            await size_of(connection, read_where({"message": "hello", "sent": True}), here.clock.now())


async def test_any_count_can_become_a_list(here: Installation) -> None:
    steps: Document = {
        "first": {"wait_for": [{"event": "On", "next": "second"}]},
        "second": {"wait": {"for": "9d"}},
    }
    await here.publish(journey(steps, "j", filter={"field": "profile.n", "lt": 8}))
    await here.feed(*(line("identify", f"u{n}", n=n) for n in range(10)))
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(10)))
    await here.until("SELECT count(*) FROM parcours.participant", 8)
    await here.feed(*(line("track", f"u{n}", "On") for n in range(3)))
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'second'", 3)
    await here.until("SELECT count(*) FROM parcours.refusal", 2)
    now = here.clock.now()
    counts = {
        "entered": (Count("j", "entered"), 8),
        "at": (Count("j", "at", step="first"), 5),
        "passed": (Count("j", "passed", step="second"), 3),
        "refused": (Count("j", "refused", reason="filter"), 2),
        "late": (Count("j", "entered", since=now + timedelta(days=1)), 0),
    }
    for key, (count, people) in counts.items():
        done = await audience_from_count(
            here.database, here.clock, key, count, buckets=BUCKETS, actor="cli:test"
        )
        assert (key, done.people, done.added) == (key, people, people)
    again = await audience_from_count(
        here.database, here.clock, "at", counts["entered"][0], buckets=BUCKETS, actor="cli:test"
    )
    assert (again.people, again.added) == (8, 3)
    async with here.database.transaction() as connection:
        shown = {one.key: one.members for one in await list_audiences(connection)}
        assert shown == {"at": 8, "entered": 8, "late": 0, "passed": 3, "refused": 2}
        await delete_audience(connection, "at", at=NOW, actor="cli:test")
        assert "at" not in {one.key for one in await list_audiences(connection)}
    with pytest.raises(ParcoursError, match="needs a step"):
        await audience_from_count(
            here.database, here.clock, "x", Count("j", "passed"), buckets=BUCKETS, actor="cli:test"
        )


async def test_history_moves_memberships_and_starts_nothing(here: Installation) -> None:
    await save(here, "buyers", {"event": "Buy"})
    await here.publish(through("buyers"))
    past = line("track", "u1", "Buy")
    await here.feed({**past, "context": {"historical": True}})
    await here.until(MEMBERS, 1, key="buyers")
    await here.feed(line("track", "u2", "Buy"))
    await here.until(INSIDE, "u2")


async def test_a_condition_saved_while_it_is_asked_is_asked_anew(database: Database) -> None:
    lines = [FeedLine("identify", f"u{n}", None, f"m{n}", properties={"n": n}) for n in range(40)]
    async with database.transaction() as connection:
        await take(connection, lines, buckets=BUCKETS, received_at=NOW)
        await save_audience(
            connection, "some", "", {"field": "profile.n", "lt": 30}, at=NOW, actor="cli:test"
        )
    audiences = Audiences()
    another = {"field": "profile.n", "gte": 30}
    async with database.transaction() as connection:
        bucket = await number(connection, "SELECT bucket FROM parcours.profile LIMIT 1")
        assert await fill_some(connection, audiences, bucket, NOW, 1000)  # everybody of this bucket
        with pytest.raises(psycopg.errors.LockNotAvailable):  # who saves it meanwhile waits for us
            async with database.transaction() as other:
                await other.execute("SET LOCAL lock_timeout = '50ms'")
                await save_audience(other, "some", "", another, at=NOW, actor="cli:test")
    async with database.transaction() as connection:
        await save_audience(connection, "some", "", another, at=NOW, actor="cli:test")
        while await fill_some(connection, audiences, bucket, NOW, 1000) is not None:
            pass
        members = "SELECT count(*) FROM parcours.belonging WHERE bucket = %s AND member"
        expected = "SELECT count(*) FROM parcours.profile WHERE bucket = %s AND (attributes->>'n')::int >= 30"
        assert await number(connection, members, bucket) == await number(connection, expected, bucket)
