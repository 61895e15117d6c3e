"""The lifetime of a passage: R25, R22, P49."""

from __future__ import annotations

from typing import Any

from support.runner import Document, Simulator, command, email, event, identify, journey, run

ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}
HEAR = {"hear": {"wait_for": [{"event": "A", "next": "a"}]}, **ENDS}
LONG = {"one": {"wait": {"for": "1h"}}, "two": {"wait": {"for": "1d"}}}
GO = event("9:00", "u1", "Go")


def lasting(steps: Document, lifetime: str = "2h", **more: Any) -> Document:
    return {**journey(steps, **more), "lifetime": lifetime}


def test_whoever_is_still_inside_leaves_at_its_end(simulator: Simulator) -> None:
    found = run(simulator, lasting(LONG), [GO])
    assert found.people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded two 11:00"]
    assert found.moves == ["u1#1 9:00 null > one", "u1#1 10:00 one > two", "u1#1 11:00 two > null"]
    assert found.ledger()["reasons"] == {"lifetime_exceeded": 1}


def test_a_wait_that_only_an_event_ends(simulator: Simulator) -> None:
    assert run(simulator, lasting(HEAR), [GO]).people == [
        "j v1 u1#1 9:00 dropped_out:lifetime_exceeded hear 11:00"
    ]


def test_an_event_of_the_same_instant_comes_first(simulator: Simulator) -> None:
    found = run(simulator, lasting(HEAR), [GO, event("11:00", "u1", "A")])
    assert found.people == ["j v1 u1#1 9:00 completed a 11:00"]


def test_an_event_that_leads_to_another_rest_does_not_help(simulator: Simulator) -> None:
    steps = {**HEAR, "a": {"wait": {"for": "1d"}}}
    found = run(simulator, lasting(steps), [GO, event("11:00", "u1", "A")])
    assert found.people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded a 11:00"]


def test_of_two_timers_of_one_instant_the_lifetime_counts(simulator: Simulator) -> None:
    steps = {"one": {"wait": {"for": "2h"}}}
    assert run(simulator, lasting(steps), [GO]).people == [
        "j v1 u1#1 9:00 dropped_out:lifetime_exceeded one 11:00"
    ]


def test_goals_and_exit_rules_are_asked_before(simulator: Simulator) -> None:
    late = {"time": {"from": "11:00"}}
    assert run(simulator, lasting(HEAR, goal=late), [GO]).people == ["j v1 u1#1 9:00 succeeded hear 11:00"]
    assert run(simulator, lasting(HEAR, exit=[late]), [GO]).people == [
        "j v1 u1#1 9:00 dropped_out:exit_rule hear 11:00"
    ]


def test_a_remembered_goal_does_not_help(simulator: Simulator) -> None:
    case = lasting(HEAR, goal={"when": {"event": "Buy"}, "leave": False})
    assert run(simulator, case, [GO, event("10:00", "u1", "Buy")]).people == [
        "j v1 u1#1 9:00 dropped_out:lifetime_exceeded hear 11:00"
    ]


def test_a_new_passage_has_a_new_lifetime(simulator: Simulator) -> None:
    found = run(simulator, lasting(HEAR), [GO, event("10:00", "u1", "A"), event("10:30", "u1", "Go")])
    assert found.people == [
        "j v1 u1#1 9:00 completed a 10:00",
        "j v1 u1#2 10:30 dropped_out:lifetime_exceeded hear 12:30",
    ]


def test_in_a_pause_it_runs_on_and_ends_at_resume(simulator: Simulator) -> None:
    commands = [command("9:30", "pause"), command("12:00", "resume")]
    assert run(simulator, lasting(HEAR), [GO], commands).people == [
        "j v1 u1#1 9:00 dropped_out:lifetime_exceeded hear 12:00"
    ]


def test_at_resume_it_comes_before_the_overdue_timer_of_the_step(simulator: Simulator) -> None:
    commands = [command("9:30", "pause"), command("12:00", "resume")]
    found = run(simulator, lasting(LONG), [GO], commands)
    assert found.people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded one 12:00"]
    sooner = [command("9:30", "pause"), command("10:30", "resume")]
    assert run(simulator, lasting(LONG), [GO], sooner).moves == [
        "u1#1 9:00 null > one", "u1#1 10:30 one > two", "u1#1 11:00 two > null",
    ]  # fmt: skip


def test_at_resume_an_end_at_the_same_instant_waits_for_the_timers(simulator: Simulator) -> None:
    commands = [command("9:30", "pause"), command("11:00", "resume")]
    found = run(simulator, lasting(LONG), [GO], commands)
    assert found.moves == ["u1#1 9:00 null > one", "u1#1 11:00 one > two", "u1#1 11:00 two > null"]


def test_kept_events_come_before_it(simulator: Simulator) -> None:
    commands = [command("9:30", "pause"), command("12:00", "resume")]
    found = run(simulator, lasting(HEAR), [GO, event("11:30", "u1", "A")], commands)
    assert found.people == ["j v1 u1#1 9:00 completed a 12:00"]
    steps = {
        **HEAR,
        "hear": {"wait_for": [{"event": "A", "next": "write"}]},
        "write": {"update_profile": {"set": {"x": 1}}, "next": "more"},
        "more": {"wait": {"for": "1h"}},
    }
    found = run(simulator, lasting(steps), [GO, event("11:30", "u1", "A")], commands)
    assert found.moves[1:] == [
        "u1#1 12:00 hear > write", "u1#1 12:00 write > more", "u1#1 12:00 more > null",
    ]  # fmt: skip


def test_a_message_of_the_same_walk_leaves_before_it_ends(simulator: Simulator) -> None:
    steps = {
        **HEAR,
        "hear": {"wait_for": [{"event": "A", "next": "mail"}]},
        "mail": {**email(), "next": "more"},
        "more": {"wait": {"for": "1h"}},
    }
    commands = [command("9:30", "pause"), command("12:00", "resume")]
    feed = [identify("8:00", "u1", email="u1@example.com"), GO, event("11:30", "u1", "A")]
    found = run(simulator, lasting(steps), feed, commands)
    assert found.messages == ["u1#1 mail 12:00 sent Hello"]
    assert found.people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded more 12:00"]
    shut = run(simulator, {**lasting(steps), "window": {"to": "10:00"}}, feed, commands)
    assert shut.messages == ["u1#1 mail 12:00 cancelled:left -"]
    assert shut.people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded mail 12:00"]


def test_queued_people_whose_lifetime_is_over_are_not_let_in(simulator: Simulator) -> None:
    commands = [command("8:00", "pause"), command("12:00", "resume")]
    feed = [GO, event("10:30", "u2", "Go"), event("10:00", "u3", "Go")]
    assert run(simulator, lasting(HEAR), feed, commands).people == [
        "j v1 u1#1 9:00 dropped_out:lifetime_exceeded - 12:00",
        "j v1 u2#1 10:30 dropped_out:lifetime_exceeded hear 12:30",
        "j v1 u3#1 10:00 dropped_out:lifetime_exceeded hear 12:00",
    ]
    early = lasting(HEAR, start="2026-03-02T12:00:00")
    assert run(simulator, early, feed).people == [
        "j v1 u1#1 9:00 dropped_out:lifetime_exceeded - 12:00",
        "j v1 u2#1 10:30 dropped_out:lifetime_exceeded hear 12:30",
        "j v1 u3#1 10:00 dropped_out:lifetime_exceeded hear 12:00",
    ]


def test_it_counts_from_the_entry_whatever_the_zone(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", timezone="Asia/Kathmandu"), GO]
    case = {**lasting(HEAR, "36h", timezone="Europe/Stockholm"), "profile_timezone": True}
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded hear +1 21:00"]
