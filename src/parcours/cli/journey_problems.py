"""`parcours journey problems`: what is wrong with the versions of a journey, among what stands around them now."""

from __future__ import annotations

from typing import Annotated

import typer

from parcours.cli.output import say, show_json, show_problems
from parcours.cli.remote_forms import version_problems_of
from parcours.cli.session import connected, remote
from parcours.domain.problems import has_errors
from parcours.service.editing.definitions import VersionProblems, journey_problems
from parcours.wiring import Installation

__all__ = ["problems"]


def problems(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Key of a journey.")],
    *,
    version: Annotated[int | None, typer.Option(help="Check this version only.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show every problem of a journey, as publish, resume and restart would find them now.

    The draft and every version that still goes on are checked; a version that was fine when it was published
    may not be any more, where a journey that it starts has been closed. Errors stand in the way of publish,
    resume and restart; warnings never do. Exit status 1 where there is an error.
    """

    async def work(installed: Installation) -> list[VersionProblems]:
        async with installed.database.transaction() as connection:
            return await journey_problems(connection, key, installed.clock.now(), version)

    client = remote(context)
    if client is None:
        found = connected(context, work)
    else:
        found = [version_problems_of(one) for one in client.problems(key, version)]
    if as_json:
        show_json([one.as_dict() for one in found])
    for one in found:
        if not as_json:
            name = f"{key} version {one.version_no} ({one.status})"
            if one.problems:
                show_problems(name, one.problems)
            else:
                say(f"{name}: no problems", style="green")
    if any(has_errors(list(one.problems)) for one in found):
        raise typer.Exit(1)
