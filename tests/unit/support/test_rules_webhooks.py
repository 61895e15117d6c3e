"""Webhooks: R4, R29, R30, P48, P53, P54, P55."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Document, Simulator, command, email, event, identify, journey, run

ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}
PERSON = identify("8:00", "u1", plan="pro", email="u1@example.com")
GO = event("9:00", "u1", "Go", n=7)
URL = "https://crm.example.com/hook"


def webhook(url: str = URL, **more: Any) -> Document:
    return {"webhook": {"url": url, **more}}


def calling(step: Document | None = None, **options: Any) -> Document:
    return journey({"call": {**(step or webhook()), "next": "a"}, **ENDS}, **options)


def stub(when: str = "8:30", step: str = "call", **options: Any) -> Document:
    return command(when, "stub", step=step, **options)


def forking(*conditions: Document, step: Document | None = None, **more: Any) -> Document:
    """A webhook with `save_as`, and directly behind it a split with a branch for each condition."""
    branches = [{"when": when, "next": f"yes{n}"} for n, when in enumerate(conditions)]
    ends: dict[str, Any] = {f"yes{n}": {"end": {}} for n, _ in enumerate(conditions)}
    steps = {
        "call": {**(step or webhook(save_as="crm")), "next": "fork"},
        "fork": {"split": [*branches, {"else": True, "next": "no"}]},
        **ends,
        "no": {"end": {}},
    }
    return journey(steps, **more)


def test_without_a_stub_it_is_sent(simulator: Simulator) -> None:
    found = run(simulator, calling(), [GO])
    assert found.messages == ["u1#1 call 9:00 sent -"]
    (line,) = found.kind("message")
    assert (line["channel"], line["to"], line["subject"]) == ("webhook", URL, None)
    assert found.people == ["j v1 u1#1 9:00 completed a 9:00"]
    assert found.moves == ["u1#1 9:00 null > call", "u1#1 9:00 call > a"]


def test_it_needs_no_address(simulator: Simulator) -> None:
    case = journey({"call": webhook(), "mail": email()})
    assert run(simulator, case, [GO]).messages == [
        "u1#1 call 9:00 sent -",
        "u1#1 mail 9:00 skipped:no_address -",
    ]


@pytest.mark.parametrize(
    ("options", "message", "person"),
    [
        ({"outcome": "sent"}, "sent", "completed a"),
        ({"outcome": "uncertain"}, "uncertain", "completed a"),
        ({"outcome": "rejected"}, "rejected:send_failed", "dropped_out:send_failed call"),
        ({"outcome": "skipped", "reason": "expired"}, "skipped:expired", "completed a"),
        ({"outcome": "skipped"}, "skipped:suppressed", "dropped_out:suppressed call"),
        ({"status": 200}, "sent", "completed a"),
        ({"status": 204, "body": None}, "sent", "completed a"),
        ({"status": 299}, "sent", "completed a"),
        ({"status": 301}, "rejected:send_failed", "dropped_out:send_failed call"),
        ({"status": 404}, "rejected:send_failed", "dropped_out:send_failed call"),
        ({"status": 503}, "rejected:send_failed", "dropped_out:send_failed call"),
    ],
)
def test_a_stub_says_the_outcome(
    simulator: Simulator, options: dict[str, Any], message: str, person: str
) -> None:
    found = run(simulator, calling(email={"on_skip": "drop_out"}), [GO], [stub(**options)])
    assert found.messages == [f"u1#1 call 9:00 {message} -"]
    assert found.people == [f"j v1 u1#1 9:00 {person} 9:00"]
    assert found.kind("message")[0]["to"] == (None if "skipped" in message else URL)
    assert found.commands == ["8:30 stub v- null > null"]


def test_a_stub_gives_outcome_or_status(simulator: Simulator) -> None:
    found = run(simulator, calling(), [GO], [stub(outcome="rejected", status=200)])
    assert found.commands == ["8:30 stub v- null > null ?bad_option"]
    assert found.messages == ["u1#1 call 9:00 sent -"]


@pytest.mark.parametrize(
    ("on_error", "person"),
    [("next", "completed a"), ("b", "completed b"), ("drop_out", "dropped_out:send_failed call")],
)
def test_on_error_says_where_to(simulator: Simulator, on_error: str, person: str) -> None:
    found = run(simulator, calling(webhook(on_error=on_error)), [GO], [stub(status=500)])
    assert found.people == [f"j v1 u1#1 9:00 {person} 9:00"]


def test_the_url_is_a_template_and_shows_no_password(simulator: Simulator) -> None:
    step = webhook(
        "https://me:secret@crm.example.com/{{ profile.user_id }}?n={{ event.n }}", query={"k": "v"}
    )
    found = run(simulator, calling(step), [PERSON, GO])
    assert found.kind("message")[0]["to"] == "https://crm.example.com/u1?n=7"


@pytest.mark.parametrize(
    "step",
    [
        webhook("{{ profile.none }}", on_error="b"),
        webhook("https://{{ profile.none }}/", on_error="b"),
        webhook("https://crm.example.com/{{ 1 | divided_by: 0 }}", on_error="b"),
        webhook(headers={"X-Id": "{{ 1 | divided_by: 0 }}"}, on_error="b"),
        webhook(query={"id": "{{ 1 | divided_by: 0 }}"}, on_error="b"),
        webhook(body={"deep": ["{{ 1 | divided_by: 0 }}"]}, on_error="b"),
    ],
)
def test_what_cannot_be_said_drops_the_person_out(simulator: Simulator, step: Document) -> None:
    found = run(simulator, calling(step), [PERSON, GO])
    assert found.messages == ["u1#1 call 9:00 rejected:step_failed -"]
    assert found.kind("message")[0]["to"] is None
    assert found.people == ["j v1 u1#1 9:00 dropped_out:step_failed call 9:00"]


def test_gates_and_their_stubs_come_before_templates(simulator: Simulator) -> None:
    fails = webhook("https://crm.example.com/{{ 1 | divided_by: 0 }}")
    found = run(simulator, calling(fails), [GO], [stub(outcome="skipped", reason="expired")])
    assert found.messages == ["u1#1 call 9:00 skipped:expired -"]
    mail = journey({"mail": email(text="{{ 1 | divided_by: 0 }}")})
    found = run(simulator, mail, [PERSON, GO], [stub(step="mail", outcome="skipped", reason="expired")])
    assert found.messages == ["u1#1 mail 9:00 skipped:expired -"]


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({"score": 7, "deep": {"plan": "pro"}}, "yes0"),
        ({"score": 6, "deep": {"plan": "pro"}}, "yes1"),
        ({"score": "7"}, "no"),
        ({}, "no"),
        ([{"score": 7}], "no"),
        ("score", "no"),
        (None, "no"),
        (7, "no"),
    ],
)
def test_the_answer_is_seen_by_the_split_behind(simulator: Simulator, body: object, end: str) -> None:
    case = forking({"field": "crm.score", "gte": 7}, {"field": "crm.deep.plan", "is": "pro"})
    found = run(simulator, case, [GO], [stub(status=200, body=body)])
    assert found.people == [f"j v1 u1#1 9:00 completed {end} 9:00"]


def test_the_answer_is_kept_for_later_steps_and_templates(simulator: Simulator) -> None:
    steps = {
        "call": webhook(save_as="crm"),
        "pause": {"wait": {"for": "1h"}},
        "mail": email("Hello {{ crm.name }}"),
        "again": webhook("https://crm.example.com/{{ crm.id }}"),
        "fork": {
            "split": [{"when": {"field": "crm.id", "is": "x7"}, "next": "a"}, {"else": True, "next": "b"}]
        },
        **ENDS,
    }
    found = run(simulator, journey(steps), [PERSON, GO], [stub(body={"name": "Eva", "id": "x7"})])
    assert found.messages == [
        "u1#1 call 9:00 sent -", "u1#1 again 10:00 sent -", "u1#1 mail 10:00 sent Hello Eva"
    ]  # fmt: skip
    assert found.kind("message")[1]["to"] == "https://crm.example.com/x7"
    assert found.people == ["j v1 u1#1 9:00 completed a 10:00"]


@pytest.mark.parametrize(
    ("second", "end"),
    [
        ({"status": 200, "body": {"n": 2}}, "yes1"),
        ({"status": 200, "body": None}, "no"),
        ({"status": 500, "body": {"n": 2}}, "yes0"),
        ({"outcome": "uncertain", "body": {"n": 2}}, "yes0"),
        ({"outcome": "skipped", "reason": "expired"}, "yes0"),
    ],
)
def test_only_a_call_that_was_taken_saves(simulator: Simulator, second: dict[str, Any], end: str) -> None:
    case = forking(
        {"field": "crm.n", "is": 1},
        {"field": "crm.n", "is": 2},
        step=webhook(save_as="crm", on_error="next"),
    )
    case["steps"] = {"first": webhook(save_as="crm"), **case["steps"]}
    commands = [stub(step="first", body={"n": 1}), stub(**second)]
    assert run(simulator, case, [GO], commands).people == [f"j v1 u1#1 9:00 completed {end} 9:00"]


def test_an_answer_does_not_outlive_the_passage(simulator: Simulator) -> None:
    case = forking({"field": "crm.n", "is": 1}, step=webhook(save_as="crm", on_error="next"))
    feed = [GO, event("11:00", "u1", "Go")]
    found = run(simulator, case, feed, [stub(body={"n": 1}), stub("10:00", status=400)])
    assert [line.split()[4:6] for line in found.people] == [["completed", "yes0"], ["completed", "no"]]


@pytest.mark.parametrize(("outcome", "sent", "bounced"), [("sent", True, False), ("rejected", False, True)])
def test_message_tests(simulator: Simulator, outcome: str, sent: bool, bounced: bool) -> None:
    both = {"all": [{"message": "call", "sent": sent}, {"message": "call", "bounced": bounced}]}
    case = forking(both, step=webhook(on_error="next"))
    found = run(simulator, case, [GO], [stub(outcome=outcome)])
    assert found.people == ["j v1 u1#1 9:00 completed yes0 9:00"]


def test_a_goal_may_look_at_the_answer(simulator: Simulator) -> None:
    steps = {"call": webhook(save_as="crm"), "pause": {"wait": {"for": "1h"}}}
    goal = {"field": "crm.done", "is": True}
    found = run(simulator, journey(steps, goal=goal), [GO], [stub(body={"done": True})])
    assert found.people == ["j v1 u1#1 9:00 succeeded call 9:00"]
    found = run(simulator, journey(steps, goal=goal), [GO], [stub(body={"done": False})])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]


def test_an_event_saved_by_a_wait_is_judged_likewise(simulator: Simulator) -> None:
    steps = {
        "rest": {"wait_for": [{"event": "Paid", "save_as": "paid", "next": "pause"}]},
        "pause": {"wait": {"for": "1h"}},
    }
    goal = {"field": "paid.total", "gte": 10}
    found = run(simulator, journey(steps, goal=goal), [GO, event("9:30", "u1", "Paid", total=10)])
    assert found.people == ["j v1 u1#1 9:00 succeeded rest 9:30"]


def test_an_answer_in_a_pause_is_kept(simulator: Simulator) -> None:
    steps = {"call": webhook(save_as="crm"), "mail": email("Hello {{ crm.name }}")}
    commands = [
        stub(body={"name": "Eva"}), command("8:59", "pause"), command("10:00", "resume"),
    ]  # fmt: skip
    found = run(simulator, journey(steps), [PERSON, GO], commands)
    assert found.messages == ["u1#1 call 10:00 sent -", "u1#1 mail 10:00 sent Hello Eva"]
