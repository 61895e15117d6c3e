"""`parcours hold`: one switch over the sending of every journey."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_json, waiting
from parcours.cli.remote_values import held_of, switched
from parcours.cli.scheduling import AtOnce
from parcours.cli.session import actor, connected, remote
from parcours.client import Client
from parcours.domain.records import CommandResult
from parcours.service.commands.holding import (
    Held,
    hold_sending,
    read_hold,
    release_sending,
    wait_for_providers,
)
from parcours.service.commands.scheduling import not_for_later
from parcours.service.watch.reports import notify_workers
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog='Example: parcours hold --reason "the mail provider is down"')
def hold(
    context: typer.Context,
    *,
    release: Annotated[bool, typer.Option("--release", help="Let messages leave again.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Only say whether sending is held.")] = False,
    at: AtOnce = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept in the audit.")] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait for messages that a provider holds already.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Hold all sending, of every journey, or release it.

    People go on and wait at their messages. After the answer no message is handed over until the release.
    """
    if at is not None:
        raise not_for_later("hold")

    async def work(installed: Installation) -> tuple[Held | None, CommandResult | None, dict[str, int]]:
        settled: dict[str, int] = {}
        result = None
        async with installed.database.transaction() as connection:
            if not status:
                command = release_sending if release else hold_sending
                result = await command(
                    connection, at=installed.clock.now(), actor=actor(), reason=reason, dry_run=dry_run
                )
                if not dry_run:
                    await notify_workers(connection)
            held = await read_hold(connection)
        if result is not None and not (release or dry_run or no_wait):
            with waiting("Waiting for messages that a provider holds already (Ctrl-C leaves)"):
                settled = await wait_for_providers(installed.database, installed.clock)
        return held, result, settled

    client = remote(context)
    if client is None:
        held, result, settled = connected(context, work)
    else:
        held, result, settled = _there(
            client, release=release, status=status, reason=reason, dry_run=dry_run, wait=not no_wait
        )
    if as_json:
        wire: dict[str, Any] = {"held": held.as_dict() if held else None}
        if result is not None:
            wire |= {"command": result.as_dict(), "settled": settled}
        show_json(wire)
        return
    _print(held, result, settled)


def _there(
    client: Client, *, release: bool, status: bool, reason: str | None, dry_run: bool, wait: bool
) -> tuple[Held | None, CommandResult | None, dict[str, int]]:
    if status:
        return held_of(client.sending()["held"]), None, {}
    if release:
        wire = client.release_sending(reason=reason, dry_run=dry_run)
    elif wait and not dry_run:
        with waiting("Waiting for messages that a provider holds already (Ctrl-C leaves)"):
            wire = client.hold_sending(reason=reason)
    else:
        wire = client.hold_sending(reason=reason, dry_run=dry_run, wait=False)
    command = "release_sending" if release else "hold_sending"
    return held_of(wire["held"]), switched(command, wire), wire["settled"]


def _print(held: Held | None, result: CommandResult | None, settled: dict[str, int]) -> None:
    due = f"{result.counts['due_within_hour']} of them due within the hour" if result is not None else ""
    if result is not None and result.dry_run:
        would = "would be held" if result.command == "hold_sending" else "would be free to leave"
        show(f"{result.counts['messages']} messages {would}, {due}.")
        return
    if result is not None and result.from_status == result.to_status:
        show("Nothing to do.")
    show(str(held) if held else "Messages leave as they are due.")
    if result is not None and result.counts["messages"]:
        state = "wait" if held else "are free to leave"
        show(f"{result.counts['messages']} messages {state}, {due}.")
    if settled.get("in_flight"):
        say(
            f"{settled['in_flight']} messages were in a provider's hands: {settled['sent']} sent, "
            f"{settled['uncertain']} uncertain."
        )
