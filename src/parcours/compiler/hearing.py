"""What a journey hears: events, attributes, audiences; and which events only a condition of their own lets in.

A sieve is asked on the way into the inbox: an event that nobody inside listens for, and whose own properties no trigger
accepts, can do nothing there (decision 0055).
"""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from parcours.compiler.judge import Listening, leaves, listening
from parcours.compiler.membership import heard_members
from parcours.compiler.predicates import predicate
from parcours.compiler.program import Statement
from parcours.compiler.scope import Parameters, Scope
from parcours.domain.condition import AnyOf, AudienceTest, Condition, FieldTest
from parcours.domain.journey import EventTrigger, Journey, WaitFor

__all__ = ["heard", "sieves"]

BY_TIME = ("within_last", "within_next")  # what these answer depends on when they are asked


def heard(journey: Journey, audiences: Mapping[str, Condition]) -> Listening:
    """Return all that a journey must hear of."""
    found = _heard_inside(journey, audiences)
    found.events |= {t.event for t in journey.entry.triggers if isinstance(t, EventTrigger)}
    found.members |= heard_members(journey)
    return found


def sieves(journey: Journey, audiences: Mapping[str, Condition]) -> dict[str, Statement]:
    """Return, by event, what the properties of a row `r` must meet to be of use to this version.

    Only of events that none but triggers listen for, each with a condition over the event alone.
    """
    inside = _heard_inside(journey, audiences).events
    triggers: dict[str, list[Condition | None]] = {}
    for trigger in journey.entry.triggers:
        if isinstance(trigger, EventTrigger):
            triggers.setdefault(trigger.event, []).append(trigger.when)
    found = {}
    for event, conditions in triggers.items():
        asked = tuple(
            condition for condition in conditions if condition is not None and _of_itself(condition)
        )
        if not {event, "*"} & inside and len(asked) == len(conditions):
            found[event] = _asked_of_a_row(AnyOf(asked))
    return found


def _heard_inside(journey: Journey, audiences: Mapping[str, Condition]) -> Listening:
    """Return what concerns somebody inside."""
    found = Listening()
    for step in journey.steps.values():
        if isinstance(step, WaitFor):
            found.events |= {a.event for a in step.events}
    excluded = [AudienceTest(key) for key in journey.entry.exclude]
    goals = [journey.goal.when] if journey.goal else []
    listening([*goals, *journey.exits, *excluded], found, audiences)
    return found


def _of_itself(condition: Condition) -> bool:
    return all(
        isinstance(leaf, FieldTest) and leaf.root == "event" and leaf.op not in BY_TIME
        for leaf in leaves(condition)
    )


def _asked_of_a_row(condition: Condition) -> Statement:
    params = Parameters()
    nothing = sql.SQL("NULL")
    scope = Scope(
        params, "", "UTC", {"event": sql.SQL("(r.data -> 'properties')")}, {}, at=sql.SQL("r.happened_at"),
        profile_id=sql.SQL("r.profile_id"), user_id=nothing, bucket=nothing, message_of=None,
    )  # fmt: skip
    return Statement(predicate(condition, scope).as_string(None), params.values)
