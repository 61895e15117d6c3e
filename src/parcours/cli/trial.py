"""`parcours test`: a journey tried on oneself, with the data of somebody, and without touching anybody."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from parcours.channels.address import parse_address
from parcours.channels.channel import Channel, Sent, Uncertain
from parcours.cli.output import number_of, say, show, show_json
from parcours.cli.session import connected
from parcours.domain.errors import ParcoursError
from parcours.service.definitions import defined_journey
from parcours.service.person_copy import latest_entry, read_person
from parcours.simulation.mails import TrialMail, mails_for
from parcours.wiring import Installation, outgoing

__all__ = ["app"]

app = typer.Typer(
    help="Try a journey on yourself, with the data of somebody you choose.", no_args_is_help=True
)

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
    so has an event that is not known. Nothing is stored or counted, and the person is left alone. Each mail is
    shown with the variables that are empty for this person. Exit status 1 where one could not be sent.
    """
    address = parse_address(to).spec
    given = _properties(event, "--event") if event is not None else None

    async def work(installed: Installation) -> list[TrialMail]:
        async with installed.database.transaction() as connection:
            journey, number, _ = await defined_journey(connection, key, version)
            person = await read_person(connection, as_, buckets=installed.buckets)
            _, latest = await latest_entry(connection, person, journey, buckets=installed.buckets)
        unknown = [name for name in step or () if name not in journey.steps]
        if unknown:
            raise ParcoursError(
                "unknown_step",
                f"there is no step {unknown[0]}",
                hint=f"There are {', '.join(journey.steps)}.",
            )
        made = mails_for(
            journey, number, person, to=address, event=latest if given is None else given,
            at=installed.clock.now(), steps=step,
        )  # fmt: skip
        async with outgoing(installed.settings, say) as channels:
            return [await _sent(mail, channels["email"]) for mail in made]

    found = connected(context, work)
    if as_json:
        show_json([mail.as_dict() for mail in found])
    else:
        _show_mails(found, address)
    if any(mail.outcome != "sent" for mail in found):
        raise typer.Exit(1)


async def _sent(mail: TrialMail, channel: Channel) -> TrialMail:
    """Hand over one mail; whatever comes of it is said and nowhere kept."""
    if mail.composed is None:
        return mail
    outcome = await channel.send(mail.composed.outgoing, time.monotonic() + channel.timeout)
    match outcome:
        case Sent(detail):
            return replace(mail, outcome="sent", detail=detail)
        case Uncertain(detail):
            return replace(mail, outcome="uncertain", detail=detail)
        case _:
            return replace(mail, outcome="rejected", detail=getattr(outcome, "detail", ""))


def _show_mails(found: Sequence[TrialMail], address: str) -> None:
    if not found:
        say("The journey has no mails.")
    for mail in found:
        said = f" “{mail.subject}”" if mail.subject is not None else ""
        detail = (
            f" - {mail.error or mail.detail}"
            if mail.outcome != "sent" and (mail.error or mail.detail)
            else ""
        )
        show(f"{mail.step}: {mail.outcome}{said}{detail}", style=None if mail.outcome == "sent" else "red")
        for words, names in (("empty for this person", mail.missing), ("placeholders", mail.placeholders)):
            if names:
                show(f"  {words}: {', '.join(names)}")
    sent = sum(mail.outcome == "sent" for mail in found)
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
