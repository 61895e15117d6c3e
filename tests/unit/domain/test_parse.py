from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.checks import check_journey, not_available
from parcours.domain.journey import (
    DropOut,
    EventTrigger,
    Goal,
    Journey,
    Jump,
    ManualTrigger,
    Reentry,
    ScheduleTrigger,
    Waves,
    Window,
)
from parcours.domain.keys import TABLES
from parcours.domain.parse import parse_audience, parse_condition, parse_journey
from parcours.domain.problems import Problem
from parcours.domain.serialise import journey_document
from parcours.domain.walk import conditions_of
from support.documents import ANY_JSON, JOURNEYS, Document

DONE: Document = {"steps": {"done": {"end": {}}}}


def found(document: object) -> set[tuple[str, str]]:
    """The code and place of every problem of a journey."""
    return {(problem.code, problem.place) for problem in parse_journey(document)[1]}


def journey(**keys: Any) -> Document:
    return {"journey": "j", **DONE, **keys}


def read(document: object) -> Journey:
    parsed, problems = parse_journey(document)
    assert problems == []
    assert parsed is not None
    return parsed


def problem(document: object) -> Problem:
    """The only problem of a journey."""
    (only,) = parse_journey(document)[1]
    return only


def test_all_problems_come_at_once_each_with_its_place() -> None:
    document = {
        "journey": "j!",
        "nmae": "Welcome",
        "timezone": "Europe/Stokholm",
        "entry": {"triggers": [{"evnt": "X"}, {"event": "Signed Up", "when": {"field": "country", "is": 1}}]},
        "goal": {"all": [{"event": "Paid", "within": "1y"}]},
        "lifetime": 30,
        "steps": {
            "hello": {"email": {"subjct": "Hi"}, "next": 7},
            "pause": {"wait": {"for": "2 days"}},
            "which": {"split": [{"when": {"field": "profile.x", "gt": True}, "next": "hello"}]},
            "done": {"end": {}, "next": "hello"},
        },
    }
    assert found(document) == {
        ("bad_key", "journey"),
        ("unknown_key", "nmae"),
        ("bad_timezone", "timezone"),
        ("bad_trigger", "entry.triggers[0]"),
        ("bad_field", "entry.triggers[1].when.field"),
        ("bad_duration", "goal.all[0].within"),
        ("wrong_type", "lifetime"),
        ("unknown_key", "steps.hello.email.subjct"),
        ("wrong_type", "steps.hello.next"),
        ("bad_duration", "steps.pause.wait.for"),
        ("wrong_type", "steps.which.split[0].when.gt"),
        ("split_without_else", "steps.which.split"),
        ("unknown_key", "steps.done.next"),
    }


def test_problems_know_their_step_and_section_and_the_nearest_word() -> None:
    only = problem({"journey": "j", "steps": {"hello": {"email": {"subjct": "Hi"}}}})
    assert (only.step_id, only.section, only.severity) == ("hello", "steps", "error")
    assert only.hint == "Did you mean `subject`?"
    assert problem(journey(timezone="Europe/Stokholm")).hint == "Did you mean `Europe/Stockholm`?"
    assert problem(journey(lifetme="1d")).hint == "Did you mean `lifetime`?"


def test_what_is_good_is_kept_where_something_else_is_bad() -> None:
    parsed, problems = parse_journey(
        {"journey": "j", "name": 5, "folder": "F", "steps": {"a": {"mail": {}}, "b": {"wait": {"for": "1d"}}}}
    )
    assert {p.code for p in problems} == {"wrong_type", "unknown_key", "missing_key"}
    assert parsed is not None
    assert (parsed.name, parsed.folder, list(parsed.steps)) == ("", "F", ["a", "b", "end"])
    # Nothing more is said about the step that could not be read, and the step behind it is reached.
    assert {p.code for p in check_journey(parsed)} == {"no_trigger"}


@pytest.mark.parametrize("document", [None, 5, "journey", [], True, {}, {"journey": None}, {"journey": ""}])
def test_without_a_mapping_and_a_key_there_is_no_journey(document: object) -> None:
    parsed, problems = parse_journey(document)
    assert parsed is None
    assert problems


def test_a_journey_without_steps_has_an_end_only() -> None:
    parsed, problems = parse_journey({"journey": "j", "steps": {}})
    assert [p.code for p in problems] == ["no_steps"]
    assert parsed is not None
    assert list(parsed.steps) == ["end"]


@given(ANY_JSON | st.dictionaries(st.sampled_from(list(TABLES["journey"])), ANY_JSON))
def test_reading_never_raises(document: object) -> None:
    for parsed, problems in (parse_journey(document), parse_audience(document), parse_condition(document)):
        assert parsed is not None or problems


@given(JOURNEYS, st.data())
def test_one_bad_value_anywhere_is_a_problem_and_never_an_error(
    document: Document, data: st.DataObject
) -> None:
    """Exchange one value deep in a good document for any JSON; what can still be read goes round."""
    at: Any = document
    while True:
        key = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        if not (isinstance(at[key], dict | list) and at[key]) or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(ANY_JSON)
    parsed, problems = parse_journey(document)
    if parsed is not None:
        check_journey(parsed)
        not_available(parsed)
        if not problems:
            assert parse_journey(journey_document(parsed)) == (parsed, [])


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (journey(name="a\0b"), "bad_text"),
        (journey(name="a\ud800"), "bad_text"),
        (journey(name="a\nb"), "bad_text"),
        (journey(**{"na\0me": "x"}), "bad_text"),
        (journey(**{"n" * 300: "x"}), "bad_text"),
        (dict([*journey().items(), (5, "x")]), "key_not_text"),
        (journey(name="x" * 300), "too_long"),
        (journey(name={1, 2}), "wrong_type"),
        (journey(name=datetime(2026, 1, 1, tzinfo=UTC)), "wrong_type"),
        (journey(entry={"cap": 2**70}), "bad_number"),
        (journey(layout={"done": [float("nan"), 0]}), "bad_number"),
        (journey(tags=["x"] * 1_001), "too_large"),
        (journey(steps={"a": {"wait": {"for": "1d"}}, "entry": {"end": {}}}), "bad_key"),
        (journey(steps={"next": {"end": {}}}), "bad_key"),
        (journey(steps={"a b": {"end": {}}}), "bad_key"),
        (journey(email={"from": "Anna"}), "bad_address"),
        (journey(email={"from": "Anna <a@example.com>\r\nBcc: x@example.com"}), "bad_text"),
        (journey(entry={"rate": "0/s"}), "bad_rate"),
        (journey(entry={"rate": 100}), "bad_rate"),
        (journey(entry={"start": "2026-02-30"}), "bad_instant"),
        (journey(entry={"start": 20261201}), "wrong_type"),
        (journey(entry={"waves": {"parts": 4}}), "missing_key"),
        (journey(entry={"reentry": {"mode": "twice"}}), "wrong_value"),
        (journey(entry={"triggers": [{"manual": False}]}), "wrong_value"),
        (journey(entry={"triggers": [{"audience": "vip", "schedule": "61 * * * *"}]}), "bad_schedule"),
        (journey(entry={"triggers": [{"audience": "vip", "schedule": "daily"}]}), "bad_schedule"),
        (journey(entry={"triggers": [{"schedule": "now"}]}), "missing_key"),
        (journey(entry={"triggers": [{"audience": "vip", "on": "enter", "schedule": "now"}]}), "unknown_key"),
        (journey(window={"from": "08:00"}), "window_without_timezone"),
        (journey(window={"days": [], "from": "08:00"}, timezone="UTC"), "wrong_value"),
        (journey(window={"days": ["monday"]}, timezone="UTC"), "wrong_value"),
        (journey(window={"from": "8:00"}, timezone="UTC"), "bad_time"),
        (journey(window={}, timezone="UTC"), "missing_key"),
        (journey(layout={"done": [1]}), "wrong_type"),
        (journey(goal={"event": "Paid", "leave": False}), "unknown_key"),
        (journey(goal={"when": {"event": "Paid"}, "leave": "no"}), "wrong_type"),
        (journey(lifetime="0s"), "bad_duration"),
    ],
)
def test_bad_values_are_named(document: Document, code: str) -> None:
    assert problem(document).code == code


def test_nesting_is_limited() -> None:
    value: Any = "x"
    for _ in range(40):
        value = [value]
    assert (
        problem(journey(steps={"a": {"webhook": {"url": "https://a.example", "body": value}}})).code
        == "too_deep"
    )
    for _ in range(5_000):
        value = [value]
    assert {code for code, _ in found(journey(name=value))} == {"wrong_type", "too_deep"}


def test_too_many_values_are_said_once() -> None:
    bomb: Any = ["x"] * 10
    for _ in range(12):
        bomb = [bomb] * 10
    assert [code for code, _ in found(journey(tags=bomb))].count("too_large") == 1


def test_instants_without_offset_are_read_in_the_zone_of_the_journey() -> None:
    entry = {"start": "2026-03-29T02:30:00", "end": "2026-10-25T02:30:00"}
    assert read(journey(timezone="Europe/Stockholm", entry=entry)).entry.start == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )
    assert read(journey(timezone="Europe/Stockholm", entry=entry)).entry.end == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    assert read(journey(entry=entry)).entry.start == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


def test_goals_are_a_condition_or_say_whether_to_leave() -> None:
    plain = read(journey(goal={"event": "Paid", "when": {"field": "event.total", "gt": 1}})).goal
    assert plain is not None
    assert plain.leave
    kept = read(journey(goal={"when": {"event": "Paid"}, "leave": False})).goal
    assert kept is not None
    assert not kept.leave
    assert isinstance(plain, Goal)


def test_entries_are_read() -> None:
    entry = read(
        journey(
            entry={
                "triggers": [
                    {"event": "A"},
                    {"audience": "vip", "schedule": {"once": "2026-12-01"}},
                    {"audience": "vip", "schedule": "now"},
                    {"manual": True},
                ],
                "exclude": ["staff", "staff"],
                "reentry": {"mode": "after_exit", "min_interval": "30d"},
                "rate": "60/m",
                "waves": {"parts": 4, "every": "2h"},
                "at_end": "stop",
            }
        )
    ).entry
    assert entry.triggers == (
        EventTrigger("A"),
        ScheduleTrigger("vip", once=datetime(2026, 12, 1, tzinfo=UTC)),
        ScheduleTrigger("vip", now=True),
        ManualTrigger(),
    )
    assert entry.exclude == ("staff",)
    assert entry.reentry == Reentry("after_exit", timedelta(days=30))
    assert (entry.rate, entry.waves, entry.at_end) == (1.0, Waves(4, timedelta(hours=2)), "stop")


def test_windows_and_defaults_are_read() -> None:
    parsed = read(
        journey(timezone="UTC", window={"days": ["fri", "mon"], "to": "18:00"}, email={"on_skip": "drop_out"})
    )
    assert parsed.window == Window(frozenset({1, 5}), None, time(18))
    assert parsed.email.on_skip == DropOut()
    assert read(journey(email={"on_skip": "done"})).email.on_skip == Jump("done")


def test_null_is_left_out() -> None:
    assert read(journey(name=None, entry=None, goal=None, exit=None, window=None)) == read(journey())


def test_a_file_name_goes_before_each_place() -> None:
    places = [p.place for p in parse_journey(journey(name=5, entry={"cap": "x"}), file="a.yaml")[1]]
    assert places == ["a.yaml: name", "a.yaml: entry.cap"]


def test_audiences_have_members_or_a_condition() -> None:
    audience, problems = parse_audience({"audience": "vip", "members": ["u1", "u1", "u2"]})
    assert problems == []
    assert audience is not None
    assert audience.members == ("u1", "u2")
    for document, code in (
        ({"audience": "vip", "members": ["u1"], "where": {"audience": "x"}}, "several_choices"),
        ({"audience": "vip", "members": [1]}, "wrong_type"),
        ({"audience": "v i p"}, "bad_key"),
        ({"members": []}, "missing_key"),
    ):
        assert [p.code for p in parse_audience(document)[1]] == [code]


def test_conditions_are_found_with_their_places() -> None:
    test = {"audience": "a"}
    parsed = read(
        journey(
            entry={"triggers": [{"manual": True}, {"event": "E", "when": test}], "filter": test},
            goal={"when": test, "leave": False},
            exit=[test],
            steps={
                "w": {"wait_for": [{"event": "E", "when": test, "next": "s"}]},
                "s": {"split": [{"when": test, "drop_out": True}, {"else": True, "next": "end"}]},
            },
        )
    )
    assert [place for place, _ in conditions_of(parsed)] == [
        "entry.triggers[1].when",
        "entry.filter",
        "goal.when",
        "exit[0]",
        "steps.w.wait_for[0].when",
        "steps.s.split[0].when",
    ]
