"""Waits for a date or a time of day, in the person's own zone too: R19, R20, P50, P51."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Case, Document, Outcome, Simulator, event, identify, journey, run

ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}


def until_field(**wait: Any) -> Document:
    return journey({"wait": {"wait": {"until_field": "profile.due", **wait}, "next": "a"}, **ENDS})


def people(simulator: Simulator, case: Document, feed: list[Document]) -> list[str]:
    return [" ".join(person.split()[3:]) for person in run(simulator, case, feed).people]


@pytest.mark.parametrize(
    ("due", "wait", "expected"),
    [
        ("2026-03-02T12:00:00Z", {}, "completed a 12:00"),
        ("2026-03-02T12:00:00", {}, "completed a 12:00"),  # without offset: UTC
        ("2026-03-03", {}, "completed a +1 0:00"),
        ("2026-03-02T12:00:00+02:00", {}, "completed a 10:00"),
        ("2026-03-02T12:00:00Z", {"offset": "1h"}, "completed a 13:00"),
        ("2026-03-02T12:00:00Z", {"offset": "-1h30m"}, "completed a 10:30"),
        ("2026-03-02T12:00:00Z", {"offset": "-4h"}, "completed a 9:00"),
        ("2026-03-02T08:00:00Z", {}, "completed a 9:00"),
        ("2026-03-02T09:00:00Z", {}, "completed a 9:00"),
        ("2026-03-02T08:00:00Z", {"offset": "2h"}, "completed a 10:00"),
        ("9999-12-31T23:00:00Z", {"offset": "1d"}, "active wait -"),
        ("0001-01-01T00:00:00Z", {"offset": "-1d"}, "completed a 9:00"),
    ],
)
def test_until_the_instant_of_a_field(simulator: Simulator, due: str, wait: Document, expected: str) -> None:
    feed = [identify("8:00", "u1", due=due), event("9:00", "u1", "Go")]
    assert people(simulator, until_field(**wait), feed) == [f"9:00 {expected}"]


@pytest.mark.parametrize("due", [None, "tomorrow", "2026-02-30", 1772445600, ["2026-03-02T12:00:00Z"], True])
@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({}, "completed a 9:00"),
        ({"on_missing": "next"}, "completed a 9:00"),
        ({"on_missing": "b"}, "completed b 9:00"),
        ({"on_missing": "drop_out"}, "dropped_out:wait_timeout wait 9:00"),
    ],
)
def test_a_field_that_is_no_instant(simulator: Simulator, due: Any, wait: Document, expected: str) -> None:
    feed = [identify("8:00", "u1", due=due), event("9:00", "u1", "Go")]
    assert people(simulator, until_field(**wait), feed) == [f"9:00 {expected}"]


def test_a_missing_field_is_passed_by_in_the_same_walk(simulator: Simulator) -> None:
    found = run(simulator, until_field(on_missing="b"), [event("9:00", "u1", "Go")])
    assert found.moves == ["u1#1 9:00 null > wait", "u1#1 9:00 wait > b"]


def test_the_deadline_is_stamped_on_entering(simulator: Simulator) -> None:
    feed = [
        identify("8:00", "u1", due="2026-03-02T12:00:00Z"),
        event("9:00", "u1", "Go"),
        identify("10:00", "u1", due="2026-03-02T15:00:00Z"),
        event("9:00", "u2", "Go"),
        identify("9:00", "u2", due="2026-03-02T15:00:00Z"),
    ]
    assert people(simulator, until_field(), feed) == ["9:00 completed a 12:00", "9:00 completed a 9:00"]


def test_fields_of_the_entry_of_an_awaited_event_and_of_the_participant(simulator: Simulator) -> None:
    steps = {
        "hear": {"wait_for": [{"event": "Order", "save_as": "order", "next": "saved"}]},
        "saved": {"wait": {"until_field": "order.at"}},
        "begun": {"wait": {"until_field": "event.at"}},
        "day": {"wait": {"until_field": "participant.entered_at", "offset": "1d"}},
    }
    feed = [
        event("9:00", "u1", "Go", at="2026-03-02T14:00:00Z"),
        event("10:00", "u1", "Order", at="2026-03-02T12:00:00Z"),
    ]
    found = run(simulator, journey(steps), feed)
    assert found.moves[1:] == [
        "u1#1 10:00 hear > saved", "u1#1 12:00 saved > begun", "u1#1 14:00 begun > day", "u1#1 +1 9:00 day > end",
    ]  # fmt: skip


def test_what_an_update_wrote_is_the_field(simulator: Simulator) -> None:
    steps = {
        "write": {"update_profile": {"set": {"due": "2026-03-02T11:00:00Z"}}},
        "wait": {"wait": {"until_field": "profile.due"}},
    }
    assert people(simulator, journey(steps), [event("9:00", "u1", "Go")]) == ["9:00 completed end 11:00"]


@pytest.mark.parametrize(
    ("entered", "wait", "left"),
    [
        ("9:00", {"until_time": "10:30"}, "10:30"),
        ("10:29", {"until_time": "10:30"}, "10:30"),
        ("10:30", {"until_time": "10:30"}, "+1 10:30"),  # strictly after entering
        ("11:00", {"until_time": "10:30"}, "+1 10:30"),
        ("9:00", {"until_time": "10:30:30"}, "10:30:30"),
        ("9:00", {"until_time": "10:30", "weekdays": ["mon"]}, "10:30"),
        ("11:00", {"until_time": "10:30", "weekdays": ["mon"]}, "+7 10:30"),
        ("9:00", {"until_time": "00:00", "weekdays": ["sun", "wed"]}, "+2 0:00"),
    ],
)
def test_until_a_time_of_day(simulator: Simulator, entered: str, wait: Document, left: str) -> None:
    found = people(simulator, journey({"wait": {"wait": wait}}), [event(entered, "u1", "Go")])
    assert found == [f"{entered} completed end {left}"]


# Stockholm: the hour from 02:00 is skipped on 29 March 2026, and comes twice on 25 October.
@pytest.mark.parametrize(
    ("entered", "clock", "left"),
    [
        (
            "2026-03-28T20:00:00Z",
            "02:30",
            "2026-03-29T01:00:00Z",
        ),  # skipped: the first instant behind the gap
        ("2026-03-29T01:00:00Z", "02:30", "2026-03-30T00:30:00Z"),
        ("2026-03-28T20:00:00Z", "03:00", "2026-03-29T01:00:00Z"),
        ("2026-03-28T20:00:00Z", "01:59", "2026-03-29T00:59:00Z"),
        ("2026-10-24T20:00:00Z", "02:30", "2026-10-25T00:30:00Z"),  # twice: the first coming
        ("2026-10-25T00:30:00Z", "02:30", "2026-10-26T01:30:00Z"),
        ("2026-10-25T00:45:00Z", "02:30", "2026-10-26T01:30:00Z"),
        ("2026-10-25T01:15:00Z", "03:00", "2026-10-25T02:00:00Z"),
    ],
)
def test_clocks_that_change(simulator: Simulator, entered: str, clock: str, left: str) -> None:
    case = journey({"wait": {"wait": {"until_time": clock}}}, timezone="Europe/Stockholm")
    line = {"type": "track", "userId": "u1", "event": "Go", "timestamp": entered}
    lines = simulator(Case((case,), (line,), start="2026-03-28T00:00:00Z", to="2026-10-28T00:00:00Z"))
    (person,) = Outcome(lines).kind("participant")
    assert (person["status"], person["left_at"]) == ("completed", left)


@pytest.mark.parametrize(
    ("zone", "left"),
    [
        ("America/New_York", "15:00"),
        ("Asia/Kathmandu", "+1 4:15"),
        (None, "+1 9:00"),  # the journey's
        ("Nowhere/Else", "+1 9:00"),
        ("america/new_york", "+1 9:00"),
        ("EST5EDT+1", "+1 9:00"),
        ("posix/UTC", "+1 9:00"),
        (5, "+1 9:00"),
    ],
)
def test_the_zone_of_the_profile_where_it_is_known(simulator: Simulator, zone: Any, left: str) -> None:
    case = journey({"wait": {"wait": {"until_time": "10:00"}}}, timezone="Europe/Stockholm")
    feed = [identify("8:00", "u1", timezone=zone), event("10:00", "u1", "Go")]
    assert people(simulator, {**case, "profile_timezone": True}, feed) == [f"10:00 completed end {left}"]
    assert people(simulator, case, feed) == ["10:00 completed end +1 9:00"]


def test_conditions_on_time_read_the_zone_of_the_profile(simulator: Simulator) -> None:
    morning = {"time": {"from": "04:00", "to": "06:00"}}
    steps = {"which": {"split": [{"when": morning, "next": "a"}, {"else": True, "next": "b"}]}, **ENDS}
    feed = [
        identify("8:00", "u1", timezone="America/New_York"),
        identify("8:00", "u2", timezone="nowhere"),
        *(event("9:00", user, "Go") for user in ("u1", "u2", "u3")),
    ]
    case = journey(steps, timezone="Europe/Stockholm")
    assert people(simulator, {**case, "profile_timezone": True}, feed) == [
        "9:00 completed a 9:00", "9:00 completed b 9:00", "9:00 completed b 9:00",
    ]  # fmt: skip
    assert people(simulator, case, feed) == ["9:00 completed b 9:00"] * 3
