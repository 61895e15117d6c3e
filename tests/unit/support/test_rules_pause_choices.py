"""Pause choices (lifecycle: Pause choices; R22, R23, P71 and following)."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Simulator, command, event, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
PLAIN = {"inside": 0, "queued": 0, "messages": 0}


def errors(found: Any) -> list[str | None]:
    return [line["error"] or line["refused"] for line in found.kind("command")]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"entrants": "eat"}, "bad_option"),
        ({"insides": "freeze"}, "bad_option"),
        ({"inside": "hold", "timers": "extend"}, "extend_needs_freeze"),
        ({"until": "soon"}, "bad_option"),
        ({"until": "2026-03-02T09:00:00Z"}, "until_past"),
        ({"until": {"at": "2026-03-02T08:00:00Z"}}, "until_past"),
        ({"until": "2026-03-02T10:00:00Z", "then": "sleep"}, "bad_option"),
    ],
)
def test_a_choice_that_cannot_be_changes_nothing(
    simulator: Simulator, options: dict[str, Any], error: str
) -> None:
    found = run(simulator, journey(WAIT), [], [command("9:00", "pause", **options)])
    assert errors(found) == [error]
    assert found.ledger()["status"] == "live"


def test_with_drop_nobody_enters_in_the_pause(simulator: Simulator) -> None:
    feed = [
        event("9:00", "u1", "Go"),
        event("10:00", "u2", "Go"),
        event("10:00", "u1", "Go"),
        event("12:30", "u2", "Go"),
    ]
    commands = [
        command("9:30", "pause", entrants="drop"),
        command("10:30", "add_people", user_ids=["u2"]),
        command("12:00", "resume"),
    ]
    found = run(simulator, journey(WAIT), feed, commands)
    assert found.people == ["j v1 u1#1 9:00 completed end 12:00", "j v1 u2#1 12:30 completed end 13:30"]
    assert found.refusals == [
        "u1 10:00 Go journey_paused", "u2 10:00 Go journey_paused", "u2 10:30 manual journey_paused",
    ]  # fmt: skip


def test_with_drop_those_who_wait_at_the_gate_are_refused_at_once(simulator: Simulator) -> None:
    feed = [event("9:00", f"u{n}", "Go") for n in (1, 2, 3)]
    commands = [command("9:10", "pause", entrants="drop"), command("12:00", "resume")]
    found = run(simulator, journey(WAIT, rate="2/h"), feed, commands)
    assert found.people == ["j v1 u1#1 9:00 completed end 12:00"]
    assert found.refusals == ["u2 9:10 Go journey_paused", "u3 9:10 Go journey_paused"]


def test_another_pause_changes_entrants_from_now_on(simulator: Simulator) -> None:
    feed = [event("9:30", "u1", "Go"), event("10:30", "u2", "Go"), event("11:30", "u3", "Go")]
    commands = [
        command("9:00", "pause"),
        command("10:00", "pause", entrants="drop"),
        command("10:10", "pause"),
        command("11:00", "pause", entrants="queue"),
        command("12:00", "resume"),
    ]
    found = run(simulator, journey(WAIT), feed, commands)
    assert found.people == ["j v1 u1#1 9:30 completed end 13:00", "j v1 u3#1 11:30 completed end 13:00"]
    assert found.refusals == ["u2 10:30 Go journey_paused"]
    assert found.commands == [
        "9:00 pause v1 live > paused",
        "10:00 pause v1 paused > paused",
        "10:10 pause v1 paused > paused",
        "11:00 pause v1 paused > paused",
        "12:00 resume v1 paused > live",
    ]


def test_what_happens_inside_is_fixed_for_a_pause(simulator: Simulator) -> None:
    commands = [
        command("9:00", "pause"),
        command("9:10", "pause", inside="discard"),
        command("9:20", "pause", timers="extend"),
        command("9:30", "pause", inside="freeze", timers="run"),
        command("9:40", "resume"),
    ]
    found = run(simulator, journey(WAIT), [], commands)
    assert errors(found) == [None, "pause_choice_fixed", "pause_choice_fixed", None, None]


def test_a_pause_of_a_journey_is_one_of_each_version(simulator: Simulator) -> None:
    """The version that is paused already keeps what is fixed; the other one begins a pause of its own."""
    feed = [event("9:00", "u1", "Go"), event("11:00", "u2", "Go")]
    commands = [
        command("9:10", "pause", version=1),
        command("9:20", "apply", None, file="two.json"),
        command("9:21", "publish"),
        command("9:30", "pause", entrants="drop"),
        command("12:00", "resume"),
    ]
    found = run(simulator, journey(WAIT), feed, commands, files={"two.json": journey(WAIT)})
    assert found.commands[-2:] == ["9:30 pause v2 live > paused", "12:00 resume v2 paused > live"]
    assert found.refusals == ["u2 11:00 Go journey_paused"]
    assert found.people == ["j v1 u1#1 9:00 completed end 12:00"]
    assert found.ledger(1)["status"] == "finished"
