"""The database: one pool of connections, transactions on them, and its troubles as coded errors."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeAlias

import psycopg
from psycopg import AsyncConnection, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from parcours.domain.errors import ParcoursError

__all__ = ["Connection", "Database", "trouble"]

Connection: TypeAlias = AsyncConnection[Any]

# What the pool has to say is said by our own errors; without a handler it would go to the standard error, too.
logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())

# Names resolve in our schema only, the temporary one last; every instant travels as UTC. JIT costs more than it
# saves on statements of milliseconds. A process that was stopped inside a transaction must not hold its locks for ever.
SESSION: Final = (
    "-c TimeZone=UTC -c search_path=parcours,pg_temp -c jit=off -c idle_in_transaction_session_timeout=10s"
)
PREPARE_AFTER: Final = 5  # executions
CONNECT_SECONDS: Final = 5
RETRY_SECONDS: Final = 0.5
SLOWEST_RETRY_SECONDS: Final = 5.0
RECONNECT_SECONDS: Final = 2.0  # then the pool begins anew: left alone, it waits ever longer, up to minutes


class Database:
    """Owner of the connections to one database, made by `connect`, ended by `close` or `async with`."""

    def __init__(
        self, pool: AsyncConnectionPool[Connection], conninfo: str, arguments: dict[str, Any]
    ) -> None:
        self._pool = pool
        self._conninfo = conninfo
        self._arguments = arguments

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        connections: int = 10,
        prepare_threshold: int | None = PREPARE_AFTER,
        application: str = "parcours",
        role: str | None = None,
        patience: float = 30,
        on_wait: Callable[[str], None] | None = None,
    ) -> Self:
        """Connect, waiting up to `patience` seconds for a server that is away.

        `on_wait` gets a line per attempt. The pool grows up to `connections`. `prepare_threshold` is the
        number of executions after which a statement is prepared (None: never, as behind some poolers).
        Every session takes on `role` where one is given.
        Raises ParcoursError `database_url`, `database_refused` or `database_unreachable`.
        """
        conninfo = _conninfo(url, application, role)
        arguments = {"autocommit": True, "prepare_threshold": prepare_threshold}
        await _wait_for(conninfo, patience, on_wait)
        return cls(await _open_pool(conninfo, arguments, connections), conninfo, arguments)

    async def beside(self, connections: int) -> Self:
        """Connect to the same database with a pool of its own.

        A pool uses its connections in turn; whoever repeats the same statements is better served by few of them,
        where these are planned already.
        """
        pool = await _open_pool(self._conninfo, self._arguments, connections)
        return type(self)(pool, self._conninfo, self._arguments)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection inside a transaction: committed at the end, rolled back when an error leaves it.

        Raises ParcoursError `database_unreachable` or `disk_full` where the database is in trouble; other
        errors of PostgreSQL pass as they are.
        """
        try:
            async with self._pool.connection() as connection, connection.transaction():
                yield connection
        except (psycopg.Error, PoolTimeout, PoolClosed) as error:
            known = trouble(error)
            if known is None:
                raise
            if known.code == "database_unreachable":
                await self._pool.check()  # the other connections may be dead as well
            raise known from error

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[Connection]:
        """Yield a connection outside the pool, in autocommit: for LISTEN, or a lock held for long."""
        try:
            async with await AsyncConnection.connect(self._conninfo, **self._arguments) as connection:
                yield connection
        except psycopg.Error as error:
            known = trouble(error)
            if known is None:
                raise
            raise known from error

    async def close(self) -> None:
        """Close every connection; transactions under way are waited for a few seconds."""
        await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def trouble(error: Exception) -> ParcoursError | None:
    """Return the coded error where the database is away, full or read-only; None for any other error."""
    reason = str(error).strip().split("\n", 1)[0]
    match error:
        case errors.DiskFull():
            return ParcoursError(
                "disk_full", f"The database's disk is full: {reason}", hint="Make room there."
            )
        case errors.ReadOnlySqlTransaction():
            return ParcoursError(
                "database_read_only", "The database takes no changes", hint="Connect to the primary server."
            )
        case PoolTimeout():
            return _unreachable("no connection became free in time")
        case PoolClosed():
            return _unreachable("this process is closing its connections")
        case (
            errors.AdminShutdown()
            | errors.CrashShutdown()
            | errors.CannotConnectNow()
            | errors.IdleSessionTimeout()
            | errors.IdleInTransactionSessionTimeout()
        ):
            return _unreachable(reason)
        case errors.TooManyConnections() | psycopg.InterfaceError():
            return _unreachable(reason)
        case psycopg.OperationalError() if error.sqlstate is None or error.sqlstate.startswith("08"):
            return _unreachable(reason)
        case _:
            return None


async def _open_pool(
    conninfo: str, arguments: dict[str, Any], connections: int
) -> AsyncConnectionPool[Connection]:
    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        conninfo, kwargs=arguments, min_size=1, max_size=connections, open=False,
        reconnect_timeout=RECONNECT_SECONDS, reconnect_failed=_try_again,
    )  # fmt: skip
    await pool.open()
    return pool


async def _try_again(pool: AsyncConnectionPool[Connection]) -> None:
    """Let the pool connect anew, at once, after it gave up: whoever waits for a connection asks only once."""
    await pool.check()


def _unreachable(reason: str) -> ParcoursError:
    return ParcoursError(
        "database_unreachable",
        f"The database cannot be reached: {reason}",
        hint="Check that it runs, and PARCOURS_DATABASE_URL.",
    )


def _conninfo(url: str, application: str, role: str | None) -> str:
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # What libpq says may repeat the password.
        raise ParcoursError(
            "database_url",
            "The address of the database cannot be read",
            hint="It looks like postgresql://user:password@host:5432/name.",
        ) from None
    given.setdefault("application_name", application)
    given.setdefault("connect_timeout", CONNECT_SECONDS)
    acting = f" -c role={role}" if role else ""
    given["options"] = f"{given.get('options') or ''} {SESSION}{acting}".strip()
    return make_conninfo("", **given)


async def _wait_for(conninfo: str, patience: float, on_wait: Callable[[str], None] | None) -> None:
    deadline = time.monotonic() + patience
    pause = RETRY_SECONDS
    while True:
        try:
            connection = await AsyncConnection.connect(conninfo)
        except psycopg.OperationalError as error:
            refusal = _refusal(error)
            if refusal is not None:
                raise refusal from error
            left = deadline - time.monotonic()
            if left <= 0:
                raise _unreachable(_reason(error)) from error
            if on_wait is not None:
                on_wait(f"Waiting for the database, {left:.0f} s more: {_reason(error)}")
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 2, SLOWEST_RETRY_SECONDS)
        else:
            await connection.close()
            return


def _reason(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _refusal(error: psycopg.OperationalError) -> ParcoursError | None:
    """Return the coded error where a server answered and said no, so that waiting does not help."""
    reason = _reason(error)
    # libpq gives no SQLSTATE for a failed connection, only the server's words.
    said = reason.rpartition("FATAL:")[2].strip() if "FATAL:" in reason else ""
    if any(word in said for word in ("authentication failed", "no pg_hba.conf entry", "does not exist")):
        return ParcoursError(
            "database_refused",
            f"The database refuses: {said}",
            hint="Check user, password and database in PARCOURS_DATABASE_URL.",
        )
    return None
