"""`parcours backup`, `parcours restore`: the built-in database as one file, and back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from parcours.cli.output import progress, say, show, show_json
from parcours.cli.session import actor, run, settings_of
from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.watch.recovery import Held, Restored, is_empty, settle_restored, snapshot
from parcours.settings import PREFIX, Settings
from parcours.store.backup import draft_of, write_backup
from parcours.store.database import Database
from parcours.store.embedded_cluster import Cluster
from parcours.store.migrate import migrate, read_buckets
from parcours.store.queries import query
from parcours.wiring import embedded_cluster, installation, start_embedded

__all__ = ["app"]

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example: parcours backup parcours-2026-12-01.backup")
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the built-in database to a file, while everything goes on.

    The file shows the database at one instant, and appears when it is whole. It holds people and their
    addresses: only its owner can read it, and it belongs in a safe place. Mails of the built-in mailbox are not
    in it.
    """
    settings = _embedded(context)
    target = file.expanduser().absolute()
    if target.exists() and not force:
        raise ParcoursError("file_exists", f"{file} is there already", hint="Name another file, or --force.")
    answer = run(_backup(settings, target))
    if as_json:
        show_json(answer)
        return
    show(f"{file} holds the database as of {answer['at']}: {answer['bytes']:,} bytes.")
    show(_holds(Held(answer["people"], answer["inside"], answer["queued"], answer["claimed"])))


@app.command(epilog="Example: parcours restore parcours-2026-12-01.backup")
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `parcours backup` wrote.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a database that is not empty.")] = False,
    go_on: Annotated[bool, typer.Option("--go-on", help="Leave running journeys running.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put the database of a backup in the place of the built-in one.

    A backup is an earlier state: what was sent since then is not known in it, and would be sent again. So every
    running journey is paused, unless --go-on is given: look at it, then `parcours journey resume`. Messages that
    were in a provider's hands are `uncertain`, and not sent again. Nobody may use the database meanwhile; where
    something fails, the present one stays as it is.
    """
    settings = _embedded(context)
    restored = run(_restore(settings, file.expanduser().absolute(), force=force, go_on=go_on))
    if as_json:
        show_json(_plain(restored))
        return
    at = format_instant(restored.backed_up_at) if restored.backed_up_at else "an unknown instant"
    show(f"The database is as of {at}.")
    show(_holds(restored.held))
    if restored.uncertain:
        show(
            f"{restored.uncertain} messages were in a provider's hands: they are uncertain, and not sent again."
        )
    if restored.paused:
        show(f"Paused: {', '.join(restored.paused)}. `parcours journey resume KEY` lets people go on.")
    elif go_on:
        show("What was sent since then will be sent again, as soon as a worker runs.")


def _embedded(context: typer.Context) -> Settings:
    settings = settings_of(context)
    if settings.database_url is not None:
        raise ParcoursError(
            "not_embedded",
            "the database is not the built-in one",
            hint=f"It is named by {PREFIX}DATABASE_URL: use pg_dump and pg_restore of its server.",
        )
    return settings


async def _backup(settings: Settings, file: Path) -> dict[str, Any]:
    cluster = embedded_cluster(settings)
    if not cluster.data.exists():
        raise ParcoursError("nothing_to_back_up", f"There is no database in {cluster.root}")
    at = SystemClock().now()
    async with (
        installation(settings, migrate=False, say=say, connections=1) as installed,
        installed.database.dedicated() as connection,
        snapshot(connection, at) as (exported, held),
    ):
        size = await (await connection.execute(query("database_bytes"))).fetchone()
        with progress(float(size[0]) if size else None, in_bytes=True) as gauge:
            written = await write_backup(cluster, file, exported, lambda done: gauge.at(done, file.name))
    return {
        "file": str(file), "at": format_instant(at), "bytes": written, "people": held.people,
        "inside": held.inside, "queued": held.queued, "claimed": held.claimed,
    }  # fmt: skip


async def _restore(settings: Settings, file: Path, *, force: bool, go_on: bool) -> Restored:
    await asyncio.to_thread(start_embedded, settings, say)
    cluster = embedded_cluster(settings)
    if not force and not await _is_empty(cluster):
        raise ParcoursError(
            "database_not_empty",
            f"The database in {cluster.root} is not empty",
            hint="Choose another folder with --data, or replace what is there with --force.",
        )
    at = SystemClock().now()
    say("Restoring.")
    async with draft_of(cluster, file) as draft:
        async with await Database.connect(draft.url, connections=1) as database:
            async with database.dedicated() as connection:
                await migrate(connection, await read_buckets(connection))
            async with database.transaction() as connection:
                restored = await settle_restored(connection, at, pause=not go_on, actor=actor())
        await draft.take_place()
    return restored


async def _is_empty(cluster: Cluster) -> bool:
    async with await Database.connect(cluster.url(), connections=1) as database:
        async with database.dedicated() as connection:
            row = await (
                await connection.execute(query("table_exists"), {"name": "parcours.setting"})
            ).fetchone()
            if not row or not row[0]:
                return True
        async with database.transaction() as connection:
            return await is_empty(connection)


def _holds(held: Held) -> str:
    return (
        f"{held.people:,} people, {held.inside:,} inside journeys; {held.queued:,} messages queued, "
        f"{held.claimed:,} in a provider's hands."
    )


def _plain(restored: Restored) -> dict[str, Any]:
    at = restored.backed_up_at
    return {
        "at": format_instant(at.astimezone(UTC)) if isinstance(at, datetime) else None,
        "people": restored.held.people,
        "inside": restored.held.inside,
        "queued": restored.held.queued,
        "uncertain": restored.uncertain,
        "paused": list(restored.paused),
    }
