"""Scheduled runs and audiences by condition: R3 (4), R9, R17, R24, P31, P60 to P64."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from support.runner import Document, Simulator, add, at, command, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
VIP = {"audience": "vip", "members": ["u1", "u2"]}
PRO = {"audience": "pros", "where": {"field": "profile.plan", "is": "pro"}}


def scheduled(schedule: Any, audience: str = "vip", *, when: Document | None = None, **more: Any) -> Document:
    """A journey of an hour that a schedule starts."""
    trigger = {"audience": audience, "schedule": schedule} | ({"when": when} if when else {})
    return journey(WAIT, triggers=[trigger], **more)


# When ----------------------------------------------------------------------------------------------------------


def test_a_cron_text_suggests_the_members_at_each_occurrence(simulator: Simulator) -> None:
    found = run(simulator, scheduled("0 9 * * tue"), audiences=[VIP], to="+9 0:00")
    assert found.people == [
        "j v1 u1#1 +1 9:00 completed end +1 10:00",
        "j v1 u1#2 +8 9:00 completed end +8 10:00",
        "j v1 u2#1 +1 9:00 completed end +1 10:00",
        "j v1 u2#2 +8 9:00 completed end +8 10:00",
    ]
    assert found.ledger()["status"] == "live"


def test_occurrences_lie_strictly_behind_the_publication(simulator: Simulator) -> None:
    found = run(
        simulator, scheduled("0 9 * * *"), [], [command("9:00", "publish")], audiences=[VIP], to="+1 12:00"
    )
    assert [line.split()[3:5] for line in found.people] == [["+1", "9:00"], ["+1", "9:00"]]
    at_once = run(
        simulator, scheduled({"once": at("9:00")}), [], [command("9:00", "publish")], audiences=[VIP]
    )
    assert at_once.people == []


def test_now_is_the_publication(simulator: Simulator) -> None:
    found = run(simulator, scheduled("now"), [], [command("9:00", "publish")], audiences=[VIP])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00", "j v1 u2#1 9:00 completed end 10:00"]


def test_once_is_one_instant(simulator: Simulator) -> None:
    found = run(simulator, scheduled({"once": at("+1 9:30")}), audiences=[VIP])
    assert found.people[0] == "j v1 u1#1 +1 9:30 completed end +1 10:30"
    assert len(found.people) == 2


def test_a_schedule_is_read_in_the_zone_of_the_journey(simulator: Simulator) -> None:
    found = run(simulator, scheduled("0 9 * * *", timezone="Europe/Stockholm"), audiences=[VIP], to="9:00")
    assert found.people[0] == "j v1 u1#1 8:00 active pause -"


def test_local_times_that_are_skipped_or_come_twice(simulator: Simulator) -> None:
    # On 29 March 2026 Stockholm goes from 2:00 to 3:00, which is 1:00 UTC.
    spring = scheduled("30 2 29 3 *", timezone="Europe/Stockholm")
    assert run(simulator, spring, audiences=[VIP]).people[0].startswith("j v1 u1#1 +27 1:00 ")
    # On 5 April Lord Howe Island goes back by half an hour at 2:00 (15:00 UTC the day before): 1:45 comes twice.
    autumn = scheduled("45 1 5 4 *", timezone="Australia/Lord_Howe")
    found = run(simulator, autumn, audiences=[VIP], to="+40 0:00")
    assert [line.split()[3:5] for line in found.people] == [["+33", "14:45"], ["+33", "14:45"]]


def test_runs_come_behind_the_lines_of_their_instant_and_before_timers(simulator: Simulator) -> None:
    # u1 joins and u2 leaves at nine; u3, who is inside until nine, is still inside when the run comes.
    feed = [
        add("8:00", "u3", "vip"),
        event("8:00", "u3", "Go"),
        add("9:00", "u1", "vip"),
        {**add("9:00", "u2", "vip"), "op": "remove"},
    ]
    both = journey(WAIT, triggers=[{"event": "Go"}, {"audience": "vip", "schedule": {"once": at("9:00")}}])
    found = run(simulator, both, feed, audiences=[{"audience": "vip", "members": ["u2"]}])
    assert found.people == [
        "j v1 u1#1 9:00 completed end 10:00",
        "j v1 u3#1 8:00 completed end 9:00",
    ]
    assert found.refusals == ["u3 9:00 vip already_inside"]


def test_journeys_are_taken_by_key_each_run_settled_before_the_next(simulator: Simulator) -> None:
    writes = journey(
        {"write": {"update_profile": {"set": {"plan": "pro"}}}},
        key="a",
        triggers=[{"audience": "vip", "schedule": {"once": at("9:00")}}],
    )
    reads = scheduled({"once": at("9:00")}, "pros", key="b")
    found = run(simulator, [reads, writes], audiences=[VIP, PRO])
    assert [line for line in found.people if line.startswith("b ")] == [
        "b v1 u1#1 9:00 completed end 10:00",
        "b v1 u2#1 9:00 completed end 10:00",
    ]


# Who -----------------------------------------------------------------------------------------------------------


def test_an_audience_by_condition_is_who_matches_at_the_instant(simulator: Simulator) -> None:
    feed = [
        identify("8:00", "u1", plan="pro"),
        identify("8:00", "u2", plan="pro"),
        identify("8:30", "u2", plan="free"),
        identify("9:00", "u3", plan="pro"),
        identify("9:01", "u4", plan="pro"),
    ]
    found = run(simulator, scheduled({"once": at("9:00")}, "pros"), feed, audiences=[PRO])
    assert [line.split()[2] for line in found.people] == ["u1#1", "u3#1"]


def test_people_unknown_at_the_instant_do_not_match(simulator: Simulator) -> None:
    nobody = {"audience": "plain", "where": {"not": {"field": "profile.plan", "is": "pro"}}}
    feed = [event("8:00", "u1", "Look"), event("10:00", "u2", "Look")]
    found = run(simulator, scheduled({"once": at("9:00")}, "plain"), feed, audiences=[nobody])
    assert [line.split()[2] for line in found.people] == ["u1#1"]


def test_deleted_people_belong_to_no_run(simulator: Simulator) -> None:
    nobody = {"audience": "plain", "where": {"field": "profile.plan", "exists": False}}
    feed = [event("8:00", "u1", "Look"), event("8:00", "u2", "Look")]
    commands = [command("8:30", "delete_profile", user_id="u1")]
    found = run(simulator, scheduled({"once": at("9:00")}, "plain"), feed, commands, audiences=[nobody])
    assert [line.split()[2] for line in found.people] == ["u2#1"]
    assert found.refusals == []


def test_a_trigger_suggests_where_its_when_holds(simulator: Simulator) -> None:
    asks = {"any": [{"event": "Look", "within": "1h"}, {"field": "event.plan", "exists": True}]}
    feed = [event("8:00", "u1", "Look", plan="pro"), event("8:01", "u2", "Look", plan="pro")]
    found = run(simulator, scheduled({"once": at("9:00")}, when=asks), feed, audiences=[VIP])
    assert [line.split()[2] for line in found.people] == ["u2#1"]
    assert found.refusals == []  # where `when` does not hold there is no suggestion


def test_triggers_of_one_instant_suggest_a_person_once_by_the_first(simulator: Simulator) -> None:
    two = journey(
        WAIT,
        triggers=[
            {"audience": "pros", "schedule": {"once": at("9:00")}},
            {"audience": "vip", "schedule": {"once": at("9:00")}},
        ],
        filter={"field": "profile.plan", "is": "free"},
    )
    found = run(simulator, two, [identify("8:00", "u1", plan="pro")], audiences=[VIP, PRO])
    assert found.refusals == ["u1 9:00 pros filter", "u2 9:00 vip filter"]


# Conditions that name such an audience ---------------------------------------------------------------------------


def test_a_goal_may_be_an_audience_by_condition(simulator: Simulator) -> None:
    buyers = {
        "audience": "buyers",
        "where": {"all": [{"event": "Buy", "at_least": 2}, {"not": {"audience": "pros"}}]},
    }
    aims = journey({"pause": {"wait": {"for": "8h"}}}, goal={"audience": "buyers"})
    feed = [
        event("7:00", "u1", "Buy"),
        event("8:00", "u1", "Go"),
        event("9:00", "u1", "Buy"),
        identify("8:00", "u2", plan="pro"),
        event("8:00", "u2", "Go"),
        event("9:00", "u2", "Buy"),
        event("9:30", "u2", "Buy"),
        identify("10:00", "u2", plan="free"),
    ]
    found = run(simulator, aims, feed, audiences=[PRO, buyers])
    # The whole history counts in an audience, the purchase before the entry too.
    assert found.people == ["j v1 u1#1 8:00 succeeded pause 9:00", "j v1 u2#1 8:00 succeeded pause 10:00"]


def test_an_audience_by_condition_is_judged_at_admission_with_its_events(simulator: Simulator) -> None:
    seen = {"audience": "seen", "where": {"event": "Go"}}
    found = run(
        simulator, journey(WAIT, goal={"audience": "seen"}), [event("8:00", "u1", "Go")], audiences=[seen]
    )
    assert found.people == ["j v1 u1#1 8:00 succeeded - 8:00"]


def test_an_audience_by_condition_excludes(simulator: Simulator) -> None:
    shuts = journey(WAIT, exclude=["pros", "vip"])
    feed = [
        identify("8:00", "u1", plan="pro"),
        event("8:30", "u1", "Go"),
        event("8:30", "u3", "Go"),
        identify("9:00", "u3", plan="pro"),
    ]
    found = run(simulator, shuts, feed, audiences=[PRO])
    assert found.refusals == ["u1 8:30 Go excluded"]
    assert found.people == ["j v1 u3#1 8:30 dropped_out:excluded pause 9:00"]


def test_an_audience_by_condition_reads_times_in_utc_and_no_event(simulator: Simulator) -> None:
    early = {
        "audience": "early",
        "where": {"all": [{"time": {"to": "08:30"}}, {"field": "event.n", "exists": False}]},
    }
    local = journey(WAIT, filter={"audience": "early"}, timezone="Europe/Stockholm")
    feed = [event("8:00", "u1", "Go", n=1), event("8:30", "u2", "Go", n=1)]
    found = run(simulator, local, feed, audiences=[early])
    assert [line.split()[2] for line in found.people] == ["u1#1"]
    assert found.refusals == ["u2 8:30 Go filter"]


def test_lines_for_an_audience_by_condition_are_without_effect(simulator: Simulator) -> None:
    found = run(
        simulator, journey(WAIT, filter={"audience": "pros"}), [add("7:00", "u1", "pros"), event("8:00", "u1", "Go")],
        audiences=[PRO],
    )  # fmt: skip
    assert found.refusals == ["u1 8:00 Go filter"]


# Refusals, pauses, ends --------------------------------------------------------------------------------------------


def test_a_recurring_schedule_refuses_people_inside_in_silence(simulator: Simulator) -> None:
    stays = journey(
        {"pause": {"wait": {"for": "2d"}}}, triggers=[{"audience": "vip", "schedule": "0 9 * * *"}]
    )
    found = run(simulator, stays, audiences=[VIP], to="+4 0:00")
    # At nine of the third day the run comes before the timer of that instant.
    assert found.people == [
        "j v1 u1#1 9:00 completed end +2 9:00",
        "j v1 u1#2 +3 9:00 active pause -",
        "j v1 u2#1 9:00 completed end +2 9:00",
        "j v1 u2#2 +3 9:00 active pause -",
    ]
    assert found.refusals == []


def test_a_single_occurrence_refuses_people_inside_with_a_line(simulator: Simulator) -> None:
    both = journey(WAIT, triggers=[{"event": "Go"}, {"audience": "vip", "schedule": {"once": at("9:00")}}])
    found = run(simulator, both, [event("8:30", "u1", "Go")], audiences=[VIP])
    assert found.refusals == ["u1 9:00 vip already_inside"]


def test_other_refusals_of_a_recurring_schedule_have_lines(simulator: Simulator) -> None:
    once = scheduled("0 9 * * *", reentry={"mode": "once"})
    found = run(simulator, once, audiences=[{"audience": "vip", "members": ["u1"]}], to="+2 0:00")
    assert found.refusals == ["u1 +1 9:00 vip reentry_once"]


def test_a_run_in_a_pause_queues_the_members_of_its_instant(simulator: Simulator) -> None:
    feed = [add("9:30", "u3", "vip"), {**add("9:30", "u2", "vip"), "op": "remove"}]
    commands = [command("8:00", "pause"), command("12:00", "resume")]
    found = run(simulator, scheduled({"once": at("9:00")}), feed, commands, audiences=[VIP])
    assert found.people == ["j v1 u1#1 9:00 completed end 13:00", "j v1 u2#1 9:00 completed end 13:00"]


def test_before_the_start_date_members_queue(simulator: Simulator) -> None:
    found = run(simulator, scheduled("now", start=at("9:00")), audiences=[VIP])
    assert found.people[0] == "j v1 u1#1 0:00 completed end 10:00"


@pytest.mark.parametrize("name", ["close", "stop"])
def test_after_close_and_stop_nothing_runs(simulator: Simulator, name: str) -> None:
    found = run(simulator, scheduled({"once": at("9:00")}), [], [command("8:00", name)], audiences=[VIP])
    assert (found.people, found.refusals) == ([], [])


def test_the_end_date_comes_before_the_run_of_its_instant(simulator: Simulator) -> None:
    assert run(simulator, scheduled({"once": at("9:00")}, end=at("9:00")), audiences=[VIP]).people == []


def test_the_next_version_has_schedules_of_its_own(simulator: Simulator) -> None:
    commands = [command("8:00", "apply", None, file="two.json"), command("8:00", "publish")]
    files = {"two.json": scheduled({"once": at("10:00")})}
    found = run(simulator, scheduled({"once": at("9:00")}), [], commands, audiences=[VIP], files=files)
    assert found.people == ["j v2 u1#1 10:00 completed end 11:00", "j v2 u2#1 10:00 completed end 11:00"]


def test_a_journey_that_runs_once_finishes_behind_it(simulator: Simulator) -> None:
    commands = [
        command("9:59", "add_people", user_ids=["u3"]),
        command("11:00", "add_people", user_ids=["u3"]),
    ]
    feed = [event("8:00", "u3", "Look")]
    found = run(simulator, scheduled({"once": at("9:00")}), feed, commands, audiences=[VIP])
    assert found.people[-1] == "j v1 u3#1 9:59 completed end 10:59"
    assert found.refusals == ["u3 11:00 manual journey_closed"]
    assert found.ledger()["status"] == "finished"


def test_a_journey_that_finds_nobody_is_finished_too(simulator: Simulator) -> None:
    assert run(simulator, scheduled("now")).ledger()["status"] == "finished"
    both = journey(WAIT, triggers=[{"manual": True}, {"audience": "vip", "schedule": "now"}])
    assert run(simulator, both).ledger()["status"] == "live"


# Waves ---------------------------------------------------------------------------------------------------------


def part_of(user_id: str, parts: int) -> int:
    number = int.from_bytes(sha256(f"j//{user_id}".encode()).digest()[:4], "big")
    return number * parts // 2**32


def test_waves_spread_a_run_by_the_hash_of_the_person(simulator: Simulator) -> None:
    people = [f"u{n}" for n in range(1, 9)]
    everybody = {"audience": "vip", "members": people}
    assert {part_of(one, 3) for one in people} == {0, 1, 2}
    waves = scheduled("0 9 * * *", waves={"parts": 3, "every": "2h"})
    found = run(simulator, waves, audiences=[everybody], to="+2 0:00")
    turns = {one: 9 + 2 * part_of(one, 3) for one in people}
    assert found.people == [
        line
        for one, hour in turns.items()
        for line in (
            f"j v1 {one}#1 {hour}:00 completed end {hour + 1}:00",
            f"j v1 {one}#2 +1 {hour}:00 completed end +1 {hour + 1}:00",
        )
    ]


def test_each_wave_looks_at_the_audience_at_its_own_instant(simulator: Simulator) -> None:
    late = next(f"u{n}" for n in range(1, 20) if part_of(f"u{n}", 2) == 1)
    waves = scheduled({"once": at("9:00")}, waves={"parts": 2, "every": "1h"})
    joins = run(simulator, waves, [add("9:30", late, "vip")])
    assert [line.split()[2:4] for line in joins.people] == [[f"{late}#1", "10:00"]]
    leaves = [add("8:00", late, "vip"), {**add("10:00", late, "vip"), "op": "remove"}]
    assert run(simulator, waves, leaves).people == []


def test_a_close_between_waves_ends_them(simulator: Simulator) -> None:
    people = [f"u{n}" for n in range(1, 9)]
    waves = scheduled({"once": at("9:00")}, waves={"parts": 2, "every": "1h"})
    found = run(
        simulator, waves, [], [command("9:30", "close")], audiences=[{"audience": "vip", "members": people}]
    )
    assert [line.split()[2] for line in found.people] == [
        f"{one}#1" for one in people if part_of(one, 2) == 0
    ]
