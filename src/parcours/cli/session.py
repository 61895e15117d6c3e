"""What commands that need the database share: settings from the environment, a connected installation."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import typer

from parcours.cli.output import say
from parcours.client import Client
from parcours.domain.errors import ParcoursError
from parcours.settings import Settings, load
from parcours.wiring import Installation, installation

__all__ = ["SERVER", "actor", "connected", "remote", "run", "settings_of"]

SERVER: Final = "parcours.server"  # where the option stands in the context

T = TypeVar("T")


def settings_of(context: typer.Context) -> Settings:
    """Return the settings: the environment, with the options before the command going first.

    Raises ParcoursError `only_local` where a server is named: whoever asks for settings works on this machine.
    """
    if server := context.meta.get(SERVER):
        words = context.command_path.removeprefix("parcours ")
        raise ParcoursError(
            "only_local", f"`{words}` works on this machine and its database, not on {server}",
            hint="Leave --server out and unset PARCOURS_SERVER, or run it where the database is.",
        )  # fmt: skip
    return load(data=context.obj)


def remote(context: typer.Context) -> Client | None:
    """Return the client of the server that --server or PARCOURS_SERVER names; None: work on the database itself."""
    server = context.meta.get(SERVER)
    return Client(server, os.environ.get("PARCOURS_KEY")) if server else None


def connected(
    context: typer.Context,
    work: Callable[[Installation], Awaitable[T]],
    *,
    migrate: bool = False,
    connections: int = 4,
) -> T:
    """Connect, do the work, disconnect, and return what the work answered."""
    settings = settings_of(context)

    async def inside() -> T:
        async with installation(settings, migrate=migrate, say=say, connections=connections) as installed:
            return await work(installed)

    return run(inside())


def run(work: Awaitable[T]) -> T:
    """Run something that waits, to its end."""

    async def inside() -> T:
        return await work

    return asyncio.run(inside())


def actor() -> str:
    """Return who commands, for the audit."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # an account without a name
        return "cli"
