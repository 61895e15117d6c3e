"""Commands race two busy workers hundreds of times: what a command promises holds from its answer on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from support.runner import email, journey
from support.worker import Answer, Document, Installation, eventually, installed, line, people

PEOPLE = 120
PAUSES = 120
CLOSES = 60
STOPS = 60

MOVES = """SELECT count(*) FROM parcours.passage m JOIN parcours.journey j USING (journey_id)
    WHERE j.journey_key = %(key)s AND m.cause <> 'stop' AND (m.path <> '{}' OR m.status <> 'active')"""
ADMITTED = """SELECT count(*) FROM parcours.participant p JOIN parcours.version v USING (version_id)
    JOIN parcours.journey j ON j.journey_id = v.journey_id
    WHERE j.journey_key = %(key)s AND v.version_no = %(version)s"""
HELD = """SELECT count(*) FROM parcours.message m JOIN parcours.journey j USING (journey_id)
    WHERE j.journey_key = %(key)s AND m.state = 'claimed'"""


def busy(key: str) -> Document:
    """A journey in which everybody moves all the time: three mails, short waits."""
    steps: Document = {}
    for number in range(3):
        steps[f"mail{number}"] = email(f"{key} {number}")
        steps[f"wait{number}"] = {"wait": {"for": "1s"}}
    return journey({**steps, "end": {"end": {}}}, key, triggers=[{"event": f"Go {key}"}])


@dataclass
class Race:
    """What was promised, to be held against what the mail server saw."""

    here: Installation
    chance: random.Random
    silences: list[tuple[str, float, float]] = field(default_factory=list)  # journey, from, to: monotonic
    ends: dict[tuple[str, int], tuple[Answer, int, int]] = field(default_factory=dict)

    async def feed(self, stop: asyncio.Event) -> None:
        """Let people come in without end."""
        while not stop.is_set():
            lines = [
                line("track", f"u{self.chance.randrange(PEOPLE)}", f"Go {key}")
                for key in ("pausing", "closing", "stopping", "other")
            ]
            await self.here.feed(*lines)
            try:
                await asyncio.wait_for(stop.wait(), self.chance.uniform(0.01, 0.08))
            except TimeoutError:
                continue

    async def mails(self, most: int) -> None:
        """Wait until a random number of further mails has arrived."""
        goal = len(self.here.sink.arrivals) + self.chance.randint(1, most)
        await eventually(lambda: len(self.here.sink.arrivals) >= goal, what=self.here.state)

    async def pauses(self) -> None:
        here, key = self.here, "pausing"
        for _ in range(PAUSES):
            await self.mails(8)
            answer = await here.command(key, "pause")
            assert (answer.result.from_status, answer.result.to_status) == ("live", "paused")
            moves, held = await here.one(MOVES, key=key), await here.one(HELD, key=key)
            assert held == 0
            await self.mails(3)  # of other journeys: the workers are at work
            assert await here.one(MOVES, key=key) == moves
            assert await here.one(HELD, key=key) == 0
            self.silences.append((key, answer.answered, asyncio.get_running_loop().time()))
            answer = await here.command(key, "resume")
            assert (answer.result.from_status, answer.result.to_status) == ("paused", "live")

    async def endings(self, key: str, name: str, times: int) -> None:
        """Close or stop one version after the other, each in the middle of its traffic."""
        here = self.here
        for number in range(1, times + 1):
            await self.mails(14)
            answer = await here.command(key, name, version_no=number)
            assert answer.result.from_status == "live"
            admitted = await here.one(ADMITTED, key=key, version=number)
            moves = await here.one(MOVES, key=key)
            if name == "stop":
                assert await here.one(HELD, key=key) == 0
                await self.mails(3)
                assert await here.one(MOVES, key=key) == moves
                self.silences.append((key, answer.answered, asyncio.get_running_loop().time()))
            self.ends[key, number] = (answer, admitted, moves)
            if number < times:
                await here.publish(busy(key))


async def test_what_a_command_promises_holds_from_its_answer_on(database_url: str) -> None:
    chance = random.Random(20260302)
    async with installed(database_url, "one", "two", delays={"dot": 0.004}) as here:
        race = Race(here, chance)
        await here.feed(*people("u", range(PEOPLE)))
        for key in ("pausing", "closing", "stopping", "other"):
            await here.publish(busy(key))
        stop = asyncio.Event()
        feeder = asyncio.create_task(race.feed(stop))
        drivers: list[Callable[[], Awaitable[None]]] = [
            race.pauses,
            lambda: race.endings("closing", "close", CLOSES),
            lambda: race.endings("stopping", "stop", STOPS),
        ]
        try:
            await asyncio.gather(*(driver() for driver in drivers))
        finally:
            stop.set()
            await feeder
        for key in ("pausing", "other"):
            await here.command(key, "close")
        await here.until("SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL", 0, within=60)
        await here.until(
            "SELECT count(*) FROM parcours.version WHERE status NOT IN ('stopped', 'finished')", 0
        )
        await settled(race)
        assert [trouble for one in here.workers.values() for trouble in one.log.troubles] == []


async def settled(race: Race) -> None:
    """Hold everything that was promised against the database and the mail server, at rest."""
    here = race.here
    for (key, number), (answer, admitted, _) in race.ends.items():
        assert await here.one(ADMITTED, key=key, version=number) == admitted, (key, number)
        late = await here.rows(
            """SELECT count(*) FROM parcours.passage m JOIN parcours.version v USING (version_id)
            JOIN parcours.journey j ON j.journey_id = v.journey_id
            WHERE j.journey_key = %(key)s AND v.version_no = %(version)s AND m.at > %(at)s AND m.entered""",
            key=key, version=number, at=answer.at,
        )  # fmt: skip
        assert late == [(0,)]
    messages: dict[str, tuple[Any, ...]] = {
        str(row[0]): row[1:]
        for row in await here.rows(
            """SELECT m.message_id, j.journey_key, m.state, v.version_no FROM parcours.message m
            JOIN parcours.journey j USING (journey_id) JOIN parcours.version v USING (version_id)"""
        )
    }
    stopped = {number: end[0].answered for (key, number), end in race.ends.items() if key == "stopping"}
    for arrival in here.sink.arrivals:
        key, state, version = messages[arrival.message_id]
        assert state in ("sent", "uncertain")
        assert not any(k == key and a < arrival.at < b for k, a, b in race.silences), (key, arrival)
        assert key != "stopping" or arrival.at < stopped[version]
    handed = Counter(arrival.message_id for arrival in here.sink.arrivals)
    assert [m for m, n in handed.items() if n > 1 and messages[m][1] != "uncertain"] == []
    assert [m for m, row in messages.items() if row[1] == "sent" and handed[m] != 1] == []
    assert {row[1] for row in messages.values()} <= {"sent", "uncertain", "cancelled"}
    for ledger in await here.ledgers():
        assert ledger.balances, ledger.mismatches
        assert ledger.active == 0
    entered = await here.one("SELECT count(*) FROM parcours.passage WHERE entered")
    assert await here.one("SELECT count(*) FROM parcours.participant") == entered
