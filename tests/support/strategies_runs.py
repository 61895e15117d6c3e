"""Random schedules, waves, and audiences by condition."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.strategies_values import (
    AUDIENCES,
    OTHER_RULE,
    RULE,
    Document,
    conditions,
    durations,
    event_tests,
    instants,
    slot,
)

__all__ = ["memberships", "other_rules", "rules", "schedules", "waves"]

# On the grid of half hours, from the first day (a Monday) on; one comes rarely, one at a local time that varies.
CRONS = (
    "0 */3 * * *",
    "30 1,5 * * mon",
    "0 2-4 * * *",
    "*/30 8 * * *",
    "0 4 2 3 *",
    "0 9 1 1 *",
    "30 0 * * 1-3",
)


@st.composite
def schedules(draw: st.DrawFn) -> Document:
    """Draw a trigger by schedule."""
    once = st.integers(-2, 20).map(lambda number: {"once": slot(number)})
    schedule = draw(st.one_of(st.sampled_from(CRONS), st.sampled_from(CRONS), once, once, st.just("now")))
    trigger: Document = {"audience": draw(st.sampled_from((*AUDIENCES, RULE, RULE))), "schedule": schedule}
    if draw(st.integers(0, 4)) == 0:
        trigger["when"] = draw(conditions())
    return trigger


waves = st.builds(
    lambda parts, every: {"parts": parts, "every": every},
    st.integers(1, 4),
    st.sampled_from(("30m", "1h", "4h")),
)


@st.composite
def rules(draw: st.DrawFn) -> Document:
    """Draw an audience by condition; it may name static ones, not itself."""
    where = _without(RULE, draw(conditions(("profile",))))
    return {"audience": RULE, "where": where}


@st.composite
def other_rules(draw: st.DrawFn) -> Document:
    """Draw another audience by condition, as a rule one that time alone changes."""
    timed = st.one_of(_timed(), _timed(), conditions(("profile",)))
    where = draw(timed)
    how = draw(st.sampled_from(("plain", "plain", "not", "all", "any")))
    if how == "not":
        where = {"not": where}
    elif how != "plain":
        where = {how: [where, draw(timed)]}
    return {"audience": OTHER_RULE, "where": where}


@st.composite
def _timed(draw: st.DrawFn) -> Document:
    if draw(st.integers(0, 2)) == 0:
        op = draw(st.sampled_from(("within_last", "within_next")))
        return {"field": "profile.due", op: draw(durations)}
    test = {**draw(event_tests()), "within": draw(durations)}
    if draw(st.integers(0, 5)) == 0:
        test["when"] = {"field": "event.due", "within_last": draw(durations)}
    if draw(st.integers(0, 7)) == 0:
        test["when"] = {"field": "event.due", "before": draw(instants())}
    return test


@st.composite
def memberships(draw: st.DrawFn) -> Document:
    """Draw a trigger by audience."""
    trigger: Document = {"audience": draw(st.sampled_from((*AUDIENCES, RULE, RULE, OTHER_RULE, OTHER_RULE)))}
    on = draw(st.sampled_from((None, "enter", "leave", "both")))
    if on is not None:
        trigger["on"] = on
    if draw(st.integers(0, 4)) == 0:
        trigger["when"] = draw(conditions())
    return trigger


def _without(key: str, value: Any) -> Any:
    """Name another audience wherever this one is named."""
    if isinstance(value, dict):
        return {
            name: AUDIENCES[0] if (name, one) == ("audience", key) else _without(key, one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_without(key, one) for one in value]
    return value
