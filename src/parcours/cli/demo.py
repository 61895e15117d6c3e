"""`parcours demo`: the whole system at work on sample people, in a database of its own."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from prometheus_client import CollectorRegistry
from rich.console import Console

from parcours.api import Address, bind, create_app, serve
from parcours.cli.output import say
from parcours.cli.session import settings_of
from parcours.demo.place import AlreadyRunning, demo_installation
from parcours.demo.run import Options, run_demo
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import parse_duration
from parcours.observe import SilentObserver
from parcours.settings import Settings

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: parcours demo --for 60s")
def demo(
    context: typer.Context,
    *,
    lasting: Annotated[
        str | None, typer.Option("--for", help="End by itself after this time, such as 60s or 5m.")
    ] = None,
    people: Annotated[int, typer.Option(help="How many sample people.", min=10, max=100_000)] = 5000,
    seed: Annotated[int, typer.Option(help="Another number makes other people.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the data of the last time.")] = False,
) -> None:
    """Show journeys at work: sample people, live traffic, mails in a mailbox.

    In a database of its own, `parcours_demo`, which is made anew at each start, with the HTTP API and a link that
    signs in there once. Ends with Ctrl-C, or after `--for`; the exit status is 0 where mails arrived and every
    ledger balances.
    """
    options = Options(people=people, seed=seed, seconds=_seconds(lasting), program=_program())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            well = runner.run(_demo(settings_of(context), options, keep=keep))
    except AlreadyRunning:
        say(
            "A demonstration is running in this database server already. End it first, with Ctrl-C.",
            style="red",
        )
        raise typer.Exit(1) from None
    if not well:
        raise typer.Exit(1)


async def _demo(settings: Settings, options: Options, *, keep: bool) -> bool:
    address = _listen(settings)
    # Mails get links that lead to this process, and so a List-Unsubscribe, unless another address is set.
    settings = settings.model_copy(update={"public_url": settings.public_url or address.url})
    stop = asyncio.Event()
    try:
        async with demo_installation(settings, keep=keep, say=say) as installed, asyncio.TaskGroup() as group:
            app = create_app(installed, CollectorRegistry())
            group.create_task(serve(app, address, stop, SilentObserver(), proxies=settings.trusted_proxies))
            try:
                return await run_demo(installed, options, Console())
            finally:
                stop.set()
    except ExceptionGroup as group_error:  # of the tasks; the first is the cause
        raise group_error.exceptions[0] from None
    finally:
        address.socket.close()


def _listen(settings: Settings) -> Address:
    """Listen on the port that is set, or on a free one where somebody has that."""
    try:
        return bind(settings.http_host, settings.http_port)
    except ParcoursError:
        return bind(settings.http_host, 0)


def _seconds(text: str | None) -> float | None:
    """Read the duration of `--for`. Raises ParcoursError `bad_duration`."""
    if text is None:
        return None
    duration = parse_duration(text)
    if not duration:
        raise ParcoursError(
            "bad_duration", f"{text} is no duration", place="--for", hint="Write it as 60s or 5m."
        )
    return duration.total_seconds()


def _program() -> str:
    """Return how a reader can call this program: its name where the shell finds it, else as it was called."""
    if shutil.which("parcours"):
        return "parcours"
    called = Path(sys.argv[0])
    return f"{sys.executable} -m parcours" if called.name == "__main__.py" else str(called)
