"""`parcours stuck`: who should move and does not, why, and what to do about one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

import typer

from parcours.cli.output import say, show, show_json, show_table
from parcours.cli.remote_values import stuck_of
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import parse_duration
from parcours.service.watch.stuck import Mend, MendOrder, Stuck, find_failed, find_stuck, mend
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()

MOST: Final = 1000  # that a server tells
LATELY: Final = timedelta(days=1)
STUCK: Final = ("since", "journey", "version", "user_id", "step", "why")
FAILED: Final = ("finished_at", "journey_key", "user_id", "step", "detail")


@app.command(epilog="Example: parcours stuck welcome --user u1 --step hello --retry")
def stuck(
    context: typer.Context,
    key: Annotated[
        str | None, typer.Argument(help="Key of a journey; without it, all.", show_default=False)
    ] = None,
    *,
    late: Annotated[str, typer.Option("--late", help="Overdue for longer than this.")] = "5m",
    limit: Annotated[int, typer.Option(help="How many, those longest due first.", min=1)] = 100,
    user: Annotated[str | None, typer.Option("--user", help="Do something about this person.")] = None,
    step: Annotated[str | None, typer.Option("--step", help="Only if the person stands there.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again at once.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Go on as if the message was sent.")] = False,
    drop_out: Annotated[bool, typer.Option("--drop-out", help="Take the person out.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for the audit.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """List people who should move and do not, and why; or do something about one of them.

    Stuck is who is inside a live or closed journey and has been due for more than five minutes: a timer, a message
    that cannot be sent or has no outcome, a change that is not applied. Below them, who fell out because of a fault
    within a day. Exit status 1 where somebody is stuck. What is done about a person is in the audit.
    """
    span = parse_duration(late)
    if span is None:
        raise typer.BadParameter(f"{late} is no duration; write it as 5m", param_hint="--late")
    chosen = [name for name, given in (("retry", retry), ("skip", skip), ("drop_out", drop_out)) if given]
    if user is not None or step is not None or chosen:
        if user is None or key is None or len(chosen) != 1:
            raise typer.BadParameter("name KEY, --user, and one of --retry, --skip, --drop-out")
        order = MendOrder(key, user, _mend(chosen[0]), step, reason, actor())
        _mend_one(context, order, span, as_json=as_json)
        return

    async def work(installed: Installation) -> tuple[list[Stuck], list[dict[str, Any]]]:
        now = installed.clock.now()
        async with installed.database.transaction() as connection:
            found = await find_stuck(connection, now, key=key, late=span, limit=limit)
            return found, await find_failed(connection, now - LATELY, key=key)

    client = remote(context)
    if client is None:
        found, failed = connected(context, work)
    else:
        minutes = span.total_seconds() / 60
        there = client.stuck(key, minutes=minutes, limit=min(limit, MOST))
        found, failed = [stuck_of(one) for one in there["stuck"]], there["failed"]
    if as_json:
        show_json({"stuck": [one.as_dict() for one in found], "failed": failed})
    else:
        _show(found, failed, limit)
    if found:
        raise typer.Exit(1)


def _mend(word: str) -> Mend:
    return "retry" if word == "retry" else "skip" if word == "skip" else "drop_out"


def _mend_one(context: typer.Context, order: MendOrder, late: timedelta, *, as_json: bool) -> None:
    async def work(installed: Installation) -> Stuck:
        async with installed.database.transaction() as connection:
            now = installed.clock.now()
            return await mend(connection, order, now, buckets=installed.buckets, late=late)

    try:
        client = remote(context)
        if client is None:
            one = connected(context, work)
        else:
            wire = client.mend(
                order.journey, order.user_id, order.mend, step=order.step, minutes=late.total_seconds() / 60,
                reason=order.reason,
            )  # fmt: skip
            one = stuck_of(wire)
    except ParcoursError as error:
        if as_json:
            show_json({"refused": error.code, "message": error.message})
        raise
    done = {
        "retry": "is tried again as soon as a worker can",
        "skip": "goes on as if the message was sent",
        "drop_out": "is taken out",
    }[order.mend]
    if as_json:
        show_json({**one.as_dict(), "done": order.mend})
    else:
        show(f"{order.user_id} at {one.step} of {order.journey} {done}.")


def _show(found: list[Stuck], failed: list[dict[str, Any]], limit: int) -> None:
    if not found:
        say("Nobody is stuck.", style="green")
    else:
        rows = [one.as_dict() for one in found]
        show_table(STUCK, [[row[column] for column in STUCK] for row in rows], numbers=("version",))
        if len(found) == limit:
            say(f"There may be more: these are the first {limit}.")
    if failed:
        show()
        show("Fell out because of a fault:", style="bold")
        show_table(FAILED, [[row[column] for column in FAILED] for row in failed])
