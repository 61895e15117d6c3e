"""Delete beside a running worker: gone at once, removed behind, and nobody trips over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from parcours.engine.removal import Removed, remove_some
from parcours.service.commands.deleting import list_deleted
from support.runner import email, journey
from support.worker import Document, Installation, installed, line, people

WAITING: Document = {"rest": {"wait_for": [{"event": "On", "next": "end"}]}, "end": {"end": {}}}
MAILING: Document = {"mail": email(), "rest": {"wait": {"for": "1d"}}}
INSIDE = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL AND step = 'rest'"


class Died(Exception):
    """A worker that died before it committed."""


LEFT_OVER = (
    "participant", "passage", "message", "counter", "inbox", "kept", "refusal", "eligible", "fence", "trouble",
    "removal", "version", "journey", "listener", "gate",
)  # fmt: skip


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        await installation.feed(*people("u", range(10)))
        yield installation


async def go(here: Installation) -> None:
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(10)))


async def left_over(here: Installation) -> dict[str, int]:
    found = {name: await here.one(f"SELECT count(*) FROM parcours.{name}") for name in LEFT_OVER}
    return {name: n for name, n in found.items() if n}


async def test_a_stopped_journey_goes_and_its_totals_stay(here: Installation) -> None:
    await here.publish(journey(MAILING, "j"))
    await go(here)
    await here.until(INSIDE, 10)
    await here.command("j", "stop")
    await here.until("SELECT settling IS NULL FROM parcours.version")
    result = (await here.command("j", "delete", actor="anna", reason="over")).result
    assert (result.refused, result.from_status, result.to_status) == (None, "stopped", None)
    assert await here.one("SELECT count(*) FROM parcours.journey") == 0
    await here.until("SELECT count(*) FROM parcours.removal", 0)
    assert await left_over(here) == {}
    async with here.database.transaction() as connection:
        (gone,) = await list_deleted(connection)
    assert (gone["journey"], gone["whole"], gone["deleted_by"], gone["reason"]) == ("j", True, "anna", "over")
    totals = gone["totals"]
    assert (totals["entered"], totals["cancelled"], totals["active"]) == (10, 10, 0)
    assert totals["steps"]["mail"] == {"in": 10, "here": 0, "out": 10}
    assert totals["steps"]["rest"] == {"in": 10, "here": 0, "out": 10}
    # People, what they did and what was commanded stay.
    assert await here.one("SELECT count(*) FROM parcours.profile") == 10
    assert await here.one("SELECT count(*) FROM parcours.event") == 10
    assert await here.one("SELECT count(*) FROM parcours.audit WHERE journey_key = 'j'") == 3


async def test_the_key_is_free_and_nothing_of_the_former_journey_counts(here: Installation) -> None:
    once = journey(MAILING, "j", reentry={"mode": "once"})
    await here.publish(once)
    await go(here)
    await here.until(INSIDE, 10)
    sent = len(here.sink.arrivals)
    await here.command("j", "pause")
    assert (await here.command("j", "delete")).result.refused == "stop_first_needed"
    assert (await here.command("j", "delete", options={"stop_first": True})).result.refused is None
    # At once, before anything is removed: everybody may enter, and is mailed under another id.
    await here.publish(once)
    await go(here)
    new = "SELECT count(*) FROM parcours.participant JOIN parcours.version USING (version_id) WHERE step = 'rest'"
    await here.until(new, 10)
    assert len(here.sink.arrivals) == sent + 10
    assert len({arrival.message_id for arrival in here.sink.arrivals}) == sent + 10
    await here.until("SELECT count(*) FROM parcours.removal", 0)
    assert await here.one("SELECT count(*) FROM parcours.participant") == 10
    (ledger,) = await here.ledgers()
    assert (ledger.entered, ledger.active, ledger.balances) == (10, 10, True)


async def test_what_was_in_a_providers_hands_finds_no_journey_and_harms_nobody(database_url: str) -> None:
    async with installed(database_url, "one", delays={"dot": 1.5}) as here:
        await here.feed(*people("u", range(10)))
        await here.publish(journey(MAILING, "j"))
        await here.publish(journey(WAITING, "k"))
        await go(here)
        await here.until("SELECT count(*) FROM parcours.message WHERE state = 'claimed'", 10)
        await here.command("j", "pause", wait=False)
        await here.command("j", "delete", wait=False, options={"stop_first": True})
        assert await here.one("SELECT count(*) FROM parcours.message WHERE state = 'claimed'") > 0
        await here.until("SELECT count(*) FROM parcours.removal", 0)
        assert await here.one("SELECT count(*) FROM parcours.message") == 0
        assert await here.one("SELECT count(*) FROM parcours.inbox") == 0
        # The other journey goes on as before.
        await here.feed(*(line("track", f"u{n}", "On") for n in range(10)))
        await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'completed'", 10)
        assert here.workers["one"].log.troubles == []


async def test_a_version_goes_and_having_been_in_it_counts_on(here: Installation) -> None:
    once = journey(WAITING, "j", reentry={"mode": "once"})
    await here.publish(once)
    await go(here)
    await here.until(INSIDE, 10)
    await here.command("j", "stop")
    await here.until("SELECT settling IS NULL FROM parcours.version")
    await here.command("j", "restart")
    assert (await here.command("j", "delete", version_no=2)).result.refused == "pause_or_stop_first"
    assert (await here.command("j", "delete", version_no=1)).result.refused is None
    await here.until("SELECT count(*) FROM parcours.removal", 0)
    assert await here.one("SELECT count(*) FROM parcours.passage") == 0
    await go(here)
    await here.until("SELECT sum(times) FROM parcours.refusal WHERE reason = 'reentry_once'", 10)
    assert await here.one("SELECT array_agg(version_no) FROM parcours.version") == [2]
    # Its number is not given again.
    assert (await here.command("j", "new_version")).result.version == 3


async def test_a_removal_goes_on_where_it_was(database_url: str) -> None:
    async with installed(database_url, "one") as here:
        await here.feed(*people("u", range(10)))
        await here.publish(journey(WAITING, "j"))
        await go(here)
        await here.until(INSIDE, 10)
        await here.workers["one"].end()
        await here.command("j", "pause")
        await here.command("j", "delete", options={"stop_first": True})
        now = here.clock.now() + timedelta(minutes=1)
        # Some steps, some of them in vain: what a dying worker did not commit is done again.
        # Every third step is in vain: what a dying worker did not commit is done again.
        done = Removed()
        for number in range(200):
            with suppress(Died):
                async with here.database.transaction() as connection:
                    done = await remove_some(connection, now, people=1)
                    if number % 3 == 0:
                        raise Died
                if done.idle:
                    break
        assert done.idle
        assert await left_over(here) == {}
