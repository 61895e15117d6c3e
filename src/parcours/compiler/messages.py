"""Steps that make messages: their channels, and what a webhook's answer is called from then on."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from parcours.compiler.scope import Parameters, Scope
from parcours.domain.condition import Condition, FieldTest
from parcours.domain.journey import Email, Journey, Step, WaitFor, Webhook
from parcours.domain.walk import parts

__all__ = ["MESSAGE_KINDS", "answered", "awaited", "channels", "kept_answer", "saved_names", "saving"]

MESSAGE_KINDS = ("email", "webhook")  # kinds of rests; each is the name of its channel too


def channels(journey: Journey) -> dict[str, str]:
    """Return the channel of every message step."""
    found = {}
    for step in journey.steps.values():
        if isinstance(step, Email):
            found[step.id] = "email"
        elif isinstance(step, Webhook):
            found[step.id] = "webhook"
    return found


def saved_names(journey: Journey) -> Iterator[str]:
    """Yield every name under which an awaited event or an answer is kept."""
    for step in journey.steps.values():
        if isinstance(step, WaitFor):
            yield from (awaited.save_as for awaited in step.events if awaited.save_as)
        elif isinstance(step, Webhook) and step.save_as:
            yield step.save_as


def answered(journey: Journey, step_id: str, exit_name: str, scope: Scope) -> Scope:
    """Return the scope behind an outcome `r`: a webhook's answer is seen by the very next split."""
    step = journey.steps[step_id]
    if not isinstance(step, Webhook) or step.save_as is None or exit_name != "sent":
        return scope
    before = scope.roots.get(step.save_as, sql.SQL("NULL::jsonb"))
    now = sql.SQL("(CASE WHEN r.data ? 'answer' THEN r.data #> '{{answer,body}}' ELSE {} END)").format(before)
    return scope.with_root(step.save_as, now)


def awaited(step: Step, scope: Scope) -> Scope:
    """Return the scope behind an awaited event `r`: what it saves is seen by the very next split."""
    if isinstance(step, WaitFor):
        for one in step.events:
            if one.save_as is not None:
                before = scope.roots.get(one.save_as, sql.SQL("NULL::jsonb"))
                now = "(CASE WHEN r.kind IN ('event', 'recheck') AND r.name = {} THEN r.data -> 'properties' ELSE {} END)"
                name = scope.params.bind(one.event, "text")
                scope = scope.with_root(one.save_as, sql.SQL(now).format(name, before))
    return scope


def saving(journey: Journey, condition: Condition, saved: sql.Composable, scope: Scope) -> Scope | None:
    """Return the scope in which a goal or exit rule is asked again when something is saved, before the next step.

    `saved` is what is being saved, or null. None where the condition asks for nothing that is saved.
    """
    names = set(saved_names(journey))
    named = {part.root for _, part in parts(condition, "") if isinstance(part, FieldTest)} & names
    if not named:
        return None
    kept = sql.SQL("(p.saved || coalesce({}, '{{}}'::jsonb))").format(saved)
    for name in sorted(named):
        scope = scope.with_root(name, sql.SQL("({} -> {})").format(kept, scope.params.bind(name, "text")))
    return scope


def kept_answer(step: Webhook, params: Parameters) -> sql.Composable:
    """Return what `save_as` keeps of an outcome `r`: the answer, null where there was none that is JSON."""
    kept = sql.SQL("jsonb_build_object({}, r.data #> '{{answer,body}}')").format(
        params.bind(step.save_as, "text")
    )
    return sql.SQL("CASE WHEN r.kind = 'outcome' AND r.data ? 'answer' THEN {} END").format(kept)
