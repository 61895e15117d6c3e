"""Commands that answer with numbers of what happened: ledger, audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from parcours.cli.output import on_terminal, say, show, show_json, show_table
from parcours.cli.remote_forms import audit_line, ledger_of
from parcours.cli.session import connected, remote
from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import parse_duration, parse_instant
from parcours.service.watch.ledger import Ledger, read_ledgers
from parcours.service.watch.reports import AuditFilter, audit_trail
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()

Key = Annotated[str | None, typer.Argument(help="Key of a journey; without it, all.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
COLUMNS: Final = (
    "journey", "version", "status", "entered", "transferred_in", "active", "completed", "succeeded", "dropped_out",
    "cancelled", "transferred_out", "success", "balances",
)  # fmt: skip
WORDS: Final = ("journey", "status", "balances")


@app.command(epilog="Example: parcours ledger welcome")
def ledger(context: typer.Context, key: Key = None, *, as_json: AsJson = False) -> None:
    """Show where everybody who entered is, and that nobody is lost.

    For every version: entered + transferred_in = active + completed + succeeded + dropped_out + cancelled +
    transferred_out, and for every step in = here + out. Checked bucket by bucket, counters against people.
    Exit status 1 where something does not balance.
    """

    async def work(installed: Installation) -> list[Ledger]:
        async with installed.database.transaction() as connection:
            return await read_ledgers(connection, key)

    client = remote(context)
    ledgers = connected(context, work) if client is None else [ledger_of(one) for one in client.ledger(key)]
    if as_json:
        show_json([one.as_dict() for one in ledgers])
    else:
        _show(ledgers, steps=key is not None)
    if not all(one.balances for one in ledgers):
        raise typer.Exit(1)


@app.command(epilog="Example: parcours audit welcome --actor anna --since 7d")
def audit(
    context: typer.Context,
    key: Key = None,
    *,
    actor: Annotated[
        str | None, typer.Option(help="Only of this one: anna, cli:anna, engine.", show_default=False)
    ] = None,
    command: Annotated[
        str | None, typer.Option(help="Only this command, such as pause.", show_default=False)
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only since an instant, or a time ago such as 7d.", show_default=False),
    ] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only what was refused.")] = False,
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who commanded what, when, why, with which choices and effect.

    Refused commands and what happened by itself are here too. Nothing is ever changed or removed in it.
    """

    async def work(installed: Installation) -> list[dict[str, Any]]:
        asked = AuditFilter(key, actor, command, _since(since, installed.clock.now()), refused)
        async with installed.database.transaction() as connection:
            return await audit_trail(connection, limit=limit, asked=asked)

    client = remote(context)
    if client is None:
        lines = connected(context, work)
    else:
        at = _since(since, SystemClock().now())
        found = client.audit(key, actor=actor, command=command, since=at, refused=refused, limit=limit)
        lines = [audit_line(one) for one in found]
    if as_json:
        show_json(lines)
        return
    columns = ("at", "who", "journey", "version", "command", "effect", "reason", "before")
    show_table(columns, [_audit_row(line) for line in lines], numbers=("version",))


def _since(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    ago = parse_duration(text)
    at = now - ago if ago is not None else parse_instant(text)
    if at is None:
        raise ParcoursError(
            "bad_instant", f"{text!r} is neither an instant nor a time", place="--since",
            hint="Write 2026-12-01, 2026-12-01T08:00:00+01:00, or 7d.",
        )  # fmt: skip
    return at


def _show(ledgers: Sequence[Ledger], *, steps: bool) -> None:
    if not ledgers:
        say("No journey is published yet.")
        return
    moved = not on_terminal() or any(one.transferred_in or one.transferred_out for one in ledgers)
    columns = [column for column in COLUMNS if moved or not column.startswith("transferred")]
    cells = [[row[column] for column in columns] for row in map(_row, ledgers)]
    show_table(columns, cells, numbers=[column for column in columns if column not in WORDS])
    for one in ledgers:
        if one.settling:
            what = "cancelled" if one.status == "stopped" else "transferred"
            show(f"{one.journey} {one.version} is settling: {one.settling} {what} people to write down.")
    for one in ledgers if steps else ():
        show()
        show(f"{one.journey} {one.version}", style="bold")
        rows = [(step, count.entered, count.here, count.out) for step, count in one.steps.items()]
        show_table(("step", "in", "here", "out"), rows, numbers=("in", "here", "out"))
        if one.reasons:
            show("Dropped out: " + ", ".join(f"{reason} {n}" for reason, n in one.reasons.items()))
    for one in ledgers:
        for mismatch in one.mismatches:
            show(f"{one.journey} {one.version} does not balance: {mismatch}", style="red")


def _row(one: Ledger) -> dict[str, Any]:
    rate = "" if one.success_rate is None else f"{one.success_rate:.1%}"
    return {
        **{name: getattr(one, name) for name in COLUMNS if hasattr(one, name)},
        "success": rate,
        "balances": "yes" if one.balances else "NO",
    }


def _audit_row(line: dict[str, Any]) -> tuple[Any, ...]:
    change = f"{line['from_status'] or '-'} → {line['to_status'] or '-'}"
    return (
        line["at"],
        line["actor"],
        line["journey_key"],
        line["version_no"],
        f"{line['command']} {json.dumps(line['options']) if line['options'] else ''}".rstrip(),
        f"refused: {line['refused']}" if line["refused"] else change,
        line["reason"],
        ", ".join(f"{name} {n}" for name, n in line["counts"].items()),
    )
