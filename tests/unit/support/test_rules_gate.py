"""The gate: entry cap and entry rate (lifecycle: Admission; R13, R17)."""

from __future__ import annotations

from support.runner import Simulator, command, event, identify, journey, run

HOUR = {"pause": {"wait": {"for": "1h"}}}


def test_a_cap_counts_everybody_who_ever_entered(simulator: Simulator) -> None:
    feed = [event(f"9:0{n}", f"u{n}", "Go") for n in range(5)] + [event("12:00", "u9", "Go")]
    found = run(simulator, journey(HOUR, cap=3), feed)
    assert found.people == [f"j v1 u{n}#1 9:0{n} completed end 10:0{n}" for n in range(3)]
    assert found.refusals == ["u3 9:03 Go entry_cap", "u4 9:04 Go entry_cap", "u9 12:00 Go entry_cap"]


def test_a_cap_is_the_last_thing_asked(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("9:10", "u1", "Go"), event("9:20", "u2", "Go")]
    found = run(simulator, journey(HOUR, cap=1), feed)
    assert found.refusals == ["u1 9:10 Go already_inside", "u2 9:20 Go entry_cap"]


def test_a_cap_counts_by_version(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("9:01", "u2", "Go"), event("11:00", "u2", "Go")]
    found = run(
        simulator, journey(HOUR, cap=1), feed,
        [command("10:30", "apply", None, file="two.json"), command("10:31", "publish")],
        files={"two.json": journey(HOUR, cap=1)},
    )  # fmt: skip
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00", "j v2 u2#1 11:00 completed end 12:00"]


def test_a_rate_lets_the_oldest_in_first(simulator: Simulator) -> None:
    feed = [event("9:00", "u3", "Go"), event("9:01", "u1", "Go"), event("9:02", "u2", "Go")]
    found = run(simulator, journey(HOUR, rate="2/h"), feed)
    assert found.people == [
        "j v1 u1#1 9:30 completed end 10:30",
        "j v1 u2#1 10:00 completed end 11:00",
        "j v1 u3#1 9:00 completed end 10:00",
    ]
    assert found.refusals == []


def test_who_waits_at_the_gate_keeps_the_entry_event(simulator: Simulator) -> None:
    steps = {"which": {"split": [{"when": {"field": "event.vip", "is": True}, "next": "a"}, {"else": True, "next": "b"}]},
             "a": {"end": {}}, "b": {"end": {}}}  # fmt: skip
    feed = [event("9:00", "u1", "Go"), event("9:00", "u2", "Go", vip=True)]
    found = run(simulator, journey(steps, rate="1/h"), feed)
    assert found.people == ["j v1 u1#1 9:00 completed b 9:00", "j v1 u2#1 10:00 completed a 10:00"]


def test_admission_asks_again_at_the_gate_but_for_the_filter(simulator: Simulator) -> None:
    case = journey(HOUR, rate="1/h", filter={"field": "profile.ok", "is": True}, reentry={"mode": "once"})
    feed = [
        identify("8:00", "u1", ok=True),
        identify("8:00", "u2", ok=True),
        event("9:00", "u1", "Go"),
        event("9:10", "u2", "Go"),
        event("9:20", "u2", "Go"),
        identify("9:30", "u2", ok=False),
    ]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00", "j v1 u2#1 10:00 completed end 11:00"]
    assert found.refusals == ["u2 11:00 Go already_inside"]  # the gate opens before timers


def test_events_before_the_gate_are_not_of_the_passage(simulator: Simulator) -> None:
    case = journey({"w": {"wait": {"for": "1h"}}}, rate="1/h", goal={"event": "Bought"})
    feed = [
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
        event("9:30", "u2", "Bought"),
        event("10:00", "u2", "Bought"),
    ]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00", "j v1 u2#1 10:00 succeeded w 10:00"]


def test_closing_refuses_who_waits_at_the_gate(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("9:01", "u2", "Go")]
    for name, reason in (("close", "journey_closed"), ("stop", "journey_stopped")):
        found = run(simulator, journey(HOUR, rate="1/h"), feed, [command("9:15", name)])
        assert found.refusals == [f"u2 9:15 Go {reason}"]


def test_a_place_given_back_goes_to_the_next(simulator: Simulator) -> None:
    case = journey(HOUR, rate="1/h", cap=2)
    feed = [
        event("9:00", "u1", "Go"),
        event("9:01", "u2", "Go"),
        event("9:02", "u3", "Go"),
        event("9:03", "u4", "Go"),
    ]
    found = run(simulator, case, feed, [command("9:30", "delete_profile", None, user_id="u2")])
    assert [p.split()[2] for p in found.people] == ["u1#1", "u3#1"]
    assert found.refusals == ["u2 10:00 Go profile_deleted", "u4 11:00 Go entry_cap"]


def test_in_a_pause_people_queue_at_the_rate(simulator: Simulator) -> None:
    feed = [event("9:05", "u1", "Go"), event("9:06", "u2", "Go")]
    found = run(
        simulator, journey(HOUR, rate="1/h"), feed, [command("9:00", "pause"), command("11:00", "resume")]
    )
    assert found.people == ["j v1 u1#1 9:05 completed end 12:00", "j v1 u2#1 10:05 completed end 12:00"]
