"""Warnings: what can be carried out and is hardly what was meant. One case for each code, and one beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from parcours.domain.checks import Known, check_journey
from parcours.domain.parse import parse_journey
from support.documents import Document

START = {"triggers": [{"event": "Signed Up"}]}
WAIT = {"wait": {"for": "1d"}}
NOW = datetime(2026, 3, 1, tzinfo=UTC)
KNOWN = Known(
    fields=frozenset({"country", "age", "tags", "vip", "mixed"}),
    audiences=frozenset({"staff", "active"}),
    journeys={"winback": "live", "later": "draft"},
    types={
        "country": frozenset({"string", "null"}), "age": frozenset({"number"}), "tags": frozenset({"array"}),
        "vip": frozenset({"boolean"}), "mixed": frozenset({"string", "number"}),
    },
    events={"Signed Up": frozenset({"plan"}), "Order Completed": frozenset({"total"}), "Ping": frozenset()},
    conditions=frozenset({"active"}),
    now=NOW,
)  # fmt: skip


def found(**document: Any) -> list[tuple[str, str]]:
    """The code and place of every problem; they are warnings, with a hint."""
    journey, problems = parse_journey({"journey": "j", "entry": START, "steps": {"a": WAIT}, **document})
    assert problems == []
    assert journey is not None
    problems = check_journey(journey, known=KNOWN)
    assert all(problem.severity == "warning" and problem.hint for problem in problems)
    return [(problem.code, problem.place) for problem in problems]


def only(*problems: tuple[str, str]) -> list[tuple[str, str]]:
    return list(problems)


# The entry ------------------------------------------------------------------------------------------------------


def test_a_limit_or_a_date_that_lets_nobody_in() -> None:
    assert found(entry={**START, "cap": 0}) == only(("nobody_enters", "entry.cap"))
    assert found(entry={**START, "end": "2026-03-01"}) == only(("nobody_enters", "entry.end"))
    assert found(entry={**START, "cap": 1, "end": "2026-03-02"}) == []


def test_waves_without_a_schedule() -> None:
    waves = {"waves": {"parts": 4, "every": "2h"}}
    assert found(entry={**START, **waves}) == only(("waves_ignored", "entry.waves"))
    assert found(entry={"triggers": [{"audience": "staff", "schedule": "0 9 * * 1"}], **waves}) == []


def test_a_schedule_that_has_passed() -> None:
    once = {"audience": "staff", "schedule": {"once": "2026-03-01T00:00:00Z"}}
    assert found(entry={"triggers": [once]}) == only(("schedule_passed", "entry.triggers[0].schedule"))
    later = {"audience": "staff", "schedule": {"once": "2026-03-01T00:00:01Z"}}
    assert found(entry={"triggers": [later]}) == []


def test_taking_people_out_of_what_does_not_exist() -> None:
    assert found(entry={**START, "removes_from": ["winback", "winbak", "j"]}) == only(
        ("unknown_journey", "entry.removes_from[1]"), ("unknown_journey", "entry.removes_from[2]")
    )


def test_starting_a_draft() -> None:
    assert found(steps={"a": {"end": {"start": "later"}}}) == only(
        ("start_not_published", "steps.a.end.start")
    )
    assert found(steps={"a": {"end": {"start": "winback"}}}) == []


# Branches -------------------------------------------------------------------------------------------------------


def split(*branches: Document) -> Document:
    return {
        "a": {"split": [*({"when": when, "next": "end"} for when in branches), {"else": True, "next": "end"}]}
    }


def test_branches_that_nobody_comes_to() -> None:
    staff = {"audience": "staff"}
    assert found(steps=split(staff, {"not": staff}, staff)) == only(
        ("branch_never_taken", "steps.a.split[2]")
    )
    assert found(steps=split(staff, {"not": staff})) == []
    arms = [{"name": "A", "share": 100, "next": "end"}, {"name": "B", "share": 0, "next": "end"}]
    assert found(steps={"a": {"experiment": arms}}) == only(("branch_never_taken", "steps.a.experiment[1]"))


def test_a_split_without_branches() -> None:
    assert found(steps=split()) == only(("split_without_branches", "steps.a.split"))


def test_an_awaited_event_that_an_earlier_alternative_takes() -> None:
    plain, large = {"event": "Ping", "next": "end"}, {"field": "event.total", "gte": 100}
    timeout = {"timeout": "1d", "next": "end"}
    assert found(steps={"a": {"wait_for": [plain, {**plain, "when": large}, timeout]}}) == only(
        ("branch_never_taken", "steps.a.wait_for[1]")
    )
    assert found(steps={"a": {"wait_for": [{**plain, "when": large}, plain, timeout]}}) == []


def test_a_wait_for_an_event_that_may_never_come() -> None:
    steps = {"a": {"wait_for": [{"event": "Ping", "next": "end"}]}}
    assert found(steps=steps) == only(("wait_without_timeout", "steps.a.wait_for"))
    for other in ({"goal": {"event": "Ping"}}, {"exit": [{"event": "Ping"}]}, {"lifetime": "90d"}):
        assert found(steps=steps, **other) == []
    assert found(steps=steps, goal={"when": {"event": "Ping"}, "leave": False}) != []


def test_a_wait_until_an_instant_that_has_passed() -> None:
    assert found(steps={"a": {"wait": {"until": "2026-02-01"}}}) == only(
        ("wait_passed", "steps.a.wait.until")
    )
    assert found(steps={"a": {"wait": {"until": "2026-04-01"}}}) == []


# Conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "good"),
    [
        ({"field": "profile.age", "gt": 30}, True),
        ({"field": "profile.age", "gt": "30"}, False),
        ({"field": "profile.age", "is": "30"}, False),
        ({"field": "profile.age", "in": ["30", 30]}, True),
        ({"field": "profile.age", "is_not": "30"}, True),  # true for a present value of another type (P9)
        ({"field": "profile.age", "between": ["a", "b"]}, False),
        ({"field": "profile.age", "starts_with": "3"}, False),
        ({"field": "profile.age", "within_last": "3d"}, False),
        ({"field": "profile.age", "contains": "3"}, False),
        ({"field": "profile.age", "exists": True}, True),
        ({"field": "profile.country", "is": "SE"}, True),
        ({"field": "profile.country", "contains": "S"}, True),
        ({"field": "profile.country", "contains": 1}, False),
        ({"field": "profile.country", "before": "2026-01-01"}, True),
        ({"field": "profile.tags", "contains": "x"}, True),
        ({"field": "profile.tags", "is": "x"}, False),
        ({"field": "profile.vip", "is": True}, True),
        ({"field": "profile.vip", "is": "true"}, False),
        ({"field": "profile.mixed", "is": "x"}, True),
        ({"field": "profile.mixed", "gt": 1}, True),
    ],
)
def test_a_test_asks_for_the_type_that_the_field_has(test: Document, good: bool) -> None:
    operator = next(key for key in test if key != "field")
    assert found(goal=test) == ([] if good else only(("field_of_other_type", f"goal.{operator}")))


def test_fields_that_every_passage_and_profile_has() -> None:
    good = ["profile.user_id", "profile.country", "participant.entry_no", "participant.step", "event.plan"]
    assert found(goal={"all": [{"field": field, "exists": True} for field in good]}) == []
    assert found(goal={"field": "participant.steps", "exists": True}) == only(("unknown_field", "goal.field"))
    assert found(goal={"field": "event.paln", "exists": True}) == only(("unknown_field", "goal.field"))


def test_a_field_that_the_journey_itself_writes_is_known() -> None:
    steps = {"a": {"update_profile": {"set": {"stage": "warm"}}}, "b": WAIT}
    assert found(goal={"field": "profile.stage", "is": "warm"}, steps=steps) == []


def test_properties_are_those_of_the_event_under_test() -> None:
    def goal(name: str) -> Document:
        return {"event": "Order Completed", "when": {"field": f"event.{name}", "exists": True}}

    assert found(goal=goal("total")) == []
    assert found(goal=goal("plan")) == only(("unknown_field", "goal.when.field"))
    wait = [
        {"event": "Order Completed", "when": {"field": "event.plan", "is": "pro"}, "next": "end"},
        {"timeout": "1d", "next": "end"},
    ]
    assert found(steps={"a": {"wait_for": wait}}) == only(("unknown_field", "steps.a.wait_for[0].when.field"))
    # Of one that was never seen, or never with anything, nothing is said.
    assert found(goal={"event": "Ping", "when": {"field": "event.x", "is": 1}}) == []
    assert found(goal={"event": "Quite New", "when": {"field": "event.x", "is": 1}}) == []


def test_without_an_event_at_the_entry_there_is_none_to_read() -> None:
    entry = {"triggers": [{"audience": "staff", "schedule": "now"}]}
    assert found(entry=entry, goal={"field": "event.plan", "is": "pro"}) == only(
        ("unknown_field", "goal.field")
    )
    both = {"triggers": [*entry["triggers"], {"event": "Signed Up"}]}
    assert found(entry=both, goal={"field": "event.other", "is": "pro"}) == []


def test_what_is_saved_only_later() -> None:
    def steps(first: str, second: str) -> Document:
        parts: Document = {
            "ask": {"webhook": {"url": "https://crm.example", "save_as": "crm"}},
            "use": {
                "split": [
                    {"when": {"field": "crm.x", "is": 1}, "drop_out": True},
                    {"else": True, "next": "w"},
                ]
            },
        }
        return {first: parts[first], second: parts[second], "w": WAIT}

    assert found(steps=steps("ask", "use")) == []
    journey = steps("use", "ask")
    journey["use"]["split"][1]["next"] = "ask"
    assert found(steps=journey) == only(("unknown_field", "steps.use.split[0].when.field"))


def test_tests_that_never_hold() -> None:
    steps = {"call": {"webhook": {"url": "https://crm.example"}}}
    assert found(goal={"message": "call", "opened": True}, steps=steps) == only(
        ("never_holds", "goal.opened")
    )
    assert found(goal={"message": "call", "opened": False}, steps=steps) == []
    assert found(goal={"message": "call", "sent": True}, steps=steps) == []
    assert found(goal={"any": []}) == only(("never_holds", "goal.any"))


def test_an_event_that_is_nearly_one_that_comes() -> None:
    assert found(goal={"event": "Order Complete"}) == only(("unknown_event", "goal.event"))
    assert found(goal={"event": "Something Else"}) == []


def test_members_of_an_audience_by_condition_are_not_written() -> None:
    step = {"update_profile": {"add_to": ["staff", "active"]}}
    assert found(steps={"a": step, "b": WAIT}) == only(
        ("audience_by_condition", "steps.a.update_profile.add_to[1]")
    )
