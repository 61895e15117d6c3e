"""Pause and resume, start and end dates: R7, R22, P5 to P7, P19, P21, P36, P37."""

from __future__ import annotations

from typing import Any

from support.runner import Document, Simulator, add, command, email, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}
HEAR = {"hear": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "1h", "next": "b"}]}, **ENDS}


def pause_and_resume(pause: str = "9:30", resume: str = "12:00") -> list[Document]:
    return [command(pause, "pause"), command(resume, "resume")]


def test_people_are_frozen_where_they_stand_and_overdue_timers_run_at_resume(simulator: Simulator) -> None:
    steps = {"one": {"wait": {"for": "1h"}}, "two": {"wait": {"for": "1h"}}}
    found = run(simulator, journey(steps), [event("9:00", "u1", "Go")], pause_and_resume())
    assert found.moves == ["u1#1 9:00 null > one", "u1#1 12:00 one > two", "u1#1 13:00 two > end"]
    assert found.commands == ["9:30 pause v1 live > paused", "12:00 resume v1 paused > live"]
    assert found.kind("command")[0]["counts"] == {"inside": 1, "queued": 0, "messages": 0}


def test_deadlines_do_not_move_in_a_pause(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), [event("9:00", "u1", "Go")], pause_and_resume(resume="9:40"))
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]


def test_people_who_come_in_a_pause_queue_and_enter_at_resume(simulator: Simulator) -> None:
    feed = [event("10:00", "u2", "Go"), event("10:00", "u1", "Go"), event("10:30", "u2", "Go")]
    found = run(simulator, journey(WAIT), feed, pause_and_resume())
    assert found.people == ["j v1 u1#1 10:00 completed end 13:00", "j v1 u2#1 10:00 completed end 13:00"]
    assert found.moves[0] == "u1#1 12:00 null > pause"
    assert found.refusals == ["u2 10:30 Go already_inside"]
    still = run(simulator, journey(WAIT), feed, pause_and_resume(), to="11:00")
    assert still.people == ["j v1 u1#1 10:00 active - -", "j v1 u2#1 10:00 active - -"]
    assert still.ledger()["steps"]["entry"] == {"in": 2, "here": 2, "out": 0}


def test_goals_exits_and_exclusion_act_in_a_pause(simulator: Simulator) -> None:
    case = journey(WAIT, goal={"event": "Buy"}, exit=[{"event": "Bye"}], exclude=["staff"])
    feed = [event("9:00", user, "Go") for user in ("u1", "u2", "u3")]
    feed += [event("10:00", "u1", "Buy"), event("10:00", "u2", "Bye"), add("10:00", "u3", "staff")]
    assert run(simulator, case, feed, pause_and_resume()).people == [
        "j v1 u1#1 9:00 succeeded pause 10:00",
        "j v1 u2#1 9:00 dropped_out:exit_rule pause 10:00",
        "j v1 u3#1 9:00 dropped_out:excluded pause 10:00",
    ]


def test_queued_people_are_judged_by_events_too(simulator: Simulator) -> None:
    feed = [event("10:00", "u1", "Go"), event("11:00", "u1", "Buy")]
    found = run(simulator, journey(WAIT, goal={"event": "Buy"}), feed, pause_and_resume())
    assert found.people == ["j v1 u1#1 10:00 succeeded - 11:00"]
    assert found.moves == ["u1#1 11:00 null > null"]
    assert found.ledger()["steps"]["entry"] == {"in": 1, "here": 0, "out": 1}


def test_the_filter_is_not_asked_again_but_the_goal_is(simulator: Simulator) -> None:
    case = journey(
        WAIT,
        filter={"field": "profile.plan", "is": "pro"},
        goal={"field": "profile.due", "within_last": "2h"},
    )
    feed = [
        identify("8:00", "u1", plan="pro"),
        identify("8:00", "u2", plan="pro", due="2026-03-02T11:00:00Z"),
        event("10:00", "u1", "Go"),
        event("10:00", "u2", "Go"),
        identify("10:30", "u1", plan="free"),
    ]
    assert run(simulator, case, feed, pause_and_resume()).people == [
        "j v1 u1#1 10:00 completed end 13:00",
        "j v1 u2#1 10:00 succeeded - 12:00",
    ]


def test_kept_events_come_before_overdue_timers(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("11:00", "u1", "A")]
    assert run(simulator, journey(HEAR), feed, pause_and_resume()).people == [
        "j v1 u1#1 9:00 completed a 12:00"
    ]


def test_a_kept_event_suggests_nobody(simulator: Simulator) -> None:
    case = journey({"hear": {"wait_for": [{"event": "Go", "next": "a"}]}, "a": {"end": {}}})
    feed = [event("9:00", "u1", "Go"), event("11:00", "u1", "Go")]
    found = run(simulator, case, feed, pause_and_resume())
    assert (found.people, found.refusals) == (["j v1 u1#1 9:00 completed a 12:00"], [])


def test_a_kept_event_that_meets_nothing_at_resume_suggests_nobody(simulator: Simulator) -> None:
    steps = {
        "one": {"wait_for": [{"event": "A", "next": "two"}, {"event": "Go", "next": "a"}]},
        "two": {"wait": {"for": "1h"}},
        "a": {"end": {}},
    }
    feed = [event("9:00", "u1", "Go"), event("10:00", "u1", "A"), event("10:10", "u1", "Go")]
    found = run(simulator, journey(steps), feed, pause_and_resume())
    assert (found.people, found.refusals) == (["j v1 u1#1 9:00 completed a 13:00"], [])


def test_a_kept_event_suggests_nobody_when_the_passage_is_over(simulator: Simulator) -> None:
    steps = {
        "one": {"wait_for": [{"event": "A", "next": "a"}, {"event": "Go", "next": "a"}]},
        "a": {"end": {}},
    }
    feed = [event("9:00", "u1", "Go"), event("10:00", "u1", "A"), event("10:10", "u1", "Go")]
    found = run(simulator, journey(steps), feed, pause_and_resume())
    assert (found.people, found.refusals) == (["j v1 u1#1 9:00 completed a 12:00"], [])


def test_an_event_is_kept_only_if_the_wait_would_take_it(simulator: Simulator) -> None:
    dear = {"event": "Go", "when": {"field": "event.total", "gt": 9}, "next": "a"}
    case = journey({"hear": {"wait_for": [dear]}, "a": {"end": {}}})
    feed = [event("9:00", "u1", "Go"), event("11:00", "u1", "Go", total=9), event("11:30", "u1", "Other")]
    found = run(simulator, case, feed, pause_and_resume())
    assert found.people == ["j v1 u1#1 9:00 active hear -"]
    assert found.refusals == ["u1 11:00 Go already_inside"]


def test_a_second_kept_event_meets_the_wait_that_the_first_led_to(simulator: Simulator) -> None:
    steps = {
        "one": {"wait_for": [{"event": "A", "next": "two"}]},
        "two": {"wait_for": [{"event": "A", "next": "a"}, {"event": "B", "next": "b"}]},
        **ENDS,
    }
    feed = [
        event("9:00", "u1", "Go"),
        event("10:00", "u1", "B"),
        event("10:10", "u1", "A"),
        event("10:20", "u1", "A"),
    ]
    found = run(simulator, journey(steps), feed, pause_and_resume())
    assert found.people == ["j v1 u1#1 9:00 completed a 12:00"]
    assert found.moves[1:] == ["u1#1 12:00 one > two", "u1#1 12:00 two > a"]


def test_the_when_of_a_kept_event_is_asked_again(simulator: Simulator) -> None:
    needs_pro = {"event": "A", "when": {"field": "profile.plan", "is": "pro"}, "next": "a"}
    case = journey({"hear": {"wait_for": [needs_pro, {"timeout": "1h", "next": "b"}]}, **ENDS})
    feed = [
        identify("8:00", "u1", plan="pro"),
        event("9:00", "u1", "Go"),
        event("10:00", "u1", "A"),
        identify("11:00", "u1", plan="free"),
    ]
    assert run(simulator, case, feed, pause_and_resume()).people == ["j v1 u1#1 9:00 completed b 12:00"]


def test_a_timer_due_at_the_resume_waits_for_the_lines_of_its_instant(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("10:00", "u1", "A")]
    commands = pause_and_resume(resume="10:00")
    assert run(simulator, journey(HEAR), feed, commands).people == ["j v1 u1#1 9:00 completed a 10:00"]
    late = [event("8:59", "u1", "Go"), event("10:00", "u1", "A")]
    assert run(simulator, journey(HEAR), late, commands).people == ["j v1 u1#1 8:59 completed b 10:00"]


def test_a_wait_entered_at_resume_is_met_by_a_line_of_the_instant(simulator: Simulator) -> None:
    feed = [event("10:00", "u1", "Go"), event("12:00", "u1", "A")]
    assert run(simulator, journey(HEAR), feed, pause_and_resume()).people == [
        "j v1 u1#1 10:00 completed a 12:00"
    ]


def test_before_the_start_date_people_queue(simulator: Simulator) -> None:
    case = journey(HEAR, start="2026-03-02T10:00:00")
    feed = [event("9:00", "u1", "Go"), event("10:00", "u1", "A"), event("10:00", "u2", "Go")]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:00 completed a 10:00", "j v1 u2#1 10:00 completed b 11:00"]
    assert found.commands == []


def test_the_start_date_holds_in_a_pause_and_after_a_close(simulator: Simulator) -> None:
    case = journey(WAIT, start="2026-03-02T10:00:00")
    feed = [event("9:00", "u1", "Go")]
    paused = run(simulator, case, feed, pause_and_resume())
    assert paused.people == ["j v1 u1#1 9:00 completed end 13:00"]
    early = run(simulator, case, feed, pause_and_resume("9:10", "9:20"))
    assert early.people == ["j v1 u1#1 9:00 completed end 11:00"]
    closed = run(simulator, case, feed, [command("9:30", "close")])
    assert closed.people == ["j v1 u1#1 9:00 completed end 11:00"]
    assert closed.commands == ["9:30 close v1 live > closed"]
    assert closed.ledger()["status"] == "finished"


def test_the_end_date_shuts_the_entry(simulator: Simulator) -> None:
    case = journey(WAIT, end="2026-03-02T10:00:00")
    feed = [event("9:30", "u1", "Go"), event("10:00", "u2", "Go")]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:30 completed end 10:30"]
    assert (found.commands, found.refusals) == (["10:00 close v1 live > closed"], [])
    assert run(simulator, case).commands == ["10:00 close v1 live > finished"]


def test_the_end_date_may_stop(simulator: Simulator) -> None:
    case = journey(WAIT, end="2026-03-02T10:00:00", at_end="stop")
    found = run(simulator, case, [event("9:30", "u1", "Go")])
    assert found.people == ["j v1 u1#1 9:30 cancelled:journey_stopped pause 10:00"]
    assert found.commands == ["10:00 stop v1 live > stopped"]


def test_the_end_date_acts_in_a_pause(simulator: Simulator) -> None:
    case = journey(WAIT, end="2026-03-02T10:00:00")
    feed = [event("9:20", "u1", "Go"), event("9:40", "u2", "Go"), event("11:00", "u3", "Go")]
    found = run(simulator, case, feed, pause_and_resume())
    assert found.commands[1:] == ["10:00 close v1 paused > paused", "12:00 resume v1 paused > closed"]
    assert [p.split()[2:] for p in found.people] == [
        ["u1#1", "9:20", "completed", "end", "12:00"],
        ["u2#1", "9:40", "completed", "end", "13:00"],
    ]
    assert found.refusals == []


def test_a_shut_entry_makes_the_end_date_void(simulator: Simulator) -> None:
    case = journey(WAIT, end="2026-03-02T10:00:00", at_end="stop")
    found = run(simulator, case, [event("9:20", "u1", "Go")], [command("9:30", "close")])
    assert found.commands == ["9:30 close v1 live > closed"]
    assert found.people == ["j v1 u1#1 9:20 completed end 10:20"]


def test_a_publication_behind_the_end_date_is_closed_at_once(simulator: Simulator) -> None:
    case = journey(WAIT, end="2026-03-02T08:00:00")
    found = run(simulator, case, [event("9:00", "u1", "Go")], [command("9:00", "publish")])
    assert found.commands == ["9:00 publish v1 draft > live", "9:00 close v1 live > finished"]
    assert found.people == []


def test_kept_events_meet_waits_behind_a_mail_too(simulator: Simulator) -> None:
    """The first one leads through a mail and a profile update; the second one meets the wait behind them (R22)."""
    case = journey(
        {
            "first": {"wait_for": [{"event": "A", "next": "mail"}]},
            "mail": email(),
            "mark": {"update_profile": {"set": {"seen": True}}},
            "second": {"wait_for": [{"event": "B", "next": "done"}, {"event": "A", "next": "end"}]},
            "done": {"end": {}},
            "end": {"end": {}},
        }
    )
    feed = [
        identify("8:00", "u1", email="u1@example.com"),
        event("9:00", "u1", "Go"),
        event("9:20", "u1", "A"),
        event("9:30", "u1", "A"),
        event("9:40", "u1", "B"),
    ]
    found = run(simulator, case, feed, [command("9:10", "pause"), command("10:00", "resume")])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]
