"""`parcours why`: the story of one person in one journey."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from parcours.cli.output import show, show_json
from parcours.cli.session import connected, remote
from parcours.domain.catalogue_reasons import DROPPING_OUT
from parcours.domain.condition_words import say_value
from parcours.service.explaining.why import Why, read_why
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

    Every passage with its moves, the values compared, the messages and their outcomes; every refusal; what is waited
    for now. For somebody who is not inside also what the entrance says now: each trigger with the latest events, and each
    rule of admission with the value it looks at.
    """

    async def work(installed: Installation) -> Why:
        async with installed.database.transaction() as connection:
            return await read_why(
                connection, user_id, key, buckets=installed.buckets, now=installed.clock.now()
            )

    client = remote(context)
    found: dict[str, Any] = (
        connected(context, work).as_dict() if client is None else dict(client.why(user_id, key))
    )
    if as_json:
        show_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    show(f"{found['user_id']} in {found['journey']}", style="bold")
    for note in found["notes"]:
        show(note)
    for passage in found["passages"]:
        show()
        _show_passage(passage)
    for refusal in found["refusals"]:
        show()
        reason, times = refusal["reason"], refusal["times"]
        show(f"Refused {'once' if times == 1 else f'{times} times'}: {reason}", style="bold")
        show(f"  {refusal['said'] or ''}".rstrip())
        show(f"  {'at' if times == 1 else 'first at'} {refusal['first_at']}, trigger {refusal['trigger']}")
        if times > 1:
            show(f"  last at {refusal['last_at']}")
        _show_seen(refusal["seen"])
    if found["entrance"] is not None and not any(one["status"] == "active" for one in found["passages"]):
        show()
        _show_entrance(found["entrance"])


def _show_entrance(entrance: dict[str, Any]) -> None:
    """What the entrance says now: the triggers with the latest events, and each rule of admission in its order."""
    show(
        f"The entrance of version {entrance['version']}, asked now with the present profile and history",
        style="bold",
    )
    for trigger in entrance["triggers"]:
        show(f"  {trigger['said']}")
        for event in trigger.get("events", []):
            show(f"    done at {event['at']}: {event['said']}")
            _show_criterion(event["when"], "      ")
        if "now" in trigger:
            _show_criterion(trigger["now"], "    ")
    if not entrance["triggers"]:
        show("  It has no triggers; people are added by hand.")
    would = "would enter" if entrance["would"] == "enter" else f"would be refused ({entrance['would']})"
    show(f"  Suggested now, this person {would}:")
    for one in entrance["criteria"]:
        _show_criterion(one, "    ")


def _show_criterion(one: dict[str, Any] | None, indent: str) -> None:
    """Print a criterion; of one with several parts each part, with its value."""
    if one is None:
        return
    mark = {True: "yes", False: "no ", None: "   "}[one["holds"]]
    value = "" if one["value"] is None and not _shows_missing(one) else f" [{say_value(one['value'])}]"
    show(f"{indent}{mark} {one['said']}{value}")
    for item in one.get("items", ()):
        _show_criterion(item, indent + "  ")


def _shows_missing(one: dict[str, Any]) -> bool:
    """Tell whether a missing value says something: fields have one, audiences have none."""
    return "'s " in one["said"] and not one.get("items") and "code" not in one


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
    for one in passage["criteria"]:
        show(f"  Admitted, because the {one['rule']} held:")
        _show_criterion(one, "    ")
    # A message follows the move that made it, whatever instants they have.
    lines = [(move["seq"], move["at"], 0, move) for move in passage["moves"]]
    lines += [(m["seq"], m["at"] or m["due_at"], 1, m) for m in passage["messages"]]
    for _, at, is_message, item in sorted(lines, key=lambda line: line[:3]):
        if is_message:
            show(f"  {at}  {_message(item)}")
        else:
            show(f"  {at}  {_move(item, passage['version'])}")
            for branch in item["branches"]:
                show(f"    at {branch['step']}: {branch['said']}")
            if item["branches"] or "detail" in (item["seen"] or {}):
                _show_seen(item["seen"])
    if passage["waits_for"]:
        place = f"at {passage['step']} " if passage["step"] else ""
        show(f"  Now {place}waiting for {passage['waits_for']}")
    for way in passage["next"]:
        at = f" ({way['at']})" if way["at"] else ""
        show(f"    {way['when']}{at}: {'goes to ' + way['to'] if way['to'] else 'drops out'}")


def _move(move: dict[str, Any], version: int) -> str:
    start = "entry" if move["entered"] or move["from"] is None else move["from"]
    way = " → ".join([start, *move["path"]])
    if move["status"] != "active":
        way += f", {move['status']}" + (f" ({move['reason']})" if move["reason"] else "")
    if move["goal"]:
        way += ", goal met"
    other = f" [version {move['version']}]" if move["version"] != version else ""
    return f"{move['said']}: {way}{other}"


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
    if message["said"]:
        parts.append(f"- {message['said']}")
    return " ".join(parts)


def _show_seen(seen: dict[str, Any] | None) -> None:
    for name, value in (seen or {}).items():
        missing = value is None
        show(f"    {name} = {'missing' if missing else json.dumps(value, ensure_ascii=False)}")
