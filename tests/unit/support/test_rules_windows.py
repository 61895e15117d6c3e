"""When messages may leave: windows and messages that expire: R20, R21, R22, R29, P49, P52."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Case, Document, Outcome, Simulator, command, email, event, identify, journey, run

ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}
ADDRESS = identify("-1 8:00", "u1", email="u1@example.com")
DAYTIME = {"from": "08:00", "to": "18:00"}


def mailing(window: Document | None = None, *, step: Document | None = None, **more: Any) -> Document:
    case = journey({"mail": {**email(**(step or {})), "next": "a"}, **ENDS}, **more)
    return case if window is None else {**case, "window": window}


def sent(simulator: Simulator, case: Document, *entered: str) -> list[str]:
    """Enter one day after the other, or at instants of one day; return when the mails left."""
    feed = [ADDRESS, *(event(when, "u1", "Go") for when in entered)]
    return [" ".join(message.split()[2:-1]) for message in run(simulator, case, feed).messages]


# The first day is a Monday.
@pytest.mark.parametrize(
    ("window", "entered", "left"),
    [
        (DAYTIME, "9:00", "9:00 sent"),
        (DAYTIME, "8:00", "8:00 sent"),  # inclusive
        (DAYTIME, "18:00", "+1 8:00 sent"),  # exclusive
        (DAYTIME, "7:59:59", "8:00 sent"),
        (DAYTIME, "20:00", "+1 8:00 sent"),
        ({"from": "22:00", "to": "06:00"}, "23:00", "23:00 sent"),  # over midnight
        ({"from": "22:00", "to": "06:00"}, "5:00", "5:00 sent"),
        ({"from": "22:00", "to": "06:00"}, "6:00", "22:00 sent"),
        ({"from": "22:00", "to": "06:00", "days": ["sun"]}, "5:00", "5:00 sent"),  # the day is that of `from`
        ({"from": "22:00", "to": "06:00", "days": ["mon"]}, "5:00", "22:00 sent"),
        ({"from": "08:00", "to": "08:00"}, "3:00", "3:00 sent"),  # equal: the whole day
        ({"from": "08:00", "to": "08:00", "days": ["tue"]}, "3:00", "+1 0:00 sent"),
        ({"days": ["wed"]}, "3:00", "+2 0:00 sent"),
        ({"from": "12:00"}, "3:00", "12:00 sent"),
        ({"to": "12:00"}, "13:00", "+1 0:00 sent"),
        ({**DAYTIME, "days": ["mon"]}, "18:00", "+7 8:00 sent"),
    ],
)
def test_a_message_waits_for_the_next_opening(
    simulator: Simulator, window: Document, entered: str, left: str
) -> None:
    assert sent(simulator, mailing(window), entered) == [left]


def test_the_step_behind_begins_at_the_hand_out(simulator: Simulator) -> None:
    steps = {"mail": email(), "rest": {"wait": {"for": "1h"}}}
    found = run(simulator, {**journey(steps), "window": DAYTIME}, [ADDRESS, event("5:00", "u1", "Go")])
    assert found.moves == ["u1#1 5:00 null > mail", "u1#1 8:00 mail > rest", "u1#1 9:00 rest > end"]


def test_the_profile_is_read_at_the_hand_out(simulator: Simulator) -> None:
    feed = [event("5:00", "u1", "Go"), identify("7:00", "u1", email="new@example.com", name="Eva")]
    case = mailing(DAYTIME, step={"subject": "Hi {{ profile.name }}"})
    (message,) = run(simulator, case, feed).kind("message")
    assert (message["to"], message["subject"]) == ("new@example.com", "Hi Eva")


def test_gates_are_asked_at_the_hand_out_only(simulator: Simulator) -> None:
    found = run(simulator, mailing(DAYTIME), [event("5:00", "u1", "Go")])
    assert found.messages == ["u1#1 mail 8:00 skipped:no_address -"]


def test_events_of_the_opening_come_first(simulator: Simulator) -> None:
    case = mailing(DAYTIME, exit=[{"event": "Bye"}])
    feed = [ADDRESS, event("5:00", "u1", "Go"), event("8:00", "u1", "Bye")]
    found = run(simulator, case, feed)
    assert found.people == ["j v1 u1#1 5:00 dropped_out:exit_rule mail 8:00"]
    assert found.messages == ["u1#1 mail 8:00 cancelled:left -"]


@pytest.mark.parametrize(
    ("more", "feed", "commands", "message", "person"),
    [
        ({"goal": {"event": "Buy"}}, [event("6:00", "u1", "Buy")], [], "6:00 cancelled:left", "succeeded mail 6:00"),
        ({}, [], [command("6:00", "stop")], "6:00 cancelled:stop", "cancelled:journey_stopped mail 6:00"),
        (
            {}, [], [command("6:00", "remove_people", user_ids=["u1"])],
            "6:00 cancelled:left", "dropped_out:removed_by_user mail 6:00",
        ),
        (
            {}, [], [command("6:00", "delete_profile", None, user_id="u1")],
            "6:00 cancelled:profile_deleted", "dropped_out:profile_deleted mail 6:00",
        ),
    ],
)  # fmt: skip
def test_who_leaves_meanwhile_is_sent_nothing(  # noqa: PLR0917 - a row of the table after the other
    simulator: Simulator, more: Document, feed: list[Any], commands: list[Any], message: str, person: str
) -> None:
    found = run(simulator, mailing(DAYTIME, **more), [ADDRESS, event("5:00", "u1", "Go"), *feed], commands)
    assert found.messages == [f"u1#1 mail {message} -"]
    assert found.people == [f"j v1 u1#1 5:00 {person}"]


def test_commands_count_the_messages_that_wait(simulator: Simulator) -> None:
    found = run(simulator, mailing(DAYTIME), [ADDRESS, event("5:00", "u1", "Go")], [command("6:00", "pause")])
    assert found.kind("command")[0]["counts"] == {"inside": 1, "queued": 0, "messages": 1}


def test_an_opening_in_a_pause_is_overdue_at_resume(simulator: Simulator) -> None:
    feed = [ADDRESS, event("5:00", "u1", "Go")]
    inside = run(simulator, mailing(DAYTIME), feed, [command("6:00", "pause"), command("12:00", "resume")])
    assert inside.messages == ["u1#1 mail 12:00 sent Hello"]
    outside = run(simulator, mailing(DAYTIME), feed, [command("6:00", "pause"), command("19:00", "resume")])
    assert outside.messages == ["u1#1 mail +1 8:00 sent Hello"]
    before = run(simulator, mailing(DAYTIME), feed, [command("6:00", "pause"), command("7:00", "resume")])
    assert before.messages == ["u1#1 mail 8:00 sent Hello"]


def test_the_lifetime_comes_before_an_opening_of_the_same_instant(simulator: Simulator) -> None:
    feed = [ADDRESS, event("5:00", "u1", "Go"), event("5:30", "u2", "Go")]
    found = run(simulator, {**mailing(DAYTIME), "lifetime": "3h"}, feed)
    assert found.people[0] == "j v1 u1#1 5:00 dropped_out:lifetime_exceeded mail 8:00"
    assert found.messages == ["u1#1 mail 8:00 cancelled:left -", "u2#1 mail 8:00 skipped:no_address -"]


def test_a_wait_behind_counts_from_the_hand_out(simulator: Simulator) -> None:
    steps = {
        "mail": email(),
        "hear": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "1h", "next": "b"}]},
        **ENDS,
    }
    case = {**journey(steps), "window": DAYTIME}
    feed = [ADDRESS, event("5:00", "u1", "Go"), event("7:00", "u1", "A")]
    assert run(simulator, case, feed).people == ["j v1 u1#1 5:00 completed b 9:00"]
    feed.append(event("8:30", "u1", "A"))
    assert run(simulator, case, feed).people == ["j v1 u1#1 5:00 completed a 8:30"]


def test_webhooks_wait_for_the_window_too(simulator: Simulator) -> None:
    steps = {"tell": {"webhook": {"url": "https://crm.example.com/hook"}}}
    found = run(simulator, {**journey(steps), "window": DAYTIME}, [event("5:00", "u1", "Go")])
    assert found.messages == ["u1#1 tell 8:00 sent -"]


def test_the_zone_of_the_profile(simulator: Simulator) -> None:
    case = {**mailing(DAYTIME, timezone="Europe/Stockholm"), "profile_timezone": True}
    feed = [
        {**ADDRESS, "traits": {"email": "u1@example.com", "timezone": "America/New_York"}},
        event("6:00", "u1", "Go"),
        event("6:00", "u2", "Go"),
    ]
    assert run(simulator, case, feed).messages == [
        "u2#1 mail 7:00 skipped:no_address -", "u1#1 mail 13:00 sent Hello",
    ]  # fmt: skip
    moved = [*feed, identify("12:00", "u1", timezone="America/Los_Angeles")]
    assert run(simulator, case, moved).messages[1] == "u1#1 mail 16:00 sent Hello"


# Stockholm: the hour from 02:00 is skipped on 29 March 2026, and comes twice on 25 October.
@pytest.mark.parametrize(
    ("window", "entered", "left"),
    [
        (
            ("02:30", "05:00"),
            "2026-03-28T22:00:00Z",
            "2026-03-29T01:00:00Z",
        ),  # the first instant behind the gap
        (("02:15", "02:45"), "2026-03-29T00:00:00Z", "2026-03-30T00:15:00Z"),  # no such time on that day
        (("01:30", "02:30"), "2026-03-29T01:00:00Z", "2026-03-29T23:30:00Z"),
        (("02:30", "05:00"), "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z"),  # the first coming
        (("02:30", "02:45"), "2026-10-25T00:50:00Z", "2026-10-25T01:30:00Z"),  # it comes again
        (("01:45", "02:30"), "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z"),  # back inside by the change
        (("08:00", "18:00"), "2026-10-24T17:00:00Z", "2026-10-25T07:00:00Z"),
        (("08:00", "18:00"), "2026-03-28T18:00:00Z", "2026-03-29T06:00:00Z"),
    ],
)
def test_clocks_that_change(simulator: Simulator, window: tuple[str, str], entered: str, left: str) -> None:
    opens, shuts = window
    case = {**mailing({"from": opens, "to": shuts}), "timezone": "Europe/Stockholm"}
    line = {"type": "track", "userId": "u1", "event": "Go", "timestamp": entered}
    lines = simulator(Case((case,), (ADDRESS, line), start="2026-03-28T00:00:00Z", to="2026-10-28T00:00:00Z"))
    (message,) = Outcome(lines).kind("message")
    assert (message["outcome"], message["at"]) == ("sent", left)


@pytest.mark.parametrize(
    ("expires", "message"),
    [("3h1m", "8:00 sent"), ("3h", "8:00 skipped:expired"), ("1h", "8:00 skipped:expired")],
)
def test_a_message_that_waited_too_long_is_skipped(simulator: Simulator, expires: str, message: str) -> None:
    assert sent(simulator, mailing(DAYTIME, step={"expires": expires}), "5:00") == [message]


def test_a_message_that_leaves_at_once_does_not_expire(simulator: Simulator) -> None:
    assert sent(simulator, mailing(step={"expires": "1s"}), "9:00") == ["9:00 sent"]


@pytest.mark.parametrize(
    ("on_skip", "person"),
    [(None, "completed a"), ("b", "completed b"), ("drop_out", "dropped_out:expired mail")],
)
def test_an_expired_message_follows_on_skip(simulator: Simulator, on_skip: str | None, person: str) -> None:
    step = {"expires": "1h", **({"on_skip": on_skip} if on_skip else {})}
    found = run(simulator, mailing(DAYTIME, step=step), [event("5:00", "u1", "Go")])
    assert found.people == [f"j v1 u1#1 5:00 {person} 8:00"]
    assert found.messages == ["u1#1 mail 8:00 skipped:expired -"]  # asked before the address
    assert found.kind("message")[0]["to"] is None


def test_a_message_expires_in_a_pause(simulator: Simulator) -> None:
    case = mailing(DAYTIME, step={"expires": "5h"})
    commands = [command("6:00", "pause"), command("10:00", "resume")]
    found = run(simulator, case, [ADDRESS, event("5:00", "u1", "Go")], commands)
    assert found.messages == ["u1#1 mail 10:00 skipped:expired -"]
    assert found.kind("message")[0]["to"] == "u1@example.com"


def test_an_expired_webhook_goes_on(simulator: Simulator) -> None:
    steps = {"tell": {"webhook": {"url": "https://crm.example.com/hook", "expires": "1h"}}}
    found = run(simulator, {**journey(steps), "window": DAYTIME}, [event("5:00", "u1", "Go")])
    assert found.messages == ["u1#1 tell 8:00 skipped:expired -"]
    assert found.people == ["j v1 u1#1 5:00 completed end 8:00"]
