"""Workers as processes of their own, beside an installation of a test."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.worker import Installation, eventually

__all__ = ["HELD", "holds", "process"]

SCRIPT = Path(__file__).with_name("worker.py")
HELD = "SELECT holder, count(*) FROM parcours.lease WHERE holder IS NOT NULL GROUP BY 1"


@asynccontextmanager
async def process(here: Installation, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker as a process of its own, killed at the end if it still runs."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), here.url, str(here.sink.port), name,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])},
    )  # fmt: skip
    try:
        assert running.stdout is not None
        assert await running.stdout.readline() == b"ready\n"
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def holds(here: Installation, within: float = 20.0, **expected: int) -> None:
    """Wait until the leases are shared like this."""

    async def shared() -> bool:
        return await here.counts(HELD) == expected

    await eventually(shared, within=within, what=f"leases {expected}")
