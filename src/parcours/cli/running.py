"""Commands that run parts of an installation: serve, work, migrate."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
import uvloop
from prometheus_client import CollectorRegistry, disable_created_metrics

from parcours.api import bind, create_app, create_pages
from parcours.api import serve as serve_app
from parcours.cli.output import say, show
from parcours.cli.session import connected, run, settings_of
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.observe import LogObserver, MetricsObserver, Observer, Observers
from parcours.service.access.setup import make_setup_link
from parcours.settings import Settings
from parcours.store.database import Database
from parcours.store.distribute import DISTRIBUTED_BUCKETS, migrate_distributed
from parcours.store.migrate import migrations
from parcours.store.roles import rights_script
from parcours.wiring import Installation, installation, outgoing, watch, watch_channels
from parcours.wiring import work as run_worker

__all__ = ["app"]

app = typer.Typer()

ENDED_AT_ONCE = 130  # the exit status of what a signal ended
CONNECTIONS = 10  # beside those of a worker's lanes

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every unit of work and every message.")]


@app.command(epilog="Example: parcours serve --with-worker")
def serve(
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; also PARCOURS_HTTP_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; also PARCOURS_HTTP_PORT; 0 takes a free one.", min=0, max=65535)
    ] = None,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Run a worker in this process.")] = False,
    verbose: Verbose = False,
) -> None:
    """Run the HTTP server.

    /health answers while the process lives, /ready where the database is as it should be, /metrics for
    Prometheus. It listens on this machine only, unless told otherwise. Ctrl-C ends it gracefully.
    """
    settings = settings_of(context)

    async def parts(installed: Installation, stop: asyncio.Event) -> None:
        registry = CollectorRegistry()
        observer = _observer(installed, registry, verbose=verbose)
        address = bind(host or settings.http_host, settings.http_port if port is None else port)
        show(f"Listening on {address.url}")
        await _tell_setup(installed, settings.public_url or address.url)
        async with asyncio.TaskGroup() as group:
            app = create_app(installed, registry)
            proxies = settings.trusted_proxies
            app_ended = group.create_task(serve_app(app, address, stop, observer, proxies=proxies))
            app_ended.add_done_callback(lambda _: stop.set())
            if with_worker:
                group.create_task(_working(installed, observer, stop, None))
            else:
                group.create_task(_watching(installed, observer, stop))

    _run(settings, parts)


@app.command(epilog="Example: parcours work --metrics-port 9100")
def work(
    context: typer.Context,
    *,
    name: Annotated[
        str | None, typer.Option(help="Name in leases and logs; unset: host and process.")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Answer /metrics, /health and /ready on this port.", min=0, max=65535)
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Run a worker: move people and send messages.

    Any number of workers may run, on any host that reaches the database; they share the buckets among
    themselves. Ctrl-C ends it gracefully: units and hand-overs under way are finished, buckets given back.
    """
    settings = settings_of(context)

    async def parts(installed: Installation, stop: asyncio.Event) -> None:
        registry = CollectorRegistry()
        observer = _observer(installed, registry, verbose=verbose)
        async with asyncio.TaskGroup() as group:
            if metrics_port is not None:
                address = bind(settings.http_host, metrics_port)
                show(f"Listening on {address.url}")
                group.create_task(serve_app(create_pages(installed, registry), address, stop, observer))
            group.create_task(_working(installed, observer, stop, name))

    _run(settings, parts)


@app.command(epilog="Example: parcours migrate")
def migrate(
    context: typer.Context,
    *,
    distributed: Annotated[
        bool, typer.Option("--distributed", help="Spread the tables over the nodes of a Citus cluster.")
    ] = False,
) -> None:
    """Bring the database to this version's schema.

    Safe to run from several processes at once; the built-in database is brought there by itself.

    With --distributed, on the coordinator of a Citus cluster: people are divided into 256 buckets unless
    PARCOURS_BUCKETS says otherwise, their tables are distributed by bucket, the others kept on every node.
    """
    if distributed:
        run(_migrate_distributed(settings_of(context)))
        return

    async def inside(installed: Installation) -> None:
        for name in installed.migrated:
            show(f"Applied {name}.")
        known = len(migrations())
        show(f"The schema is up to date: {known} migrations, {installed.buckets} buckets.")
        if installed.role is None:
            async with installed.database.transaction() as connection:
                script = await rights_script(connection)
            show(
                "PostgreSQL does not keep the audit from being changed: this user may not make the role for that."
            )
            show(f"Let somebody who may run this, and migrate again: {script}")

    connected(context, inside, migrate=True)


async def _migrate_distributed(settings: Settings) -> None:
    if settings.database_url is None:
        raise ParcoursError(
            "citus_missing",
            "The built-in database has no Citus, so its tables cannot be spread over several nodes",
            hint="Name the coordinator of a Citus cluster by PARCOURS_DATABASE_URL, or leave --distributed out.",
        )
    buckets = settings.buckets if "buckets" in settings.model_fields_set else DISTRIBUTED_BUCKETS
    async with (
        await Database.connect(settings.database_url, connections=1, on_wait=say) as database,
        database.dedicated() as connection,
    ):
        applied, placed = await migrate_distributed(connection, buckets)
    for name in applied:
        show(f"Applied {name}.")
    for table in placed:
        show(f"Placed {table}.")
    show(f"The schema is up to date: {len(migrations())} migrations, {buckets} buckets, on several nodes.")


async def _working(
    installed: Installation, observer: Observer, stop: asyncio.Event, name: str | None
) -> None:
    async with outgoing(installed.settings, say) as channels:
        await run_worker(installed, channels, observer, stop, name=name)


async def _tell_setup(installed: Installation, base_url: str) -> None:
    """Print where the first administrator is made, while nobody works here."""
    try:
        async with installed.database.transaction() as connection:
            link, _ = await make_setup_link(connection, base_url, installed.clock.now())
    except ParcoursError as error:
        if error.code != "already_set_up":
            say(f"No link for the first administrator: {error}")
        return
    show(f"Nobody works here yet. Make the first administrator: {link}")


async def _watching(installed: Installation, observer: Observer, stop: asyncio.Event) -> None:
    """A server alone watches too: it tells where no worker is left."""
    async with watch_channels(installed.settings) as channels:
        await watch(installed, channels, observer, stop)


def _observer(installed: Installation, registry: CollectorRegistry, *, verbose: bool) -> Observer:
    log = LogObserver(
        installed.settings.log_format,
        least="debug" if verbose else "info",
        stamp=lambda: format_instant(installed.clock.now()),
    )
    # A start time beside every counter helps nobody here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return Observers(log, MetricsObserver(registry))


def _run(settings: Settings, parts: Callable[[Installation, asyncio.Event], Awaitable[None]]) -> None:
    """Run parts until they end, a first signal asks them to, or a second one ends them."""

    async def inside() -> None:
        stop = asyncio.Event()
        _stop_on_signals(stop)
        async with installation(settings, migrate=False, say=say, connections=CONNECTIONS) as installed:
            await parts(installed, stop)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(inside())
    except asyncio.CancelledError:  # asked twice
        raise typer.Exit(ENDED_AT_ONCE) from None
    except BaseExceptionGroup as group:  # of the parts; the first is the cause
        raise group.exceptions[0] from None


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def asked() -> None:
        if stop.is_set():
            task.cancel()
            return
        say("Ending what is under way; once more ends it at once.")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
