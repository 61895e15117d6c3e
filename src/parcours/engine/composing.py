"""What is handed over: a claimed message made ready for its channel."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.channels.address import parse_address
from parcours.channels.channel import Outgoing
from parcours.channels.mime import build
from parcours.channels.template import Renderer
from parcours.engine.content import Claimed, render
from parcours.engine.versions import Version

__all__ = ["Composed", "compose_email"]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be handed over, and what is kept of it. `recipient` is None where the claim wrote it down."""

    outgoing: Outgoing
    subject: str | None = None
    recipient: str | None = None


def compose_email(claimed: Claimed, version: Version, renderer: Renderer, *, mark: str = "") -> Composed:
    """Render a mail and write it as MIME, `mark` before its subject.

    Raises TemplateFailed, or ParcoursError for what no mail may hold.
    """
    step, defaults = version.email(claimed.step), version.journey.email
    sender = step.from_ or defaults.from_ or ""
    content = render(claimed, version, renderer)
    subject = f"{mark}{content.subject}"
    attached = version.attached.get(claimed.step)
    payload = build(
        message_id=claimed.message_id, date=claimed.at, sender=sender, to=claimed.recipient,
        subject=subject, text=content.text, html=content.html,
        reply_to=step.reply_to or defaults.reply_to, mixed=attached.mark if attached else None,
    )  # fmt: skip
    tail = attached.tail if attached else b""
    outgoing = Outgoing(claimed.message_id, parse_address(sender).spec, claimed.recipient, payload, tail)
    return Composed(outgoing, subject)
