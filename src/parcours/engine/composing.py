"""What is handed over: a claimed message made ready for its channel."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.channels.address import parse_address
from parcours.channels.channel import Outgoing
from parcours.channels.mime import build
from parcours.channels.template import Renderer
from parcours.domain.links import Signer
from parcours.engine.content import Claimed, links_of, render
from parcours.engine.versions import Version

__all__ = ["Composed", "compose_email"]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be handed over, and what is kept of it. `recipient` is None where the claim wrote it down."""

    outgoing: Outgoing
    subject: str | None = None
    recipient: str | None = None


def compose_email(
    claimed: Claimed, version: Version, renderer: Renderer, *, mark: str = "", signer: Signer | None = None
) -> Composed:
    """Render a mail and write it as MIME, `mark` before its subject.

    With a `signer` it may hold links to the pages of its reader, and says in its head how to be stopped by one click,
    where it is advertising (RFC 8058; the signature over these lines, DKIM, is the mail server's).

    Raises TemplateFailed, or ParcoursError for what no mail may hold.
    """
    step, defaults = version.email(claimed.step), version.journey.email
    sender = step.from_ or defaults.from_ or ""
    links = links_of(claimed, version, signer)
    content = render(claimed, version, renderer, links)
    stops = links is not None and not version.journey.is_transactional(step)
    subject = f"{mark}{content.subject}"
    attached = version.attached.get(claimed.step)
    payload = build(
        message_id=claimed.message_id, date=claimed.at, sender=sender, to=claimed.recipient,
        subject=subject, text=content.text, html=content.html,
        reply_to=step.reply_to or defaults.reply_to, mixed=attached.mark if attached else None,
        unsubscribe=(links["unsubscribe_url"],) if links and stops else (), one_click=stops,
    )  # fmt: skip
    tail = attached.tail if attached else b""
    outgoing = Outgoing(claimed.message_id, parse_address(sender).spec, claimed.recipient, payload, tail)
    return Composed(outgoing, subject)
