"""From an event to a mail: events taken in one by one, 50 a second, until the SMTP server has the first message."""

from __future__ import annotations

import asyncio
import sys
import time

from house import FOLDER, arguments, balanced, house, median, publish, say, seed_people, step, workers
from parcours.clock import SystemClock
from parcours.domain.records import FeedLine
from parcours.service.intake.taking import take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Database

sys.path.insert(0, str(FOLDER.parent / "tests"))
from support.smtp_sink import Sink

JOURNEY = {
    "journey": "latency",
    "entry": {"triggers": [{"event": "Signed Up"}]},
    "email": {"from": "Shop <shop@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "mail": {"email": {"subject": "Hello {{ profile.first_name }}", "text": "Hello {{ event.where }}."}},
        "done": {"end": {}},
    },
}
WARM_UP = 2  # seconds


class Clocked(Sink):
    """A sink that notes when it had the first mail to each recipient."""

    def take(self, sender: str, recipient: str, payload: bytes) -> None:
        """Note the instant."""
        super().take(sender, recipient, payload)
        arrived.setdefault(recipient, time.monotonic())


arrived: dict[str, float] = {}


async def send(database: Database, number: int, buckets: int) -> None:
    """Take one event in and tell the workers, as the API does."""
    line = FeedLine("event", f"p{number}", None, f"m{number}", "Signed Up", {"where": "here"})
    async with database.transaction() as connection:
        await take(connection, [line], buckets=buckets, received_at=SystemClock().now())
        await notify_workers(connection)


async def measure(url: str, rate: int, seconds: int, number: int) -> tuple[list[float], list[float]]:
    """Return the seconds from each event's beginning to its mail, and to the commit of the intake."""
    begun: dict[int, float] = {}
    taken: list[float] = []

    async def one(database: Database, event: int) -> None:
        begun[event] = time.monotonic()
        await send(database, event, 8)
        taken.append(time.monotonic() - begun[event])

    async with await Database.connect(url) as database, Clocked(keep=False) as mails:
        with workers(url, number, mails.port) as running:
            await balanced(database, number)
            loop = asyncio.get_running_loop()
            start = loop.time()
            events = []
            for event in range(1, rate * (WARM_UP + seconds) + 1):
                await asyncio.sleep(max(0.0, start + event / rate - loop.time()))
                events.append(asyncio.create_task(one(database, event)))
            await asyncio.gather(*events)
            end = loop.time() + 60
            while len(arrived) < len(events) and loop.time() < end:  # noqa: ASYNC110 - `arrived` is filled by the sink
                await asyncio.sleep(0.05)
            await asyncio.to_thread(lambda: [worker.stop() for worker in running])
    counted = range(rate * WARM_UP + 1, len(events) + 1)
    missing = [event for event in counted if f"p{event}@example.com" not in arrived]
    assert not missing, f"{len(missing)} mails never came"
    return [arrived[f"p{event}@example.com"] - begun[event] for event in counted], taken


async def prepare(url: str) -> None:
    """Publish the journey."""
    async with await Database.connect(url) as database:
        await publish(database, JOURNEY, paused=False)


def main() -> None:
    """Seed, measure, print."""
    given = arguments(
        __doc__ or "",
        rate=(50, 50, "events a second"),
        seconds=(30, 8, "how long"),
        workers=(1, 1, "processes"),
    )
    with house() as ground:
        url = ground.create("latency")
        asyncio.run(prepare(url))
        seed_people(url, given.rate * (WARM_UP + given.seconds))
        step(f"{given.rate} events a second for {given.seconds} s, {given.workers} worker(s)")
        seconds, taken = asyncio.run(measure(url, given.rate, given.seconds, given.workers))
        seconds.sort()
        say(f"event to mail, ms: median (p50)    {median(seconds) * 1000:>8.0f}   aim below 200")
        say(
            f"event to mail, ms: p99             {seconds[int(0.99 * len(seconds))] * 1000:>8.0f}   aim below 1,000"
        )
        say(f"event to mail, ms: greatest        {seconds[-1] * 1000:>8.0f}")
        say(f"of that, intake's transaction, p50 {median(taken) * 1000:>8.0f}")


if __name__ == "__main__":
    main()
