"""Steps as documents: the inverse of `parse_steps`."""

from __future__ import annotations

from typing import Literal

from parcours.domain.journey import (
    DropOut,
    Email,
    End,
    Experiment,
    Jump,
    Split,
    Step,
    Target,
    UpdateProfile,
    Wait,
    WaitFor,
    Webhook,
)
from parcours.domain.serialise_condition import (
    Document,
    clock_text,
    condition_document,
    day_names,
    duration_text,
    instant_text,
    plain_number,
    without_none,
)

__all__ = ["route_text", "step_document"]


def step_document(step: Step, following: str | None) -> Document:
    """Return the document of a step; `next` only where it is not the step that follows in the file."""
    document = _kind(step)
    if isinstance(step, Email | Wait | Webhook | UpdateProfile) and step.next != following:
        document["next"] = step.next
    named = {"label": step.label or None, "note": step.note or None}
    return without_none(named) | document


def route_text(route: Target | Literal["next"] | None) -> str | None:
    """Return where to go as the text of `on_skip`, `on_error` and `on_missing`."""
    match route:
        case Jump(step):
            return step
        case DropOut():
            return "drop_out"
        case _:
            return route


def _kind(step: Step) -> Document:
    match step:
        case Email():
            return {"email": _email(step)}
        case Wait():
            return {"wait": _wait(step)}
        case WaitFor():
            return {"wait_for": _alternatives(step)}
        case Split():
            branches = [{"when": condition_document(b.when), **_target(b.target)} for b in step.branches]
            return {"split": [*branches, {"else": True, **_target(step.otherwise)}]}
        case Experiment():
            shares = [
                {"name": s.name, "share": plain_number(s.share), **_target(s.target)} for s in step.shares
            ]
            return {"experiment": shares}
        case Webhook():
            return {"webhook": _webhook(step)}
        case UpdateProfile():
            return {"update_profile": _update_profile(step)}
        case End():
            start_if = None if step.start_if == "any" else step.start_if
            return {"end": without_none({"start": step.start, "if": start_if})}


def _email(step: Email) -> Document:
    return without_none(
        {
            "subject": step.subject or None,
            "template": step.template,
            "html": step.html,
            "text": step.text,
            "preheader": step.preheader,
            "from": step.from_,
            "reply_to": step.reply_to,
            "subscription": step.subscription,
            "transactional": step.transactional,
            "attachments": list(step.attachments) or None,
            "on_skip": route_text(step.on_skip),
            "on_error": route_text(step.on_error),
            "expires": duration_text(step.expires),
        }
    )


def _wait(step: Wait) -> Document:
    field = step.until_field
    return without_none(
        {
            "for": duration_text(step.duration),
            "until": instant_text(step.until),
            "until_field": None if field is None else ".".join((field[0], *field[1])),
            "offset": duration_text(step.offset),
            "on_missing": None if step.on_missing == "next" else route_text(step.on_missing),
            "until_time": clock_text(step.until_time),
            "weekdays": day_names(step.weekdays),
        }
    )


def _alternatives(step: WaitFor) -> list[Document]:
    found: list[Document] = []
    for awaited in step.events:
        when = None if awaited.when is None else condition_document(awaited.when)
        named = {"event": awaited.event, "when": when, "save_as": awaited.save_as}
        found.append(without_none(named) | _target(awaited.target))
    if step.timeout is not None:
        found.append({"timeout": duration_text(step.timeout.after), **_target(step.timeout.target)})
    return found


def _webhook(step: Webhook) -> Document:
    return without_none(
        {
            "url": step.url or None,
            "method": step.method,
            "headers": dict(step.headers) or None,
            "query": dict(step.query) or None,
            "body": step.body,
            "timeout": duration_text(step.timeout),
            "retries": step.retries,
            "save_as": step.save_as,
            "on_error": route_text(step.on_error),
            "expires": duration_text(step.expires),
        }
    )


def _update_profile(step: UpdateProfile) -> Document:
    return without_none(
        {
            "set": dict(step.set) or None,
            "unset": list(step.unset) or None,
            "add_to": list(step.add_to) or None,
            "remove_from": list(step.remove_from) or None,
        }
    )


def _target(target: Target) -> Document:
    return {"next": target.step} if isinstance(target, Jump) else {"drop_out": True}
