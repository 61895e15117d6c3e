"""Conditions in words: each operator and kind, nested ones with parentheses only where they are needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from parcours.domain.condition_words import say_condition, say_duration, say_value
from parcours.domain.parse import parse_audience


def say(document: dict[str, Any]) -> str:
    audience, problems = parse_audience({"audience": "them", "where": document})
    assert audience is not None, problems
    assert audience.where is not None, problems
    return say_condition(audience.where)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"field": "profile.plan", "is": "pro"}, 'the person\'s plan is "pro"'),
        ({"field": "profile.plan", "is_not": "pro"}, 'the person\'s plan is there and is not "pro"'),
        ({"field": "profile.country", "in": ["SE", "NO"]}, 'the person\'s country is one of "SE", "NO"'),
        ({"field": "profile.age", "gte": 18}, "the person's age is at least 18"),
        ({"field": "profile.age", "between": [18, 30]}, "the person's age is from 18 to 30"),
        ({"field": "profile.vip", "exists": False}, "the person's vip is missing"),
        ({"field": "profile.tags", "contains": "x"}, 'the person\'s tags contains "x"'),
        ({"field": "profile.until", "before": "2026-03-01"}, "the person's until is before 2026-03-01T00:00:00Z"),
        (
            {"field": "profile.seen", "within_last": "1d12h"},
            "the person's seen is within the last 1 day 12 hours",
        ),
        ({"event": "Bought"}, "has done Bought"),
        (
            {"event": "Bought", "at_least": 3, "within": "30d", "when": {"field": "event.sum", "gt": 10}},
            "has done Bought at least 3 times within the last 30 days, where the event's sum is more than 10",
        ),
        ({"event": "Bought", "exactly": 1}, "has done Bought exactly once"),
        ({"event": "Bought", "at_most": 0}, "has done Bought not even once"),
        ({"audience": "vip"}, "belongs to the audience vip"),
        ({"not": {"audience": "vip"}}, "not (belongs to the audience vip)"),
        ({"time": {"from": "09:00", "to": "17:00", "weekdays": ["mon", "fri"]}},
         "it is asked from 09:00 to 17:00 on mon, fri"),
        ({"all": []}, "always"),
        ({"any": []}, "never"),
        (
            {"all": [{"audience": "a"}, {"any": [{"audience": "b"}, {"audience": "c"}]}]},
            "belongs to the audience a and (belongs to the audience b or belongs to the audience c)",
        ),
        ({"all": [{"any": [{"audience": "b"}, {"audience": "c"}]}]},
         "belongs to the audience b or belongs to the audience c"),
    ],
)  # fmt: skip
def test_it_is_said(document: dict[str, Any], said: str) -> None:
    assert say(document) == said


def test_durations_and_values() -> None:
    assert say_duration(timedelta(days=1, hours=2, seconds=3)) == "1 day 2 hours 3 seconds"
    assert say_duration(timedelta()) == "no time"
    assert say_value(None) == "missing"
    assert say_value("å") == '"å"'
    assert say_value(["x" * 500]).endswith("x…")
