"""`parcours key …`: API keys."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_json, show_table
from parcours.cli.remote_values import instants
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.access.keys import NewKey, add_key, list_keys, revoke_key
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example: parcours key add shop --scope ingest")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, for good: the audit knows it by that.")],
    *,
    scope: Annotated[list[str], typer.Option(help="ingest, read, write, publish or admin; may be repeated.")],
    expires: Annotated[str | None, typer.Option(help="Until when it holds, as 2027-01-01T00:00:00Z.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print it, this once.

    ingest sends people and events; read, write, publish and admin allow what viewer, editor, publisher and admin may.
    """
    until = parse_instant(expires) if expires is not None else None
    if expires is not None and until is None:
        hint = "Write it as 2027-01-01T00:00:00Z."
        raise ParcoursError("bad_option", f"{expires!r} is no instant", place="--expires", hint=hint)

    async def work(installed: Installation) -> NewKey:
        async with installed.database.transaction() as connection:
            return await add_key(
                connection, name, scope, at=installed.clock.now(), actor=actor(), person=actor(), expires_at=until
            )  # fmt: skip

    client = remote(context)
    if client is None:
        made = connected(context, work)
    else:
        wire = client.add_key(name, scope, expires_at=format_instant(until) if until else None)
        made = NewKey(wire["name"], wire["secret"], tuple(wire["scopes"]))
    if as_json:
        show_json({"name": made.name, "scopes": list(made.scopes), "secret": made.secret})
        return
    show(made.secret)
    say(f"{made.name} may {', '.join(made.scopes)}. Keep it: it is not shown again.")


@app.command("list", epilog="Example: parcours key list")
def list_all(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List every key, those in force first; never the keys themselves."""

    async def work(installed: Installation) -> list[dict[str, Any]]:
        async with installed.database.transaction() as connection:
            return await list_keys(connection)

    client = remote(context)
    rows = connected(context, work) if client is None else [instants(row) for row in client.api_keys()]
    found = [_plain(row) for row in rows]
    if as_json:
        show_json(found)
    elif found:
        columns = ("name", "prefix", "scopes", "person", "used_at", "expires_at", "revoked_at")
        show_table(
            columns, [[", ".join(row[c]) if c == "scopes" else row[c] for c in columns] for row in found]
        )
    else:
        say("There is no key yet.")


@app.command(epilog="Example: parcours key revoke shop")
def revoke(context: typer.Context, name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Let a key hold no longer, at once and for good."""

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await revoke_key(connection, name, at=installed.clock.now(), actor=actor())

    client = remote(context)
    if client is None:
        connected(context, work)
    else:
        client.revoke_key(name)
    show(f"{name} is revoked.")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: format_instant(value) if name.endswith("_at") and value is not None else value
        for name, value in row.items()
    }
