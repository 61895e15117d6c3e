"""A worker as `parcours work` runs it, for benchmarks, until SIGTERM.

`worker_process.py URL [--smtp-port N] [--webhooks]`: without a port it hands no mail out, without `--webhooks` it calls
no URL. It ends by printing its greatest resident memory in megabytes.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import sys
from pathlib import Path

import uvloop

from parcours.channels.channel import Channel, Outcome, Outgoing, TooLate
from parcours.channels.email import EmailChannel
from parcours.channels.smtp import Server
from parcours.clock import SystemClock
from parcours.observe import Event, Trouble
from parcours.settings import Settings
from parcours.store.database import Database
from parcours.store.migrate import verify
from parcours.wiring import Installation, webhook_channel, work


class Nowhere:
    """A channel that has room for nothing."""

    capacity_per_second = 0.0
    at_once = 1
    timeout = 30.0

    async def start(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def send(self, message: Outgoing, begin_by: float) -> Outcome:  # noqa: ARG002
        """Refuse."""
        return TooLate()


class Told:
    """An observer that prints troubles, so that no benchmark hides one."""

    def observe(self, event: Event) -> None:
        """Print a trouble."""
        if isinstance(event, Trouble):
            print(f"   TROUBLE {event.place}: {event.code} {event.message}", file=sys.stderr, flush=True)


async def run(url: str, smtp_port: int | None, *, webhooks: bool) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    channels: dict[str, Channel] = {"email": Nowhere(), "webhook": Nowhere()}
    if smtp_port is not None:
        channels["email"] = EmailChannel(Server(host="127.0.0.1", port=smtp_port, tls="none"))
    if webhooks:
        channels["webhook"] = webhook_channel(Settings(webhook_allow_private="127.0.0.1"))
    async with await Database.connect(url) as database:
        async with database.dedicated() as connection:
            buckets = await verify(connection)
        installed = Installation(database, Settings(), SystemClock(), buckets, None)
        await work(installed, channels, Told(), stop)


def megabytes() -> float:
    """Return the greatest resident memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--smtp-port", type=int)
    parser.add_argument("--webhooks", action="store_true")
    given = parser.parse_args()
    uvloop.run(run(given.url, given.smtp_port, webhooks=given.webhooks))
    print(f"{megabytes():.1f}", flush=True)


if __name__ == "__main__":
    main()
