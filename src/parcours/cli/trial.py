"""`parcours test`: a journey tried on oneself, with the data of somebody, and without touching anybody."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final

import typer

from parcours.channels.address import parse_address
from parcours.cli.output import number_of, say, show, show_json
from parcours.cli.session import actor, connected, remote, run, settings_of
from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.editing.definitions import defined_journey
from parcours.service.explaining.person_copy import audiences_by_condition, latest_entry, read_person
from parcours.settings import Settings
from parcours.simulation.trying import MailsWanted, make_mails, note_trial, opened, send_trial
from parcours.simulation.walk import Answer, Happened, Walk, for_walk
from parcours.simulation.walker import Outlets
from parcours.store.scratch import scratch_database
from parcours.wiring import Installation, installation, outgoing, start_embedded

__all__ = ["app"]

app = typer.Typer(
    help="Try a journey on yourself, with the data of somebody you choose.", no_args_is_help=True
)

LONGEST_MOMENT: Final = 3.0  # seconds that a wait takes

Key = Annotated[str, typer.Argument(help="Key of a journey.")]
As = Annotated[str, typer.Option("--as", help="Whose data is taken, by user_id.")]
Version = Annotated[
    int | None, typer.Option(help="Take this version; else the draft, or the newest one.", min=1)
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example: parcours test mails welcome --to me@example.com --as u1")
def mails(
    context: typer.Context,
    key: Key,
    *,
    to: Annotated[str, typer.Option(help="The address to which they go.")],
    as_: As,
    version: Version = None,
    step: Annotated[list[str] | None, typer.Option(help="Only the mail of this step; name several.")] = None,
    event: Annotated[
        str | None, typer.Option(help="The properties of the event at the entry, as a JSON object.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send all mails of a journey, a draft too, to one address, with the data of one person.

    Each is rendered as for that person and marked with [Test] in its subject. `event` is that of the person's
    latest entry, unless --event gives one; what steps on the way save has placeholders such as [crm.score], and
    so has an event that is not known. Nothing but a line in the audit is stored, and the person is left alone.
    Each mail is shown with the variables that are empty for this person. Exit status 1 where one could not be
    sent.
    """
    address = parse_address(to).spec
    given = _properties(event, "--event") if event is not None else None

    async def work(installed: Installation) -> list[dict[str, Any]]:
        wanted = MailsWanted(key, as_, address, version, step, given)
        async with installed.database.transaction() as connection:
            now = installed.clock.now()
            made = await make_mails(connection, wanted, buckets=installed.buckets, at=now)
            await note_trial(connection, wanted, at=now, actor=actor())
        async with outgoing(installed.settings, say) as channels, opened(channels["email"]) as channel:
            return [(await send_trial(mail, channel)).as_dict() for mail in made]

    client = remote(context)
    if client is None:
        found = connected(context, work)
    else:
        found = client.test_mails(key, as_, address, version=version, steps=step, event=given)
    if as_json:
        show_json(found)
    else:
        _show_mails(found, address)
    if any(mail["outcome"] != "sent" for mail in found):
        raise typer.Exit(1)


@app.command(
    epilog="Example: parcours test walk welcome --as u1 --event 'Order Completed={\"total\": 120}@bought'"
)
def walk(
    context: typer.Context,
    key: Key,
    *,
    as_: As,
    to: Annotated[str | None, typer.Option(help="Really send the mails, to this address.")] = None,
    version: Version = None,
    event: Annotated[
        list[str] | None,
        typer.Option(help="What the person does at a step: NAME@STEP or NAME=JSON@STEP; name several."),
    ] = None,
    entry: Annotated[
        str | None, typer.Option(help="The properties of the event at the entry, as a JSON object.")
    ] = None,
    call_webhooks: Annotated[
        bool, typer.Option("--call-webhooks", help="Really call webhooks; else they answer 200 and {}.")
    ] = False,
    ignore_entrance: Annotated[
        bool, typer.Option("--ignore-entrance", help="Let the person in whatever filter and exclusion say.")
    ] = False,
    fast: Annotated[bool, typer.Option("--fast", help="Do not rest for a moment at each wait.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let one test person go through a journey, a draft too, and see each move and why.

    The person is a copy of the one named, with attributes, events and audiences, in a database made for this and
    dropped afterwards: nobody else is touched, and nothing is stored or counted. Waits take three seconds at most.
    Branches are decided as for that person, experiments by the same hash. A wait for an event goes to its time-out
    unless --event answers it. Webhooks are shown and not called. Exit status 1 where the person is not let in.
    """
    address = parse_address(to).spec if to is not None else None
    answers = [_answer(text) for text in event or ()]
    given = _properties(entry, "--entry") if entry is not None else None

    async def copy(installed: Installation) -> tuple[Walk, list[str]]:
        async with installed.database.transaction() as connection:
            defined, _, _ = await defined_journey(connection, key, version)
            journey, notes = for_walk(defined, ignore_entrance=ignore_entrance)
            person = await read_person(connection, as_, buckets=installed.buckets)
            name, latest = await latest_entry(connection, person, journey, buckets=installed.buckets)
            audiences = await audiences_by_condition(connection)
        for answer in answers:
            if answer.step not in journey.steps:
                known = ", ".join(journey.steps)
                raise ParcoursError(
                    "unknown_step", f"there is no step {answer.step}", hint=f"There are {known}."
                )
        properties = latest or {} if given is None else given
        made = Walk(journey, person, audiences, installed.clock.now(), (name, properties), answers)
        return made, notes

    made, notes = connected(context, copy)
    lines = [Happened("note", format_instant(made.start), note) for note in notes]
    if not as_json:
        for line in lines:
            _show_line(line)
    lines += run(
        _walk(settings_of(context), made, address, call_webhooks=call_webhooks, fast=fast, quiet=as_json)
    )
    if as_json:
        show_json([line.as_dict() for line in lines])
    if any(line.kind == "refused" for line in lines):
        raise typer.Exit(1)


def _show_mails(found: Sequence[Mapping[str, Any]], address: str) -> None:
    if not found:
        say("The journey has no mails.")
    for mail in found:
        is_sent = mail["outcome"] == "sent"
        said = f" “{mail['subject']}”" if mail["subject"] is not None else ""
        wrong = mail["error"] or mail["detail"]
        detail = f" - {wrong}" if wrong and not is_sent else ""
        show(f"{mail['step']}: {mail['outcome']}{said}{detail}", style=None if is_sent else "red")
        for words, names in (
            ("empty for this person", mail["missing"]),
            ("placeholders", mail["placeholders"]),
        ):
            if names:
                show(f"  {words}: {', '.join(names)}")
    sent = sum(mail["outcome"] == "sent" for mail in found)
    if sent:
        say(f"{number_of(sent, 'mail')} went to {address}.")


def _properties(text: str, option: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"this is not JSON: {error}", param_hint=option) from None
    if not isinstance(value, dict):
        raise typer.BadParameter('write a JSON object, such as {"plan": "pro"}', param_hint=option)
    return value


async def _walk(
    settings: Settings, made: Walk, to: str | None, *, call_webhooks: bool, fast: bool, quiet: bool
) -> list[Happened]:
    """Walk in a database of its own, and show what happens while it does."""
    task = asyncio.current_task()
    assert task is not None
    # Whoever ends it leaves no database behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    url = settings.database_url or (await asyncio.to_thread(start_embedded, settings, say)).url
    lines = []
    async with AsyncExitStack() as stack:
        if to is not None or call_webhooks:
            channels = await stack.enter_async_context(outgoing(settings, say))
            email = await stack.enter_async_context(opened(channels["email"])) if to is not None else None
            webhook = await stack.enter_async_context(opened(channels["webhook"])) if call_webhooks else None
            made.outlets = Outlets(to, email, webhook)
        own = await stack.enter_async_context(scratch_database(url, SystemClock().now()))
        there = settings.model_copy(update={"database_url": own, "buckets": 1})
        installed = await stack.enter_async_context(
            installation(there, migrate=True, say=say, connections=1, own=True)
        )
        async for line in made.go(installed.database):
            lines.append(line)
            if not quiet:
                _show_line(line)
            if line.kind == "wait" and not fast:
                await asyncio.sleep(_moment(line))
    return lines


def _moment(line: Happened) -> float:
    """Return for how long to rest at a wait: as long as it is, and never longer than a moment."""
    begun, until = parse_instant(line.at), parse_instant(line.until or line.at)
    assert begun is not None
    assert until is not None
    return max(0.0, min(LONGEST_MOMENT, (until - begun).total_seconds()))


def _show_line(line: Happened) -> None:
    styles = {"move": "bold", "end": "green", "refused": "red"}
    show(f"{line.at}  {line.text}", style=styles.get(line.kind))
    for reason in line.because:
        show(f"    {reason}")
    for name, value in (line.seen or {}).items():
        said = "missing" if value is None else json.dumps(value, ensure_ascii=False)
        show(f"    {name} = {said}")


def _answer(text: str) -> Answer:
    said, at, step = text.rpartition("@")
    name, is_, properties = said.partition("=")
    if not at or not name or not step:
        raise typer.BadParameter("write NAME@STEP or NAME=JSON@STEP", param_hint="--event")
    return Answer(step, name, _properties(properties, "--event") if is_ else {})
