"""Webhooks in the interpreter: what is rendered, what the stub's server says, where it leads (R4, R29, P53-P55)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from parcours.domain.journey import DropOut, Jump, Target, Webhook
from support.interpreter_message import DROP_BY_DEFAULT, RenderError, render, stubbed
from support.interpreter_world import Message, Participant, World

__all__ = ["call_webhook"]


def call_webhook(
    world: World, p: Participant, step: Webhook, *, gate: str | None = None
) -> tuple[Target, str]:
    """Call once; return where the outcome leads and the reason of a drop-out."""
    outcome, reason, body = stubbed(world, p, step.id)
    if gate is not None:
        outcome, reason = "skipped", gate
    url = None
    if outcome != "skipped":
        try:
            url = _rendered(p, step)
        except RenderError:
            outcome, reason = "rejected", "step_failed"
    world.messages.append(
        Message(p, p.version.number, step.id, "webhook", world.now, url, None, outcome, reason)
    )
    p.outcomes.append((step.id, outcome))
    if outcome == "sent" and step.save_as is not None:
        p.saved[step.save_as] = body
    if outcome in {"sent", "uncertain"}:
        return Jump(step.next), ""
    assert reason is not None
    if outcome == "skipped":
        drops = reason == "pause_discard" or reason in DROP_BY_DEFAULT
        return (DropOut() if drops else Jump(step.next)), reason
    if reason == "step_failed" or step.on_error is None:
        return DropOut(), reason
    return (Jump(step.next) if step.on_error == "next" else step.on_error), reason


def _rendered(p: Participant, step: Webhook) -> str:
    """Render every text of the step; return the URL without its password."""
    roots: dict[str, Mapping[str, Any]] = {
        **p.saved,
        "profile": {**p.profile.attributes, "user_id": p.profile.user_id},
        "event": p.event or {},
    }
    for text in (*step.headers.values(), *step.query.values(), *_texts(step.body)):
        render(text, roots)
    url = render(step.url, roots).strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RenderError(url)
    return url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
