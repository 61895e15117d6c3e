"""What a message says: the step's templates rendered for one person, with the profile as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from parcours.channels.mjml import MjmlFailed, html_of, is_mjml
from parcours.channels.template import Content, Renderer, Source, TemplateFailed
from parcours.domain.errors import ParcoursError
from parcours.domain.links import Link, Signer
from parcours.domain.timing import format_instant
from parcours.engine.versions import Version

__all__ = ["Claimed", "context_of", "links_of", "render"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed message and everything its template may name."""

    bucket: int
    message_id: UUID
    version_id: int
    profile_id: UUID
    entry_no: int
    step: str
    recipient: str
    attempts: int
    at: datetime
    attributes: dict[str, Any]
    user_id: str
    event: dict[str, Any] | None
    saved: dict[str, Any]
    entered_at: datetime


def render(
    claimed: Claimed, version: Version, renderer: Renderer, links: Mapping[str, str] | None = None
) -> Content:
    """Render a claimed message; `links` are further variables. Raises TemplateFailed with the text of what is wrong."""
    journey = version.journey
    step = version.email(claimed.step)

    def source() -> Source:
        html, text = step.html, step.text
        if step.template is not None:
            body = journey.templates.get(step.template)
            if body is None:
                raise TemplateFailed(f"the template {step.template} was not published with the journey")
            if is_mjml(step.template):
                html = _from_mjml(body)
            elif step.template.lower().endswith((".html", ".htm")):
                html = body
            else:
                text = body
        return Source(step.subject, html, text, step.preheader)

    try:
        template = renderer.template(claimed.version_id, claimed.step, source)
        return template.render({**(links or {}), **context_of(claimed, version)}, claimed.at)
    except TemplateFailed:
        raise
    except ParcoursError as error:
        raise TemplateFailed(error.message) from error


def links_of(claimed: Claimed, version: Version, signer: Signer | None) -> dict[str, str] | None:
    """Return the links of a mail to the pages of its reader, as variables; None where there are none."""
    if signer is None:
        return None
    step = version.email(claimed.step)
    kind = "" if version.journey.is_transactional(step) else version.journey.subscription_of(step)
    link = Link(claimed.profile_id, claimed.message_id, kind)
    return {
        "unsubscribe_url": signer.unsubscribe_url(link),
        "preferences_url": signer.preferences_url(link),
    }


def context_of(claimed: Claimed, version: Version) -> dict[str, Any]:
    """Return what templates may name."""
    journey = version.journey
    return {
        **claimed.saved,
        "profile": {**claimed.attributes, "user_id": claimed.user_id},
        "event": claimed.event or {},
        "participant": {
            "entry_no": claimed.entry_no,
            "entered_at": format_instant(claimed.entered_at),
            "version": version.version_no,
            "step": claimed.step,
        },
        "journey": {"key": journey.key, "name": journey.name},
    }


def _from_mjml(body: str) -> str:
    try:
        return html_of(body)
    except MjmlFailed as error:
        raise TemplateFailed(f"{error.message} (line {error.line})") from error
