"""The composition root: from settings to a database that answers, and to what works on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import errors

from parcours.cancelling import cancel
from parcours.channels.channel import Channel
from parcours.clock import Clock, SystemClock
from parcours.domain.errors import ParcoursError
from parcours.observe import CommandDone, Observer, Trouble
from parcours.service.commands.automatic import finish_versions, run_scheduled
from parcours.service.commands.schedules import begin_runs
from parcours.settings import Settings
from parcours.store import embedded
from parcours.store.database import Connection, Database
from parcours.store.embedded_cluster import Cluster
from parcours.store.migrate import migrate as migrate_schema
from parcours.store.migrate import read_buckets, verify
from parcours.store.queries import query
from parcours.store.roles import APP_ROLE, app_role_ready, give_rights

if TYPE_CHECKING:
    from parcours.channels.smtp import Server

__all__ = [
    "Installation",
    "embedded_cluster",
    "installation",
    "mail_server",
    "mailbox_folder",
    "outgoing",
    "start_embedded",
    "watch",
    "watch_channels",
    "webhook_channel",
    "work",
]


WATCH_EVERY: Final = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Installation:
    """What every command and process stands on. `embedded` is None where a database was named."""

    database: Database
    settings: Settings
    clock: Clock
    buckets: int
    embedded: embedded.Running | None
    migrated: tuple[str, ...] = ()  # migrations applied just now
    role: str | None = None  # that its connections have taken on


@asynccontextmanager
async def installation(
    settings: Settings, *, migrate: bool, say: Callable[[str], None], connections: int = 10, own: bool = False
) -> AsyncIterator[Installation]:
    """Yield a connected installation whose schema is this version's; disconnect at the end.

    Where no database is named, the embedded PostgreSQL is started, `say` is told where its data lies, and its
    schema is brought up to date whatever `migrate` says: nobody else has a say in it. It goes on running.
    `own`: the database is the caller's alone, as a simulation's is; its rights are not given up.
    Raises ParcoursError from `embedded.start`, `Database.connect`, `migrate` and `verify`.
    """
    running = (
        await asyncio.to_thread(start_embedded, settings, say) if settings.database_url is None else None
    )
    url = running.url if running else settings.database_url
    assert url is not None
    async with await Database.connect(url, connections=1, on_wait=say) as owner:
        buckets, applied, role = await _schema(owner, settings, migrate=migrate or running is not None)
    role = None if own else role
    async with await Database.connect(url, connections=connections, role=role, on_wait=say) as database:
        yield Installation(database, settings, SystemClock(), buckets, running, tuple(applied), role)


def start_embedded(settings: Settings, say: Callable[[str], None]) -> embedded.Running:
    """Start the embedded server, or find it running; where it was started, say what was done to get there."""
    was_running = embedded_cluster(settings).is_up()
    running = embedded.start(settings.data)
    if not was_running:
        for note in running.notes:
            say(note)
        say(f"The built-in database keeps its data in {running.data_dir}, until `parcours database stop`.")
    return running


def embedded_cluster(settings: Settings) -> Cluster:
    """Return the cluster of the embedded server, running or not, made or not."""
    return Cluster(settings.data.resolve() / "postgres")


async def _schema(
    database: Database, settings: Settings, *, migrate: bool
) -> tuple[int, list[str], str | None]:
    """Return the number of buckets, the migrations applied now, and the role to take on where that may be."""
    async with database.dedicated() as connection:
        applied: list[str] = []
        if migrate:
            applied = await migrate_schema(connection, await _buckets(connection, settings))
            await give_rights(connection)
        buckets = await verify(connection)
        return buckets, applied, APP_ROLE if await app_role_ready(connection) else None


async def _buckets(connection: Connection, settings: Settings) -> int:
    """Return the number that was asked for, else the one the database has, else the default."""
    if "buckets" not in settings.model_fields_set:
        with suppress(errors.UndefinedTable, ValueError):
            return await read_buckets(connection)
    return settings.buckets


@asynccontextmanager
async def outgoing(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[dict[str, Channel]]:
    """Yield the channels by name. Email: the mail server that is set, else the built-in mailbox.

    This process fills the mailbox, unless another one on this machine does so already.
    """
    # Channels are slow to import, and most commands send nothing.
    from parcours.channels.email import EmailChannel  # noqa: PLC0415
    from parcours.channels.mailbox import Mailbox  # noqa: PLC0415
    from parcours.channels.smtp import Server  # noqa: PLC0415

    def channel(server: Server) -> EmailChannel:
        return EmailChannel(server, connections=settings.smtp_connections, timeout=settings.smtp_timeout)

    def channels(email: Channel) -> dict[str, Channel]:
        return {"email": email, "webhook": webhook_channel(settings)}

    outside = mail_server(settings)
    if outside is not None:
        yield channels(channel(outside))
        return
    folder = mailbox_folder(settings)
    mailbox = Mailbox(folder)
    try:
        port = await mailbox.start(settings.mailbox_port)
        say(f"No mail server is set: mails go to the mailbox in {folder}; see `parcours mailbox`.")
    except ParcoursError as error:
        if error.code != "mailbox_in_use":
            raise
        port = settings.mailbox_port
    try:
        yield channels(channel(Server(host="127.0.0.1", port=port)))
    finally:
        await mailbox.stop()


def mail_server(settings: Settings) -> Server | None:
    """Return the mail server that is set; None where mails go to the built-in mailbox."""
    from parcours.channels.smtp import Server  # noqa: PLC0415 - as above

    if settings.smtp_host is None:
        return None
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=settings.smtp_password,
    )


def webhook_channel(settings: Settings) -> Channel:
    """Return the channel of webhooks."""
    from parcours.channels.guard import Guard, read_networks  # noqa: PLC0415 - as above
    from parcours.channels.webhook import WebhookChannel  # noqa: PLC0415

    return WebhookChannel(
        secret=settings.webhook_secret,
        guard=Guard(read_networks(settings.webhook_allow_private)),
        connections=settings.webhook_connections,
        clock=SystemClock().now,
    )


def mailbox_folder(settings: Settings) -> Path:
    """Return the folder of the built-in mailbox."""
    return settings.data / "mailbox"


async def work(
    installed: Installation,
    channels: Mapping[str, Channel],
    observer: Observer,
    stop: asyncio.Event,
    *,
    name: str | None = None,
) -> None:
    """Run a worker until `stop` is set: people move, messages leave, what happens by itself happens."""
    from parcours.engine.worker import Worker  # noqa: PLC0415 - as above

    async def by_itself(connection: Connection, now: datetime) -> None:
        begun = True
        while begun:  # each by itself: a run waits for the units of its own journey only
            async with installed.database.transaction() as own:
                begun = bool(await begin_runs(own, now, most=1))
        for result in await run_scheduled(connection, now):
            observer.observe(
                CommandDone(
                    result.journey,
                    result.version,
                    result.command,
                    result.from_status,
                    result.to_status,
                    actor="engine",
                    refused=result.refused,
                )
            )
        await finish_versions(connection, now)

    worker = Worker(
        installed.database,
        settings=installed.settings,
        channels=channels,
        observer=observer,
        buckets=installed.buckets,
        name=name,
        automatic=by_itself,
    )
    watching = asyncio.create_task(watch(installed, channels, observer, stop))
    try:
        await worker.run(stop)
    finally:
        await cancel(watching)
    if not watching.cancelled():
        watching.result()


async def watch(
    installed: Installation, channels: Mapping[str, Channel], observer: Observer, stop: asyncio.Event
) -> None:
    """Watch until `stop` is set: the ledger, alerts, and telling of them, by the channels that this process has."""
    from parcours.service.watch.watching import Watch  # noqa: PLC0415 - as above

    database = installed.database
    watching = Watch(database, installed.settings, channels, observer)
    while not stop.is_set():
        try:
            async with database.transaction() as connection:
                row = await (await connection.execute(query("database_now"))).fetchone()
            assert row is not None
            await watching.turn(row[0])
        except (psycopg.Error, ParcoursError, OSError) as error:
            code = error.code if isinstance(error, ParcoursError) else type(error).__name__
            observer.observe(Trouble("watch", code, str(error), WATCH_EVERY))
        with suppress(TimeoutError):
            async with asyncio.timeout(WATCH_EVERY):
                await stop.wait()


@asynccontextmanager
async def watch_channels(settings: Settings) -> AsyncIterator[dict[str, Channel]]:
    """Yield the channels by which a process tells of alerts that sends nothing else: no built-in mailbox."""
    from parcours.channels.email import EmailChannel  # noqa: PLC0415 - as above

    channels: dict[str, Channel] = {"webhook": webhook_channel(settings)}
    outside = mail_server(settings)
    if outside is not None:
        channels["email"] = EmailChannel(outside, connections=1, timeout=settings.smtp_timeout)
    for channel in channels.values():
        await channel.start()
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.close()
