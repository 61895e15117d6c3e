"""Backfill at publish: P85."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, command, event, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
HISTORY = {"context": {"historical": True}}


def go(*times: str, user: str = "u1", **properties: Any) -> list[dict[str, Any]]:
    return [event(time, user, "Go", **properties) for time in times]


def test_who_did_it_in_the_last_hours_is_suggested_at_the_publication(simulator: Simulator) -> None:
    feed = [
        *go("5:59", user="u1"), *go("6:00", user="u2"), *go("6:01", user="u3"), *go("8:00", user="u4"),
        *go("9:00", user="u5"), *go("9:01", user="u6"), event("8:30", "u7", "Other"),
    ]  # fmt: skip
    found = run(simulator, journey(WAIT), feed, [command("9:00", "publish", backfill="3h")])
    (line,) = found.kind("command")
    # In the last 3 h: behind 6:00, up to 9:00. What happens at 9:00 itself comes behind the command.
    assert line["counts"] == {"inside": 0, "queued": 0, "messages": 0, "backfill": 2}
    assert found.people == [
        "j v1 u3#1 9:00 completed end 10:00",
        "j v1 u4#1 9:00 completed end 10:00",
        "j v1 u5#1 9:00 completed end 10:00",
        "j v1 u6#1 9:01 completed end 10:01",
    ]


def test_imported_history_counts_since_that_is_asked(simulator: Simulator) -> None:
    feed = [event("-2 9:00", "u1", "Go"), event("8:00", "u2", "Go", more=HISTORY)]
    found = run(simulator, journey(WAIT), feed, [command("9:00", "publish", backfill="7d")])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00", "j v1 u2#1 9:00 completed end 10:00"]


def test_the_latest_event_that_the_trigger_accepts_is_the_entry_event(simulator: Simulator) -> None:
    trigger = {"event": "Go", "when": {"field": "event.plan", "is": "pro"}}
    which = {
        "split": [{"when": {"field": "event.n", "is": 2}, "next": "second"}, {"else": True, "next": "other"}]
    }
    case = journey({"which": which, "second": {"end": {}}, "other": {"end": {}}}, triggers=[trigger])
    feed = [*go("7:00", plan="pro", n=1), *go("7:30", plan="pro", n=2), *go("8:00", plan="free", n=3)]
    found = run(simulator, case, feed, [command("9:00", "publish", backfill="1d")])
    assert found.people == ["j v1 u1#1 9:00 completed second 9:00"]


def test_two_triggers_suggest_in_the_order_of_their_events(simulator: Simulator) -> None:
    case = journey(WAIT, triggers=[{"event": "Go"}, {"event": "Come"}])
    feed = [event("8:00", "u1", "Come"), *go("8:30")]
    found = run(simulator, case, feed, [command("9:00", "publish", backfill="1d")])
    assert found.kind("command")[0]["counts"]["backfill"] == 2
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]
    assert found.refusals == ["u1 9:00 Go already_inside"]


def test_the_oldest_come_first_under_a_cap(simulator: Simulator) -> None:
    feed = [*go("8:00", user="u1"), *go("7:00", user="u3"), *go("7:30", user="u2")]
    found = run(simulator, journey(WAIT, cap=2), feed, [command("9:00", "publish", backfill="1d")])
    assert [line.split(" ")[2] for line in found.people] == ["u2#1", "u3#1"]
    assert found.refusals == ["u1 9:00 Go entry_cap"]


def test_what_happened_before_is_not_of_the_passage(simulator: Simulator) -> None:
    """R9: neither goal nor wait sees what happened between the entry event and the publication."""
    steps = {"buys": {"wait_for": [{"event": "Buy", "next": "end"}, {"timeout": "2h", "drop_out": True}]}}
    case = journey(steps, goal={"all": [{"event": "Buy", "at_least": 1}]})
    feed = [*go("7:00"), event("8:00", "u1", "Buy"), event("9:30", "u1", "Buy", n=2)]
    found = run(simulator, case, feed, [command("9:00", "publish", backfill="1d")])
    assert found.people == ["j v1 u1#1 9:00 succeeded buys 9:30"]


def test_entrance_rules_decide_as_always(simulator: Simulator) -> None:
    """Re-entry looks at all versions: whoever was in with `once` stays out."""
    case = journey(WAIT, reentry={"mode": "once"})
    feed = [*go("8:00"), *go("8:30", user="u2")]
    commands = [
        command("8:15", "stop"),
        command("9:00", "new_version"),
        command("9:30", "publish", backfill="1d"),
    ]
    found = run(simulator, case, feed, commands)
    assert found.kind("command")[2]["counts"]["backfill"] == 2
    assert found.people == [
        "j v1 u1#1 8:00 cancelled:journey_stopped pause 8:15",
        "j v2 u2#1 9:30 completed end 10:30",
    ]
    assert found.refusals == ["u1 9:30 Go reentry_once"]


def test_without_an_event_as_trigger_nobody_did_it(simulator: Simulator) -> None:
    case = journey(WAIT, triggers=[{"manual": True}])
    found = run(simulator, case, go("8:00"), [command("9:00", "publish", backfill="1d")])
    assert found.kind("command")[0]["counts"]["backfill"] == 0
    assert found.people == []
