"""`parcours doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Final

import typer

from parcours.cli.output import on_terminal, say, show, show_json, show_table, waiting
from parcours.cli.session import run, settings_of
from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.service.watch.doctor import examine
from parcours.service.watch.findings import Finding, Level
from parcours.settings import Settings
from parcours.store.database import Database
from parcours.store.migrate import verify
from parcours.wiring import embedded_cluster, mail_server, mailbox_folder

__all__ = ["app"]

app = typer.Typer()

MEGABYTES: Final = 2**20
LITTLE, TOO_LITTLE = 5120, 512  # megabytes of free room
MAIL_SECONDS: Final = 15.0
STYLES: Final[dict[Level, str]] = {"ok": "green", "notice": "yellow", "wrong": "red"}


@app.command(epilog="Example: parcours doctor")
def doctor(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Tell what is wrong with this installation, and how to mend it.

    Settings, database and schema, clocks, room on the disk, workers and their buckets, units that fail, work that is
    late, people who are stuck, messages, the ledger, partitions, transactions, vacuum, backup, mail server. It starts
    nothing, changes nothing and sends nothing. Exit status 1 where something is wrong; a notice alone leaves it 0.
    """
    with waiting("Examining.") if on_terminal() and not as_json else nullcontext():
        findings = run(_findings(context))
    if as_json:
        show_json([finding.as_dict() for finding in findings])
    else:
        _show(findings)
    if any(finding.level == "wrong" for finding in findings):
        raise typer.Exit(1)


async def _findings(context: typer.Context) -> list[Finding]:
    try:
        settings = settings_of(context)
    except ParcoursError as error:
        if error.code == "only_local":
            raise
        return [_failed("settings", error)]
    return [
        Finding("settings", "ok", f"The data folder is {settings.data}."),
        _room(settings.data),
        *[finding async for finding in _database(settings)],
        await _mail(settings),
    ]


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    embedded = settings.database_url is None
    url = settings.database_url
    if url is None:
        cluster = embedded_cluster(settings)
        if not cluster.is_up():
            made = cluster.data.exists()
            said = "The built-in one is not running." if made else "There is none yet."
            remedy = "`parcours serve --with-worker` starts it." if made else "`parcours demo` makes one."
            yield Finding("database", "wrong", said, remedy)
            return
        url = cluster.url()
    try:
        async with await Database.connect(url, connections=2, patience=0, application="doctor") as database:
            yield Finding("database", "ok", "The built-in one answers." if embedded else "It answers.")
            async with database.dedicated() as connection:
                buckets = await verify(connection)
            yield Finding("schema", "ok", f"It is that of this version, with {buckets} buckets.")
            async for finding in examine(database, SystemClock().now(), embedded=embedded):
                yield finding
    except ParcoursError as error:
        yield _failed("schema" if error.code.startswith("schema_") else "database", error)


async def _mail(settings: Settings) -> Finding:
    """Greet the mail server and sign in, as workers do, and leave again."""
    from parcours.channels.smtp import OpeningFailed, open_connection  # noqa: PLC0415 - slow to import

    server = mail_server(settings)
    if server is None:
        said = f"No mail server is set: mails go to the mailbox in {mailbox_folder(settings)}."
        return Finding(
            "mail server", "notice", said, "Set PARCOURS_SMTP_HOST where mails should leave the house."
        )
    try:
        connection = await open_connection(server, MAIL_SECONDS)
    except OpeningFailed as failed:
        remedy = "See that it runs, and that PARCOURS_SMTP_* are right."
        return Finding("mail server", "wrong", f"It cannot be used: {failed}", remedy)
    connection.quit()
    return Finding("mail server", "ok", f"{server.host}:{server.port} takes our connection.")


def _room(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free // MEGABYTES
    level: Level = "wrong" if free < TOO_LITTLE else "notice" if free < LITTLE else "ok"
    return Finding(
        "disk", level, f"{free:,} MB are free in {there}.", "" if level == "ok" else "Make room there."
    )


def _failed(check: str, error: ParcoursError) -> Finding:
    return Finding(check, "wrong", f"{error.message} ({error.code})", error.hint)


def _show(findings: list[Finding]) -> None:
    if on_terminal():
        for finding in findings:
            mark = {"ok": "✓", "notice": "!", "wrong": "✗"}[finding.level]
            show(f"{mark} {finding.check}: {finding.said}", style=STYLES[finding.level])
            for line in finding.details:
                show(f"    {line}")
            if finding.remedy:
                show(f"    {finding.remedy}", style="bold")
    else:
        rows = [(f.level, f.check, " ".join((f.said, *f.details)), f.remedy) for f in findings]
        show_table(("level", "check", "finding", "remedy"), rows)
    wrong = sum(finding.level == "wrong" for finding in findings)
    notices = sum(finding.level == "notice" for finding in findings)
    style = STYLES["wrong" if wrong else "notice" if notices else "ok"]
    say(
        f"{wrong} wrong, {notices} to notice, {len(findings) - wrong - notices} as they should be.",
        style=style,
    )
