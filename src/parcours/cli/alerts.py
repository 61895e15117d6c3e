"""`parcours alerts`: what deserves attention now, and what was over lately; what single journeys are watched for."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from parcours.cli.output import on_terminal, say, show, show_json, show_table
from parcours.cli.session import actor, connected, remote
from parcours.domain.condition_words import say_duration
from parcours.domain.errors import ParcoursError
from parcours.service.watch.alerts import alerts as read_alerts
from parcours.service.watch.alerts import read_watch, watch_entrants
from parcours.wiring import Installation

__all__ = ["app", "show_alerts"]

app = typer.Typer()

MOST: Final = 1000  # that a server tells
STYLES: Final = {"critical": "red", "warning": "yellow"}


@app.command(epilog="Example: parcours alerts")
def alerts(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(help="Key of a journey; without it, all.", show_default=False)
    ] = None,
    *,
    past: Annotated[bool, typer.Option("--past", help="Also those that are over, the latest first.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 100,
    entrants_within: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Alert where nobody enters this journey for so long, such as 24h; `off` never, `default` as all others.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """List what deserves attention: alerts that stand, since when, and what to do.

    Raised by the servers and workers, told by mail and webhook where PARCOURS_ALERT_MAIL and PARCOURS_ALERT_WEBHOOK
    are set, over when their cause was not seen for five minutes. Exit status 1 where a critical one stands.
    """
    if entrants_within is not None:
        _set_watch(context, key, entrants_within)
        return

    async def work(installed: Installation) -> list[dict[str, Any]]:
        async with installed.database.transaction() as connection:
            return await read_alerts(connection, key, past=past, limit=limit)

    client = remote(context)
    if client is None:
        found = connected(context, work)
    else:
        found = [dict(one) for one in client.alerts(key, past=past, limit=min(limit, MOST))]
    if as_json:
        show_json(found)
    elif not found:
        say("Nothing stands.")
    else:
        show_alerts(found)
    if any(one["severity"] == "critical" and one["cleared_at"] is None for one in found):
        raise typer.Exit(1)


def show_alerts(found: list[dict[str, Any]]) -> None:
    """Print alerts: on a terminal each with its remedy, else one on a line."""
    if not on_terminal():
        columns = ("severity", "kind", "journey", "since", "over", "alert", "remedy")
        names = ("severity", "kind", "journey", "since", "cleared_at", "said", "remedy")
        show_table(columns, [[one[name] for name in names] for one in found])
        return
    for one in found:
        about = f" {one['journey']}" if one["journey"] else ""
        over = f", over since {one['cleared_at']}" if one["cleared_at"] else ""
        style = None if over else STYLES[one["severity"]]
        show(f"{one['severity']}: {one['kind']}{about}, since {one['since']}{over}", style=style)
        show(f"    {one['said']}")
        if not over:
            show(f"    {one['remedy']}", style="bold")


def _set_watch(context: typer.Context, key: str | None, text: str) -> None:
    if key is None:
        raise ParcoursError(
            "bad_option", "no journey is named", place="--entrants-within",
            hint="Write `parcours alerts KEY --entrants-within 24h`, or off, or default.",
        )  # fmt: skip
    within = read_watch(text)

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await watch_entrants(connection, key, within, at=installed.clock.now(), actor=actor())

    client = remote(context)
    if client is None:
        connected(context, work)
    else:
        client.watch_entrants(key, None if text == "default" else text)
    if within is None:
        show(f"{key} is watched as PARCOURS_ALERT_NO_ENTRANTS says.")
    elif within:
        show(f"{key}: an alert where nobody enters for {say_duration(within)}.")
    else:
        show(f"{key}: no alert where nobody enters.")
