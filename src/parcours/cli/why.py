"""`parcours why`: the story of one person in one journey."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from parcours.cli.output import show, show_json
from parcours.cli.session import connected
from parcours.domain.catalogue_reasons import DROPPING_OUT, REFUSING
from parcours.service.why import Why, read_why
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: parcours why u1 welcome")
def why(
    context: typer.Context,
    user_id: Annotated[str, typer.Argument(help="The person, by user_id.")],
    key: Annotated[str, typer.Argument(help="Key of the journey.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Tell why a person did, or did not, enter and move.

    Every passage with its moves, the values compared, the messages and their outcomes; every refusal; and what
    is waited for now.
    """

    async def work(installed: Installation) -> Why:
        async with installed.database.transaction() as connection:
            return await read_why(
                connection, user_id, key, buckets=installed.buckets, now=installed.clock.now()
            )

    found = connected(context, work)
    if as_json:
        show_json(found.as_dict())
    else:
        _show(found)


def _show(found: Why) -> None:
    show(f"{found.user_id} in {found.journey}", style="bold")
    for note in found.notes:
        show(note)
    for passage in found.passages:
        show()
        _show_passage(passage)
    for refusal in found.refusals:
        show()
        reason, times = refusal["reason"], refusal["times"]
        show(f"Refused {'once' if times == 1 else f'{times} times'}: {reason}", style="bold")
        show(f"  {REFUSING.get(reason, '')}".rstrip())
        show(f"  {'at' if times == 1 else 'first at'} {refusal['first_at']}, trigger {refusal['trigger']}")
        if times > 1:
            show(f"  last at {refusal['last_at']}")
        _show_seen(refusal["seen"])


def _show_passage(passage: dict[str, Any]) -> None:
    ending = f", left at {passage['left_at']}" if passage["left_at"] else ""
    reason = f" ({passage['reason']})" if passage["reason"] else ""
    show(
        f"Passage {passage['entry_no']}, version {passage['version']}: {passage['status']}{reason}, "
        f"entered at {passage['entered_at']}{ending}",
        style="bold",
    )
    if passage["reason"] in DROPPING_OUT:
        show(f"  {DROPPING_OUT[passage['reason']]}")
    # A message follows the move that made it, whatever instants they have.
    lines = [(move["seq"], move["at"], 0, move) for move in passage["moves"]]
    lines += [(m["seq"], m["at"] or m["due_at"], 1, m) for m in passage["messages"]]
    for _, at, is_message, item in sorted(lines, key=lambda line: line[:3]):
        if is_message:
            show(f"  {at}  {_message(item)}")
        else:
            show(f"  {at}  {_move(item, passage['version'])}")
            _show_seen(item["seen"])
    if passage["waits_for"]:
        place = f"at {passage['step']} " if passage["step"] else ""
        show(f"  Now {place}waiting for {passage['waits_for']}")


def _move(move: dict[str, Any], version: int) -> str:
    cause = move["cause"] + (
        f" {move['cause_name']}" if move["cause_name"] and move["cause"] != "outcome" else ""
    )
    start = "entry" if move["entered"] or move["from"] is None else move["from"]
    way = " → ".join([start, *move["path"]])
    if move["status"] != "active":
        way += f", {move['status']}" + (f" ({move['reason']})" if move["reason"] else "")
    if move["goal"]:
        way += ", goal met"
    other = f" [version {move['version']}]" if move["version"] != version else ""
    return f"{cause}: {way}{other}"


def _message(message: dict[str, Any]) -> str:
    parts = [f"{message['channel']} of {message['step']}: {message['state']}"]
    if message["reason"]:
        parts.append(f"({message['reason']})")
    if message["recipient"]:
        parts.append(f"to {message['recipient']}")
    if message["subject"]:
        parts.append(f"“{message['subject']}”")
    if message["detail"] and message["state"] != "sent":
        parts.append(f"- {message['detail']}")
    return " ".join(parts)


def _show_seen(seen: dict[str, Any] | None) -> None:
    for name, value in (seen or {}).items():
        missing = value is None
        show(f"    {name} = {'missing' if missing else json.dumps(value, ensure_ascii=False)}")
