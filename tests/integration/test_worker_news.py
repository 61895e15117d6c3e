"""A command reaches the worker at once, in the journey that it concerns, and leaves the others alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import pytest

from parcours.engine.worker import Worker
from parcours.service.commands.lifecycle import Order, execute
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Installation, eventually, installed

STEPS = {"pause": {"wait": {"for": "1h"}}, "end": {"end": {}}}
AT_ONCE = 5.0  # seconds; what nobody is told of comes within a minute
Looks: TypeAlias = dict[int, datetime]


@dataclass
class Scene:
    """A worker that holds every bucket, with two journeys in which there is nothing to do for a minute."""

    here: Installation
    worker: Worker
    busy: int
    quiet: int

    def looks(self, journey_id: int) -> Looks:
        """By bucket, when the worker looks at a journey next: a minute after it did so last."""
        return {b: at for (b, j), at in self.worker.agenda.due.items() if j == journey_id}

    async def looked(self, journey_id: int, before: Looks) -> None:
        """Wait until the worker has looked at a journey in every bucket."""

        def done() -> bool:
            now = self.looks(journey_id)
            return len(now) == BUCKETS and all(now[b] > before[b] for b in before)

        await eventually(done, within=AT_ONCE, what="a look at the journey")

    async def idle(self) -> None:
        """Wait until the worker has heard of everything and looked everywhere."""

        async def nothing_left() -> bool:
            newest = await self.here.one("SELECT max(audit_id) FROM parcours.audit")
            worker, now = self.worker, self.worker.clock.now()
            left = worker._asked or worker._anew or worker._probe or worker._routed or worker.leases.busy
            ahead = [at for j in (self.busy, self.quiet) for at in self.looks(j).values() if at > now]
            return not left and worker._newest == newest and len(ahead) == 2 * BUCKETS

        await eventually(nothing_left, what="an idle worker")


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with installed(database_url, "one") as here:
        for key in ("busy", "quiet"):
            await here.publish(journey(STEPS, key=key))
        ids = await here.counts("SELECT journey_key, journey_id FROM parcours.journey")
        scene = Scene(here, here.workers["one"].worker, ids["busy"], ids["quiet"])
        await scene.idle()
        yield scene


async def test_where_nobody_is_inside_the_worker_looks_once_a_minute(scene: Scene) -> None:
    ahead = timedelta(seconds=30)  # the machine may be slow
    looks = [*scene.looks(scene.busy).values(), *scene.looks(scene.quiet).values()]
    assert min(looks) > scene.worker.clock.now() + ahead


async def test_a_command_is_looked_at_in_its_journey_only(scene: Scene) -> None:
    busy, quiet = scene.looks(scene.busy), scene.looks(scene.quiet)
    await scene.here.command("busy", "pause")
    await scene.looked(scene.busy, busy)
    await scene.idle()
    assert scene.looks(scene.quiet) == quiet


async def test_a_command_refused_is_nothing_to_look_at(scene: Scene) -> None:
    await scene.here.apply(journey(STEPS, key="busy"))
    busy, quiet = scene.looks(scene.busy), scene.looks(scene.quiet)
    assert (await scene.here.command("busy", "pause", version_no=2)).result.refused == "not_published"
    await scene.idle()
    assert (scene.looks(scene.busy), scene.looks(scene.quiet)) == (busy, quiet)


async def test_a_command_that_commits_behind_a_later_one_is_not_missed(scene: Scene) -> None:
    busy, quiet = scene.looks(scene.busy), scene.looks(scene.quiet)
    async with scene.here.database.transaction() as connection:
        await execute(connection, Order("busy", "pause"), scene.here.clock.now())
        await scene.here.command("quiet", "pause")
        await scene.looked(scene.quiet, quiet)
        assert scene.looks(scene.busy) == busy
    await scene.looked(scene.busy, busy)


async def test_more_commands_than_are_looked_at_are_not_missed(scene: Scene) -> None:
    busy = scene.looks(scene.busy)
    async with scene.here.database.transaction() as connection:
        await execute(connection, Order("busy", "pause"), scene.here.clock.now())
        await connection.execute(
            "INSERT INTO parcours.audit (at, actor, journey_key, command)"
            " SELECT a.at, a.actor, 'quiet', 'pause' FROM parcours.audit a, generate_series(1, 150)"
            " WHERE a.audit_id = 1"
        )
    await scene.looked(scene.busy, busy)


async def test_a_database_brought_back_is_looked_at_everywhere(scene: Scene) -> None:
    busy, quiet = scene.looks(scene.busy), scene.looks(scene.quiet)
    async with scene.here.database.transaction() as connection:
        await connection.execute("DELETE FROM parcours.audit")
        await connection.execute("ALTER TABLE parcours.audit ALTER audit_id RESTART")
    await scene.looked(scene.busy, busy)
    await scene.looked(scene.quiet, quiet)
    await scene.here.command("busy", "pause")  # its number was another command's before
    await scene.looked(scene.busy, scene.looks(scene.busy))


async def test_a_bucket_given_away_is_forgotten(scene: Scene) -> None:
    await scene.here.start("two")

    def shared() -> bool:
        held = set(scene.worker.leases.held)
        return len(held) == BUCKETS // 2 and set(scene.looks(scene.busy)) == held

    await eventually(shared, what="half of the buckets")
