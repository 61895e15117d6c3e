"""Webhooks a second: claimed, rendered, called and settled by a worker, against a bare loop of the same HTTP client."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import uvloop

from house import (
    FOLDER,
    House,
    arguments,
    balanced,
    go,
    house,
    ledger_balances,
    median,
    publish,
    ratio,
    say,
    seed_inside,
    seed_people,
    sink,
    step,
    until,
    workers,
)  # fmt: skip
from parcours.store.database import Database

SINK = FOLDER.parent / "tests" / "support" / "webhook_sink.py"
AT_ONCE = 50  # as many as a worker calls at the same time
BODY = {
    "user": "{{ profile.user_id }}",
    "name": "{{ profile.first_name }}",
    "plan": "{{ profile.plan }}",
    "n": 1,
}
SENT = "SELECT count(*) FROM parcours.message WHERE state = 'sent'"
INSIDE = "SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL"


def journey(port: int) -> dict[str, Any]:
    """Return a journey that calls a URL once, keeps the answer and looks at it."""
    url = f"http://127.0.0.1:{port}/people/{{{{ profile.user_id }}}}"
    fork = [{"when": {"field": "crm.known", "exists": True}, "next": "known"}, {"else": True, "next": "done"}]
    return {
        "journey": "call",
        "entry": {"triggers": [{"manual": True}]},
        "steps": {
            "call": {"webhook": {"url": url, "body": BODY, "save_as": "crm"}},
            "fork": {"split": fork},
            "known": {"end": {}},
            "done": {"end": {}},
        },
    }


async def prepare(url: str, port: int) -> None:
    """Publish the journey, paused."""
    async with await Database.connect(url) as database:
        await publish(database, journey(port), paused=True)


async def engine(url: str, calls: int, number: int) -> float:
    """Return the seconds in which workers make every call, write down its answer and let its person go on."""
    async with await Database.connect(url) as database:
        with workers(url, number, webhooks=True):
            await balanced(database, number)
            began = await go(database, "call")
            ended = await until(database, SENT, lambda n: n == calls)
            await until(database, INSIDE, lambda n: n == 0)
        assert await ledger_balances(database)
    return ended - began


async def bare(port: int, calls: int) -> float:
    """Return the seconds in which the client alone posts ready-made bodies, as many at once as a worker does."""
    body = json.dumps({"user": "p1", "name": "Person 1", "plan": "pro", "n": 1}).encode()
    headers = {"Content-Type": "application/json"}
    numbers = iter(range(calls))

    async def caller(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            url = f"http://127.0.0.1:{port}/people/p{number}"
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status == 200  # noqa: PLR2004
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        began = time.monotonic()
        await asyncio.gather(*(caller(session) for _ in range(AT_ONCE)))
        return time.monotonic() - began


def compare(ground: House, port: int, calls: int, repetitions: int) -> None:
    """Run all in turn and print."""
    ones, twos, bares = [], [], []
    for number in range(1, repetitions + 1):
        bares.append(uvloop.run(bare(port, calls)))
        with ground.clone("call") as url:
            ones.append(uvloop.run(engine(url, calls, 1)))
        with ground.clone("call") as url:
            twos.append(uvloop.run(engine(url, calls, 2)))
        found = [calls / times[-1] for times in (ones, twos, bares)]
        step(
            "{} of {}: 1 worker {:,.0f}/s, 2 workers {:,.0f}/s, aiohttp {:,.0f}/s".format(
                number, repetitions, *found
            )
        )
    say(f"webhooks a second, 1 worker                {calls / median(ones):>8,.0f}")
    say(f"webhooks a second, 2 workers               {calls / median(twos):>8,.0f}")
    say(f"webhooks a second, bare aiohttp, {AT_ONCE} at once {calls / median(bares):>8,.0f}")
    say(f"1 worker : aiohttp                         {ratio(bares, ones):>8.2f}")


def main() -> None:
    """Seed, compare, print."""
    given = arguments(__doc__ or "", calls=(6_000, 1_500, "calls to make"), repetitions=(3, 1, "times each"))
    with house() as ground, sink(SINK) as port:
        url = ground.create("call")
        asyncio.run(prepare(url, port))
        step(f"seeding {given.calls:,} queued calls")
        seed_people(url, given.calls)
        seed_inside(url, "call", "infinity", queued=True)
        compare(ground, port, given.calls, given.repetitions)


if __name__ == "__main__":
    main()
