"""What commands that need the database share: settings from the environment, a connected installation."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from parcours.cli.output import say
from parcours.settings import Settings, load
from parcours.wiring import Installation, installation

__all__ = ["actor", "connected", "run", "settings_of"]

T = TypeVar("T")


def settings_of(context: typer.Context) -> Settings:
    """Return the settings: the environment, with the options before the command going first."""
    return load(data=context.obj)


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
