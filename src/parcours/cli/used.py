"""`parcours used`: where something is named, before it is changed or goes away."""

from __future__ import annotations

from typing import Annotated

import typer

from parcours.cli.output import say, show_json, show_table
from parcours.cli.remote_values import use_of
from parcours.cli.session import connected, remote
from parcours.domain.uses import UseKind
from parcours.service.editing.where_used import Found, where_used
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: parcours used audience staff")
def used(
    context: typer.Context,
    kind: Annotated[
        UseKind, typer.Argument(help="journey, audience, sender, template, event, field or subscription.")
    ],
    name: Annotated[
        str,
        typer.Argument(help="Its key or name; of a sender the address, of a field `plan` or `profile.plan`."),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Tell where a journey, audience, sender, template, event or field is used.

    Looks at drafts, at every version that is live, paused or closed, and at the conditions of audiences; for a
    field also at what mails and webhooks say.
    """

    async def work(installed: Installation) -> list[Found]:
        async with installed.database.transaction() as connection:
            return await where_used(connection, kind, name)

    client = remote(context)
    found = connected(context, work) if client is None else [use_of(one) for one in client.used(kind, name)]
    if as_json:
        show_json([one.as_dict() for one in found])
    elif found:
        show_table(("where", "place"), [(one.where, one.place) for one in found])
    else:
        say(f"The {kind} {name} is used nowhere.")
