"""`parcours settings`: what is set for the whole installation, beside the environment."""

from __future__ import annotations

from typing import Annotated

import typer

from parcours.cli.output import show, show_json, show_table
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.options import OPTIONS, Value, read_word
from parcours.service.access.options import change_options, read_options
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: parcours settings publish_needs_second_person=true")
def settings(
    context: typer.Context,
    changes: Annotated[
        list[str] | None, typer.Argument(help="NAME=VALUE; without any, all are shown.", show_default=False)
    ] = None,
    *,
    reason: Annotated[str | None, typer.Option(help="Why; kept in the audit.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show and change what is set for the whole installation.

    It is kept in the database and counts for every process at once. What a process needs before it has a database
    comes from the environment.
    """
    wanted: dict[str, object] = {}
    for change in changes or []:
        name, equals, text = change.partition("=")
        if not equals:
            raise ParcoursError("bad_option", f"{change!r} sets nothing", hint="Write NAME=VALUE.")
        wanted[name] = read_word(text)

    async def work(installed: Installation) -> dict[str, Value]:
        async with installed.database.transaction() as connection:
            if not wanted:
                return await read_options(connection)
            return await change_options(
                connection, wanted, at=installed.clock.now(), actor=actor(), reason=reason
            )  # fmt: skip

    client = remote(context)
    if client is None:
        found = connected(context, work)
    else:
        there = client.change_settings(wanted, reason=reason) if wanted else client.settings()
        found = {one["name"]: one["value"] for one in there}
    if as_json:
        show_json(found)
        return
    chosen = {name: found[name] for name in wanted} or found
    if wanted:
        for name, value in chosen.items():
            show(f"{name} = {_word(value)}")
        return
    rows = [
        [name, _word(value), _word(OPTIONS[name].default), OPTIONS[name].meaning]
        for name, value in chosen.items()
    ]
    show_table(("setting", "value", "default", "meaning"), rows)


def _word(value: Value) -> str:
    return str(value).lower()
