"""Passages and walking: R13 to R17, R19, R22, R31, P1, P2, P10, P13 to P16, P18, P27 to P29."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, add, command, event, identify, journey, remove, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}


def go(*times: str) -> list[dict[str, Any]]:
    return [event(time, "u1", "Go") for time in times]


def test_re_entry_once(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT, reentry={"mode": "once"}), go("9:00", "9:30", "10:00", "11:00"))
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]
    assert found.refusals == [
        "u1 9:30 Go already_inside",
        "u1 10:00 Go already_inside",
        "u1 11:00 Go reentry_once",
    ]


def test_re_entry_counts_its_interval_from_the_admission_before(simulator: Simulator) -> None:
    case = journey(WAIT, reentry={"mode": "after_exit", "min_interval": "3h"})
    found = run(simulator, case, go("9:00", "11:59", "12:00"))
    assert [p[:13] for p in found.people] == ["j v1 u1#1 9:0", "j v1 u1#2 12:"]
    assert found.refusals == ["u1 11:59 Go reentry_interval"]


def test_re_entry_always(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), go("9:00", "10:01", "11:02"))
    assert [line[5:9] for line in found.people] == ["u1#1", "u1#2", "u1#3"]


def test_the_first_failing_rule_of_admission_is_the_reason(simulator: Simulator) -> None:
    case = journey(
        WAIT, filter={"field": "profile.ok", "is": True}, exclude=["staff"], reentry={"mode": "once"}
    )
    feed = [
        event("9:00", "u1", "Go"),
        identify("9:01", "u1", ok=True),
        add("9:02", "u1", "staff"),
        event("9:03", "u1", "Go"),
        remove("9:04", "u1", "staff"),
        event("9:05", "u1", "Go"),
        identify("9:06", "u1", ok=False),
        event("9:07", "u1", "Go"),
        identify("9:08", "u1", ok=True),
        event("9:09", "u1", "Go"),
    ]
    assert run(simulator, case, feed).refusals == [
        "u1 9:00 Go filter",
        "u1 9:03 Go excluded",
        "u1 9:07 Go filter",
        "u1 9:09 Go already_inside",
    ]


def test_a_refusal_needs_a_trigger_whose_when_holds(simulator: Simulator) -> None:
    case = journey(WAIT, triggers=[{"event": "Go", "when": {"field": "event.n", "gt": 1}}], exclude=["staff"])
    feed = [add("8:00", "u1", "staff"), event("9:00", "u1", "Go", n=1), event("9:01", "u1", "Go", n=2)]
    found = run(simulator, case, feed)
    assert (found.people, found.refusals) == ([], ["u1 9:01 Go excluded"])


def test_several_triggers_of_one_event_suggest_once(simulator: Simulator) -> None:
    case = journey(WAIT, triggers=[{"event": "Go", "when": {"field": "event.n", "is": 1}}, {"event": "Go"}])
    found = run(simulator, case, [event("9:00", "u1", "Go", n=1)])
    assert (len(found.people), found.refusals) == (1, [])


def test_people_walk_to_the_next_rest_in_one_go(simulator: Simulator) -> None:
    steps = {
        "mark": {"update_profile": {"set": {"n": 1}}},
        "fork": {
            "split": [{"when": {"field": "profile.n", "is": 1}, "next": "a"}, {"else": True, "next": "b"}]
        },
        **ENDS,
    }
    found = run(simulator, journey(steps), go("9:00"))
    assert found.moves == ["u1#1 9:00 null > mark", "u1#1 9:00 mark > fork", "u1#1 9:00 fork > a"]
    assert found.people == ["j v1 u1#1 9:00 completed a 9:00"]
    assert found.ledger()["steps"] == {
        "entry": {"in": 1, "here": 0, "out": 1},
        "mark": {"in": 1, "here": 0, "out": 1},
        "fork": {"in": 1, "here": 0, "out": 1},
        "a": {"in": 1, "here": 0, "out": 1},
        "b": {"in": 0, "here": 0, "out": 0},
    }


def test_what_a_step_writes_is_judged_before_the_next_one(simulator: Simulator) -> None:
    steps = {"mark": {"update_profile": {"set": {"n": 1}}}, **WAIT}
    found = run(simulator, journey(steps, goal={"field": "profile.n", "is": 1}), go("9:00"))
    assert found.people == ["j v1 u1#1 9:00 succeeded mark 9:00"]
    assert found.moves == ["u1#1 9:00 null > mark", "u1#1 9:00 mark > null"]
    leave = {"mark": {"update_profile": {"add_to": ["staff"]}}, **WAIT}
    found = run(simulator, journey(leave, exclude=["staff"]), go("9:00"))
    assert found.people == ["j v1 u1#1 9:00 dropped_out:excluded mark 9:00"]


def test_writing_unsetting_and_memberships(simulator: Simulator) -> None:
    steps = {
        "mark": {
            "update_profile": {"set": {"n": None, "user_id": "x"}, "unset": ["m"], "remove_from": ["vip"]}
        },
        "fork": {
            "split": [
                {
                    "when": {
                        "all": [
                            {"field": "profile.n", "exists": False},
                            {"field": "profile.m", "exists": False},
                            {"not": {"audience": "vip"}},
                            {"field": "profile.user_id", "is": "u1"},
                        ]
                    },
                    "next": "a",
                },
                {"else": True, "next": "b"},
            ]
        },
        **ENDS,
    }
    feed = [identify("8:00", "u1", n=1, m=2, user_id="y"), add("8:00", "u1", "vip"), *go("9:00")]
    assert run(simulator, journey(steps), feed).people == ["j v1 u1#1 9:00 completed a 9:00"]


def test_a_remembered_goal_does_not_save_who_drops_out(simulator: Simulator) -> None:
    case = journey(WAIT, goal={"when": {"event": "A"}, "leave": False}, exit=[{"event": "B"}])
    feed = [*go("9:00"), event("9:10", "u1", "A"), event("9:20", "u1", "B")]
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 dropped_out:exit_rule pause 9:20"]
    stopped = run(simulator, case, feed[:2], [command("9:30", "stop")])
    assert stopped.people == ["j v1 u1#1 9:00 cancelled:journey_stopped pause 9:30"]


def test_exclusion_evicts_at_once_but_filter_does_not(simulator: Simulator) -> None:
    case = journey(WAIT, exclude=["staff"], filter={"field": "profile.plan", "is": "pro"})
    feed = [identify("8:00", "u1", plan="pro"), *go("9:00"), identify("9:10", "u1", plan="free")]
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 completed end 10:00"]
    found = run(simulator, case, [*feed, add("9:20", "u1", "staff")])
    assert found.people == ["j v1 u1#1 9:00 dropped_out:excluded pause 9:20"]


def test_goals_are_not_asked_because_time_passes(simulator: Simulator) -> None:
    goal = {"field": "profile.born", "within_last": "10m"}
    feed = [*go("9:00"), identify("9:00", "u1", born="2026-03-02T09:15:00Z")]
    case = journey({"pause": {"wait": {"for": "20m"}}, "second": {"wait": {"for": "1h"}}}, goal=goal)
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 succeeded pause 9:20"]
    quiet = [*feed, event("9:16", "u1", "Unrelated")]
    assert run(simulator, case, quiet).people == ["j v1 u1#1 9:00 succeeded pause 9:16"]


def test_an_identify_without_change_judges_nobody(simulator: Simulator) -> None:
    goal = {"field": "profile.born", "within_last": "10m"}
    feed = [*go("9:00"), identify("9:00", "u1", born="2026-03-02T09:15:00Z", n=1)]
    same = identify("9:16", "u1", n=1.0)
    other = identify("9:16", "u1", n=True)
    case = journey(WAIT, goal=goal)
    assert run(simulator, case, [*feed, same]).people == ["j v1 u1#1 9:00 completed end 10:00"]
    assert run(simulator, case, [*feed, other]).people == ["j v1 u1#1 9:00 succeeded pause 9:16"]


def test_a_membership_without_change_judges_nobody(simulator: Simulator) -> None:
    goal = {"field": "profile.born", "within_last": "10m"}
    feed = [*go("9:00"), identify("9:00", "u1", born="2026-03-02T09:15:00Z")]
    case = journey(WAIT, goal=goal)
    assert run(simulator, case, [*feed, remove("9:16", "u1", "vip")]).people == [
        "j v1 u1#1 9:00 completed end 10:00"
    ]
    assert run(simulator, case, [*feed, add("9:16", "u1", "vip")]).people == [
        "j v1 u1#1 9:00 succeeded pause 9:16"
    ]


def test_the_goal_is_asked_before_a_drop_out(simulator: Simulator) -> None:
    steps = {
        "hear": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "1h", "drop_out": True}]},
        "a": {"end": {}},
    }
    feed = [identify("8:00", "u1", due="2026-03-02T09:30:00Z"), *go("9:00")]
    assert run(simulator, journey(steps), feed).people == [
        "j v1 u1#1 9:00 dropped_out:wait_timeout hear 10:00"
    ]
    case = journey(steps, goal={"field": "profile.due", "within_last": "45m"})
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 succeeded hear 10:00"]


def test_reasons_of_dropping_out_by_a_branch(simulator: Simulator) -> None:
    branches = [{"when": {"field": "event.n", "is": 1}, "drop_out": True}, {"else": True, "drop_out": True}]
    steps = {"fork": {"split": branches}}
    feed = [event("9:00", "u1", "Go", n=1), event("9:00", "u2", "Go", n=2)]
    found = run(simulator, journey(steps), feed)
    assert found.people == [
        "j v1 u1#1 9:00 dropped_out:exit_rule fork 9:00",
        "j v1 u2#1 9:00 dropped_out:split_else fork 9:00",
    ]
    assert found.moves[:2] == ["u1#1 9:00 null > fork", "u1#1 9:00 fork > null"]
    assert found.ledger()["reasons"] == {"exit_rule": 1, "split_else": 1}
    heard = journey({"hear": {"wait_for": [{"event": "A", "drop_out": True}]}})
    found = run(simulator, heard, [*go("9:00"), event("9:10", "u1", "A")])
    assert found.people == ["j v1 u1#1 9:00 dropped_out:exit_rule hear 9:10"]


def test_a_wait_until_now_or_before_is_no_rest(simulator: Simulator) -> None:
    steps = {
        "until": {"wait": {"until": "2026-03-02T09:00:00"}},
        "hear": {"wait_for": [{"event": "A", "next": "a"}]},
        "a": {"end": {}},
    }
    found = run(simulator, journey(steps), [event("9:00", "u1", "Go"), event("9:00", "u1", "A")])
    assert found.people == ["j v1 u1#1 9:00 completed a 9:00"]
    later = run(
        simulator,
        journey(steps),
        [event("8:00", "u1", "Go"), event("9:00", "u1", "A"), event("9:01", "u1", "A")],
    )
    assert later.people == ["j v1 u1#1 8:00 completed a 9:01"]


def test_until_is_local_to_the_journey(simulator: Simulator) -> None:
    steps = {"until": {"wait": {"until": "2026-03-02T12:00:00"}}}
    case = journey(steps, timezone="Europe/Stockholm")
    assert run(simulator, case, go("9:00")).people == ["j v1 u1#1 9:00 completed end 11:00"]


def test_fields_of_the_participant(simulator: Simulator) -> None:
    when = {
        "all": [
            {"field": "participant.entry_no", "is": 2},
            {"field": "participant.version", "is": 1},
            {"field": "participant.step", "is": "fork"},
            {"field": "participant.entered_at", "within_last": "1m"},
        ]
    }
    steps = {"fork": {"split": [{"when": when, "next": "a"}, {"else": True, "next": "b"}]}, **ENDS}
    case = journey(steps, filter={"field": "participant.entry_no", "exists": False})
    found = run(simulator, case, go("9:00", "10:00"))
    assert found.people == ["j v1 u1#1 9:00 completed b 9:00", "j v1 u1#2 10:00 completed a 10:00"]


def test_the_ledger_balances(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), [*go("9:00"), event("9:30", "u2", "Go")], to="10:15")
    ledger = found.ledger()
    assert (ledger["entered"], ledger["active"], ledger["completed"]) == (2, 1, 1)
    assert ledger["steps"]["pause"] == {"in": 2, "here": 1, "out": 1}
    assert ledger["steps"]["end"] == {"in": 1, "here": 0, "out": 1}


def test_an_event_that_finds_its_person_excluded_is_not_used_by_that(simulator: Simulator) -> None:
    """By a condition that time made true: out at the next event, which is refused for the same reason (R6, R7)."""
    rule = {"audience": "late", "where": {"not": {"field": "profile.due", "within_next": "4h"}}}
    feed = [identify("8:00", "u1", due="2026-03-02T10:00:00Z"), *go("9:00", "10:30")]
    found = run(
        simulator, journey({"pause": {"wait": {"for": "9h"}}}, exclude=["late"]), feed, audiences=[rule]
    )
    assert found.people == ["j v1 u1#1 9:00 dropped_out:excluded pause 10:30"]
    assert found.refusals == ["u1 10:30 Go excluded"]
