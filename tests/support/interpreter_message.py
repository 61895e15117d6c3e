"""Email in the interpreter: gates, a tiny renderer, the stubbed outcome, where it leads (R4, R29, P12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from parcours.domain.journey import DropOut, Email, Jump, Target
from support.conditions import MISSING, look_up
from support.interpreter_consent import refused_by
from support.interpreter_world import Message, Participant, World

__all__ = ["DROP_BY_DEFAULT", "RenderError", "note_message", "render", "send_email", "stubbed"]

_ADDRESS = re.compile(r"[A-Za-z0-9.+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]+")
_IF = re.compile(r"\{%\s*if\s+([\w.]+)\s*==\s*'([^']*)'\s*%\}(.*?)\{%\s*endif\s*%\}", re.DOTALL)
_OUTPUT = re.compile(r"\{\{\s*([\w.]+)\s*(?:\|\s*(default|divided_by):\s*('[^']*'|\d+)\s*)?\}\}")
DROP_BY_DEFAULT = {"no_consent", "not_subscribed", "suppressed"}


class RenderError(Exception):
    """A template that fails for this person."""


def note_message(world: World, p: Participant, outcome: str, reason: str) -> None:
    """Write down what became of the message of the step, of which nothing was rendered."""
    assert p.step is not None
    channel = "email" if isinstance(p.version.journey.steps[p.step], Email) else "webhook"
    world.messages.append(
        Message(p, p.version.number, p.step, channel, world.now, None, None, outcome, reason)
    )


def send_email(world: World, p: Participant, step: Email, *, gate: str | None = None) -> tuple[Target, str]:
    """Hand one email out; return where its outcome leads and the reason of a drop-out."""
    address = p.profile.attributes.get("email")
    to = address if isinstance(address, str) and _ADDRESS.fullmatch(address) else None
    outcome, reason, _ = stubbed(world, p, step.id)
    subject = None
    gate = gate or refused_by(world, p, step, to)
    if gate is not None:
        outcome, reason = "skipped", gate
    elif outcome != "skipped":
        try:
            subject = _content(p, step)
        except RenderError:
            outcome, reason = "rejected", "step_failed"
    world.messages.append(
        Message(p, p.version.number, step.id, "email", world.now, to, subject, outcome, reason)
    )
    p.outcomes.append((step.id, outcome))
    if outcome in {"sent", "uncertain"}:
        return Jump(step.next), ""
    assert reason is not None
    if reason in ("step_failed", "pause_discard"):
        return DropOut(), reason
    if outcome == "rejected":
        return _route(step.on_error or DropOut(), step), reason
    chosen = step.on_skip or p.version.journey.email.on_skip
    if chosen is None:
        chosen = DropOut() if reason in DROP_BY_DEFAULT else "next"
    return _route(chosen, step), reason


def stubbed(world: World, p: Participant, step: str) -> tuple[str, str | None, Any]:
    """Return outcome, reason and body that the stub for this person says, else the stub for the step, else sent."""
    for user_id in (p.profile.user_id, None):
        found = world.stubs.get((p.family.key, step, user_id))
        if found is not None:
            return found
    return "sent", None, {}


def _route(chosen: Target | Literal["next"], step: Email) -> Target:
    return Jump(step.next) if chosen == "next" else chosen


def _content(p: Participant, step: Email) -> str:
    """Render every part; return the subject."""
    roots: dict[str, Mapping[str, Any]] = {
        "profile": {**p.profile.attributes, "user_id": p.profile.user_id},
        "event": p.event or {},
        **p.saved,
    }
    templates = p.version.journey.templates
    body = templates.get(step.template, "") if step.template is not None else ""
    for part in (body, step.html, step.text, step.preheader):
        render(part or "", roots)
    return render(step.subject, roots)


def render(template: str, roots: Mapping[str, Mapping[str, Any]]) -> str:
    """Render the sliver of Liquid that cases use: `{{ path }}`, default, divided_by, `if path == 'text'`."""
    kept = _IF.sub(lambda found: found[3] if _value(found[1], roots) == found[2] else "", template)
    return _OUTPUT.sub(lambda found: _output(found[1], found[2], found[3], roots), kept)


def _value(path: str, roots: Mapping[str, Mapping[str, Any]]) -> Any:
    if path.isdigit():
        return int(path)
    root, *keys = path.split(".")
    return look_up(roots, root, keys)


def _output(path: str, name: str | None, argument: str | None, roots: Mapping[str, Mapping[str, Any]]) -> str:
    value = _value(path, roots)
    if name == "divided_by":
        assert argument == "0", "the interpreter knows division only as a way to fail"
        raise RenderError(path)
    if (
        name == "default"
        and argument is not None
        and (value is MISSING or value is None or value is False or value == "")
    ):
        return argument.strip("'")
    if value is MISSING or value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    assert isinstance(value, str | int | float), "the cases print scalars only"
    return str(value)
