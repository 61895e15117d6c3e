"""Transfer: a publish plan, then everybody inside goes over to the next version; two workers, until it is written down."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import uvloop

from house import (
    House,
    arguments,
    balanced,
    house,
    ledger_balances,
    median,
    publish,
    say,
    seed_inside,
    seed_people,
    step,
    until,
    workers,
)  # fmt: skip
from parcours.clock import SystemClock
from parcours.domain.parse import parse_journey
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.publish_plan import publish_plan
from parcours.service.editing.authoring import apply_journey
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Database

JOURNEY: dict[str, Any] = {
    "journey": "changes",
    "entry": {"triggers": [{"manual": True}]},
    "email": {"from": "Shop <shop@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "patience": {"wait": {"for": "1d"}},
        "mail": {"email": {"subject": "Hello {{ profile.first_name }}", "text": "Hello."}},
        "done": {"end": {}},
    },
}
STAYS = {**JOURNEY, "goal": {"field": "profile.plan", "is": "team"}}
GONE = {
    **JOURNEY,
    "steps": {"calm": {"wait": {"for": "2d"}}, **{k: JOURNEY["steps"][k] for k in ("mail", "done")}},
}
CASES = {"to the same step": (STAYS, {}), "by an answer": (GONE, {"patience": {"to": "calm"}})}
TASKS = 'SELECT count(*) FROM parcours.fence WHERE rights @> \'[{"task": "transfer"}]\''
LATER = "2034-06-02 00:00:00+00"


async def prepare(url: str) -> None:
    """Publish the journey."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=False)


async def transfer(
    url: str, people: int, document: dict[str, Any], answers: dict[str, Any]
) -> dict[str, float]:
    """Return the seconds of plan and command, and those until everybody is in the new version."""
    journey, problems = parse_journey(document)
    assert journey is not None, problems
    order = Order("changes", "publish", options={"people": "move", "answers": answers})
    seconds = {}
    async with await Database.connect(url) as database:
        with workers(url, 2) as running:
            await balanced(database, 2)
            async with database.transaction() as connection:
                await apply_journey(connection, journey, SystemClock().now())
            began = time.monotonic()
            async with database.transaction() as connection:
                plan = await publish_plan(connection, order, SystemClock().now())
            seconds["plan"] = time.monotonic() - began
            assert (plan.refused, plan.inside) == (None, people), plan
            began = time.monotonic()
            async with database.transaction() as connection:
                result = await execute(connection, order, SystemClock().now())
                assert result.refused is None, result
                await notify_workers(connection, "changes")
            seconds["command"] = time.monotonic() - began
            began = time.monotonic()
            ended = await until(database, TASKS, lambda n: n == 0)
            seconds["transfer"] = ended - began
        assert await ledger_balances(database)
        del running
    return seconds


def repeat(ground: House, people: int, repetitions: int) -> None:
    """Transfer in fresh copies of the database, and print the medians."""
    for name, (document, answers) in CASES.items():
        found: dict[str, list[float]] = {"plan": [], "command": [], "transfer": []}
        for number in range(1, repetitions + 1):
            with ground.clone("changes") as url:
                seconds = uvloop.run(transfer(url, people, document, answers))
            for what, value in seconds.items():
                found[what].append(value)
            step(
                f"{name}, {number} of {repetitions}: {', '.join(f'{w} {v:.2f} s' for w, v in seconds.items())}"
            )
        say(
            f"{'dry run with ' + format(people, ',') + ' inside, seconds':<58}{median(found['plan']):>8.2f}   aim below 2"
        )
        say(
            f"{'publish with people move, seconds until its commit':<58}{median(found['command']):>8.2f}   aim below 1"
        )
        rate = people / median(found["transfer"])
        say(f"{'people transferred a second, 2 workers, ' + name:<58}{rate:>8,.0f}")


def main() -> None:
    """Seed, transfer, print."""
    given = arguments(
        __doc__ or "", people=(300_000, 50_000, "people inside"), repetitions=(3, 1, "times each")
    )
    with house() as ground:
        url = ground.create("changes")
        asyncio.run(prepare(url))
        step(f"seeding {given.people:,} people inside")
        seed_people(url, given.people)
        seed_inside(url, "patience", LATER)
        repeat(ground, given.people, given.repetitions)


if __name__ == "__main__":
    main()
