"""Commands for later: `--at` of the commands of a journey's life, `parcours journey scheduled` and `unschedule`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_error, show_json, show_table
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import Order
from parcours.service.commands.scheduling import (
    Scheduled,
    give_for_later,
    read_when,
    scheduled_commands,
    take_back,
)
from parcours.store.database import Connection
from parcours.wiring import Installation

__all__ = ["At", "AtOnce", "give_later", "in_zone", "scheduled", "show_scheduled", "unschedule"]

At = Annotated[
    str | None,
    typer.Option(
        "--at", help="Do it at this instant, by itself; in the journey's time zone where it has no offset."
    ),
]
# Asked for all the same, so that the answer can say what is possible instead.
AtOnce = Annotated[
    str | None, typer.Option("--at", help="Not for this command: it is done at once.", hidden=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def give_later(
    context: typer.Context, keys: Sequence[str], order: Order, when: str, *, as_json: bool
) -> None:
    """Keep a command for each journey until an instant; status 1 where one could not be kept."""

    async def work(installed: Installation) -> tuple[list[Scheduled], bool]:
        kept, failed = [], False
        for key in dict.fromkeys(keys):
            given = replace(order, journey=key, actor=actor())
            try:
                async with installed.database.transaction() as connection:
                    at = await read_when(connection, key, when)
                    given = await in_zone(connection, given)
                    kept.append(await give_for_later(connection, given, at, installed.clock.now()))
            except ParcoursError as error:
                show_error(error)
                failed = True
        return kept, failed

    kept, failed = connected(context, work)
    if as_json:
        show_json([one.as_dict() for one in kept])
    else:
        for one in kept:
            show_scheduled(one)
    if failed:
        raise typer.Exit(1)


async def in_zone(connection: Connection, order: Order) -> Order:
    """Read an `until` without an offset in the time zone of the journey, as --at is read."""
    until = order.options.get("until")
    if not isinstance(until, str) or until == "none":
        return order
    at = await read_when(connection, order.journey, until, "--until")
    return replace(order, options={**order.options, "until": format_instant(at)})


def scheduled(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(help="Key of a journey; without it, all.", show_default=False)
    ] = None,
    *,
    past: Annotated[
        bool, typer.Option("--past", help="Also those that are over, and what became of them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the commands that somebody gave for later, the next one first."""

    async def work(installed: Installation) -> list[dict[str, Any]]:
        async with installed.database.transaction() as connection:
            return await scheduled_commands(connection, key, past=past)

    client = remote(context)
    lines = (
        connected(context, work)
        if client is None
        else [dict(one) for one in client.scheduled(key, past=past)]
    )
    if as_json:
        show_json(lines)
        return
    if not lines:
        say("Nothing is scheduled. `parcours journey close KEY --at INSTANT` would be, for example.")
        return
    columns = ("id", "at", "journey", "version", "command", "by", "reason", "outcome")
    show_table(columns, [_row(line) for line in lines], numbers=("id", "version"))


def unschedule(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="As `parcours journey scheduled` shows it.")],
    *,
    reason: Annotated[str | None, typer.Option(help="Why; kept in the audit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a command back that was given for later."""

    async def work(installed: Installation) -> dict[str, Any]:
        async with installed.database.transaction() as connection:
            return await take_back(connection, number, installed.clock.now(), actor=actor(), reason=reason)

    client = remote(context)
    line = connected(context, work) if client is None else dict(client.unschedule(number, reason=reason))
    if as_json:
        show_json(line)
    else:
        show(f"{line['command']} of {line['journey']} at {line['at']} is taken back: it will not happen.")


def show_scheduled(one: Scheduled) -> None:
    """Print a command that is kept for later."""
    whose = f"{one.journey} version {one.version}" if one.version is not None else one.journey
    would = "would be" if one.dry_run else "is"
    number = "" if one.scheduled_id is None else f" (number {one.scheduled_id})"
    show(f"{one.command} of {whose} {would} scheduled for {format_instant(one.at)}{number}.")
    now = one.would
    if now.refused:
        show(
            f"As things stand it would be refused then: {now.message.rstrip('.')} ({now.refused}). {now.hint}"
        )
    elif now.from_status is None and now.to_status is not None:
        show(f"Done now, version {now.version} would be made: {now.to_status}.")
    elif now.changed:
        counted = ", ".join(f"{name} {n}" for name, n in now.counts.items())
        show(
            f"Done now, version {now.version} would become {now.to_status} (is {now.from_status}): {counted}."
        )
    else:
        show(f"As things stand there would be nothing to do: version {now.version} is {now.to_status}.")


def _row(line: dict[str, Any]) -> tuple[Any, ...]:
    outcome = line["outcome"] or ""
    if line["refused"]:
        outcome = f"refused: {line['said']} ({line['refused']})"
    if outcome:
        outcome += f" at {line['done_at']}"
    return (
        line["scheduled_id"],
        line["at"],
        line["journey"],
        line["version"] or "all",
        " ".join([line["command"], *(f"{name}: {value}" for name, value in line["options"].items())]),
        line["actor"],
        line["reason"],
        outcome,
    )
