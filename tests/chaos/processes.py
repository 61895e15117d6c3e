"""The processes of a chaos run: started, killed, started again; and the embedded PostgreSQL under them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from parcours.store import embedded

__all__ = ["House", "Slot"]

SOURCES = Path(__file__).parents[2] / "src"
RESTART_WITHIN = 0.3  # seconds


@dataclass
class Slot:
    """A place in which a process runs, one after the other."""

    name: str
    arguments: tuple[str, ...]
    process: asyncio.subprocess.Process | None = None
    begun: float = 0.0

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.returncode is None


@dataclass
class House:
    """An installation in a folder: worker and server processes over the embedded PostgreSQL."""

    folder: Path
    smtp_port: int
    smtp_timeout: float
    chance: random.Random
    slots: list[Slot] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)  # by themselves, with a status other than 0
    server: embedded.Running | None = None
    closing: bool = False

    @property
    def url(self) -> str:
        """The address of the database."""
        assert self.server is not None
        return self.server.url

    def environment(self) -> dict[str, str]:
        """What every process of the house gets."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARCOURS_", "PG"))}
        return kept | {
            "PYTHONPATH": str(SOURCES),
            "PARCOURS_DATA": str(self.folder),
            "PARCOURS_SMTP_HOST": "127.0.0.1",
            "PARCOURS_SMTP_PORT": str(self.smtp_port),
            "PARCOURS_SMTP_TLS": "none",
            "PARCOURS_SMTP_TIMEOUT": str(self.smtp_timeout),
        }

    async def serve_data(self) -> None:
        """Start PostgreSQL, or find it running, as every process does that starts."""
        before, self.server = self.server, await asyncio.to_thread(embedded.start, self.folder)
        if before is not None:
            os.close(before.in_use)

    async def call(self, *arguments: str, kill_after: float | None = None) -> int | None:
        """Run `parcours` to its end and return its status; None where it was killed before."""
        process = await self._spawn("calls", arguments)
        try:
            async with asyncio.timeout(kill_after):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            return None

    async def start(self, slot: Slot) -> None:
        """Start the process of a slot."""
        slot.process = await self._spawn(slot.name, slot.arguments)
        slot.begun = time.monotonic()

    async def kill(self, slot: Slot) -> bool:
        """Kill a process with SIGKILL; False where it was not running."""
        if slot.process is None or slot.process.returncode is not None:
            return False
        slot.process.kill()
        await slot.process.wait()
        self.killed[slot.name.rstrip("0123456789")] += 1
        return True

    async def watch(self, slot: Slot) -> None:
        """Keep a slot running: whatever ends its process, another one is started."""
        while not self.closing:
            await self.start(slot)
            assert slot.process is not None
            status = await slot.process.wait()
            if status not in (0, -signal.SIGKILL, -signal.SIGTERM):
                self.ended[f"{slot.name} {status}"] += 1
            await asyncio.sleep(self.chance.uniform(0.0, RESTART_WITHIN))

    async def kill_postmaster(self) -> bool:
        """Kill PostgreSQL's first process; its others end by themselves. Then start it again."""
        assert self.server is not None
        try:
            pid = int((self.server.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError):
            return False
        self.killed["postmaster"] += 1
        await asyncio.sleep(self.chance.uniform(0.0, 0.5))
        await self.serve_data()
        return True

    async def kill_backend(self) -> bool:
        """Kill the process of one of our connections: PostgreSQL ends all of them, and recovers."""
        pids = await asyncio.to_thread(self._backends)
        if not pids:
            return False
        with suppress(ProcessLookupError):
            os.kill(self.chance.choice(pids), signal.SIGKILL)
            self.killed["backend"] += 1
            return True
        return False

    async def end(self, slots: Sequence[Slot]) -> list[int]:
        """End processes gracefully; return their statuses."""
        running = [slot.process for slot in slots if slot.process is not None and slot.running]
        for process in running:
            process.terminate()
        return [await process.wait() for process in running]

    def _backends(self) -> list[int]:
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                rows = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                    " AND datname = current_database() AND pid <> pg_backend_pid()"
                    " AND application_name = 'parcours'"
                ).fetchall()
        except psycopg.Error:
            return []
        return sorted(pid for (pid,) in rows)

    async def _spawn(self, name: str, arguments: Sequence[str]) -> asyncio.subprocess.Process:
        log = os.open(self.folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "parcours", *arguments,
                env=self.environment(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        finally:
            os.close(log)
