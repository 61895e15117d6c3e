"""`parcours person …`: what one person may ask for: to see all that is known, to be forgotten, to be written to or not."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_json, show_table, waiting
from parcours.cli.remote_values import erasure_of, said_of
from parcours.cli.session import actor, connected, remote
from parcours.client import Client
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.consent.said import EVERYTHING, Said, read_consents_under, say_for
from parcours.service.intake.taking import feed_numbers
from parcours.service.privacy.erasing import Erasure, erase_person, read_erasure
from parcours.service.privacy.export import export_person, note_export
from parcours.service.watch.reports import notify_workers
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(help="Do what one person may ask for: export, erase, consent.", no_args_is_help=True)

PATIENCE = 30.0  # seconds for the engine to forget somebody
UserId = Annotated[str, typer.Argument(metavar="USER_ID", help="The person.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


@app.command(epilog="Example: parcours person export u1 --output u1.json")
def export(
    context: typer.Context,
    user_id: UserId,
    *,
    output: Annotated[Path | None, typer.Option(help="Write to this file, not to the terminal.")] = None,
    reason: Reason = None,
) -> None:
    """Write down all that is known of one person, as JSON."""

    async def work(installed: Installation) -> dict[str, Any]:
        now = installed.clock.now()
        async with installed.database.transaction() as connection:
            found = await export_person(connection, user_id, buckets=installed.buckets, at=now)
        async with installed.database.transaction() as connection:
            await note_export(connection, user_id, at=now, actor=actor(), reason=reason)
        return found

    client = remote(context)
    found = connected(context, work) if client is None else client.export_person(user_id, reason=reason)
    if output is None:
        show_json(found)
        return
    output.write_text(json.dumps(found, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    show(f"All that is known of {user_id} is in {output}.")


@app.command(epilog='Example: parcours person erase u1 --reason "asked by mail, 3 May"')
def erase(
    context: typer.Context,
    user_id: UserId,
    *,
    no_suppress: Annotated[
        bool, typer.Option("--no-suppress", help="Do not keep advertising from the address in future.")
    ] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until every row is gone.")] = False,
    dry_run: DryRun = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Forget one person, for good: everything but a hash of the key and of the address.

    The person leaves every journey (`profile_deleted`); totals stay. What comes in under the key makes nobody again.
    """

    async def work(installed: Installation) -> Erasure:
        async with installed.database.transaction() as connection:
            asked = await erase_person(
                connection, user_id, buckets=installed.buckets, at=installed.clock.now(), actor=actor(),
                reason=reason, suppress=not no_suppress, dry_run=dry_run,
            )  # fmt: skip
            if not dry_run:
                await notify_workers(connection)
        if dry_run or no_wait or asked.done_at is not None:
            return asked
        with waiting("Waiting until every row is gone (Ctrl-C leaves; it goes on)"):
            return await _wait(installed, asked)

    client = remote(context)
    if client is None:
        asked = connected(context, work)
    else:
        asked = _erase_there(
            client, user_id, suppress=not no_suppress, dry_run=dry_run, wait=not no_wait, reason=reason
        )
    if as_json:
        show_json(asked.as_dict())
        return
    counts = ", ".join(f"{kind} {n}" for kind, n in asked.counts.items() if n) or "nothing but the key"
    if dry_run:
        show(f"{user_id} would be forgotten: {counts}.")
    elif asked.done_at is not None:
        show(f"{user_id} is forgotten since {format_instant(asked.done_at)}: {counts}.")
    else:
        show(f"{user_id} is deleted: {counts}.")
        say("What journeys hold of the person goes behind that, while a worker runs.")


@app.command(epilog="Example: parcours person consent u1 news in --source checkout")
def consent(
    context: typer.Context,
    user_id: UserId,
    subscription: Annotated[
        str | None, typer.Argument(help="A subscription type, or all for all advertising.")
    ] = None,
    state: Annotated[str | None, typer.Argument(help="What the person said: in or out.")] = None,
    *,
    source: Annotated[str | None, typer.Option(help="Where it was said.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a person said about being written to; or keep what was said now."""
    if state not in (None, "in", "out"):
        raise ParcoursError("bad_option", f"the state is {state!r}", hint="Write in or out.")

    async def work(installed: Installation) -> list[Said]:
        async with installed.database.transaction() as connection:
            if subscription is not None and state is not None:
                key = EVERYTHING if subscription == "all" else subscription
                await say_for(
                    connection, user_id, key, "in" if state == "in" else "out", buckets=installed.buckets,
                    at=installed.clock.now(), number=feed_numbers(1)[0], actor=actor(), source=source,
                )  # fmt: skip
            return await read_consents_under(connection, user_id, buckets=installed.buckets)

    client = remote(context)
    if client is None:
        said = connected(context, work)
    else:
        if subscription is not None and state is not None:
            client.say_consent(
                user_id, EVERYTHING if subscription == "all" else subscription, state, source=source
            )
        said = [said_of(one) for one in client.consents(user_id)]
    if as_json:
        show_json([one.as_dict() for one in said])
    elif not said:
        show(f"{user_id} said nothing.")
    else:
        show_table(
            ("type", "said", "at", "by", "where"),
            [
                ("all advertising" if one.subscription == EVERYTHING else one.subscription, one.state,
                 format_instant(one.at), one.by_what, one.source or "")
                for one in said
            ],
        )  # fmt: skip


def _erase_there(
    client: Client, user_id: str, *, suppress: bool, dry_run: bool, wait: bool, reason: str | None
) -> Erasure:
    asked = erasure_of(client.erase_person(user_id, suppress=suppress, dry_run=dry_run, reason=reason))
    if dry_run or not wait or asked.done_at is not None:
        return asked

    def gone() -> Erasure:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = erasure_of(client.erasure(user_id))
            if found.done_at is not None:
                return found
            time.sleep(0.2)
        return asked

    with waiting("Waiting until every row is gone (Ctrl-C leaves; it goes on)"):
        return gone()


async def _wait(installed: Installation, asked: Erasure) -> Erasure:
    async def done() -> Erasure:
        while True:
            async with installed.database.transaction() as connection:
                found = await read_erasure(connection, asked.person, buckets=installed.buckets)
            if found is not None and found.done_at is not None:
                return found
            await asyncio.sleep(0.2)

    try:
        async with asyncio.timeout(PATIENCE):
            return await done()
    except TimeoutError:
        return asked
