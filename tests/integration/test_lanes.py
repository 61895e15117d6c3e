"""Lanes and line by line: cases in which people, timers and lines of different instants meet in one wave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from parcours.engine.unit import Limits
from support.engine import EngineSimulator, engine_simulator
from support.postgres import Server
from support.runner import DAY, Simulator, command, event, identify, journey, run


@pytest.fixture(scope="module")
def engine(postgres: Server) -> Iterator[EngineSimulator]:
    """A simulator on a database of this module's own."""
    yield from engine_simulator(postgres)


@pytest.fixture(params=["lanes", "lanes of one", "lines"])
def simulator(request: pytest.FixtureRequest, engine: EngineSimulator) -> EngineSimulator:
    match request.param:
        case "lanes of one":
            return replace(engine, limits=Limits(people=1, rows=1))
        case kind:
            return replace(engine, lanes=kind == "lanes")


def test_an_unheard_event_counts_from_its_place_in_the_feed_on(simulator: Simulator) -> None:
    asked = journey({"rest": {"wait": {"for": "1h"}}}, filter={"event": "Look"})
    feed = [
        event("9:00", "u1", "Go"),
        event("9:00", "u1", "Look"),
        event("9:00", "u2", "Look"),
        event("9:00", "u2", "Go"),
    ]
    found = run(simulator, asked, feed)
    assert found.people == ["j v1 u2#1 9:00 completed end 10:00"]
    assert found.refusals == ["u1 9:00 Go filter"]


def test_an_unheard_event_of_the_instant_of_a_resume_comes_behind_it(simulator: Simulator) -> None:
    steps = {
        "look": {"split": [{"when": {"event": "Look"}, "next": "seen"}, {"else": True, "next": "end"}]},
        "seen": {"end": {}},
        "end": {"end": {}},
    }
    feed = [event("9:00", "u1", "Go"), event("10:00", "u1", "Look")]
    found = run(simulator, journey(steps), feed, [command("8:00", "pause"), command("10:00", "resume")])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]


def test_attributes_are_those_of_the_instant_of_each_timer(simulator: Simulator) -> None:
    pro = {
        "split": [
            {"when": {"field": "profile.plan", "is": "pro"}, "next": "pro"},
            {"else": True, "next": "end"},
        ]
    }
    steps = {"rest": {"wait": {"for": "1d"}}, "which": pro, "pro": {"end": {}}, "end": {"end": {}}}
    feed = [
        event("9:00", "u1", "Go"),
        event("10:00", "u2", "Go"),
        event("11:00", "u3", "Go"),
        identify("+1 10:00", "u1", plan="pro"),
        identify("+1 10:00", "u2", plan="pro"),
        identify("+1 10:00", "u3", plan="pro"),
    ]
    assert run(simulator, journey(steps), feed).people == [
        "j v1 u1#1 9:00 completed end +1 9:00",
        "j v1 u2#1 10:00 completed pro +1 10:00",
        "j v1 u3#1 11:00 completed pro +1 11:00",
    ]


def test_timers_of_one_person_go_through_the_journeys_in_the_order_of_time_then_of_keys(
    simulator: Simulator,
) -> None:
    def marked(key: str, hours: int) -> dict[str, object]:
        steps = {"rest": {"wait": {"for": f"{hours}h"}}, "mark": {"update_profile": {"set": {"by": key}}}}
        return journey(
            {**steps, "stay": {"wait": {"for": "9d"}}}, key=key, exit=[{"field": "profile.by", "is": "a"}]
        )

    feed = [event("9:00", "u1", "Go"), event("10:00", "u2", "Go")]
    journeys = [marked("a", 2), marked("b", 1), marked("c", 2)]
    assert run(simulator, journeys, feed).people == [
        "a v1 u1#1 9:00 dropped_out:exit_rule mark 11:00",
        "a v1 u2#1 10:00 dropped_out:exit_rule mark 12:00",
        "b v1 u1#1 9:00 dropped_out:exit_rule stay 11:00",
        "b v1 u2#1 10:00 dropped_out:exit_rule stay 12:00",
        "c v1 u1#1 9:00 dropped_out:exit_rule rest 11:00",
        "c v1 u2#1 10:00 dropped_out:exit_rule rest 12:00",
    ]


def test_short_waits_of_one_do_not_run_ahead_of_the_next_line(simulator: Simulator) -> None:
    steps = {
        "rest": {"wait": {"for": "1h"}},
        "hear": {"wait_for": [{"event": "Stop", "next": "end"}, {"timeout": "10m", "next": "rest"}]},
        "end": {"end": {}},
    }
    feed = [
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
        event("10:05", "u1", "Stop"),
        event("10:10", "u2", "Stop"),
        event("10:15", "u2", "Stop"),
        event("11:15", "u2", "Stop"),
    ]
    assert run(simulator, journey(steps), feed).people == [
        "j v1 u1#1 9:00 completed end 10:05",
        "j v1 u2#1 9:00 completed end 10:10",
    ]


def test_a_closed_version_is_finished_before_the_next_command(simulator: Simulator) -> None:
    feed = [event("9:00", "u1", "Go"), event("9:30", "u2", "Go")]
    commands = [command("9:45", "close"), command("10:15", "stop"), command("10:30", "stop")]
    found = run(simulator, journey({"rest": {"wait": {"for": "45m"}}}), feed, commands)
    assert found.commands == [
        "9:45 close v1 live > closed",
        "10:15 stop v1 closed > stopped",
        "10:30 stop v1 stopped > stopped",
    ]
    assert run(
        simulator, journey({"rest": {"wait": {"for": "45m"}}}), feed, [commands[0], commands[2]]
    ).commands == [
        "9:45 close v1 live > closed",
        "10:30 stop v1 finished > finished !finished_is_final",
    ]


def test_progress_goes_forward_through_the_clock(simulator: EngineSimulator) -> None:
    seen: list[datetime] = []
    steps = {"rest": {"wait": {"for": "2h"}}, "again": {"wait": {"for": "1d"}}}
    feed = [event("9:00", "u1", "Go"), event("9:30", "u2", "Go"), event("+1 9:00", "u1", "Other")]
    run(replace(simulator, progress=seen.append), journey(steps), feed)
    assert seen == sorted(seen)
    assert seen[0] == DAY
    assert len(set(seen)) > 3
