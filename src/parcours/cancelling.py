"""Ending tasks by cancelling them, although what they wait for may swallow a cancellation."""

from __future__ import annotations

import asyncio
from typing import Any, Final

__all__ = ["cancel"]

AGAIN_AFTER: Final = 0.2  # seconds


async def cancel(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until each has ended; how it ended is its own affair.

    `asyncio.wait_for` of Python 3.11, on which the database's driver rests, forgets a cancellation that comes at the
    moment in which the awaited thing is done. Whoever loops for ever would go on then.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_AFTER)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen, lest asyncio complain
