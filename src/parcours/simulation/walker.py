"""The engine of a walk: messages go out by the outlets that were given, or are only shown."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from parcours.channels.channel import Channel, Outcome, Sent, Uncertain
from parcours.channels.template import Renderer, TemplateFailed
from parcours.engine.composing import Composed, compose_email
from parcours.engine.content import Claimed
from parcours.engine.delivery import Settled
from parcours.engine.versions import Version
from parcours.simulation.mails import MARK
from parcours.simulation.work import Work

__all__ = ["Outlets", "Walker"]


@dataclass(frozen=True, slots=True)
class Outlets:
    """What may leave: mails to an address, where one is given; webhooks, where their channel is."""

    to: str | None = None
    email: Channel | None = None
    webhook: Channel | None = None


@dataclass
class Walker(Work):
    """The engine of a walk: messages go out by its outlets, or nowhere."""

    outlets: Outlets = field(default_factory=Outlets)
    renderer: Renderer = field(default_factory=Renderer)

    async def answer(self, claimed: Claimed, version: Version) -> Settled:
        """Hand one message over, or say what would have been handed over."""
        try:
            if version.channel(claimed.step) == "webhook":
                return await self.call(claimed, version)
            return await self.mail(claimed, version)
        except TemplateFailed as error:
            return Settled(claimed, "rejected", claimed.at, "step_failed", error.message)

    async def mail(self, claimed: Claimed, version: Version) -> Settled:
        """Send a mail to the address of the walk, or only render it."""
        own = replace(claimed, recipient=self.outlets.to or claimed.recipient, message_id=uuid4())
        composed = compose_email(own, version, self.renderer, mark=MARK)
        if self.outlets.email is None or self.outlets.to is None:
            detail = "not sent: no address was given"
            return Settled(
                claimed, "sent", claimed.at, detail=detail, subject=composed.subject, handed_at=claimed.at
            )
        outcome = await _handed_over(self.outlets.email, composed)
        return _settled(claimed, outcome, f"sent to {self.outlets.to}", subject=composed.subject)

    async def call(self, claimed: Claimed, version: Version) -> Settled:
        """Call a webhook where that is asked for; else it answers 200 and an empty object."""
        step, request = version.webhook(claimed.step), self.capture.forms.request(claimed, version)
        body = request.body.decode("utf-8", "replace")
        if self.outlets.webhook is None:
            detail = f"not called: {step.method} {request.shown} {body}".rstrip()
            return replace(self.capture.answer(claimed, version), detail=detail)
        composed = self.capture.forms.compose(replace(claimed, message_id=uuid4()), version, self.renderer)
        outcome = await _handed_over(self.outlets.webhook, composed)
        settled = _settled(
            claimed, outcome, f"called: {step.method} {request.shown}", recipient=request.shown
        )
        answer = outcome.answer if isinstance(outcome, Sent) and step.save_as is not None else None
        return replace(settled, answer=answer)


async def _handed_over(channel: Channel, composed: Composed) -> Outcome:
    return await channel.send(composed.outgoing, time.monotonic() + channel.timeout)


def _settled(claimed: Claimed, outcome: Outcome, words: str, **known: Any) -> Settled:
    at = claimed.at
    match outcome:
        case Sent():
            return Settled(claimed, "sent", at, detail=words, handed_at=at, **known)
        case Uncertain(detail):
            return Settled(claimed, "uncertain", at, detail=detail, handed_at=at, **known)
        case _:
            return Settled(claimed, "rejected", at, "send_failed", getattr(outcome, "detail", ""), **known)
