"""All sending held, over every journey: P102."""

from __future__ import annotations

from support.runner import Simulator, command, email, event, identify, journey, run

MAIL = {"hello": email("Hello")}
KNOWN = [identify("0:01", f"u{n}", email=f"u{n}@example.com") for n in (1, 2, 3)]


def hold(when: str) -> dict[str, object]:
    return command(when, "hold_sending", None)


def release(when: str) -> dict[str, object]:
    return command(when, "release_sending", None)


def test_people_go_on_to_their_message_and_it_leaves_at_the_release(simulator: Simulator) -> None:
    case = journey({"pause": {"wait": {"for": "1h"}}, **MAIL})
    feed = [*KNOWN, event("8:30", "u1", "Go")]
    found = run(simulator, case, feed, [hold("9:00"), release("12:00")])
    assert found.moves == ["u1#1 8:30 null > pause", "u1#1 9:30 pause > hello", "u1#1 12:00 hello > end"]
    assert found.messages == ["u1#1 hello 12:00 sent Hello"]
    assert found.commands == [
        "9:00 hold_sending v- sending > held",
        "12:00 release_sending v- held > sending",
    ]
    assert [line["counts"] for line in found.kind("command")] == [{"messages": 0}, {"messages": 1}]
    assert found.kind("command")[0]["journey"] is None


def test_it_holds_every_journey(simulator: Simulator) -> None:
    feed = [*KNOWN, event("10:00", "u1", "Go")]
    found = run(simulator, [journey(MAIL, "a"), journey(MAIL, "b")], feed, [hold("9:00"), release("12:00")])
    assert found.messages == ["u1#1 hello 12:00 sent Hello"] * 2


def test_twice_is_once(simulator: Simulator) -> None:
    found = run(simulator, journey(MAIL), KNOWN, [release("8:00"), hold("9:00"), hold("10:00")])
    assert found.commands == [
        "8:00 release_sending v- sending > sending", "9:00 hold_sending v- sending > held",
        "10:00 hold_sending v- held > held",
    ]  # fmt: skip


def test_whoever_leaves_meanwhile_is_sent_nothing(simulator: Simulator) -> None:
    case = journey(MAIL, goal={"event": "Buy"}, exit=[{"event": "Bye"}])
    feed = [*KNOWN, *(event("10:00", f"u{n}", "Go") for n in (1, 2, 3)), event("11:00", "u1", "Buy")]
    feed.append(event("11:30", "u2", "Bye"))
    gone = command("11:45", "delete_profile", None, user_id="u3")
    found = run(simulator, case, feed, [hold("9:00"), gone, release("12:00")])
    assert found.messages == [
        "u1#1 hello 11:00 cancelled:left -", "u2#1 hello 11:30 cancelled:left -",
        "u3#1 hello 11:45 cancelled:profile_deleted -",
    ]  # fmt: skip


def test_a_window_is_asked_at_the_release(simulator: Simulator) -> None:
    case = journey(MAIL, window={"from": "08:00", "to": "18:00"}, timezone="UTC")
    feed = [*KNOWN, event("7:00", "u1", "Go")]
    found = run(simulator, case, feed, [hold("7:30"), release("20:00")])
    assert found.messages == ["u1#1 hello +1 8:00 sent Hello"]


def test_what_is_too_old_by_then_is_not_sent(simulator: Simulator) -> None:
    feed = [*KNOWN, event("10:00", "u1", "Go"), event("11:30", "u2", "Go")]
    found = run(
        simulator, journey({"hello": email("Hello", expires="1h")}), feed, [hold("9:00"), release("12:00")]
    )
    assert found.messages == ["u1#1 hello 12:00 skipped:expired -", "u2#1 hello 12:00 sent Hello"]


def test_a_lifetime_ends_meanwhile(simulator: Simulator) -> None:
    feed = [*KNOWN, event("10:00", "u1", "Go")]
    found = run(simulator, journey(MAIL, lifetime="1h"), feed, [hold("9:00"), release("12:00")])
    assert found.people == ["j v1 u1#1 10:00 dropped_out:lifetime_exceeded hello 11:00"]


def test_a_pause_that_discards_goes_on_to_refuse(simulator: Simulator) -> None:
    case = journey({"breathe": {"wait": {"for": "1h"}}, **MAIL})
    feed = [*KNOWN, event("8:30", "u1", "Go")]
    commands = [hold("8:45"), command("9:00", "pause", inside="discard"), release("12:00")]
    assert run(simulator, case, feed, commands).messages == ["u1#1 hello 9:30 skipped:pause_discard -"]


def test_a_resume_does_not_release(simulator: Simulator) -> None:
    feed = [*KNOWN, event("10:00", "u1", "Go")]
    commands = [hold("9:00"), command("10:30", "pause"), command("11:00", "resume"), release("12:00")]
    assert run(simulator, journey(MAIL), feed, commands).messages == ["u1#1 hello 12:00 sent Hello"]


def test_messages_of_the_instant_of_the_release_leave_with_its_timers(simulator: Simulator) -> None:
    added = command("9:00", "add_people", user_ids=["u1"])
    found = run(simulator, journey(MAIL), KNOWN, [hold("9:00"), added, release("9:00")])
    assert found.messages == ["u1#1 hello 9:00 sent Hello"]


def test_there_are_no_choices(simulator: Simulator) -> None:
    found = run(simulator, journey(MAIL), KNOWN, [command("9:00", "hold_sending", None, until="12:00")])
    assert found.commands == ["9:00 hold_sending v- null > null ?bad_option"]
