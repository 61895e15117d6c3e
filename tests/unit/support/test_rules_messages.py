"""Email: R4, R29, R30, P11, P12, P32, P33, P48."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Document, Simulator, command, email, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}
GOOD = identify("8:00", "u1", email="u1@example.com", plan="pro")
GO = event("9:00", "u1", "Go")


def stub(outcome: str, when: str = "8:30", step: str = "mail", **options: Any) -> Document:
    return command(when, "stub", step=step, outcome=outcome, **options)


def mailing(**options: Any) -> Document:
    return journey({"mail": {**email(), "next": "a", **options.pop("step", {})}, **ENDS}, **options)


def email_step(**more: Any) -> Document:
    return {**email(**more), "next": "a"}


@pytest.mark.parametrize("address", [None, "nonsense", 7, ["u1@example.com"]])
def test_without_an_address_the_message_is_skipped_and_the_person_goes_on(
    simulator: Simulator, address: object
) -> None:
    feed = [identify("8:00", "u1", email=address), GO]
    found = run(simulator, mailing(), feed)
    assert found.messages == ["u1#1 mail 9:00 skipped:no_address -"]
    assert found.kind("message")[0]["to"] is None
    assert found.people == ["j v1 u1#1 9:00 completed a 9:00"]


@pytest.mark.parametrize(
    ("on_skip", "default", "expected"),
    [
        ("drop_out", None, "dropped_out:no_address mail"),
        ("b", None, "completed b"),
        ("next", "drop_out", "completed a"),
        (None, "b", "completed b"),
    ],
)
def test_on_skip_says_where_to(
    simulator: Simulator, on_skip: str | None, default: str | None, expected: str
) -> None:
    step = email_step() if on_skip is None else email_step(on_skip=on_skip)
    case = journey({"mail": step, **ENDS})
    if default is not None:
        case["email"] = {"on_skip": default}
    assert run(simulator, case, [GO]).people == [f"j v1 u1#1 9:00 {expected} 9:00"]


@pytest.mark.parametrize(
    ("options", "message", "person"),
    [
        ({"outcome": "sent"}, "sent Hello", "completed a"),
        ({"outcome": "uncertain"}, "uncertain Hello", "completed a"),
        ({"outcome": "rejected"}, "rejected:send_failed Hello", "dropped_out:send_failed mail"),
        (
            {"outcome": "skipped", "reason": "suppressed"},
            "skipped:suppressed -",
            "dropped_out:suppressed mail",
        ),
        (
            {"outcome": "skipped", "reason": "no_consent"},
            "skipped:no_consent -",
            "dropped_out:no_consent mail",
        ),
        (
            {"outcome": "skipped", "reason": "not_subscribed"},
            "skipped:not_subscribed -",
            "dropped_out:not_subscribed mail",
        ),
        ({"outcome": "skipped", "reason": "frequency_cap"}, "skipped:frequency_cap -", "completed a"),
    ],
)
def test_a_stub_says_the_outcome(
    simulator: Simulator, options: dict[str, Any], message: str, person: str
) -> None:
    found = run(simulator, mailing(), [GOOD, GO], [stub(**options)])
    assert found.messages == [f"u1#1 mail 9:00 {message}"]
    assert found.people == [f"j v1 u1#1 9:00 {person} 9:00"]
    assert found.kind("message")[0]["to"] == "u1@example.com"
    assert found.commands == ["8:30 stub v- null > null"]


@pytest.mark.parametrize(
    ("on_error", "person"),
    [("next", "completed a"), ("b", "completed b"), ("drop_out", "dropped_out:send_failed mail")],
)
def test_on_error_says_where_to(simulator: Simulator, on_error: str, person: str) -> None:
    case = journey({"mail": email_step(on_error=on_error), **ENDS})
    found = run(simulator, case, [GOOD, GO], [stub("rejected")])
    assert found.people == [f"j v1 u1#1 9:00 {person} 9:00"]


def test_a_stub_for_a_person_comes_before_one_for_all(simulator: Simulator) -> None:
    commands = [stub("uncertain", user_id="u1"), stub("rejected"), stub("skipped", step="other")]
    assert run(simulator, mailing(), [GOOD, GO], commands).messages == ["u1#1 mail 9:00 uncertain Hello"]
    replaced = [*commands, stub("sent", user_id="u1")]
    assert run(simulator, mailing(), [GOOD, GO], replaced).messages == ["u1#1 mail 9:00 sent Hello"]


def test_a_stub_begins_with_its_instant(simulator: Simulator) -> None:
    case = journey(
        {
            "mail": {**email(), "next": "pause"},
            "pause": {"wait": {"for": "1h"}, "next": "again"},
            "again": email(),
        }
    )
    commands = [stub("uncertain", "10:00", "again"), stub("uncertain", "9:01")]
    assert run(simulator, case, [GOOD, GO], commands).messages == [
        "u1#1 mail 9:00 sent Hello",
        "u1#1 again 10:00 uncertain Hello",
    ]


def test_gates_come_before_stubs(simulator: Simulator) -> None:
    assert run(simulator, mailing(), [GO], [stub("rejected")]).messages == [
        "u1#1 mail 9:00 skipped:no_address -"
    ]


def test_a_template_that_fails_for_a_person_drops_that_person_out(simulator: Simulator) -> None:
    fails = "{% if profile.plan == 'pro' %}{{ 1 | divided_by: 0 }}{% endif %}"
    case = journey({"mail": email_step(text=fails, on_error="b"), **ENDS})
    feed = [GOOD, GO, identify("8:00", "u2", email="u2@example.com"), event("9:00", "u2", "Go")]
    found = run(simulator, case, feed)
    assert found.messages == ["u1#1 mail 9:00 rejected:step_failed -", "u2#1 mail 9:00 sent Hello"]
    assert found.people == [
        "j v1 u1#1 9:00 dropped_out:step_failed mail 9:00",
        "j v1 u2#1 9:00 completed a 9:00",
    ]


def test_a_subject_is_rendered_with_the_profile_as_it_is(simulator: Simulator) -> None:
    steps = {
        "mark": {"update_profile": {"set": {"name": "Eva"}}},
        "mail": email(
            "{{ profile.name }}/{{ event.n }}/{{ profile.none }}/{{ profile.none | default: 'x' }}"
        ),
    }
    found = run(simulator, journey(steps), [GOOD, event("9:00", "u1", "Go", n="two")])
    assert found.messages == ["u1#1 mail 9:00 sent Eva/two//x"]


@pytest.mark.parametrize(
    ("outcome", "sent", "bounced"),
    [("sent", True, False), ("uncertain", True, False), ("rejected", False, True), ("skipped", False, False)],
)
def test_message_tests(simulator: Simulator, outcome: str, sent: bool, bounced: bool) -> None:
    branches = [
        {
            "when": {"all": [{"message": "mail", "sent": sent}, {"message": "mail", "bounced": bounced}]},
            "next": "a",
        },
        {"else": True, "next": "b"},
    ]
    step = {**email(on_skip="next", on_error="next"), "next": "fork"}
    case = journey({"mail": step, "fork": {"split": branches}, **ENDS})
    assert run(simulator, case, [GOOD, GO], [stub(outcome)]).people == ["j v1 u1#1 9:00 completed a 9:00"]


def test_opened_and_clicked_are_events_that_name_the_message(simulator: Simulator) -> None:
    steps = {"mail": email(), **WAIT}
    opened = {"message": "mail", "opened": True}
    feed = [
        GOOD,
        GO,
        event("9:10", "u1", "Email Opened", journey="j", step="other"),
        event("9:20", "u1", "Email Opened", journey="other", step="mail"),
        event("9:30", "u1", "Email Link Clicked", journey="j", step="mail"),
        event("9:40", "u1", "Email Opened", journey="j", step="mail"),
    ]
    found = run(simulator, journey(steps, goal=opened), feed)
    assert found.people == ["j v1 u1#1 9:00 succeeded pause 9:40"]
    found = run(simulator, journey(steps, exit=[{"message": "mail", "clicked": True}]), feed)
    assert found.people == ["j v1 u1#1 9:00 dropped_out:exit_rule pause 9:30"]


def test_the_goal_is_asked_when_the_outcome_is_known(simulator: Simulator) -> None:
    case = mailing(goal={"message": "mail", "bounced": True})
    found = run(simulator, case, [GOOD, GO], [stub("rejected")])
    assert found.people == ["j v1 u1#1 9:00 succeeded mail 9:00"]
