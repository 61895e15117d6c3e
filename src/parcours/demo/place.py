"""Where the demonstration lives: a database of its own beside the real one, made anew at each start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from parcours.settings import Settings
from parcours.store.database import Database
from parcours.store.queries import query
from parcours.wiring import Installation, installation, start_embedded

__all__ = ["DATABASE", "AlreadyRunning", "demo_installation", "demo_url"]

DATABASE: Final = "parcours_demo"

_CONNECTIONS: Final = 16


class AlreadyRunning(Exception):
    """A demonstration runs in the database already; a second one would take it away from the first."""


@asynccontextmanager
async def demo_installation(
    settings: Settings, *, keep: bool, say: Callable[[str], None]
) -> AsyncIterator[Installation]:
    """Yield an installation on the demonstration's own database, on the server of these settings.

    The database is made anew, unless `keep` and it is there; it stays behind. What belongs to no database
    (the mailbox) lies in a folder `demo` beside it. Raises AlreadyRunning, and ParcoursError as
    `installation` does.
    """
    url = settings.database_url
    if url is None:
        url = (await asyncio.to_thread(start_embedded, settings, say)).url
    await _make(url, keep=keep, say=say)
    own = settings.model_copy(update={"database_url": demo_url(url), "data": settings.data / "demo"})
    async with (
        installation(own, migrate=True, say=say, connections=_CONNECTIONS) as installed,
        installed.database.dedicated() as connection,
    ):
        await connection.execute(query("hold_demo"))
        yield installed


def demo_url(url: str) -> str:
    """Return the address of the demonstration's database on the server of another address."""
    scheme, _, rest = url.partition("://")
    authority_and_path, mark, options = rest.partition("?")
    authority = authority_and_path.partition("/")[0]
    return f"{scheme}://{authority}/{DATABASE}{mark}{options}"


async def _make(url: str, *, keep: bool, say: Callable[[str], None]) -> None:
    async with (
        await Database.connect(url, connections=1, on_wait=say) as database,
        database.dedicated() as connection,
    ):
        row = await (await connection.execute(query("demo_state"))).fetchone()
        assert row is not None
        exists, running = row
        if running:
            raise AlreadyRunning
        if exists and keep:
            return
        await connection.execute(query("drop_demo"))
        await connection.execute(query("create_demo"))
