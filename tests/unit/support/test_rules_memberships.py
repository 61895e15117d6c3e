"""Triggers by audience, and memberships that events, attributes and time alone change: R3, R31, P110 to P115."""

from __future__ import annotations

from typing import Any

from support.runner import Document, Simulator, add, at, command, event, identify, journey, remove, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
PRO = {"audience": "pros", "where": {"field": "profile.plan", "is": "pro"}}
# Three orders over 100 within two hours.
BUYERS = {
    "audience": "buyers",
    "where": {"event": "Order", "at_least": 3, "within": "2h", "when": {"field": "event.total", "gt": 100}},
}


def entered(audience: str, on: str | None = None, *, when: Document | None = None, **more: Any) -> Document:
    """A journey of an hour through which one goes on coming into an audience, or going out of it."""
    trigger = {"audience": audience} | ({"on": on} if on else {}) | ({"when": when} if when else {})
    return journey(WAIT, triggers=[trigger], **more)


# A list of members ---------------------------------------------------------------------------------------------


def test_whoever_joins_a_list_is_suggested(simulator: Simulator) -> None:
    feed = [add("8:00", "u1", "vip"), add("8:30", "u1", "vip"), remove("9:30", "u1", "vip")]
    assert run(simulator, entered("vip"), feed).people == ["j v1 u1#1 8:00 completed end 9:00"]
    assert run(simulator, entered("vip", "leave"), feed).people == ["j v1 u1#1 9:30 completed end 10:30"]
    both = run(simulator, entered("vip", "both"), feed)
    assert [line.split()[2:4] for line in both.people] == [["u1#1", "8:00"], ["u1#2", "9:30"]]


def test_members_at_the_beginning_do_not_come_in(simulator: Simulator) -> None:
    vip = {"audience": "vip", "members": ["u1"]}
    feed = [add("8:00", "u1", "vip"), add("8:00", "u2", "vip")]
    found = run(simulator, entered("vip"), feed, audiences=[vip])
    assert [line.split()[2] for line in found.people] == ["u2#1"]


def test_the_key_of_the_audience_is_the_trigger_of_a_refusal(simulator: Simulator) -> None:
    feed = [add("8:00", "u1", "vip"), remove("8:10", "u1", "vip"), add("8:20", "u1", "vip")]
    assert run(simulator, entered("vip"), feed).refusals == ["u1 8:20 vip already_inside"]


# A condition ---------------------------------------------------------------------------------------------------


def test_a_change_of_an_attribute_brings_people_in_and_out(simulator: Simulator) -> None:
    feed = [
        identify("8:00", "u1", plan="pro"),
        identify("9:00", "u1", plan="pro", n=1),
        identify("10:00", "u1", plan="no"),
    ]
    assert run(simulator, entered("pros"), feed, audiences=[PRO]).people == [
        "j v1 u1#1 8:00 completed end 9:00"
    ]
    left = run(simulator, entered("pros", "leave"), feed, audiences=[PRO])
    assert left.people == ["j v1 u1#1 10:00 completed end 11:00"]


def test_what_was_before_the_clock_brings_nobody_in(simulator: Simulator) -> None:
    feed = [
        identify("-1 8:00", "u1", plan="pro"),
        identify("8:00", "u2", plan="pro"),
        identify("9:00", "u1", plan="no"),
    ]
    found = run(simulator, entered("pros", "both"), feed, audiences=[PRO])
    assert [line.split()[2:4] for line in found.people] == [["u1#1", "9:00"], ["u2#1", "8:00"]]


def test_the_third_order_within_a_span(simulator: Simulator) -> None:
    feed = [
        event("8:00", "u1", "Order", total=150),
        event("8:30", "u1", "Order", total=90),
        event("9:00", "u1", "Order", total=150),
        event("9:59", "u1", "Order", total=150),
        event("8:00", "u2", "Order", total=150),
        event("9:00", "u2", "Order", total=150),
        event("10:00", "u2", "Order", total=150),  # the first one lies two hours back: no longer within
    ]
    found = run(simulator, entered("buyers", "both"), feed, audiences=[BUYERS])
    assert found.people == ["j v1 u1#1 9:59 completed end 10:59"]
    assert found.refusals == ["u1 10:00 buyers already_inside"]  # out of it by time alone


def test_time_alone_takes_people_out_of_an_audience_and_brings_them_in(simulator: Simulator) -> None:
    quiet = {"audience": "quiet", "where": {"not": {"event": "Visit", "within": "3h"}}}
    feed = [event("8:00", "u1", "Visit"), event("9:00", "u1", "Visit")]
    found = run(simulator, entered("quiet"), feed, audiences=[quiet])
    assert found.people == ["j v1 u1#1 12:00 completed end 13:00"]


def test_instants_in_attributes_come_and_go(simulator: Simulator) -> None:
    soon = {"audience": "soon", "where": {"field": "profile.due", "within_next": "2h"}}
    late = {"audience": "late", "where": {"field": "profile.due", "within_last": "2h"}}
    feed = [identify("8:00", "u1", due=at("12:00"))]
    found = run(simulator, entered("soon", "both", reentry={"mode": "always"}), feed, audiences=[soon])
    assert [line.split()[3] for line in found.people] == ["10:00:1e-06", "12:00:1e-06"]  # [now, now + 2h)
    found = run(simulator, entered("late", "both"), feed, audiences=[late])
    assert [line.split()[3] for line in found.people] == ["12:00", "14:00"]  # (now - 2h, now]


def test_a_time_of_day_is_read_in_utc(simulator: Simulator) -> None:
    early = {
        "audience": "early",
        "where": {"all": [{"time": {"from": "06:00", "to": "07:00"}}, PRO["where"]]},
    }
    feed = [identify("5:00", "u1", plan="pro"), identify("6:30", "u2", plan="pro")]
    found = run(simulator, entered("early", timezone="Europe/Stockholm"), feed, audiences=[early], to="8:00")
    assert [line.split()[2:4] for line in found.people] == [["u1#1", "6:00"], ["u2#1", "6:30"]]


def test_lists_and_conditions_may_be_parts_of_conditions(simulator: Simulator) -> None:
    gold = {"audience": "gold", "where": {"all": [{"audience": "vip"}, {"audience": "pros"}]}}
    feed = [add("8:00", "u1", "vip"), identify("9:00", "u1", plan="pro"), remove("10:30", "u1", "vip")]
    found = run(simulator, entered("gold", "both"), feed, audiences=[PRO, gold])
    assert [line.split()[3] for line in found.people] == ["9:00", "10:30"]


def test_whoever_becomes_known_comes_into_what_holds_of_strangers(simulator: Simulator) -> None:
    plain = {"audience": "plain", "where": {"field": "profile.plan", "exists": False}}
    found = run(simulator, entered("plain"), [event("8:00", "u1", "Look")], audiences=[plain])
    assert found.people == ["j v1 u1#1 8:00 completed end 9:00"]


def test_history_changes_memberships_and_brings_nobody_in(simulator: Simulator) -> None:
    lookers = {"audience": "lookers", "where": {"event": "Look"}}
    past = {"context": {"historical": True}}
    feed = [event("8:00", "u1", "Look", more=past), event("9:00", "u1", "Look"), event("9:00", "u2", "Look")]
    found = run(simulator, entered("lookers"), feed, audiences=[lookers])
    assert [line.split()[2] for line in found.people] == ["u2#1"]


# Order and judgement -------------------------------------------------------------------------------------------


def test_memberships_suggest_behind_the_event_that_changed_them(simulator: Simulator) -> None:
    seen = {"audience": "seen", "where": {"event": "Go"}}
    both = journey(WAIT, triggers=[{"audience": "seen"}, {"event": "Go"}])
    found = run(simulator, both, [event("8:00", "u1", "Go", n=1)], audiences=[seen])
    assert (found.people, found.refusals) == (
        ["j v1 u1#1 8:00 completed end 9:00"],
        ["u1 8:00 seen already_inside"],
    )


def test_several_changes_of_one_line_suggest_once_by_the_first_trigger(simulator: Simulator) -> None:
    free = {"audience": "free", "where": {"field": "profile.plan", "is": "free"}}
    two = journey(
        WAIT,
        triggers=[{"audience": "free", "on": "leave"}, {"audience": "pros"}],
        filter={"field": "profile.plan", "is": "never"},
    )
    feed = [identify("8:00", "u1", plan="free"), identify("9:00", "u1", plan="pro")]
    assert run(simulator, two, feed, audiences=[PRO, free]).refusals == ["u1 9:00 free filter"]


def test_when_sees_the_person_and_no_event(simulator: Simulator) -> None:
    buys = {"audience": "buys", "where": {"event": "Buy"}}
    asks = {"all": [{"field": "event.n", "exists": False}, {"event": "Buy", "exactly": 1}, PRO["where"]]}
    feed = [
        identify("7:00", "u1", plan="pro"),
        event("8:00", "u1", "Buy", n=1),
        event("8:00", "u2", "Buy", n=1),
    ]
    found = run(simulator, entered("buys", when=asks), feed, audiences=[buys, PRO])
    assert [line.split()[2] for line in found.people] == ["u1#1"]
    assert found.refusals == []


def test_time_alone_judges_nobody_inside(simulator: Simulator) -> None:
    """R31: the exit rule is asked at the next event, change or step; the trigger acts at once."""
    quiet = {"audience": "quiet", "where": {"not": {"event": "Visit", "within": "1h"}}}
    leaves = journey({"pause": {"wait": {"for": "8h"}}}, exit=[{"audience": "quiet"}], key="a")
    feed = [event("8:00", "u1", "Visit"), event("8:00", "u1", "Go"), identify("9:30", "u1", n=1)]
    found = run(simulator, [leaves, entered("quiet", key="b")], feed, audiences=[quiet])
    assert found.people == [
        "a v1 u1#1 8:00 dropped_out:exit_rule pause 9:30",
        "b v1 u1#1 9:00 completed end 10:00",
    ]


def test_what_time_changes_comes_behind_lines_and_before_runs_and_timers(simulator: Simulator) -> None:
    quiet = {"audience": "quiet", "where": {"not": {"event": "Visit", "within": "1h"}}}
    both = journey(
        WAIT,
        triggers=[
            {"event": "Go"},
            {"audience": "quiet"},
            {"audience": "quiet", "schedule": {"once": at("9:00")}},
        ],
    )
    feed = [
        event("8:00", "u1", "Visit"),
        event("8:00", "u1", "Go"),
        event("8:00", "u2", "Visit"),
        event("9:00", "u2", "Go"),
    ]
    found = run(simulator, both, feed, audiences=[quiet])
    assert found.refusals == [
        "u1 9:00 quiet already_inside",  # its hour is not yet over
        "u1 9:00 quiet already_inside",
        "u2 9:00 quiet already_inside",
        "u2 9:00 quiet already_inside",
    ]


def test_an_event_that_a_wait_takes_still_changes_memberships(simulator: Simulator) -> None:
    seen = {"audience": "seen", "where": {"event": "Look"}}
    waits = journey(
        {"look": {"wait_for": [{"event": "Look", "next": "end"}]}, "end": {"end": {}}},
        triggers=[{"event": "Go"}, {"audience": "seen"}],
    )
    feed = [event("8:00", "u1", "Go"), event("9:00", "u1", "Look")]
    found = run(simulator, waits, feed, audiences=[seen])
    assert [line.split()[2:4] for line in found.people] == [["u1#1", "8:00"], ["u1#2", "9:00"]]


# Journeys that change memberships ------------------------------------------------------------------------------


def test_what_a_step_writes_suggests_to_other_journeys_only(simulator: Simulator) -> None:
    writes = journey(
        {"mark": {"update_profile": {"set": {"plan": "pro"}, "add_to": ["vip"]}}, **WAIT},
        key="a",
        triggers=[{"event": "Go"}, {"audience": "vip"}, {"audience": "pros"}],
    )
    found = run(simulator, [writes, entered("vip", key="b"), entered("pros", key="c")], [event("8:00", "u1", "Go")],
                audiences=[PRO])  # fmt: skip
    assert [line.split()[0] for line in found.people] == ["a", "b", "c"]
    assert found.refusals == []


# Pauses and ends -----------------------------------------------------------------------------------------------


def test_in_a_pause_people_queue_and_behind_a_close_nobody_comes(simulator: Simulator) -> None:
    feed = [identify("8:30", "u1", plan="pro"), identify("11:00", "u2", plan="pro")]
    commands = [command("8:00", "pause"), command("9:00", "resume"), command("10:00", "close")]
    found = run(simulator, entered("pros"), feed, commands, audiences=[PRO])
    assert (found.people, found.refusals) == (["j v1 u1#1 8:30 completed end 10:00"], [])


def test_a_deleted_person_goes_out_in_silence(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", plan="pro")]
    found = run(simulator, entered("pros", "leave"), feed, [command("9:00", "delete_profile", user_id="u1")],
                audiences=[PRO])  # fmt: skip
    assert (found.people, found.refusals) == ([], [])


def test_a_cap_counts_those_who_come_through_an_audience(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", plan="pro"), identify("8:01", "u2", plan="pro")]
    found = run(simulator, entered("pros", cap=1), feed, audiences=[PRO])
    assert [line.split()[2] for line in found.people] == ["u1#1"]
    assert found.refusals == ["u2 8:01 pros entry_cap"]
