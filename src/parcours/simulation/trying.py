"""Mails of a journey tried with somebody's data: made ready, shown as they will look, or sent to one address."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email import policy
from email.parser import BytesParser
from typing import Any

from parcours.channels.address import parse_address
from parcours.channels.channel import Channel, Sent, Uncertain
from parcours.domain.errors import ParcoursError
from parcours.service.commands.trail import record
from parcours.service.editing.definitions import defined_journey
from parcours.service.explaining.person_copy import latest_entry, read_person
from parcours.simulation.mails import MARK, TrialMail, mails_for
from parcours.store.database import Connection

__all__ = ["MailsWanted", "make_mails", "note_trial", "opened", "send_trial", "shown_mail"]


@dataclass(frozen=True, slots=True)
class MailsWanted:
    """Which mails of which version, for whom. `event`: properties of the event at the entry, the latest unless given."""

    journey: str
    user_id: str
    to: str
    version: int | None = None
    steps: Sequence[str] | None = None
    event: Mapping[str, Any] | None = None


async def note_trial(connection: Connection, wanted: MailsWanted, *, at: datetime, actor: str) -> None:
    """Keep in the audit that somebody sends mails with a person's data; addresses are not named there."""
    options: dict[str, Any] = {"user_id": wanted.user_id}
    if wanted.steps:
        options["steps"] = list(wanted.steps)
    await record(
        connection, at, actor=actor, key=wanted.journey, command="test_mails", version_no=wanted.version, options=options
    )  # fmt: skip


async def make_mails(
    connection: Connection, wanted: MailsWanted, *, buckets: int, at: datetime
) -> list[TrialMail]:
    """Make mails ready, in file order. Nothing is stored.

    Raises ParcoursError `unknown_journey`, `unknown_version`, `invalid`, `unknown_person`, `unknown_step`,
    `address_invalid`.
    """
    address = parse_address(wanted.to).spec
    journey, number, _ = await defined_journey(connection, wanted.journey, wanted.version)
    person = await read_person(connection, wanted.user_id, buckets=buckets)
    _, latest = await latest_entry(connection, person, journey, buckets=buckets)
    unknown = [name for name in wanted.steps or () if name not in journey.steps]
    if unknown:
        raise ParcoursError(
            "unknown_step",
            f"there is no step {unknown[0]}",
            hint=f"There are {', '.join(journey.steps)}.",
        )
    event = latest if wanted.event is None else wanted.event
    return mails_for(journey, number, person, to=address, event=event, at=at, steps=wanted.steps)


@asynccontextmanager
async def opened(channel: Channel) -> AsyncIterator[Channel]:
    """Yield a channel that is started, and close it at the end."""
    await channel.start()
    try:
        yield channel
    finally:
        await channel.close()


async def send_trial(mail: TrialMail, channel: Channel) -> TrialMail:
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


def shown_mail(mail: TrialMail) -> dict[str, Any]:
    """Return a mail as it will look: sender, subject, text, HTML, and the names of what it carries."""
    shown: dict[str, Any] = {"sender": None, "text": None, "html": None, "attachments": []}
    if mail.composed is not None:
        outgoing = mail.composed.outgoing
        message = BytesParser(policy=policy.default).parsebytes(outgoing.payload + outgoing.tail)
        shown["sender"] = str(message["From"])
        for name, kind in (("text", "plain"), ("html", "html")):
            part = message.get_body((kind,))
            shown[name] = None if part is None else part.get_content()
        shown["attachments"] = [part.get_filename() or "" for part in message.iter_attachments()]
    subject = mail.subject.removeprefix(MARK) if mail.subject is not None else None
    return {**mail.as_dict(), "subject": subject, **shown}
