"""Events: R6 to R12, P6, P17, P22, P23, P25."""

from __future__ import annotations

from typing import Any

from support.runner import Document, Simulator, add, command, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}


def hearing(*alternatives: Document, **more: Any) -> Document:
    return journey({"hear": {"wait_for": list(alternatives)}, **ENDS}, **more)


TWO = ({"event": "A", "next": "a"}, {"event": "B", "next": "b"})


def test_the_goal_wins_over_exits_and_waits(simulator: Simulator) -> None:
    case = hearing(*TWO, goal={"event": "A"}, exit=[{"event": "A"}])
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A")]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:00 succeeded hear 9:30"]
    assert found.moves == ["u1#1 9:00 null > hear", "u1#1 9:30 hear > null"]


def test_exit_rules_win_over_waits(simulator: Simulator) -> None:
    case = hearing(*TWO, exit=[{"event": "B"}, {"event": "A"}])
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A")]
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 dropped_out:exit_rule hear 9:30"]


def test_one_event_serves_one_wait_by_its_first_alternative(simulator: Simulator) -> None:
    steps = {
        "one": {"wait_for": [{"event": "A", "next": "two"}, {"event": "A", "next": "a"}]},
        "two": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "1h", "next": "b"}]},
        **ENDS,
    }
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A")]
    assert run(simulator, journey(steps), feed).people == ["j v1 u1#1 9:00 completed b 10:30"]


def test_an_alternative_is_met_where_its_when_holds(simulator: Simulator) -> None:
    dear = {"event": "A", "when": {"field": "event.total", "gte": 100}, "next": "a"}
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A", total=5), event("9:40", "u1", "A", total=100)]
    assert run(simulator, hearing(dear, {"event": "B", "next": "b"}), feed).people == [
        "j v1 u1#1 9:00 completed a 9:40"
    ]


def test_a_used_event_suggests_nobody(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "Go")]
    assert run(
        simulator, hearing({"event": "Go", "next": "a"}, {"timeout": "1h", "next": "b"}), feed
    ).people == ["j v1 u1#1 9:00 completed a 9:30"]
    found = run(simulator, journey(WAIT, goal={"event": "Go"}), feed)
    assert (found.people, found.refusals) == (["j v1 u1#1 9:00 succeeded pause 9:30"], [])
    found = run(simulator, journey(WAIT, exit=[{"event": "Go"}]), feed)
    assert (found.people, found.refusals) == (["j v1 u1#1 9:00 dropped_out:exit_rule pause 9:30"], [])


def test_an_unused_event_of_somebody_inside_is_refused(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "Go")]
    assert run(simulator, journey(WAIT), feed).refusals == ["u1 9:30 Go already_inside"]


def test_a_remembered_goal_uses_its_event_once(simulator: Simulator) -> None:
    case = journey(WAIT, goal={"when": {"event": "Go"}, "leave": False})
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "Go"), event("9:40", "u1", "Go")]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:00 succeeded end 10:00"]
    assert found.refusals == ["u1 9:40 Go already_inside"]


def test_a_remembered_goal_lets_its_event_satisfy_a_wait(simulator: Simulator) -> None:
    case = hearing(*TWO, goal={"when": {"event": "A"}, "leave": False})
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A")]
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 succeeded a 9:30"]


def test_a_wait_does_not_look_back(simulator: Simulator) -> None:
    feed = [
        event("9:00", "u1", "A"),
        event("9:00", "u1", "Go"),
        event("9:00", "u1", "B"),
        event("9:00", "u1", "A"),
    ]
    assert run(simulator, hearing(*TWO), feed).people == ["j v1 u1#1 9:00 completed b 9:00"]


def test_the_entry_event_does_not_satisfy_the_first_wait(simulator: Simulator) -> None:
    case = hearing({"event": "Go", "next": "a"}, {"timeout": "1h", "next": "b"})
    assert run(simulator, case, [event("9:00", "u1", "Go")]).people == ["j v1 u1#1 9:00 completed b 10:00"]


def test_goals_and_exits_see_the_passage_only(simulator: Simulator) -> None:
    feed = [event("8:00", "u1", "Buy"), event("9:00", "u1", "Go"), event("9:30", "u1", "Buy")]
    case = journey(WAIT, goal={"event": "Buy", "at_least": 2}, exit=[{"event": "Go"}])
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 completed end 10:00"]
    more = [*feed, event("9:31", "u1", "Buy")]
    assert run(simulator, case, more).people == ["j v1 u1#1 9:00 succeeded pause 9:31"]


def test_filters_and_splits_see_the_whole_history(simulator: Simulator) -> None:
    steps = {
        "fork": {
            "split": [{"when": {"event": "Go", "exactly": 2}, "next": "a"}, {"else": True, "next": "b"}]
        },
        **ENDS,
    }
    case = journey(steps, filter={"event": "Go", "at_least": 2})
    feed = [event("8:00", "u1", "Go"), event("9:00", "u1", "Go")]
    found = run(simulator, case, feed)
    assert (found.people, found.refusals) == (["j v1 u1#1 9:00 completed a 9:00"], ["u1 8:00 Go filter"])


def test_a_field_goal_true_at_admission_succeeds_before_the_first_step(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", plan="pro"), event("9:00", "u1", "Go")]
    case = journey(WAIT, goal={"field": "profile.plan", "is": "pro"})
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 9:00 succeeded - 9:00"]
    assert found.moves == ["u1#1 9:00 null > null"]
    assert found.ledger()["steps"]["entry"] == {"in": 1, "here": 0, "out": 1}
    paused = run(simulator, case, feed, [command("8:30", "pause")])
    assert paused.people == found.people
    out = run(simulator, journey(WAIT, exit=[{"field": "profile.plan", "is": "pro"}]), feed)
    assert out.people == ["j v1 u1#1 9:00 dropped_out:exit_rule - 9:00"]


def test_event_tests_are_false_at_admission(simulator: Simulator) -> None:
    case = journey(WAIT, goal={"event": "Never", "at_most": 0})
    found = run(simulator, case, [event("9:00", "u1", "Go"), event("9:30", "u1", "Anything")])
    assert found.people == ["j v1 u1#1 9:00 succeeded pause 9:30"]


def test_event_fields_are_those_of_the_entry_event(simulator: Simulator) -> None:
    branches = [{"when": {"field": "event.plan", "is": "pro"}, "next": "a"}, {"else": True, "next": "b"}]
    steps = {"hear": {"wait_for": [{"event": "A", "next": "fork"}]}, "fork": {"split": branches}, **ENDS}
    feed = [
        event("9:00", "u1", "Go", plan="pro"),
        event("9:30", "u1", "A", plan="free"),
        identify("8:00", "u2"),
    ]
    commands = [command("9:00", "add_people", user_ids=["u2"])]
    found = run(simulator, journey(steps), [*feed, event("9:30", "u2", "A", plan="pro")], commands)
    assert found.people == ["j v1 u1#1 9:00 completed a 9:30", "j v1 u2#1 9:00 completed b 9:30"]


def test_inside_an_event_test_the_field_is_that_of_the_event_under_test(simulator: Simulator) -> None:
    case = journey(WAIT, filter={"event": "Buy", "when": {"field": "event.plan", "is": "pro"}})
    feed = [event("8:00", "u1", "Buy", plan="pro"), event("8:00", "u2", "Buy"), event("9:00", "u1", "Go")]
    found = run(simulator, case, [*feed, event("9:00", "u2", "Go", plan="pro")])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]
    assert found.refusals == ["u2 9:00 Go filter"]


def test_an_awaited_event_is_kept_by_name(simulator: Simulator) -> None:
    branches = [{"when": {"field": "order.total", "gt": 9}, "next": "a"}, {"else": True, "next": "b"}]
    steps = {
        "hear": {"wait_for": [{"event": "A", "save_as": "order", "next": "fork"}]},
        "fork": {"split": branches},
        **ENDS,
    }
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A", total=10)]
    assert run(simulator, journey(steps), feed).people == ["j v1 u1#1 9:00 completed a 9:30"]


def test_a_repeated_message_id_is_one_event_of_one_person(simulator: Simulator) -> None:
    same = {"messageId": "m1"}
    feed = [
        event("9:00", "u1", "Go", more=same),
        event("11:00", "u1", "Go", more=same),
        event("11:00", "u2", "Go", more=same),
    ]
    assert run(simulator, journey(WAIT), feed).people == [
        "j v1 u1#1 9:00 completed end 10:00",
        "j v1 u2#1 11:00 completed end 12:00",
    ]


def test_a_line_repeated_without_message_id_is_one(simulator: Simulator) -> None:
    case = journey(WAIT, goal={"event": "A", "at_least": 2})
    feed = [event("9:00", "u1", "Go"), event("9:30", "u1", "A", n=1), event("9:30", "u1", "A", n=1)]
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 completed end 10:00"]
    assert run(simulator, case, [*feed, event("9:30", "u1", "A", n=2)]).people == [
        "j v1 u1#1 9:00 succeeded pause 9:30"
    ]


def test_historical_events_count_in_splits_only(simulator: Simulator) -> None:
    past = {"context": {"historical": True}}
    branches = [{"when": {"event": "A"}, "next": "a"}, {"else": True, "next": "b"}]
    steps = {"pause": {"wait": {"for": "1h"}}, "fork": {"split": branches}, **ENDS}
    feed = [
        event("8:00", "u1", "Go", more=past),
        event("9:00", "u1", "Go"),
        event("9:30", "u1", "A", more=past),
        event("9:40", "u1", "Other"),
    ]
    assert run(simulator, journey(steps, goal={"event": "A"}), feed).people == [
        "j v1 u1#1 9:00 completed a 10:00"
    ]
    quiet = [event("9:00", "u1", "Go"), identify("9:30", "u1", more=past, plan="pro")]
    case = journey(WAIT, goal={"when": {"field": "profile.plan", "is": "pro"}, "leave": True})
    assert run(simulator, case, quiet).people == ["j v1 u1#1 9:00 succeeded pause 10:00"]


def test_people_are_known_by_user_id_else_by_anonymous_id(simulator: Simulator) -> None:
    line = event("9:00", "u1", "Go")
    del line["userId"]
    found = run(simulator, journey(WAIT), [{**line, "anonymousId": "a1"}])
    assert found.people == ["j v1 a1#1 9:00 completed end 10:00"]


def test_pages_and_screens_are_events(simulator: Simulator) -> None:
    line = event("9:00", "u1", "ignored")
    feed = [{**line, "type": "page", "name": "Go"}, {**line, "type": "screen", "name": "Go", "userId": "u2"}]
    assert len(run(simulator, journey(WAIT), feed).people) == 2


def test_good_lines_and_audience_files_make_profiles(simulator: Simulator) -> None:
    line = event("8:00", "u", "x")
    feed = [
        {**line, "userId": "u1", "type": "group"},
        event("8:00", "u2", "Other"),
        identify("8:00", "u3"),
        add("8:00", "u4", "staff"),
    ]
    commands = [command("9:00", "add_people", user_ids=["u1", "u2", "u3", "u4", "u5", "u6"])]
    found = run(simulator, journey(WAIT), feed, commands, audiences=[{"audience": "vip", "members": ["u5"]}])
    assert found.kind("command")[0]["counts"] == {"added": 4, "unknown": 2}
