"""What history changes about somebody inside: it judges nobody, and is asked about at the next line (P25)."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Document, Simulator, add, at, event, identify, journey, run

PAST = {"context": {"historical": True}}
WAIT: dict[str, Any] = {"pause": {"wait": {"for": "3h"}}, "then": {"wait": {"for": "3h"}}}
LOUD = {"audience": "loud", "where": {"event": "A"}}
PRO: dict[str, Any] = {"exit": [{"field": "profile.plan", "is": "pro"}]}
INSIDE = event("9:00", "u1", "Go")


def past(line: Document) -> Document:
    return {**line, **PAST}


def both(when: str, user: str, name: str) -> Document:
    return {"type": "identify", "userId": user, "anonymousId": name, "timestamp": at(when)}


@pytest.mark.parametrize(
    ("more", "change"),
    [
        (PRO, [past(identify("9:30", "u1", plan="pro"))]),
        ({"exclude": ["staff"]}, [past(add("9:30", "u1", "staff"))]),
        ({"exclude": ["loud"]}, [past(event("9:30", "u1", "A"))]),
        ({"exit": [{"audience": "loud"}]}, [past(event("9:30", "u1", "A"))]),
        (PRO, [identify("8:00", "a1", plan="pro"), past(both("9:30", "u1", "a1"))]),
        ({"exclude": ["staff"]}, [add("8:00", "a1", "staff"), past(both("9:30", "u1", "a1"))]),
    ],
)
def test_it_is_asked_about_at_the_next_line_whatever_it_is(
    simulator: Simulator, more: dict[str, Any], change: list[Document]
) -> None:
    reason = "excluded" if "exclude" in more else "exit_rule"
    for kind in (
        event("10:00", "u1", "Of No Concern"),
        identify("10:00", "u1", shoe=43),
        add("10:00", "u1", "readers"),
    ):
        found = run(simulator, journey(WAIT, **more), [INSIDE, *change, kind], audiences=[LOUD])
        assert found.people == [f"j v1 u1#1 9:00 dropped_out:{reason} pause 10:00"]
    # A line that changes nothing, or is history itself, is none; before the next step it is asked at last.
    for kind in (identify("10:00", "u1"), past(identify("10:00", "u1", shoe=43)), event("10:00", "u2", "A")):
        found = run(simulator, journey(WAIT, **more), [INSIDE, *change, kind], audiences=[LOUD])
        assert found.people == [f"j v1 u1#1 9:00 dropped_out:{reason} pause 12:00"]


def test_what_is_undone_before_the_next_line_never_was(simulator: Simulator) -> None:
    lines = [past(identify("9:30", "u1", plan="pro")), past(identify("9:40", "u1", plan="basic"))]
    found = run(simulator, journey(WAIT, **PRO), [INSIDE, *lines, event("10:00", "u1", "B")])
    assert found.people == ["j v1 u1#1 9:00 completed end 15:00"]


def test_every_journey_asks(simulator: Simulator) -> None:
    lines = [INSIDE, past(identify("9:30", "u1", plan="pro")), event("10:00", "u1", "Of No Concern")]
    found = run(simulator, [journey(WAIT, **PRO), journey(WAIT, key="k", **PRO)], lines)
    assert found.people == [
        "j v1 u1#1 9:00 dropped_out:exit_rule pause 10:00",
        "k v1 u1#1 9:00 dropped_out:exit_rule pause 10:00",
    ]


def test_an_audience_entered_by_history_suggests_nobody(simulator: Simulator) -> None:
    case = journey(WAIT, triggers=[{"audience": "staff", "on": "enter"}])
    assert run(simulator, case, [identify("8:00", "u1"), past(add("9:00", "u1", "staff"))]).people == []
