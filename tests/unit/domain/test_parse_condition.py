from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parcours.domain.condition import (
    All,
    AnyOf,
    AudienceTest,
    Condition,
    EventTest,
    FieldTest,
    MessageTest,
    Not,
    TimeTest,
    Value,
)
from parcours.domain.parse import parse_condition


def codes(document: object) -> list[str]:
    return [problem.code for problem in parse_condition(document)[1]]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"all": []}, All(())),
        (
            {"any": [{"audience": "vip"}, {"not": {"audience": "staff"}}]},
            AnyOf((AudienceTest("vip"), Not(AudienceTest("staff")))),
        ),
        ({"event": "Paid"}, EventTest("Paid")),
        ({"event": "Paid", "at_most": 0, "within": "7d"}, EventTest("Paid", "at_most", 0, timedelta(days=7))),
        (
            {"event": "Paid", "exactly": 2, "when": {"field": "event.total", "gte": 1}},
            EventTest("Paid", "exactly", 2, None, FieldTest("event", ("total",), "gte", 1)),
        ),
        ({"message": "hello", "opened": False}, MessageTest("hello", "opened", expected=False)),
        (
            {"time": {"weekdays": ["sat", "sun"], "from": "22:00", "to": "06:00"}},
            TimeTest(frozenset({6, 7}), time(22), time(6)),
        ),
        (
            {"field": "profile.address.city", "is": "Umeå"},
            FieldTest("profile", ("address", "city"), "is", "Umeå"),
        ),
        ({"field": "crm.ok", "exists": True}, FieldTest("crm", ("ok",), "exists", True)),
    ],
)
def test_every_form_is_read(document: object, expected: Condition) -> None:
    assert parse_condition(document) == (expected, [])


@pytest.mark.parametrize(
    ("op", "given", "value"),
    [
        ("is", 10, 10),
        ("is", "10", "10"),
        ("is_not", False, False),
        ("in", ["a", 1, True], ("a", 1, True)),
        ("in", [], ()),
        ("gt", 1.5, 1.5),
        ("lte", "b", "b"),
        ("between", [1, 2.5], (1, 2.5)),
        ("between", ["a", "b"], ("a", "b")),
        ("contains", "x", "x"),
        ("matches", "^a{2,3}$", "^a{2,3}$"),
        ("before", "2026-12-01T00:00:00Z", datetime(2026, 12, 1, tzinfo=UTC)),
        ("within_last", "1h", timedelta(hours=1)),
    ],
)
def test_operands_are_read_by_their_operator(op: str, given: Any, value: Value) -> None:
    condition, problems = parse_condition({"field": "profile.x", op: given})
    assert problems == []
    assert isinstance(condition, FieldTest)
    assert condition.value == value
    assert type(condition.value) is type(value)


@pytest.mark.parametrize(
    ("op", "given", "code"),
    [
        ("is", None, "wrong_type"),
        ("is", ["a"], "wrong_type"),
        ("in", "a", "wrong_type"),
        ("in", [None], "wrong_type"),
        ("gt", True, "wrong_type"),
        ("gt", [1], "wrong_type"),
        ("between", [1], "wrong_type"),
        ("between", [1, "b"], "wrong_type"),
        ("between", [1, False], "wrong_type"),
        ("starts_with", 5, "wrong_type"),
        ("matches", "a**", "bad_pattern"),
        ("exists", "yes", "wrong_type"),
        ("before", "2026-02-30", "bad_instant"),
        ("before", "yesterday", "bad_instant"),
        ("within_last", "1 day", "bad_duration"),
        ("within_last", "0s", "bad_duration"),
        ("contains", "x" * 2_000, "too_long"),
    ],
)
def test_operands_of_another_type_are_refused(op: str, given: Any, code: str) -> None:
    condition, problems = parse_condition({"field": "profile.x", op: given})
    assert condition is None
    assert problems[0].code == code
    assert problems[0].place.startswith(op)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (True, "wrong_type"),
        ([{"audience": "a"}], "wrong_type"),
        ({}, "bad_condition"),
        ({"fild": "profile.x", "is": 1}, "bad_condition"),
        ({"field": "profile.x"}, "missing_key"),
        ({"field": "profile.x", "gte": 1, "lt": 5}, "several_choices"),
        ({"field": "profile.x", "equals": 1}, "unknown_key"),
        ({"field": "profile", "is": 1}, "bad_field"),
        ({"field": "profile..x", "is": 1}, "bad_field"),
        ({"field": None, "is": 1}, "wrong_type"),
        ({"event": "A", "at_least": 1, "at_most": 2}, "several_choices"),
        ({"event": "A", "at_least": -1}, "wrong_value"),
        ({"event": "A", "at_least": True}, "wrong_type"),
        ({"event": "  "}, "bad_text"),
        ({"message": "hello"}, "missing_key"),
        ({"message": "hello", "opened": True, "clicked": True}, "several_choices"),
        ({"time": {}}, "missing_key"),
        ({"time": {"from": "25:00"}}, "bad_time"),
        ({"all": {"audience": "a"}}, "wrong_type"),
        ({"not": []}, "wrong_type"),
    ],
)
def test_other_forms_are_refused(document: object, code: str) -> None:
    assert code in codes(document)
    assert parse_condition(document)[0] is None


def test_hints_name_the_nearest_word() -> None:
    (problem,) = parse_condition({"fild": "profile.x"})[1]
    assert problem.hint == "Did you mean `field`?"
    problem, _ = parse_condition({"field": "profile.x", "start_with": "a"})[1]
    assert problem.hint == "Did you mean `starts_with`?"
    (problem,) = parse_condition({"field": "profile.x", "is": None})[1]
    assert "exists: false" in problem.hint


def test_conditions_nest_thirty_two_deep() -> None:
    document: Any = {"audience": "a"}
    for _ in range(31):
        document = {"not": document}
    assert parse_condition(document)[1] == []
    assert codes({"not": document}) == ["too_deep"]


def test_instants_are_read_in_the_zone_that_is_given() -> None:
    condition, _ = parse_condition(
        {"field": "profile.x", "before": "2026-07-01"}, zone=ZoneInfo("Europe/Stockholm")
    )
    assert condition == FieldTest("profile", ("x",), "before", datetime(2026, 6, 30, 22, tzinfo=UTC))
