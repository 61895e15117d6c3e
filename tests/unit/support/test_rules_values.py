"""Values and conditions: R26, R27, P9, P31, and TimeTest (R21)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parcours.domain.parse import parse_condition
from support.conditions import Happening, Scene, holds, instant_of, same_json
from support.runner import Simulator, event, identify, journey, reference, run

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
ABSENT = object()

# operator, operand, values for which it holds, values for which it does not
OPERATORS: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("is", 10, [10, 10.0], ["10", True, None, ABSENT, [10], {"a": 10}, 11]),
    ("is", "a", ["a"], ["A", "", None, ABSENT, ["a"]]),
    ("is", True, [True], [1, "true", False, None, ABSENT]),
    ("is_not", 10, ["10", True, [10], {"a": 1}, 11], [10, 10.0, None, ABSENT]),
    ("in", ["a", 1, True], ["a", 1.0, True], ["b", 0, False, None, ABSENT, ["a"]]),
    ("not_in", ["a", 1], ["b", True, ["a"], {"a": 1}], ["a", 1.0, None, ABSENT]),
    ("gt", 10, [11, 10.5], [10, "11", True, None, ABSENT, [11]]),
    ("gte", 10, [10, 10.0, 11], [9.9, "10", None, ABSENT]),
    ("lt", 10, [9, -1], [10, "9", False, None, ABSENT]),
    ("lte", 10, [10, 9], [10.1, "9", None, ABSENT]),
    ("gt", "Z", ["a", "ä", "Za"], ["A", "Z", 5, "", None]),
    ("lt", "a", ["Z", "", "A"], ["a", "ä", 5, None]),
    ("between", [1, 3], [1, 2.5, 3], [0.9, 3.1, "2", True, None, ABSENT]),
    ("between", ["b", "d"], ["b", "czz", "d"], ["a", "da", 2]),
    ("contains", "ell", ["hello", ["ell", 1]], ["HELLO", ["hello"], {"ell": 1}, 5, None, ABSENT]),
    ("contains", 1, [[1], [1.0, "x"]], ["1", [True], ["1"], 1, None, ABSENT]),
    ("contains", True, [[True]], [[1], "true", True]),
    ("not_contains", "ell", ["HELLO", ["hello"], {"ell": 1}, 5, True], ["hello", ["ell"], None, ABSENT]),
    ("starts_with", "he", ["hello", "he"], ["Hello", ["he"], None, ABSENT]),
    ("ends_with", "lo", ["hello", "lo"], ["LO", 5, None]),
    ("matches", "^a.+[0-9]$", ["ab1", "a\n1"], ["b1", "ab1\n", 5, None, ABSENT]),
    ("matches", r"\d{2,3}", ["x12y"], ["x1y", "٣٤"]),
    ("exists", True, [0, "", False, [], {}], [None, ABSENT]),
    ("exists", False, [None, ABSENT], [0, "", False]),
    (
        "before",
        "2026-03-02T09:00:00Z",
        ["2026-03-02T09:59:59+01:00", "2026-03-02"],
        ["2026-03-02T09:00:00", 5, "soon"],
    ),
    (
        "after",
        "2026-03-02T09:00:00Z",
        ["2026-03-02T09:00:00.000001Z", "2026-03-03"],
        ["2026-03-02T09:00:00Z", None],
    ),
    (
        "within_last",
        "1h",
        ["2026-03-02T09:00:00Z", "2026-03-02T08:00:01Z"],
        ["2026-03-02T08:00:00Z", "2026-03-02T09:00:01Z", 3],
    ),
    (
        "within_next",
        "1h",
        ["2026-03-02T09:00:00Z", "2026-03-02T09:59:59Z"],
        ["2026-03-02T10:00:00Z", "2026-03-02T08:59:59Z"],
    ),
]


def scene(value: object, **more: Any) -> Scene:
    roots = {"profile": {} if value is ABSENT else {"x": value}}
    return Scene(now=NOW, roots=roots, zone=ZoneInfo("UTC"), **more)


def judged(document: object, where: Scene) -> bool:
    condition, problems = parse_condition(document)
    assert condition is not None, problems
    return holds(condition, where)


@pytest.mark.parametrize(("op", "operand", "good", "bad"), OPERATORS)
def test_operators(op: str, operand: Any, good: list[Any], bad: list[Any]) -> None:
    document = {"field": "profile.x", op: operand}
    assert [value for value in good if not judged(document, scene(value))] == []
    assert [value for value in bad if judged(document, scene(value))] == []


@pytest.mark.parametrize(("op", "operand", "good", "bad"), OPERATORS)
def test_operators_in_a_journey(
    simulator: Simulator, op: str, operand: Any, good: list[Any], bad: list[Any]
) -> None:
    case = journey({"pause": {"wait": {"for": "1h"}}}, filter={"field": "profile.x", op: operand})
    feed: list[Any] = []
    for number, value in enumerate([*good, *bad]):
        if value is not ABSENT:
            feed.append(identify("8:00", f"u{number:02}", x=value))
        feed.append(event("9:00", f"u{number:02}", "Go"))
    found = run(simulator, case, feed)
    assert [p.split("#")[0][-3:] for p in found.people] == [f"u{number:02}" for number in range(len(good))]


def test_fields_below_a_value() -> None:
    document = {"field": "profile.x.city", "is": "Lund"}
    assert judged(document, scene({"city": "Lund"}))
    assert not judged(document, scene(["city"]))
    assert not judged(document, scene("Lund"))


def test_the_tree() -> None:
    true: dict[str, Any] = {"all": []}
    false: dict[str, Any] = {"any": []}
    assert judged({"all": [true, {"not": false}]}, scene(1))
    assert not judged({"all": [true, false]}, scene(1))
    assert judged({"any": [false, true]}, scene(1))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"event": "A"}, True),
        ({"event": "B"}, False),
        ({"event": "A", "at_least": 4}, False),
        ({"event": "A", "at_most": 3}, True),
        ({"event": "A", "exactly": 3}, True),
        ({"event": "A", "exactly": 2, "within": "1h"}, False),  # the one exactly an hour ago is out
        ({"event": "A", "exactly": 1, "within": "1h"}, True),
        ({"event": "A", "at_least": 1, "when": {"field": "event.n", "gte": 2}}, True),
        ({"event": "A", "at_least": 2, "when": {"field": "event.n", "gte": 2}}, False),
        ({"event": "A", "when": {"field": "profile.x", "is": 1}}, True),
    ],
)
def test_event_tests(document: dict[str, Any], expected: bool) -> None:
    times = [(6, 0), (8, 0), (9, 2)]
    events = [
        Happening("A", NOW.replace(hour=hour), number, {"n": n}) for number, (hour, n) in enumerate(times)
    ]
    assert judged(document, scene(1, events=events)) is expected
    assert judged(document, scene(1, events=events, blind=True)) is False


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"weekdays": ["mon"]}, True),
        ({"weekdays": ["tue", "sun"]}, False),
        ({"from": "09:00", "to": "10:00"}, True),
        ({"from": "08:00", "to": "09:00"}, False),
        ({"from": "22:00", "to": "09:00"}, False),
        ({"from": "22:00", "to": "09:01"}, True),
        ({"from": "22:00", "to": "09:01", "weekdays": ["mon"]}, False),  # the night began on Sunday
        ({"from": "22:00", "to": "09:01", "weekdays": ["sun"]}, True),
        ({"from": "09:00", "to": "09:00", "weekdays": ["mon"]}, True),
        ({"from": "09:00"}, True),
        ({"to": "09:00"}, False),
    ],
)
def test_time_tests(document: dict[str, Any], expected: bool) -> None:
    assert judged({"time": document}, scene(1)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00+00:00"),
        ("2026-03-02t09:00:00.1234567z", "2026-03-02T09:00:00.123456+00:00"),
        ("2026-03-02 09:00:00-01:30", "2026-03-02T10:30:00+00:00"),
        ("2026-03-02", "2026-03-02T00:00:00+00:00"),
        ("2026-02-29", None),
        ("2026-03-02T24:00:00Z", None),
        ("2026-03-02T09:00Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("", None),
        (20260302, None),
    ],
)
def test_instants(text: object, expected: str | None) -> None:
    found = instant_of(text)
    assert (found.isoformat() if found else None) == expected


def test_equal_json() -> None:
    assert same_json({"a": [1, None, "x"]}, {"a": [1.0, None, "x"]})
    for one, other in [
        (1, True),
        (0, False),
        (None, 0),
        ("1", 1),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ([], {}),
    ]:
        assert not same_json(one, other)


def test_audiences_by_members_and_by_condition() -> None:
    audiences: list[dict[str, Any]] = [
        {"audience": "vip", "members": ["u1"]},
        {"audience": "buyers", "where": {"event": "Buy"}},
    ]
    steps: dict[str, Any] = {
        "fork": {
            "split": [
                {"when": {"audience": "vip"}, "next": "a"},
                {"when": {"audience": "buyers"}, "next": "b"},
                {"else": True, "drop_out": True},
            ]
        },
        "a": {"end": {}},
        "b": {"end": {}},
    }
    feed = [event("8:00", "u2", "Buy"), *(event("9:00", user, "Go") for user in ("u1", "u2", "u3"))]
    found = run(reference, journey(steps), feed, audiences=audiences)
    assert [p.split()[4] + " " + p.split()[5] for p in found.people] == [
        "completed a",
        "completed b",
        "dropped_out:split_else fork",
    ]
