"""`parcours database …`: what database is used, how it is, and the end of the built-in server."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parcours.cli.output import show, show_json
from parcours.cli.session import run, settings_of
from parcours.domain.errors import ParcoursError
from parcours.settings import PREFIX, Settings
from parcours.store import embedded
from parcours.store.database import Database
from parcours.store.migrate import verify
from parcours.store.queries import query
from parcours.wiring import embedded_cluster

__all__ = ["app"]

app = typer.Typer(help="Look at the database, and stop the built-in one.", no_args_is_help=True)


@app.command(epilog="Example: parcours database status")
def status(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Tell which database is used, whether it runs and has this version's schema. Starts nothing.

    Exit status 1 where it does not answer or has another schema.
    """
    settings = settings_of(context)
    found = run(_status(settings))
    if as_json:
        show_json(found)
    else:
        for name, value in found.items():
            if value is not None:
                show(f"{name}: {value}")
    if found["state"] != "ready":
        raise typer.Exit(1)


@app.command(epilog="Example: parcours database stop")
def stop(context: typer.Context) -> None:
    """Stop the built-in PostgreSQL, whoever uses it. What is committed is kept.

    The next command that needs it starts it again.
    """
    settings = settings_of(context)
    if settings.database_url is not None:
        raise ParcoursError(
            "not_embedded",
            "the database is not the built-in one, so it is not stopped here",
            hint=f"It is named by {PREFIX}DATABASE_URL.",
        )
    stopped = embedded.stop(settings.data)
    show("The built-in database is stopped." if stopped else "The built-in database was not running.")


async def _status(settings: Settings) -> dict[str, Any]:
    answer: dict[str, Any] = {"database": settings.dump()[f"{PREFIX}DATABASE_URL"] or "built-in"}
    answer |= {"state": "ready", "data": None, "server": None, "size": None, "buckets": None}
    url = settings.database_url
    if url is None:
        cluster = embedded_cluster(settings)
        answer["data"] = str(cluster.data)
        if not cluster.is_up():
            answer["state"] = "stopped" if cluster.data.exists() else "not made yet"
            return answer
        url = cluster.url()
    try:
        async with (
            await Database.connect(url, connections=1, patience=0) as database,
            database.dedicated() as connection,
        ):
            row = await (await connection.execute(query("describe_database"))).fetchone()
            assert row is not None
            answer["server"], answer["size"] = row
            answer["buckets"] = await verify(connection)
    except ParcoursError as error:
        answer["state"] = f"{error.message} ({error.code})"
    return answer
