"""Journeys that reach into others: R3, R18, `removes_from`."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, command, event, identify, journey, run

HOUR = {"pause": {"wait": {"for": "1h"}}}


def first(end: dict[str, Any], **more: Any) -> dict[str, Any]:
    return journey({**HOUR, "done": {"end": end}}, "first", **more)


def second(**more: Any) -> dict[str, Any]:
    return journey(HOUR, "second", triggers=[{"manual": True}], **more)


def test_an_end_starts_another_journey_at_its_instant(simulator: Simulator) -> None:
    found = run(simulator, [first({"start": "second"}), second()], [event("9:00", "u1", "Go")])
    assert found.people == [
        "first v1 u1#1 9:00 completed done 10:00",
        "second v1 u1#1 10:00 completed end 11:00",
    ]


def test_a_refusal_there_changes_nothing_here(simulator: Simulator) -> None:
    asking = second(filter={"field": "profile.ok", "is": True})
    feed = [identify("8:00", "u2", ok=True), event("9:00", "u1", "Go"), event("9:00", "u2", "Go")]
    found = run(simulator, [first({"start": "second"}), asking], feed)
    assert found.people == [
        "first v1 u1#1 9:00 completed done 10:00",
        "first v1 u2#1 9:00 completed done 10:00",
        "second v1 u2#1 10:00 completed end 11:00",
    ]
    assert found.refusals == ["u1 10:00 first filter"]


def test_only_the_named_outcome_starts_it(simulator: Simulator) -> None:
    goal = {"when": {"event": "Bought"}, "leave": False}
    feed = [event("9:00", "u1", "Go"), event("9:00", "u2", "Go"), event("9:30", "u2", "Bought")]
    for outcome, started in (("succeeded", ["u2"]), ("completed", ["u1"]), ("any", ["u1", "u2"])):
        found = run(simulator, [first({"start": "second", "if": outcome}, goal=goal), second()], feed)
        assert [p.split()[2] for p in found.people if p.startswith("second")] == [f"{u}#1" for u in started]


def test_a_closed_journey_hears_of_nobody(simulator: Simulator) -> None:
    found = run(
        simulator, [first({"start": "second"}), second()], [event("9:00", "u1", "Go")],
        [command("9:30", "close", "second")],
    )  # fmt: skip
    assert found.people == ["first v1 u1#1 9:00 completed done 10:00"]
    assert found.refusals == []


def test_who_dropped_out_starts_nothing(simulator: Simulator) -> None:
    leaving = first({"start": "second"}, exit=[{"event": "Left"}])
    found = run(simulator, [leaving, second()], [event("9:00", "u1", "Go"), event("9:10", "u1", "Left")])
    assert [p.split()[0] for p in found.people] == ["first"]


def test_entering_takes_people_out_of_other_journeys(simulator: Simulator) -> None:
    other = journey(HOUR, "other", triggers=[{"event": "Go"}])
    taking = journey(HOUR, "taking", triggers=[{"event": "Come"}], removes_from=["other", "nowhere"])
    feed = [event("9:00", "u1", "Go"), event("9:20", "u1", "Come"), event("9:21", "u2", "Come")]
    found = run(simulator, [other, taking], feed)
    assert found.people == [
        "other v1 u1#1 9:00 dropped_out:entered_elsewhere pause 9:20",
        "taking v1 u1#1 9:20 completed end 10:20",
        "taking v1 u2#1 9:21 completed end 10:21",
    ]


def test_who_is_refused_stays_in_the_other_journey(simulator: Simulator) -> None:
    other = journey(HOUR, "other", triggers=[{"event": "Go"}])
    taking = journey(
        HOUR, "taking", triggers=[{"event": "Come"}], removes_from=["other"],
        filter={"field": "profile.ok", "is": True},
    )  # fmt: skip
    found = run(simulator, [other, taking], [event("9:00", "u1", "Go"), event("9:20", "u1", "Come")])
    assert found.people == ["other v1 u1#1 9:00 completed end 10:00"]


def test_a_circle_of_starts_is_not_published(simulator: Simulator) -> None:
    back = journey(HOUR, "back", triggers=[{"manual": True}])
    back["steps"]["again"] = {"end": {"start": "first"}}
    found = run(
        simulator, [first({"start": "back"}), back], [event("9:00", "u1", "Go")],
        [command("8:30", "publish", "first"), command("8:31", "publish", "back")],
    )  # fmt: skip
    assert found.commands == ["8:30 publish v1 draft > live", "8:31 publish v1 draft > draft !invalid"]


def test_starting_an_unknown_journey_is_not_published(simulator: Simulator) -> None:
    found = run(simulator, first({"start": "nowhere"}), [], [command("8:30", "publish", "first")])
    assert found.commands == ["8:30 publish v1 draft > draft !invalid"]
