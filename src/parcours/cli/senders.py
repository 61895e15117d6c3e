"""`parcours sender …`: who mails come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from parcours.cli.output import show, show_json, show_table
from parcours.cli.remote_values import sender_of
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.senders import Sender
from parcours.service.editing.sender_changes import delete_sender, save_sender
from parcours.service.editing.senders import read_senders
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(help="Keep the addresses that mails come from.", no_args_is_help=True)

Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


@app.command(
    "set",
    epilog="Example: parcours sender set news --address news@example.com --name 'Anna at the shop' --default",
)
def set_(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="A short name for it: letters, digits, - and _.")],
    *,
    address: Annotated[str | None, typer.Option(help="The address; a new sender needs one.")] = None,
    name: Annotated[str | None, typer.Option(help="What readers see beside the address.")] = None,
    reply_to: Annotated[
        str | None, typer.Option(help="Where answers go; empty: to the address itself.")
    ] = None,
    default: Annotated[
        bool | None,
        typer.Option("--default/--no-default", help="Mails of journeys that name nobody come from it."),
    ] = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Make a sender known, or change it. What is not given stays; published journeys go on as they are."""

    def over(senders: Sequence[Sender]) -> tuple[Sender, bool]:
        before = next((one for one in senders if one.key == key), None)
        if before is None and address is None:
            raise ParcoursError(
                "bad_sender", f"the sender {key} is new, and has no address", place="--address",
                hint="Write it as news@example.com.",
            )  # fmt: skip
        given = {"address": address, "name": name, "reply_to": reply_to, "usual": default}
        wanted = replace(before or Sender(key, ""), **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
        return wanted, before is None

    async def work(installed: Installation) -> tuple[Sender, bool]:
        async with (
            installed.database.transaction() as connection,
            connection.transaction(force_rollback=dry_run),
        ):
            wanted, is_new = over(await read_senders(connection))
            await save_sender(connection, wanted, at=installed.clock.now(), actor=actor(), reason=reason)
            return wanted, is_new

    client = remote(context)
    if client is None:
        saved, is_new = connected(context, work)
    else:
        saved, is_new = over([sender_of(one) for one in client.senders()])
        if not dry_run:
            client.save_sender(
                key,
                saved.address,
                name=saved.name,
                reply_to=saved.reply_to,
                default=saved.usual,
                reason=reason,
            )
    if as_json:
        show_json({**saved.as_dict(), "new": is_new, "dry_run": dry_run})
        return
    show(f"{key} {'would be' if dry_run else 'is'} {'new' if is_new else 'changed'}: {saved.header}.")


@app.command("list", epilog="Example: parcours sender list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the senders."""

    async def work(installed: Installation) -> list[Sender]:
        async with installed.database.transaction() as connection:
            return list(await read_senders(connection))

    client = remote(context)
    found = connected(context, work) if client is None else [sender_of(one) for one in client.senders()]
    if as_json:
        show_json([one.as_dict() for one in found])
    elif found:
        show_table(
            ("sender", "from", "answers", "default"),
            [(one.key, one.header, one.answers, "yes" if one.usual else "") for one in found],
        )
    else:
        show("No sender is known. Example: parcours sender set news --address news@example.com --default")


@app.command(epilog="Example: parcours sender remove news")
def remove(context: typer.Context, key: str, *, reason: Reason = None) -> None:
    """Forget a sender; refused while mails of published journeys come from it."""

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await delete_sender(connection, key, at=installed.clock.now(), actor=actor(), reason=reason)

    client = remote(context)
    if client is None:
        connected(context, work)
    else:
        client.delete_sender(key, reason=reason)
    show(f"{key} is no sender any more.")
