"""`parcours retention`: for how long events, moves and messages are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_json
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import parse_duration
from parcours.service.privacy.retaining import Retention, looks_further_back, read_retention, save_retention
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: parcours retention --events 400d --passages 730d --messages 365d")
def retention(
    context: typer.Context,
    *,
    events: Annotated[
        str | None, typer.Option(help="Keep events for so long, such as 400d; or for ever.")
    ] = None,
    passages: Annotated[
        str | None, typer.Option(help="Keep the moves of passages for so long behind their end; or for ever.")
    ] = None,
    messages: Annotated[
        str | None,
        typer.Option(help="Keep messages for so long behind the end of their passage; or for ever."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be settled.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept in the audit.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show for how long things are kept, or settle it.

    What is older goes within a day, while a worker runs.

    Conditions see only the events that are kept. Who was in a journey, and how many, stays known.
    """
    given = {"events": events, "passages": passages, "messages": messages}
    changes = {kind: _read(kind, text) for kind, text in given.items() if text is not None}

    async def work(installed: Installation) -> tuple[Retention, list[str]]:
        async with installed.database.transaction() as connection:
            wanted = replace(await read_retention(connection), **changes)
            if changes and not dry_run:
                await save_retention(
                    connection, wanted, at=installed.clock.now(), actor=actor(), reason=reason
                )
            return wanted, await looks_further_back(connection, wanted)

    client = remote(context)
    if client is None:
        found, warnings = connected(context, work)
    else:
        there: Mapping[str, Any] = client.retention()
        if changes:
            asked = {kind: there[kind] for kind in given}
            asked |= {kind: None if span is None else span.days for kind, span in changes.items()}
            there = client.keep_for(asked, dry_run=dry_run, reason=reason)
        kept = {kind: None if there[kind] is None else timedelta(days=there[kind]) for kind in given}
        found, warnings = Retention(**kept), there["warnings"]
    if as_json:
        show_json(found.as_dict())
        return
    for kind, days in found.as_dict().items():
        show(f"{kind}: {'for ever' if days is None else f'{days} days'}")
    for warning in warnings:
        say(f"Warning: {warning}")


def _read(kind: str, text: str) -> timedelta | None:
    if text.strip().lower() in ("ever", "for ever", "forever", "never"):
        return None
    found = parse_duration(text)
    if found is None:
        raise ParcoursError(
            "bad_option", f"{text!r} is no duration", place=f"--{kind}", hint="Write 400d, or ever."
        )
    return found
