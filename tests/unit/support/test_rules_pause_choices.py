"""Pause choices (lifecycle: Pause choices; R22, R23, P71 and following)."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Simulator, command, email, event, identify, journey, run

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


# hold ------------------------------------------------------------------------------------------------------------

MAILS = {
    "rest": {"wait": {"for": "1h"}},
    "mail": email("One"),
    "again": {"wait": {"for": "1h"}},
    "last": email("Two"),
}
ADDRESSES = [identify("8:00", f"u{n}", email=f"u{n}@example.com") for n in (1, 2, 3)]


def test_hold_stops_people_before_the_next_message(simulator: Simulator) -> None:
    """Waits go on; at the message people stand, and it is queued until the resume."""
    commands = [command("9:30", "pause", inside="hold"), command("12:00", "resume")]
    feed = [*ADDRESSES, event("9:00", "u1", "Go"), event("9:40", "u2", "Go")]
    found = run(simulator, journey(MAILS), feed, commands)
    assert found.moves == [
        "u1#1 9:00 null > rest", "u1#1 10:00 rest > mail", "u1#1 12:00 mail > again", "u1#1 13:00 again > last",
        "u1#1 13:00 last > end",
        "u2#1 12:00 null > rest", "u2#1 13:00 rest > mail", "u2#1 13:00 mail > again", "u2#1 14:00 again > last",
        "u2#1 14:00 last > end",
    ]  # fmt: skip
    assert found.messages[0] == "u1#1 mail 12:00 sent One"
    assert found.kind("command")[1]["counts"] == {"inside": 2, "queued": 1, "messages": 1}


def test_held_people_leave_by_goal_and_their_message_is_cancelled(simulator: Simulator) -> None:
    commands = [command("9:30", "pause", inside="hold"), command("12:00", "resume")]
    feed = [*ADDRESSES, event("9:00", "u1", "Go"), event("11:00", "u1", "Buy")]
    found = run(simulator, journey(MAILS, goal={"event": "Buy"}), feed, commands)
    assert found.people == ["j v1 u1#1 9:00 succeeded mail 11:00"]
    assert found.messages == ["u1#1 mail 11:00 cancelled:left -"]


def test_awaited_events_move_people_who_are_held(simulator: Simulator) -> None:
    steps = {
        "hear": {"wait_for": [{"event": "A", "next": "mark"}, {"timeout": "9h", "next": "end"}]},
        "mark": {"update_profile": {"set": {"heard": True}}},
        "mail": email("Heard"),
        "end": {"end": {}},
    }
    commands = [command("9:30", "pause", inside="hold"), command("12:00", "resume")]
    found = run(
        simulator,
        journey(steps),
        [*ADDRESSES, event("9:00", "u1", "Go"), event("10:00", "u1", "A")],
        commands,
    )
    assert found.moves[1:] == ["u1#1 10:00 hear > mark", "u1#1 10:00 mark > mail", "u1#1 12:00 mail > end"]


def test_what_is_held_too_long_expires(simulator: Simulator) -> None:
    steps = {"rest": {"wait": {"for": "1h"}}, "mail": email("Offer", expires="1h"), "end": {"end": {}}}
    commands = [command("9:30", "pause", inside="hold"), command("11:00", "resume")]
    found = run(simulator, journey(steps), [*ADDRESSES, event("9:00", "u1", "Go")], commands)
    assert found.messages == ["u1#1 mail 11:00 skipped:expired -"]


def test_a_lifetime_ends_for_those_who_are_held(simulator: Simulator) -> None:
    commands = [command("9:30", "pause", inside="hold"), command("12:00", "resume")]
    found = run(simulator, journey(MAILS, lifetime="2h"), [*ADDRESSES, event("9:00", "u1", "Go")], commands)
    assert found.people == ["j v1 u1#1 9:00 dropped_out:lifetime_exceeded mail 11:00"]
    assert found.messages == ["u1#1 mail 11:00 cancelled:left -"]


def test_a_held_message_waits_for_its_window_too(simulator: Simulator) -> None:
    commands = [command("9:30", "pause", inside="hold"), command("12:00", "resume")]
    case = journey(MAILS, timezone="UTC", window={"from": "13:00", "to": "18:00"})
    found = run(simulator, case, [*ADDRESSES, event("9:00", "u1", "Go")], commands)
    assert found.messages[0] == "u1#1 mail 13:00 sent One"


# discard ---------------------------------------------------------------------------------------------------------


def test_discard_drops_people_out_at_the_next_message(simulator: Simulator) -> None:
    commands = [command("9:30", "pause", inside="discard"), command("10:30", "resume")]
    feed = [
        *ADDRESSES,
        *(event(at, user, "Go") for at, user in (("9:00", "u1"), ("9:29", "u2"), ("9:45", "u3"))),
    ]
    case = journey({"rest": {"wait": {"for": "1h1m"}}, **MAILS} | {"rest": {"wait": {"for": "1h1m"}}})
    found = run(simulator, case, feed, commands)
    assert found.people[0] == "j v1 u1#1 9:00 dropped_out:pause_discard mail 10:01"
    assert found.people[1:] == ["j v1 u2#1 9:29 completed end 11:30", "j v1 u3#1 9:45 completed end 12:31"]
    assert found.messages[0] == "u1#1 mail 10:01 skipped:pause_discard -"
    assert found.kind("message")[0]["to"] == "u1@example.com"
    assert found.ledger()["reasons"] == {"pause_discard": 1}


def test_discard_ignores_on_skip_and_refuses_webhooks_too(simulator: Simulator) -> None:
    steps = {
        "rest": {"wait": {"for": "1h"}},
        "hook": {"webhook": {"url": "https://example.com/hook"}},
        "end": {"end": {}},
    }
    commands = [command("9:30", "pause", inside="discard")]
    found = run(simulator, journey(steps), [event("9:00", "u1", "Go")], commands)
    assert found.people == ["j v1 u1#1 9:00 dropped_out:pause_discard hook 10:00"]
    assert (found.kind("message")[0]["to"], found.messages) == (
        None,
        ["u1#1 hook 10:00 skipped:pause_discard -"],
    )


def test_discard_refuses_a_message_whose_window_opens_in_the_pause(simulator: Simulator) -> None:
    case = journey(
        {"mail": email("One"), "end": {"end": {}}}, timezone="UTC", window={"from": "13:00", "to": "18:00"}
    )
    feed = [*ADDRESSES, event("9:00", "u1", "Go")]
    early = [command("9:30", "pause", inside="discard"), command("12:00", "resume")]
    assert run(simulator, case, feed, early).messages == ["u1#1 mail 13:00 sent One"]
    late = [command("9:30", "pause", inside="discard"), command("14:00", "resume")]
    assert run(simulator, case, feed, late).messages == ["u1#1 mail 13:00 skipped:pause_discard -"]


def test_a_queue_waits_while_others_go_on(simulator: Simulator) -> None:
    """Also one that was there when the pause began: here, before the start date."""
    case = journey(MAILS, start="2026-03-02T10:00:00")
    feed = [*ADDRESSES, event("9:00", "u1", "Go"), event("11:00", "u2", "Go")]
    commands = [command("9:30", "pause", inside="hold"), command("12:00", "resume")]
    found = run(simulator, case, feed, commands)
    assert [move for move in found.moves if "null" in move] == [
        "u1#1 12:00 null > rest",
        "u2#1 12:00 null > rest",
    ]


# until -----------------------------------------------------------------------------------------------------------

ON = [event("9:00", "u1", "Go"), event("10:00", "u2", "Go"), event("13:00", "u3", "Go")]


@pytest.mark.parametrize(
    ("then", "lines", "people"),
    [
        (
            {},
            ["12:00 resume v1 paused > live"],
            [
                "u1#1 9:00 completed end 12:00",
                "u2#1 10:00 completed end 13:00",
                "u3#1 13:00 completed end 14:00",
            ],
        ),
        (
            {"then": "close"},
            ["12:00 close v1 paused > closed"],
            ["u1#1 9:00 completed end 12:00", "u2#1 10:00 completed end 13:00"],
        ),
        (
            {"then": "stop"},
            ["12:00 stop v1 paused > stopped"],
            [
                "u1#1 9:00 cancelled:journey_stopped pause 12:00",
                "u2#1 10:00 cancelled:journey_stopped - 12:00",
            ],
        ),
    ],
)
def test_a_pause_ends_by_itself(
    simulator: Simulator, then: dict[str, Any], lines: list[str], people: list[str]
) -> None:
    found = run(
        simulator, journey(WAIT), ON, [command("9:30", "pause", until="2026-03-02T12:00:00Z", **then)]
    )
    assert found.commands == ["9:30 pause v1 live > paused", *lines]
    assert found.people == [f"j v1 {line}" for line in people]


def test_a_pause_of_a_closed_version_that_ends_in_close_lets_people_go_on(simulator: Simulator) -> None:
    until = {"at": "2026-03-02T12:00:00Z", "then": "close"}
    commands = [command("9:10", "close"), command("9:30", "pause", until=until)]
    found = run(simulator, journey(WAIT), ON, commands)
    assert found.commands[1:] == ["9:30 pause v1 closed > paused", "12:00 close v1 paused > closed"]
    assert found.ledger()["active"] == 0


def test_a_pause_of_a_shut_version_ends_closed(simulator: Simulator) -> None:
    commands = [command("9:10", "close"), command("9:30", "pause", until={"at": "2026-03-02T12:00:00Z"})]
    found = run(simulator, journey(WAIT), ON[:1], commands)
    assert found.commands[-1] == "12:00 resume v1 paused > closed"
    assert found.people == ["j v1 u1#1 9:00 completed end 12:00"]


def test_the_end_is_void_when_the_pause_is_over_or_was_told_otherwise(simulator: Simulator) -> None:
    commands = [
        command("9:10", "pause", until="2026-03-02T12:00:00Z", then="stop"),
        command("9:20", "resume"),
        command("9:30", "pause", until="2026-03-02T12:30:00Z", then="stop"),
        command("9:40", "pause", until="2026-03-02T13:00:00Z"),
        command("9:50", "pause", then="close"),
    ]
    found = run(simulator, journey(WAIT), ON[:1], commands)
    assert found.commands[5:] == ["13:00 close v1 paused > closed"]
    none = run(simulator, journey(WAIT), ON[:1], [*commands, command("9:55", "pause", until="none")])
    assert none.ledger()["status"] == "paused"


def test_a_resume_that_meets_errors_stays_paused(simulator: Simulator) -> None:
    """Given, it is refused; by itself, it is recorded, and not tried again."""
    one = journey({"rest": {"wait": {"for": "1h"}}, "end": {"end": {"start": "two"}}})
    two = journey(WAIT, key="two", triggers=[{"manual": True}])
    commands = [
        command("9:30", "pause", until="2026-03-02T12:00:00Z"),
        command("10:00", "stop", "two"),
        command("11:00", "resume"),
        command("13:00", "resume"),
    ]
    found = run(simulator, [one, two], [event("9:00", "u1", "Go")], commands)
    assert found.commands == [
        "9:30 pause v1 live > paused",
        "10:00 stop v1 live > stopped",
        "11:00 resume v1 paused > paused !invalid",
        "12:00 resume v1 paused > paused !resume_blocked",
        "13:00 resume v1 paused > paused !invalid",
    ]
    assert found.people == ["j v1 u1#1 9:00 active rest -"]


def test_what_ends_by_itself_comes_before_what_is_given(simulator: Simulator) -> None:
    commands = [
        command("9:30", "pause", until="2026-03-02T12:00:00Z"),
        command("12:00", "pause", inside="hold"),
    ]
    found = run(simulator, journey(WAIT), ON, commands)
    assert found.commands[1:] == ["12:00 resume v1 paused > live", "12:00 pause v1 live > paused"]
    assert found.moves[:2] == ["u1#1 9:00 null > pause", "u1#1 12:00 pause > end"]


# extend ----------------------------------------------------------------------------------------------------------


def test_extend_moves_durations_by_the_length_of_the_pause(simulator: Simulator) -> None:
    """Not those that were due, nor those that begin behind it; two pauses add up."""
    steps = {"one": {"wait": {"for": "1h"}}, "two": {"wait": {"for": "1h"}}, "end": {"end": {}}}
    feed = [event("8:00", "u0", "Go"), event("9:00", "u1", "Go"), event("10:00", "u2", "Go")]
    commands = [
        command("9:10", "pause", timers="extend"), command("12:10", "resume"),
        command("12:20", "pause", timers="extend"), command("13:20", "resume"),
    ]  # fmt: skip
    found = run(simulator, journey(steps), feed, commands)
    assert found.moves == [
        "u0#1 8:00 null > one", "u0#1 9:00 one > two", "u0#1 14:00 two > end",
        "u1#1 9:00 null > one", "u1#1 14:00 one > two", "u1#1 15:00 two > end",
        "u2#1 12:10 null > one", "u2#1 14:10 one > two", "u2#1 15:10 two > end",
    ]  # fmt: skip


def test_extend_moves_time_outs_and_lifetimes_and_no_dates(simulator: Simulator) -> None:
    steps = {
        "which": {
            "split": [
                {"when": {"field": "profile.a", "is": 1}, "next": "hear"},
                {"else": True, "next": "date"},
            ]
        },
        "hear": {"wait_for": [{"event": "A", "next": "end"}, {"timeout": "2h", "next": "end"}]},
        "date": {"wait": {"until": "2026-03-02T13:00:00Z"}},
        "rest": {"wait": {"for": "9h"}},
        "end": {"end": {}},
    }
    feed = [identify("8:00", "u1", a=1), event("9:00", "u1", "Go"), event("9:00", "u2", "Go")]
    commands = [command("10:00", "pause", timers="extend"), command("12:00", "resume")]
    found = run(simulator, journey(steps, lifetime="6h"), feed, commands)
    assert found.people == [
        "j v1 u1#1 9:00 completed end 13:00",
        "j v1 u2#1 9:00 dropped_out:lifetime_exceeded rest 17:00",
    ]


def test_a_lifetime_that_moves_uncovers_the_deadline_behind_it(simulator: Simulator) -> None:
    case = journey({"date": {"wait": {"until": "2026-03-02T12:30:00Z"}}, "end": {"end": {}}}, lifetime="3h")
    commands = [command("10:00", "pause", timers="extend"), command("11:00", "resume")]
    found = run(simulator, case, [event("9:00", "u1", "Go")], commands)
    assert found.people == ["j v1 u1#1 9:00 completed end 12:30"]


def test_versions_paused_at_different_times_move_by_their_own_pause(simulator: Simulator) -> None:
    steps = {"rest": {"wait": {"for": "4h"}}, "end": {"end": {}}}
    commands = [
        command("9:30", "pause", version=1, timers="extend"),
        command("10:00", "apply", None, file="two.json"), command("10:00", "publish"),
        command("11:00", "pause", version=2, timers="extend"), command("12:00", "resume"),
    ]  # fmt: skip
    feed = [event("9:00", "u1", "Go"), event("10:30", "u2", "Go")]
    found = run(simulator, journey(steps), feed, commands, files={"two.json": journey(steps)})
    assert found.people == ["j v1 u1#1 9:00 completed end 15:30", "j v2 u2#1 10:30 completed end 15:30"]


# catch-up --------------------------------------------------------------------------------------------------------

LISTEN: dict[str, Any] = {
    "hear": {"wait_for": [{"event": "A", "next": "heard"}, {"timeout": "1h", "next": "late"}]},
    "heard": {"end": {}},
    "late": {"end": {}},
}
WAITING = [
    event("9:01", "u1", "Go"), event("9:10", "u2", "Go"), event("9:05", "u4", "Go"),
    event("10:00", "u3", "Go"), event("9:50", "u1", "A"), event("9:50", "u5", "Go"),
]  # fmt: skip
PACED = [command("9:30", "pause", catch_up="1/s"), command("12:00", "resume")]


def test_catch_up_sets_people_free_one_after_the_other(simulator: Simulator) -> None:
    """Kept events first, then what is overdue, then the queue; the first at the resume, the next a second behind."""
    found = run(simulator, journey(LISTEN), WAITING, PACED)
    assert [move for move in found.moves if "12:" in move] == [
        "u1#1 12:00 hear > heard",
        "u2#1 12:00:2 hear > late",
        "u3#1 12:00:4 null > hear",
        "u4#1 12:00:1 hear > late",
        "u5#1 12:00:3 null > hear",
    ]


def test_whoever_leaves_gives_the_turn_to_the_next(simulator: Simulator) -> None:
    feed = [*WAITING, event("12:00:0.5", "u4", "Buy"), event("12:00:1.5", "u2", "A")]
    found = run(simulator, journey(LISTEN, goal={"event": "Buy"}), feed, PACED)
    assert [move for move in found.moves if "12:" in move] == [
        "u1#1 12:00 hear > heard",
        "u2#1 12:00:1 hear > late",
        "u3#1 12:00:3 null > hear",
        "u4#1 12:00:0.5 hear > null",
        "u5#1 12:00:2 null > hear",
    ]


def test_an_event_for_somebody_who_waits_is_kept_until_the_turn(simulator: Simulator) -> None:
    feed = [*WAITING, event("12:00:1.5", "u2", "A")]
    found = run(simulator, journey(LISTEN), feed, PACED)
    assert "u2#1 12:00:2 hear > heard" in found.moves
    assert found.refusals == []


def test_who_enters_behind_the_resume_does_not_wait(simulator: Simulator) -> None:
    found = run(simulator, journey(LISTEN), [*WAITING, event("12:00:0.5", "u9", "Go")], PACED)
    assert "u9#1 12:00:0.5 null > hear" in found.moves


def test_a_new_pause_freezes_those_who_wait_and_a_resume_without_pace_lets_them_go(
    simulator: Simulator,
) -> None:
    commands = [*PACED, command("12:00:1.5", "pause"), command("13:00", "resume")]
    found = run(simulator, journey(LISTEN), WAITING, commands)
    moved = [move for move in found.moves if "12:" in move or "13:00" in move]
    assert moved == [
        "u1#1 12:00 hear > heard",
        "u2#1 13:00 hear > late",
        "u3#1 13:00 null > hear",
        "u4#1 12:00:1 hear > late",
        "u5#1 13:00 null > hear",
    ]


def test_stop_cancels_and_close_goes_on(simulator: Simulator) -> None:
    stopped = run(simulator, journey(LISTEN), WAITING, [*PACED, command("12:00:1.5", "stop")])
    assert [line for line in stopped.people if "cancelled" in line] == [
        "j v1 u2#1 9:10 cancelled:journey_stopped hear 12:00:1.5",
        "j v1 u3#1 10:00 cancelled:journey_stopped - 12:00:1.5",
        "j v1 u5#1 9:50 cancelled:journey_stopped - 12:00:1.5",
    ]
    closed = run(simulator, journey(LISTEN), WAITING, [*PACED, command("12:00:1.5", "close")])
    assert "u3#1 12:00:4 null > hear" in closed.moves


def test_held_messages_leave_at_the_pace_too(simulator: Simulator) -> None:
    commands = [command("9:30", "pause", inside="hold", catch_up=2), command("12:00", "resume")]
    feed = [*ADDRESSES, *(event(f"9:0{n}", f"u{n}", "Go") for n in (3, 2, 1))]
    found = run(simulator, journey(MAILS), feed, commands)
    assert found.messages[:3] == [
        "u1#1 mail 12:00 sent One", "u2#1 mail 12:00:0.5 sent One", "u3#1 mail 12:00:1 sent One",
    ]  # fmt: skip
