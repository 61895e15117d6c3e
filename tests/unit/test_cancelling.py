"""Tasks end when they are cancelled, also where a cancellation is swallowed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from parcours.cancelling import cancel


async def test_a_loop_that_swallows_cancellations_ends_all_the_same() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while swallowed < 2:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await cancel(task)
    assert (task.cancelled(), swallowed) == (True, 2)


async def test_a_task_that_failed_stays_failed() -> None:
    async def failing() -> None:
        raise ValueError

    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    await cancel(task)
    assert isinstance(task.exception(), ValueError)
