"""Problems of conditions: what they name, and tests that never hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from parcours.domain.check_fields import Fields
from parcours.domain.condition import AnyOf, EventTest, FieldTest, MessageTest
from parcours.domain.journey import Email, Journey, WaitFor, Webhook
from parcours.domain.known import Known
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at
from parcours.domain.walk import parts_of

__all__ = ["condition_problems"]

_AWAITED: Final = re.compile(r"steps\.[^.]+\.wait_for\[(\d+)\]\.when")
_TRIGGER: Final = re.compile(r"entry\.triggers\[(\d+)\]\.when")


def condition_problems(journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield the problems of every condition of a journey."""
    fields = Fields(journey, known)
    events: list[tuple[str, str]] = []  # the tests of events that are open, by the place of their `when`
    for place, part in parts_of(journey):
        step = place.split(".")[1] if place.startswith("steps.") else None
        events = [(inside, name) for inside, name in events if place.startswith(inside)]
        match part:
            case FieldTest():
                event = events[-1][1] if events else _event_at(journey, place)
                yield from fields.test(part, place, step, event)
            case EventTest(name=name):
                events.append((f"{place}.when", name))
            case MessageTest():
                yield from _message(part, place, journey)
            case AnyOf(items=()):
                message, hint = "`any` of nothing never holds.", "Add a condition to it, or remove it."
                yield problem_at("warning", "never_holds", f"{place}.any", message, hint)
            case _:
                pass


def _event_at(journey: Journey, place: str) -> str | None:
    """Return the event that a condition looks at by where it stands: that of a trigger or of an awaited event."""
    if found := _TRIGGER.match(place):
        return getattr(journey.entry.triggers[int(found[1])], "event", None)
    if found := _AWAITED.match(place):
        step = journey.steps.get(place.split(".")[1])
        return step.events[int(found[1])].event if isinstance(step, WaitFor) else None
    return None


def _message(part: MessageTest, place: str, journey: Journey) -> Iterator[Problem]:
    step = journey.steps.get(part.step)
    if not isinstance(step, Email | Webhook):
        message = f"`{part.step}` is no step that makes a message."
        makers = tuple(s.id for s in journey.steps.values() if isinstance(s, Email | Webhook))
        hint = nearest(part.step, makers) or "Name an email step."
        yield problem_at("error", "unknown_message", f"{place}.message", message, hint)
    elif isinstance(step, Webhook) and part.outcome in ("opened", "clicked") and part.expected:
        message = f"`{part.step}` is a webhook, which nobody opens or clicks."
        hint = "Ask for sent, or keep its answer with save_as and test that."
        yield problem_at("warning", "never_holds", f"{place}.{part.outcome}", message, hint)
