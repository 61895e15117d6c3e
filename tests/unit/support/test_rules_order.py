"""Clock and order: R1 to R5, P24, P38, P46."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, add, command, email, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}


def test_a_file_is_published_at_the_beginning(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), [event("0:00", "u1", "Go")])
    assert found.people == ["j v1 u1#1 0:00 completed end 1:00"]
    assert found.commands == []


def test_a_file_that_the_commands_publish_is_a_draft_before(simulator: Simulator) -> None:
    feed = [event("8:00", "u1", "Go"), event("9:00", "u2", "Go")]
    found = run(simulator, journey(WAIT), feed, [command("9:00", "publish")])
    assert found.people == ["j v1 u2#1 9:00 completed end 10:00"]
    assert found.commands == ["9:00 publish v1 draft > live"]
    assert found.refusals == []


def test_what_is_before_the_clock_is_history(simulator: Simulator) -> None:
    seen = {
        "look": {
            "split": [{"when": {"event": "Go", "exactly": 2}, "next": "twice"}, {"else": True, "next": "end"}]
        }
    }
    steps = {**seen, "twice": {"end": {}}, "end": {"end": {}}}
    feed = [
        event("-1 9:00", "u1", "Go"),
        identify("-1 9:00", "u1", plan="pro"),
        add("-1 9:00", "u2", "staff"),
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
    ]
    more: dict[str, Any] = {
        "filter": {"any": [{"field": "profile.plan", "is": "pro"}, {"audience": "staff"}]},
        "exclude": ["staff"],
    }
    found = run(simulator, journey(steps, **more), feed)
    assert found.people == ["j v1 u1#1 9:00 completed twice 9:00"]
    assert found.refusals == ["u2 9:00 Go excluded"]


def test_the_clock_ends_before_its_end(simulator: Simulator) -> None:
    feed = [event("8:00", "u1", "Go"), event("9:00", "u2", "Go")]
    found = run(simulator, journey(WAIT), feed, [command("9:00", "stop")], to="9:00")
    assert found.people == ["j v1 u1#1 8:00 active pause -"]
    assert found.commands == []
    assert found.ledger()["steps"]["pause"] == {"in": 1, "here": 1, "out": 0}


def test_lines_are_put_in_order_and_ties_stay_as_given(simulator: Simulator) -> None:
    steps = {
        "hear": {"wait_for": [{"event": "A", "next": "a"}, {"event": "B", "next": "b"}]},
        "a": {"end": {}},
        "b": {"end": {}},
    }
    feed = [event("9:00", "u1", "B"), event("9:00", "u1", "A"), event("8:00", "u1", "Go")]
    assert run(simulator, journey(steps), feed).people == ["j v1 u1#1 8:00 completed b 9:00"]


def test_commands_come_before_lines_of_the_same_instant(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), [event("9:00", "u1", "Go")], [command("9:00", "pause")])
    assert found.people == ["j v1 u1#1 9:00 active - -"]


def test_the_end_date_comes_before_given_commands(simulator: Simulator) -> None:
    ending = journey(WAIT, end="2026-03-02T09:00:00")
    found = run(
        simulator, ending, [event("8:30", "u1", "Go"), event("9:00", "u2", "Go")], [command("9:00", "pause")]
    )
    assert found.commands == ["9:00 close v1 live > closed", "9:00 pause v1 closed > paused"]
    assert found.people == ["j v1 u1#1 8:30 active pause -"]


def test_journeys_are_taken_by_key_and_values_are_there_at_once(simulator: Simulator) -> None:
    writes = journey({"write": {"update_profile": {"set": {"n": 1}}}}, key="a")
    reads = journey(WAIT, key="b", filter={"field": "profile.n", "is": 1})
    assert run(simulator, [reads, writes], [event("9:00", "u1", "Go")]).people == [
        "a v1 u1#1 9:00 completed end 9:00",
        "b v1 u1#1 9:00 completed end 10:00",
    ]
    late = journey({"write": {"update_profile": {"set": {"n": 1}}}}, key="c")
    assert run(simulator, [reads, late], [event("9:00", "u1", "Go")]).refusals == ["u1 9:00 Go filter"]


def test_a_change_made_by_a_walk_is_a_line_for_the_other_journeys(simulator: Simulator) -> None:
    writes = journey({"write": {"update_profile": {"set": {"n": 1}}}}, key="z", triggers=[{"event": "Write"}])
    judged = journey(WAIT, key="a", goal={"field": "profile.n", "is": 1})
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "Write")]
    assert run(simulator, [writes, judged], feed).people[0] == "a v1 u1#1 9:00 succeeded pause 9:30"


def test_a_line_is_settled_everywhere_before_what_it_caused(simulator: Simulator) -> None:
    # `a` writes while it handles Go; `b` meets Go first as an event of its own, and is not asked twice.
    writes = journey({"write": {"update_profile": {"set": {"n": 1}}}}, key="a")
    both = journey(WAIT, key="b", goal={"when": {"field": "profile.n", "is": 1}, "leave": False})
    feed = [event("8:30", "u1", "Come"), event("9:00", "u1", "Go")]
    both["entry"]["triggers"] = [{"event": "Come"}, {"event": "Go"}]
    found = run(simulator, [writes, both], feed)
    assert found.people[1] == "b v1 u1#1 8:30 succeeded end 9:30"
    assert found.refusals == []  # Go met the goal, so it suggested nobody


def test_a_message_has_its_outcome_at_once(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", email="u1@example.com", name="Eva"), event("9:00", "u1", "Go")]
    found = run(simulator, journey({"hello": email("Hi {{ profile.name | default: 'friend' }}")}), feed)
    assert found.messages == ["u1#1 hello 9:00 sent Hi Eva"]
    assert found.kind("message")[0]["to"] == "u1@example.com"
    assert found.people == ["j v1 u1#1 9:00 completed end 9:00"]


def test_an_event_beats_the_time_out_of_its_instant(simulator: Simulator) -> None:
    steps = {
        "hear": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "1h", "next": "b"}]},
        "a": {"end": {}},
        "b": {"end": {}},
    }
    feed = [event("9:00", "u1", "Go"), event("10:00", "u1", "A")]
    assert run(simulator, journey(steps), feed).people == ["j v1 u1#1 9:00 completed a 10:00"]


def test_a_timer_due_at_the_stop_never_fires(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), [event("9:00", "u1", "Go")], [command("10:00", "stop")])
    assert found.people == ["j v1 u1#1 9:00 cancelled:journey_stopped pause 10:00"]


def test_timers_fire_until_nothing_is_due(simulator: Simulator) -> None:
    steps = {
        "one": {"wait": {"for": "1h"}},
        "two": {"wait": {"until": "2026-03-02T10:00:00"}},
        "three": {"wait": {"for": "1h"}},
    }
    found = run(simulator, journey(steps), [event("9:00", "u1", "Go")])
    assert found.moves == [
        "u1#1 9:00 null > one",
        "u1#1 10:00 one > two",
        "u1#1 10:00 two > three",
        "u1#1 11:00 three > end",
    ]


def test_bad_lines_are_left_out(simulator: Simulator) -> None:
    good = event("9:00", "u1", "Go")
    feed = [
        "nonsense",
        {},
        {**good, "userId": None},
        {**good, "userId": 7},
        {**good, "event": ""},
        {**good, "timestamp": "soon"},
        {**good, "type": "tracks"},
        {**good, "properties": [1]},
        {**add("9:00", "u1", "staff"), "op": "toggle"},
    ]
    assert run(simulator, journey(WAIT), feed).people == []
    assert run(simulator, journey(WAIT), [*feed, {**good, "properties": None}]).people != []


def test_commands_outside_the_clock_do_not_happen(simulator: Simulator) -> None:
    commands = [command("-1 9:00", "pause"), command("+30 0:00", "pause")]
    found = run(simulator, journey(WAIT), [event("9:00", "u1", "Go")], commands)
    assert (found.commands, found.people) == ([], ["j v1 u1#1 9:00 completed end 10:00"])
