"""Names that are one person's: R12, P130 to P133."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Document, Simulator, add, at, command, email, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}


def anonymous(when: str, name: str, what: str, **properties: Any) -> Document:
    return {
        "type": "track", "anonymousId": name, "event": what, "timestamp": at(when), "properties": properties,
    }  # fmt: skip


def both(when: str, user: str, name: str, **traits: Any) -> Document:
    return identify(when, user, more={"anonymousId": name}, **traits)


def consent(when: str, user: str, state: str, subscription: str = "*") -> Document:
    return {
        "type": "consent",
        "userId": user,
        "state": state,
        "subscription": subscription,
        "timestamp": at(when),
    }


def alias(when: str, user: str, previous: str, /, **more: Any) -> Document:
    return {"type": "alias", "userId": user, "previousId": previous, "timestamp": at(when), **more}


def test_an_anonymous_person_is_a_person(simulator: Simulator) -> None:
    found = run(simulator, journey(WAIT), [anonymous("9:00", "a1", "Go")])
    assert found.people == ["j v1 a1#1 9:00 completed end 10:00"]


def test_who_is_merged_leaves_every_journey_and_lines_of_either_name_are_the_known_ones(
    simulator: Simulator,
) -> None:
    feed = [anonymous("9:00", "a1", "Go"), both("9:30", "u1", "a1"), anonymous("9:40", "a1", "Go")]
    for merge in (both("9:30", "u1", "a1"), alias("9:30", "u1", "a1")):
        feed[1] = merge
        found = run(simulator, [journey(WAIT), journey(WAIT, key="k")], feed)
        assert found.people == [
            "j v1 a1#1 9:00 dropped_out:merged pause 9:30",
            "j v1 u1#1 9:40 completed end 10:40",
            "k v1 a1#1 9:00 dropped_out:merged pause 9:30",
            "k v1 u1#1 9:40 completed end 10:40",
        ]
        assert found.ledger()["reasons"] == {"merged": 1}


def test_goals_and_exits_are_not_asked_of_who_is_merged(simulator: Simulator) -> None:
    case = journey(
        WAIT, goal={"field": "profile.plan", "is": "pro"}, exit=[{"field": "profile.plan", "is": "pro"}]
    )
    feed = [anonymous("9:00", "a1", "Go"), both("9:30", "u1", "a1", plan="pro")]
    assert run(simulator, case, feed).people == ["j v1 a1#1 9:00 dropped_out:merged pause 9:30"]


def test_who_waits_in_a_pause_is_merged_too(simulator: Simulator) -> None:
    feed = [
        anonymous("9:00", "a1", "Go"),
        anonymous("9:15", "a2", "Go"),
        both("9:30", "u1", "a1"),
        both("9:31", "u1", "a2"),
    ]
    found = run(simulator, journey(WAIT), feed, [command("9:10", "pause"), command("11:00", "resume")])
    assert found.people == [
        "j v1 a1#1 9:00 dropped_out:merged pause 9:30",
        "j v1 a2#1 9:15 dropped_out:merged - 9:31",
    ]


def test_events_are_copied_as_history(simulator: Simulator) -> None:
    # They count in splits and filters, and neither in goals nor in waits; who is inside is not moved by them.
    asked = {
        "hear": {"wait_for": [{"event": "A", "next": "heard"}, {"timeout": "1h", "next": "which"}]},
        "which": {"split": [{"when": {"event": "A"}, "next": "had"}, {"else": True, "next": "lacked"}]},
        "heard": {"end": {}}, "had": {"end": {}}, "lacked": {"end": {}},
    }  # fmt: skip
    feed = [event("9:00", "u1", "Go"), anonymous("9:10", "a1", "A"), both("9:30", "u1", "a1")]
    found = run(simulator, journey(asked, goal={"event": "A"}), feed)
    assert found.people == ["j v1 u1#1 9:00 completed had 10:00"]


def test_missing_attributes_are_copied_which_is_a_change(simulator: Simulator) -> None:
    case = journey(WAIT, exit=[{"field": "profile.plan", "is": "pro"}])
    known = [event("9:00", "u1", "Go"), identify("8:00", "a1", plan="pro", city="Oslo")]
    for merge in (alias("9:30", "u1", "a1"), both("9:30", "u1", "a1"), both("9:30", "u1", "a1", city="Lund")):
        found = run(simulator, case, [*known, merge])
        assert found.people == ["j v1 u1#1 9:00 dropped_out:exit_rule pause 9:30"]
    # The traits of the line are written before anybody is judged.
    found = run(simulator, case, [*known, both("9:30", "u1", "a1", plan="basic")])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]
    found = run(simulator, case, [identify("8:30", "u1", plan=None), *known, alias("9:30", "u1", "a1")])
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00"]


def test_copied_events_may_exclude(simulator: Simulator) -> None:
    rule = {"audience": "loud", "where": {"event": "A"}}
    feed = [event("9:00", "u1", "Go"), anonymous("9:10", "a1", "A"), both("9:30", "u1", "a1")]
    found = run(simulator, journey(WAIT, exclude=["loud"]), feed, audiences=[rule])
    assert found.people == ["j v1 u1#1 9:00 dropped_out:excluded pause 9:30"]


def test_the_first_merge_of_a_name_stays(simulator: Simulator) -> None:
    feed = [
        both("9:00", "u1", "a1"), both("9:10", "u2", "a1"), alias("9:11", "u2", "a1"), anonymous("9:20", "a1", "Go"),
    ]  # fmt: skip
    assert run(simulator, journey(WAIT), feed).people == ["j v1 u1#1 9:20 completed end 10:20"]


def test_merges_follow_each_other(simulator: Simulator) -> None:
    feed = [
        anonymous("9:00", "a1", "A"), both("9:01", "u1", "a1"), event("9:02", "u1", "Go"), alias("9:10", "u2", "u1"),
        anonymous("9:20", "a1", "Go"),
    ]  # fmt: skip
    found = run(simulator, journey(WAIT, filter={"any": [{"event": "A"}, {"event": "Go"}]}), feed)
    assert found.people == [
        "j v1 u1#1 9:02 dropped_out:merged pause 9:10",
        "j v1 u2#1 9:20 completed end 10:20",
    ]
    assert run(simulator, journey(WAIT, filter={"event": "A", "at_least": 2}), feed).people == []


def test_an_identify_of_events_alone_merges_nobody(simulator: Simulator) -> None:
    feed = [anonymous("9:00", "a1", "Go"), event("9:30", "u1", "A", more={"anonymousId": "a1"})]
    assert run(simulator, journey(WAIT), feed).people == ["j v1 a1#1 9:00 completed end 10:00"]


def test_what_is_no_name_merges_nobody(simulator: Simulator) -> None:
    for name in ("null", "undefined", "0", "anonymous"):
        feed = [
            anonymous("9:00", name, "Go"),
            both("9:30", "u1", name),
            alias("9:31", "u1", name),
            alias("9:32", name, "a2"),
        ]
        assert run(simulator, journey(WAIT), feed).people == [f"j v1 {name}#1 9:00 completed end 10:00"]


def test_the_deleted_are_not_merged(simulator: Simulator) -> None:
    gone = [command("9:10", "delete_profile", None, user_id="u1")]
    feed = [event("8:00", "u1", "A"), anonymous("9:00", "a1", "Go"), both("9:30", "u1", "a1")]
    assert run(simulator, journey(WAIT), feed, gone).people == ["j v1 a1#1 9:00 completed end 10:00"]
    gone = [command("9:10", "delete_profile", None, user_id="a1")]
    found = run(simulator, journey(WAIT), [*feed, anonymous("9:40", "a1", "Go")], gone)
    assert found.people == ["j v1 a1#1 9:00 dropped_out:profile_deleted pause 9:10"]
    assert found.refusals == ["a1 9:40 Go profile_deleted"]


def test_who_was_merged_cannot_be_added(simulator: Simulator) -> None:
    feed = [anonymous("9:00", "a1", "A"), both("9:30", "u1", "a1")]
    found = run(simulator, journey(WAIT), feed, [command("10:00", "add_people", user_ids=["a1", "u1"])])
    assert found.people == ["j v1 u1#1 10:00 completed end 11:00"]
    assert found.refusals == ["a1 10:00 manual profile_deleted"]


def test_memberships_of_lists_are_taken_over_which_is_a_change(simulator: Simulator) -> None:
    feed = [add("-1 8:00", "a1", "staff"), event("9:00", "u1", "Go"), both("9:30", "u1", "a1")]
    assert run(simulator, journey(WAIT, exclude=["staff"]), feed).people == [
        "j v1 u1#1 9:00 dropped_out:excluded pause 9:30"
    ]
    # Whoever comes on a list by a merge comes into it; whoever was on it, or is merged, neither comes nor goes.
    entered = journey(
        WAIT, triggers=[{"audience": "staff", "on": "both"}], reentry={"mode": "always"}, key="k"
    )
    assert run(simulator, entered, feed).people == ["k v1 u1#1 9:30 completed end 10:30"]
    assert run(simulator, entered, [add("8:10", "u1", "staff"), *feed]).people == [
        "k v1 u1#1 8:10 completed end 9:10"
    ]


def test_lists_taken_over_by_history_move_nobody(simulator: Simulator) -> None:
    past = {**both("9:30", "u1", "a1"), "context": {"historical": True}}
    feed = [add("-1 8:00", "a1", "staff"), event("9:00", "u1", "Go"), past]
    entered = journey(WAIT, triggers=[{"audience": "staff", "on": "enter"}], key="k")
    found = run(simulator, [journey(WAIT, exclude=["staff"]), entered], feed)
    # Nobody is judged by the merge; before the next step the list is asked.
    assert found.people == ["j v1 u1#1 9:00 dropped_out:excluded pause 10:00"]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([consent("8:00", "a1", "out", "news")], "skipped:not_subscribed"),
        ([consent("8:00", "a1", "out", "news"), consent("8:30", "u1", "in", "news")], "skipped:not_subscribed"),
        ([consent("8:00", "u1", "out", "news"), consent("8:30", "a1", "in", "news")], "skipped:not_subscribed"),
        ([consent("8:00", "a1", "in", "news"), consent("8:30", "u1", "in", "news")], "sent"),
        ([consent("8:00", "a1", "in", "news")], "sent"),
        ([], "skipped:no_consent"),
        ([consent("8:00", "a1", "in", "tips")], "skipped:no_consent"),
        ([consent("8:00", "a1", "out"), consent("8:30", "u1", "in", "news")], "skipped:no_consent"),
        # What is said behind the merge is said by the one person that there is.
        ([consent("8:00", "a1", "out", "news"), consent("9:10", "u1", "in", "news")], "sent"),
        ([consent("8:00", "u1", "in", "news"), consent("9:10", "a1", "out", "news")], "skipped:not_subscribed"),
    ],
)  # fmt: skip
def test_whoever_said_no_among_two_has_said_it_for_both(
    simulator: Simulator, said: list[Document], outcome: str
) -> None:
    case = journey({"mail": email(transactional=False, subscription="news", on_skip="next")})
    declared = command("0:00", "subscription", None, key="news", default="out")
    feed = [identify("7:00", "u1", email="u1@example.com"), *said, both("9:00", "u1", "a1")]
    found = run(simulator, case, [*feed, event("9:30", "u1", "Go")], [declared])
    assert found.messages == [f"u1#1 mail 9:30 {outcome} {'Hello' if outcome == 'sent' else '-'}"]


def test_what_was_said_goes_on_through_merges_that_follow_each_other(simulator: Simulator) -> None:
    case = journey({"mail": email(transactional=False, subscription="news", on_skip="next")})
    feed = [
        identify("7:00", "u2", email="u2@example.com"), consent("8:00", "a1", "out"), both("8:30", "u1", "a1"),
        alias("9:00", "u2", "u1"), event("9:30", "a1", "Go"),
    ]  # fmt: skip
    assert run(simulator, case, feed).messages == ["u2#1 mail 9:30 skipped:no_consent -"]


def test_merges_of_history_count(simulator: Simulator) -> None:
    feed = [
        anonymous("-1 9:00", "a1", "A"),
        both("-1 9:30", "u1", "a1", plan="pro"),
        anonymous("9:00", "a1", "Go"),
    ]
    case = journey(WAIT, filter={"all": [{"event": "A"}, {"field": "profile.plan", "is": "pro"}]})
    assert run(simulator, case, feed).people == ["j v1 u1#1 9:00 completed end 10:00"]


def test_a_repeated_line_is_told_by_the_name_it_was_sent_under(simulator: Simulator) -> None:
    line = {**anonymous("9:00", "a1", "Go"), "messageId": "m1"}
    feed = [line, both("9:30", "u1", "a1"), {**line, "timestamp": at("9:40")}]
    assert run(simulator, journey(WAIT), feed).people == ["j v1 a1#1 9:00 dropped_out:merged pause 9:30"]


def test_a_historical_identify_merges(simulator: Simulator) -> None:
    feed = [anonymous("9:00", "a1", "Go"), {**both("9:30", "u1", "a1"), "context": {"historical": True}}]
    assert run(simulator, journey(WAIT), feed).people == ["j v1 a1#1 9:00 dropped_out:merged pause 9:30"]


def test_an_alias_without_a_previous_name_is_left_out(simulator: Simulator) -> None:
    line = {**alias("9:00", "u1", "a1"), "previousId": ""}
    found = run(simulator, journey(WAIT), [line], [command("10:00", "add_people", user_ids=["u1"])])
    assert found.people == []
