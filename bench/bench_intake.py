"""Events over HTTP, durable, in batches of 100, with 20 journeys listening; against a bare COPY of the same rows.

And from an event to its first message, while 500 events a second come in.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg

from house import (
    BUCKETS,
    FOLDER,
    House,
    arguments,
    balanced,
    house,
    median,
    publish,
    ratio,
    say,
    step,
    workers,
)
from parcours.clock import SystemClock
from parcours.service.intake.write_keys import add_source
from parcours.store.database import Database
from processor import processor_seconds

sys.path.insert(0, str(FOLDER.parent / "tests"))
from support.smtp_sink import Sink

LISTENING = 20
IN_BATCH = 100
CONNECTIONS = 8
# What the rows of an event are, beside its profile, which is there after its first.
COPIED = {
    "event": "bucket, profile_id, name, happened_at, feed_no, received_at, historical, properties",
    "seen": "bucket, profile_id, message_key, feed_no, seen_at",
    "pending": "bucket, profile_id, happened_at, feed_no, kind, name, data, arrived_at",
    "profile": "bucket, profile_id, user_id, created_at, updated_at",
}
PROPERTIES = {"product": "a coat", "price": 129.5, "currency": "EUR", "tags": ["new", "sale"], "where": "app"}


def journey(number: int) -> dict[str, Any]:
    """Return a journey that one of twenty events brings people into."""
    return {
        "journey": f"j{number}",
        "entry": {"triggers": [{"event": f"Event {number}", "when": {"field": "event.price", "gt": 1000}}]},
        "steps": {"patience": {"wait": {"for": "1d"}}, "done": {"end": {}}},
    }


MAILING = {
    "journey": "mailing",
    "entry": {"triggers": [{"event": "Signed Up"}]},
    "email": {"from": "Shop <shop@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {"mail": {"email": {"subject": "Hello", "text": "Hello."}}, "done": {"end": {}}},
}


async def prepare(url: str) -> str:
    """Publish the journeys; return a write key."""
    async with await Database.connect(url) as database:
        for number in range(LISTENING):
            await publish(database, journey(number), paused=False)
        await publish(database, MAILING, paused=False)
        async with database.transaction() as connection:
            return await add_source(connection, "bench", at=SystemClock().now(), actor="bench")


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """Yield the address of a server process, and its number."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "parcours", "serve", "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PARCOURS_DATABASE_URL": url, "PARCOURS_DATA": folder},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(30)


def batches(events: int, people: int) -> list[bytes]:
    """Return bodies of requests."""
    found = []
    for first in range(0, events, IN_BATCH):
        batch = [
            {
                "type": "track", "userId": f"p{number % people}", "event": f"Event {number % LISTENING}",
                "messageId": f"m{number}", "properties": PROPERTIES,
            }
            for number in range(first, first + IN_BATCH)
        ]  # fmt: skip
        found.append(json.dumps({"batch": batch}).encode())
    return found


class Client:
    """One connection that stays open: as little of a client as possible, since it shares the machine."""

    def __init__(self, address: str, key: str) -> None:
        self.place = urlsplit(address)
        self.key = base64.b64encode(f"{key}:".encode())
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes) -> bytes:
        """Send a batch and return the answer. Raises RuntimeError where it is not 200."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.place.hostname, self.place.port)
        assert self.reader is not None
        head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Basic %b\r\n"
        self.writer.write((head + b"Content-Length: %d\r\n\r\n") % (self.key, len(body)) + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        assert length is not None
        content = await self.reader.readexactly(int(length[1]))
        if b" 200 " not in answer[:20]:
            raise RuntimeError(content.decode())
        return content


async def send(address: str, key: str, bodies: list[bytes]) -> float:
    """Send everything over some connections; return the seconds."""
    rest = iter(bodies)

    async def lane() -> None:
        client = Client(address, key)
        for body in rest:
            await client.post(body)

    began = time.monotonic()
    await asyncio.gather(*(lane() for _ in range(CONNECTIONS)))
    return time.monotonic() - began


def copy_rows(ground: House, url: str, name: str) -> tuple[float, float]:
    """Copy the rows of a database into an empty one: in batches as they came, and all at once; return the seconds."""
    seconds = []
    for at_once in (False, True):
        with ground.clone(name) as target, psycopg.connect(url) as source, psycopg.connect(target) as into:
            rows = {
                table: source.execute(f"SELECT {columns} FROM parcours.{table} ORDER BY 1").fetchall()
                for table, columns in COPIED.items()
            }
            size = 10**9 if at_once else IN_BATCH
            texts = {table: _blocks(source, table, size if table != "profile" else 10**9) for table in rows}
            began = time.monotonic()
            for number in range(max(map(len, texts.values()))):
                with into.cursor() as cursor:
                    for table, columns in COPIED.items():
                        if number < len(texts[table]):
                            with cursor.copy(f"COPY parcours.{table} ({columns}) FROM STDIN") as copy:
                                copy.write(texts[table][number])
                into.commit()
            seconds.append(time.monotonic() - began)
    return seconds[0], seconds[1]


def _blocks(source: psycopg.Connection[Any], table: str, size: int) -> list[bytes]:
    """Return the rows of a table as COPY writes them, in blocks of so many."""
    with (
        source.cursor() as cursor,
        cursor.copy(f"COPY (SELECT {COPIED[table]} FROM parcours.{table}) TO STDOUT") as copy,
    ):
        lines = b"".join(map(bytes, copy)).splitlines(keepends=True)
    return [b"".join(lines[first : first + size]) for first in range(0, len(lines), size)]


class Clocked(Sink):
    """A sink that notes when it had the first mail to each recipient."""

    arrived: dict[str, float] = {}  # noqa: RUF012 - one sink

    def take(self, sender: str, recipient: str, payload: bytes) -> None:
        """Note the instant."""
        super().take(sender, recipient, payload)
        self.arrived.setdefault(recipient, time.monotonic())


async def latency(url: str, address: str, key: str, rate: int, seconds: int) -> list[float]:
    """Send so many events a second, each tenth of which brings a mail; return the seconds to the mail."""
    begun: dict[str, float] = {}
    async with await Database.connect(url) as database, Clocked(keep=False) as mails:
        with workers(url, 1, mails.port) as running:
            await balanced(database, 1)
            clients = [Client(address, key) for _ in range(CONNECTIONS)]
            people = [
                {"type": "identify", "userId": f"s{n}", "traits": {"email": f"s{n}@example.com"}}
                for n in range(rate * seconds // 10)
            ]
            for first in range(0, len(people), 1000):
                await clients[0].post(json.dumps({"batch": people[first : first + 1000]}).encode())
            await asyncio.sleep(1)
            free: asyncio.Queue[Client] = asyncio.Queue()
            for client in clients:
                free.put_nowait(client)

            async def one(number: int) -> None:
                batch = [
                    {
                        "type": "track",
                        "userId": f"o{number}-{n}",
                        "event": f"Event {n}",
                        "properties": PROPERTIES,
                    }
                    for n in range(9)
                ]
                batch.append(
                    {"type": "track", "userId": f"s{number}", "event": "Signed Up", "properties": {}}
                )
                begun[f"s{number}@example.com"] = time.monotonic()
                client = await free.get()
                await client.post(json.dumps({"batch": batch}).encode())
                free.put_nowait(client)

            loop = asyncio.get_running_loop()
            start = loop.time()
            sent = []
            for number in range(len(people)):
                await asyncio.sleep(max(0.0, start + number * 10 / rate - loop.time()))
                sent.append(asyncio.create_task(one(number)))
            await asyncio.gather(*sent)
            end = loop.time() + 60
            while len(mails.arrived) < len(people) and loop.time() < end:  # noqa: ASYNC110 - the sink fills it
                await asyncio.sleep(0.05)
            await asyncio.to_thread(lambda: [worker.stop() for worker in running])
            missing = len(people) - len(mails.arrived)
            assert not missing, f"{missing} mails never came"
            return sorted(mails.arrived[address] - at for address, at in begun.items())


def main() -> None:
    """Seed, measure, print."""
    given = arguments(
        __doc__ or "", events=(100_000, 20_000, "events"), people=(20_000, 5_000, "people"),
        rate=(500, 500, "events a second"),
        seconds=(20, 6, "how long"), runs=(3, 1, "times"),
    )  # fmt: skip
    bodies = batches(given.events, given.people)
    with house() as ground:
        url = ground.create("intake", BUCKETS)
        key = asyncio.run(prepare(url))
        ours, theirs, bulk, costs = [], [], [], []
        for number in range(given.runs):
            step(f"run {number + 1}: {given.events:,} events in batches of {IN_BATCH}")
            with ground.clone("intake") as copy:
                with served(copy) as (address, process):
                    family = [ground.postmaster, process]
                    used = processor_seconds(family)
                    ours.append(asyncio.run(send(address, key, bodies)))
                    costs.append(processor_seconds(family) - used)
                with psycopg.connect(copy) as connection:
                    [(stored,)] = connection.execute("SELECT count(*) FROM parcours.event").fetchall()
                assert stored == given.events, f"{stored} stored"
                batched, whole = copy_rows(ground, copy, "intake")
                theirs.append(batched)
                bulk.append(whole)
        per_second = given.events / median(ours)
        copied, at_once = given.events / median(theirs), given.events / median(bulk)
        say(f"events a second over HTTP, durable          {per_second:>8,.0f}   aim 10,000 on 2 cores")
        cost = median(costs) / len(bodies) * 1000
        say(f"processor time of a batch of 100, ms        {cost:>8.1f}   server and database")
        say(f"a bare COPY in the same batches, a second   {copied:>8,.0f}   {ratio(theirs, ours):.2f} times")
        say(f"a bare COPY of everything at once, a second {at_once:>8,.0f}   {ratio(bulk, ours):.2f} times")
        step(f"latency at {given.rate} events a second for {given.seconds} s")
        with ground.clone("intake") as copy, served(copy) as (address, _):
            seconds = asyncio.run(latency(copy, address, key, given.rate, given.seconds))
        late = seconds[int(0.99 * len(seconds))]
        say(f"event to mail, ms: median (p50)             {median(seconds) * 1000:>8.0f}   aim below 200")
        say(f"event to mail, ms: p99                      {late * 1000:>8.0f}   aim below 1,000")


if __name__ == "__main__":
    main()
