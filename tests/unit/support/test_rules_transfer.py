"""Publish with people `move`, resume with changes: lifecycle.md, Transfer; P71 to P83. One sentence, one test."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Document, Outcome, Simulator, add, command, email, event, identify, journey, run

WAIT: Document = {"pause": {"wait": {"for": "2h"}}}
ENDS: dict[str, Any] = {"a": {"end": {}}, "b": {"end": {}}}
HEAR: Document = {"hear": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "2h", "next": "b"}]}, **ENDS}
GO = [event("9:00", "u1", "Go")]


def move(when: str = "10:00", **answers: Any) -> list[Document]:
    """Give the draft of `new.json` and publish it with everybody; answers are STEP="step" or STEP=None (drop out)."""
    said = {step: {"drop_out": True} if to is None else {"to": to} for step, to in answers.items()}
    options: dict[str, Any] = {"people": "move", **({"answers": said} if said else {})}
    return [command(when, "apply", file="new.json"), command(when, "publish", **options)]


def moved(
    simulator: Simulator,
    before: Document,
    after: Document,
    feed: Any = None,
    commands: Any = None,
    **more: Any,
) -> Outcome:
    """Run two versions of a journey: the second takes everybody over at 10:00 unless told otherwise."""
    files = {"new.json": after, **more.pop("files", {})}
    return run(
        simulator, before, GO if feed is None else feed, move() if commands is None else commands, files=files, **more
    )  # fmt: skip


def test_a_participant_goes_to_the_step_with_the_same_id_and_on_with_the_new_definition(
    simulator: Simulator,
) -> None:
    new = {"pause": {"wait": {"for": "2h"}}, "more": {"wait": {"for": "1h"}}}
    found = moved(simulator, journey(WAIT), journey(new))
    assert found.people == ["j v2 u1#1 9:00 completed end 12:00"]
    assert found.moves == ["u1#1 9:00 null > pause", "u1#1 11:00 pause > more", "u1#1 12:00 more > end"]


def test_both_ledgers_count_who_is_transferred_in_each_step(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey(WAIT), to="10:30")
    old, new = found.ledger(1), found.ledger(2)
    assert (old["status"], old["entered"], old["transferred_out"], old["active"]) == ("finished", 1, 1, 0)
    assert old["steps"]["pause"] == {"in": 1, "here": 0, "out": 1}
    assert (new["status"], new["entered"], new["transferred_in"], new["active"]) == ("live", 0, 1, 1)
    assert new["steps"]["pause"] == {"in": 1, "here": 1, "out": 0}
    assert new["steps"]["entry"] == {"in": 0, "here": 0, "out": 0}


def test_the_command_counts_those_who_are_moved(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey(WAIT))
    publish = found.kind("command")[1]
    assert found.commands[1] == "10:00 publish v2 draft > live"
    assert publish["counts"] == {"inside": 1, "queued": 0, "messages": 0}


def test_a_deadline_stamped_on_entering_a_wait_stays(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey({"pause": {"wait": {"for": "9h"}}}))
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]


def test_it_stays_where_the_wait_became_another_sort_of_wait(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey({"pause": {"wait": {"until": "2026-03-05T00:00:00Z"}}}))
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]


def test_settings_are_read_when_a_step_executes(simulator: Simulator) -> None:
    before = {**WAIT, "mail": email("Old")}
    found = moved(simulator, journey(before), journey({**WAIT, "mail": email("New")}),
                  [identify("8:00", "u1", email="u1@example.com"), *GO])  # fmt: skip
    assert found.messages == ["u1#1 mail 11:00 sent New"]
    assert found.kind("message")[0]["version"] == 2


def test_an_event_wait_goes_on_with_the_new_alternatives_and_its_time_out_stays(simulator: Simulator) -> None:
    new = {"hear": {"wait_for": [{"event": "B", "next": "b"}, {"timeout": "9h", "next": "a"}]}, **ENDS}
    feed = [
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
        event("10:30", "u1", "B"),
        event("10:40", "u2", "A"),
    ]
    found = moved(simulator, journey(HEAR), journey(new), feed)
    assert found.people == ["j v2 u1#1 9:00 completed b 10:30", "j v2 u2#1 9:00 completed a 11:00"]


def test_a_time_out_that_is_there_no_more_never_comes(simulator: Simulator) -> None:
    new = {"hear": {"wait_for": [{"event": "A", "next": "a"}]}, **ENDS}
    found = moved(simulator, journey(HEAR), journey(new), [*GO, event("15:00", "u1", "A")])
    assert found.people == ["j v2 u1#1 9:00 completed a 15:00"]


def test_a_time_out_that_is_new_is_for_those_who_come_from_now_on(simulator: Simulator) -> None:
    old = {"hear": {"wait_for": [{"event": "A", "next": "a"}]}, **ENDS}
    feed = [event("9:00", "u1", "Go"), event("10:00", "u2", "Go")]
    assert moved(simulator, journey(old), journey(HEAR), feed).people == [
        "j v2 u1#1 9:00 active hear -",
        "j v2 u2#1 10:00 completed b 12:00",
    ]


def test_steps_passed_have_no_retroactive_effect(simulator: Simulator) -> None:
    new = {"before": email("Never"), **WAIT}
    found = moved(simulator, journey(WAIT), journey(new))
    assert found.messages == []
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]


def test_queued_people_go_to_the_new_first_step(simulator: Simulator) -> None:
    commands = [command("8:00", "pause"), *move(pause="new")]
    found = moved(simulator, journey(WAIT), journey({"new": {"wait": {"for": "1h"}}}), GO, commands)
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]
    assert found.moves == ["u1#1 10:00 null > new", "u1#1 11:00 new > end"]
    assert found.ledger(1)["steps"]["entry"] == {"in": 1, "here": 0, "out": 1}
    assert found.ledger(2)["steps"]["entry"] == {"in": 1, "here": 0, "out": 1}


def test_goals_and_exits_of_the_new_version_are_judged_first(simulator: Simulator) -> None:
    new = journey(
        WAIT,
        goal={"field": "profile.plan", "is": "pro"},
        exit=[{"field": "profile.plan", "is": "none"}],
        exclude=["staff"],
    )
    feed = [
        identify("8:00", "u1", plan="pro"),
        identify("8:00", "u2", plan="none"),
        add("8:00", "u3", "staff"),
    ]
    feed += [event("9:00", user, "Go") for user in ("u1", "u2", "u3", "u4")]
    assert moved(simulator, journey(WAIT), new, feed).people == [
        "j v2 u1#1 9:00 succeeded pause 10:00",
        "j v2 u2#1 9:00 dropped_out:exit_rule pause 10:00",
        "j v2 u3#1 9:00 dropped_out:excluded pause 10:00",
        "j v2 u4#1 9:00 completed end 11:00",
    ]


def test_whoever_did_it_in_this_passage_already_meets_the_new_goal_at_once(simulator: Simulator) -> None:
    feed = [
        event("8:30", "u2", "Buy"),
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
        event("9:30", "u1", "Buy"),
    ]
    assert moved(simulator, journey(WAIT), journey(WAIT, goal={"event": "Buy"}), feed).people == [
        "j v2 u1#1 9:00 succeeded pause 10:00",
        "j v2 u2#1 9:00 completed end 11:00",
    ]


def test_whoever_leaves_at_the_transfer_leaves_the_new_version(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey(WAIT, goal={"field": "profile.plan", "is": "pro"}),
                  [identify("8:00", "u1", plan="pro"), *GO])  # fmt: skip
    assert (found.ledger(1)["succeeded"], found.ledger(1)["transferred_out"]) == (0, 1)
    assert (found.ledger(2)["succeeded"], found.ledger(2)["transferred_in"]) == (1, 1)
    assert found.ledger(2)["steps"]["pause"] == {"in": 1, "here": 0, "out": 1}


def test_a_success_that_was_remembered_stays(simulator: Simulator) -> None:
    before = journey(WAIT, goal={"when": {"event": "Buy"}, "leave": False})
    found = moved(simulator, before, journey(WAIT), [*GO, event("9:30", "u1", "Buy")])
    assert found.people == ["j v2 u1#1 9:00 succeeded end 11:00"]


def test_an_id_may_not_change_its_kind_while_people_stand_there(simulator: Simulator) -> None:
    new = journey({"pause": email("Now")})
    found = moved(simulator, journey(WAIT), new)
    assert found.commands[1] == "10:00 publish v2 draft > draft !kind_changed"
    assert found.people == ["j v1 u1#1 9:00 completed end 11:00"]
    nobody = moved(simulator, journey(WAIT), new, [])
    assert nobody.commands[1] == "10:00 publish v2 draft > live"


def test_a_removed_step_with_people_in_it_needs_an_answer(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey({"other": {"wait": {"for": "1h"}}}))
    assert found.commands[1] == "10:00 publish v2 draft > draft !answers_needed"
    assert found.people == ["j v1 u1#1 9:00 completed end 11:00"]
    nobody = moved(simulator, journey(WAIT), journey({"other": {"wait": {"for": "1h"}}}), [])
    assert nobody.commands[1] == "10:00 publish v2 draft > live"


def test_redirect_to_a_step_which_is_entered_at_the_transfer(simulator: Simulator) -> None:
    new = journey({"split": {"split": [{"when": {"field": "profile.plan", "is": "pro"}, "next": "long"},
                                       {"else": True, "next": "end"}]}, "long": {"wait": {"for": "3h"}}})  # fmt: skip
    found = moved(
        simulator, journey(WAIT), new, [identify("8:00", "u1", plan="pro"), *GO], move(pause="split")
    )
    assert found.people == ["j v2 u1#1 9:00 completed end 13:00"]
    assert found.moves == [
        "u1#1 9:00 null > pause",
        "u1#1 10:00 pause > split",
        "u1#1 10:00 split > long",
        "u1#1 13:00 long > end",
    ]
    assert [line["version"] for line in found.kind("move")] == [1, 2, 2, 2]
    assert found.ledger(1)["steps"]["pause"] == {"in": 1, "here": 0, "out": 1}
    assert found.ledger(2)["steps"]["split"] == {"in": 1, "here": 0, "out": 1}


def test_or_drop_out_with_step_removed(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey({"other": {"wait": {"for": "1h"}}}), GO, move(pause=None))
    assert found.people == ["j v2 u1#1 9:00 dropped_out:step_removed pause 10:00"]
    assert found.ledger(2)["reasons"] == {"step_removed": 1}
    assert found.ledger(1)["transferred_out"] == 1


@pytest.mark.parametrize(
    ("answers", "code"),
    [({"pause": "nowhere"}, "unknown_answer"), ({"gone": "other"}, "unknown_answer"), ({"other": None}, "unknown_answer")],
)  # fmt: skip
def test_an_answer_names_steps_that_are_there(simulator: Simulator, answers: Any, code: str) -> None:
    found = moved(simulator, journey(WAIT), journey({"other": {"wait": {"for": "1h"}}}), GO, move(**answers))
    assert found.commands[1] == f"10:00 publish v- null > null ?{code}"
    assert found.people == ["j v1 u1#1 9:00 completed end 11:00"]


def test_queued_messages_of_a_removed_step_are_cancelled(simulator: Simulator) -> None:
    before = journey({"mail": email("Old")}, timezone="UTC", window={"from": "12:00", "to": "18:00"})
    after = journey(
        {"other": {"wait": {"for": "1h"}}}, timezone="UTC", window={"from": "12:00", "to": "18:00"}
    )
    feed = [identify("8:00", "u1", email="u1@example.com"), *GO]
    for answer in ("other", None):
        found = moved(simulator, before, after, feed, move(mail=answer))
        assert found.messages == ["u1#1 mail 10:00 cancelled:publish -"]


def test_a_message_that_waits_at_a_step_that_stays_is_sent_with_the_new_content(simulator: Simulator) -> None:
    window = {"from": "12:00", "to": "18:00"}
    feed = [identify("8:00", "u1", email="u1@example.com"), *GO]
    found = moved(
        simulator,
        journey({"mail": email("Old")}, timezone="UTC", window=window),
        journey({"mail": email("New")}, timezone="UTC", window=window),
        feed,
    )
    assert found.messages == ["u1#1 mail 12:00 sent New"]
    assert found.kind("command")[1]["counts"] == {"inside": 1, "queued": 0, "messages": 1}


def test_the_new_window_is_asked_at_once(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", email="u1@example.com"), *GO]
    before = journey({"mail": email("Old")}, timezone="UTC", window={"from": "12:00", "to": "18:00"})
    assert moved(simulator, before, journey({"mail": email("New")}), feed).messages == [
        "u1#1 mail 10:00 sent New"
    ]
    later = journey({"mail": email("New")}, timezone="UTC", window={"from": "14:00", "to": "18:00"})
    assert moved(simulator, before, later, feed).messages == ["u1#1 mail 14:00 sent New"]


def test_trigger_filter_and_reentry_are_for_future_entrants_only(simulator: Simulator) -> None:
    new = journey(WAIT, triggers=[{"event": "Start"}], filter={"field": "profile.plan", "is": "pro"})
    feed = [*GO, event("10:30", "u2", "Go"), event("10:40", "u3", "Start")]
    found = moved(simulator, journey(WAIT), new, feed)
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]
    assert found.refusals == ["u3 10:40 Start filter"]


def test_a_cap_counts_those_who_enter_not_those_who_are_moved(simulator: Simulator) -> None:
    feed = [*GO, event("10:30", "u2", "Go"), event("10:40", "u3", "Go")]
    found = moved(simulator, journey(WAIT), journey(WAIT, cap=1), feed)
    assert [line.split()[2] for line in found.people] == ["u1#1", "u2#1"]
    assert found.refusals == ["u3 10:40 Go entry_cap"]


def test_people_of_older_closed_versions_move_too(simulator: Simulator) -> None:
    commands = [
        command("9:10", "apply", file="stay.json"),
        command("9:10", "publish", people="stay"),
        *move("10:00"),
    ]
    feed = [*GO, event("9:30", "u2", "Go")]
    found = moved(simulator, journey(WAIT), journey(WAIT), feed, commands, files={"stay.json": journey(WAIT)})
    assert found.people == ["j v3 u1#1 9:00 completed end 11:00", "j v3 u2#1 9:30 completed end 11:30"]
    assert [found.ledger(n)["status"] for n in (1, 2, 3)] == ["finished", "finished", "live"]
    assert [found.ledger(n)["transferred_out"] for n in (1, 2, 3)] == [1, 1, 0]
    assert found.ledger(3)["transferred_in"] == 2


def test_cancelled_people_of_a_stopped_version_stay_what_they_are(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey(WAIT), GO, [command("9:30", "stop"), *move("10:00")])
    assert found.people == ["j v1 u1#1 9:00 cancelled:journey_stopped pause 9:30"]
    assert found.ledger(2)["transferred_in"] == 0


def test_entry_no_entered_at_saved_values_and_entry_event_stay(simulator: Simulator) -> None:
    hear = {"wait_for": [{"event": "A", "save_as": "order", "next": "pause"}]}
    mail = email("{{ order.total }} {{ event.source }}")
    steps = {"hear": hear, **WAIT, "mail": mail}
    feed = [
        identify("8:00", "u1", email="u1@example.com"),
        event("8:00", "u1", "Go", source="web"),
        event("9:00", "u1", "A", total=7),
    ]
    found = moved(simulator, journey(steps), journey(steps), feed)
    assert found.messages == ["u1#1 mail 11:00 sent 7 web"]
    assert found.people == ["j v2 u1#1 8:00 completed end 11:00"]


def test_a_lifetime_of_the_new_version_counts_from_entered_at(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey(WAIT, lifetime="90m"))
    assert found.people == ["j v2 u1#1 9:00 dropped_out:lifetime_exceeded pause 10:30"]
    over = moved(simulator, journey(WAIT), journey(WAIT, lifetime="30m"))
    assert over.people == ["j v2 u1#1 9:00 dropped_out:lifetime_exceeded pause 10:00"]


def test_whoever_comes_at_the_instant_of_the_transfer_enters_the_new_version(simulator: Simulator) -> None:
    feed = [*GO, event("10:00", "u2", "Go")]
    found = moved(simulator, journey(WAIT), journey({"pause": {"wait": {"for": "1h"}}}), feed)
    assert found.people[1] == "j v2 u2#1 10:00 completed end 11:00"
    assert (found.ledger(2)["entered"], found.ledger(2)["transferred_in"]) == (1, 1)


def test_before_the_start_date_of_the_new_version_everybody_stands_still(simulator: Simulator) -> None:
    new = journey({"hear": HEAR["hear"], **ENDS}, start="2026-03-02T14:00:00Z")
    found = moved(simulator, journey(HEAR), new, [*GO, event("10:30", "u1", "A")])
    assert found.people == ["j v2 u1#1 9:00 completed a 14:00"]
    late = moved(simulator, journey(HEAR), new)
    assert late.people == ["j v2 u1#1 9:00 completed b 14:00"]


def changes(when: str = "12:00", pause: str = "9:30", **answers: Any) -> list[Document]:
    """Pause, change, resume with changes."""
    said = {step: {"drop_out": True} if to is None else {"to": to} for step, to in answers.items()}
    options: dict[str, Any] = {"with_changes": True, **({"answers": said} if said else {})}
    return [
        command(pause, "pause"),
        command(when, "apply", file="new.json"),
        command(when, "resume", **options),
    ]


def test_resume_with_changes_publishes_and_moves_everybody(simulator: Simulator) -> None:
    new = journey({"pause": {"wait": {"for": "2h"}}, "more": {"wait": {"for": "1h"}}})
    found = moved(simulator, journey(WAIT), new, GO, changes())
    assert found.commands[-1] == "12:00 resume v2 draft > live"
    assert found.people == ["j v2 u1#1 9:00 completed end 13:00"]
    assert found.moves[1:] == ["u1#1 12:00 pause > more", "u1#1 13:00 more > end"]
    assert [found.ledger(n)["status"] for n in (1, 2)] == ["finished", "live"]


def test_publish_with_move_of_a_paused_journey_is_the_same(simulator: Simulator) -> None:
    commands = [command("9:30", "pause"), *move("12:00")]
    assert moved(simulator, journey(WAIT), journey(WAIT), GO, commands).people == [
        "j v2 u1#1 9:00 completed end 12:00"
    ]


def test_resume_with_changes_needs_a_draft_and_a_pause(simulator: Simulator) -> None:
    found = run(
        simulator, journey(WAIT), GO, [command("9:30", "pause"), command("9:40", "resume", with_changes=True)]
    )
    assert found.commands[-1] == "9:40 resume v1 paused > paused !no_draft"
    live = moved(simulator, journey(WAIT), journey(WAIT), GO, changes()[1:])
    assert live.commands[-1] == "12:00 resume v1 live > live"
    assert live.people == ["j v1 u1#1 9:00 completed end 11:00"]


def test_with_stay_a_paused_version_stays_paused_with_its_entry_shut(simulator: Simulator) -> None:
    commands = [
        command("9:30", "pause"),
        command("10:00", "apply", file="new.json"),
        command("10:00", "publish"),
    ]
    found = moved(simulator, journey(WAIT), journey(WAIT), GO, commands)
    assert found.people == ["j v1 u1#1 9:00 active pause -"]
    assert [found.ledger(n)["status"] for n in (1, 2)] == ["paused", "live"]


def test_kept_events_come_first_then_overdue_timers_then_the_queue(simulator: Simulator) -> None:
    feed = [
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
        event("10:00", "u1", "A"),
        event("10:10", "u3", "Go"),
    ]
    found = moved(simulator, journey(HEAR), journey(HEAR), feed, changes())
    assert found.people == [
        "j v2 u1#1 9:00 completed a 12:00",
        "j v2 u2#1 9:00 completed b 12:00",
        "j v2 u3#1 10:10 completed b 14:00",
    ]


def test_a_kept_event_meets_the_step_to_which_an_answer_leads(simulator: Simulator) -> None:
    new = {"listen": HEAR["hear"], **ENDS}
    found = moved(
        simulator, journey(HEAR), journey(new), [*GO, event("10:00", "u1", "A")], changes(hear="listen")
    )
    assert found.people == ["j v2 u1#1 9:00 completed a 12:00"]


def test_a_kept_event_that_the_new_version_does_not_await_is_gone(simulator: Simulator) -> None:
    new = {"hear": {"wait_for": [{"event": "B", "next": "b"}, {"timeout": "1d", "next": "a"}]}, **ENDS}
    found = moved(simulator, journey(HEAR), journey(new), [*GO, event("10:00", "u1", "A")], changes("10:30"))
    assert found.people == ["j v2 u1#1 9:00 completed a 11:00"]


def test_the_queue_of_a_pause_that_holds_goes_to_the_new_first_step_too(simulator: Simulator) -> None:
    commands = [command("8:00", "pause", inside="hold"), *move()]
    found = moved(simulator, journey(WAIT), journey({"new": {"wait": {"for": "1h"}}}), GO, commands)
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]


def test_a_message_that_a_pause_holds_is_sent_by_the_new_version(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1", email="u1@example.com"), *GO]
    steps = {"soon": {"wait": {"for": "30m"}}, "mail": email("Old")}
    commands = [command("9:10", "pause", inside="hold"), *move()]
    found = moved(simulator, journey(steps), journey({**steps, "mail": email("New")}), feed, commands)
    assert found.messages == ["u1#1 mail 10:00 sent New"]


def test_whoever_left_in_the_pause_is_not_moved(simulator: Simulator) -> None:
    feed = [*GO, event("10:00", "u1", "Buy")]
    found = moved(simulator, journey(WAIT, goal={"event": "Buy"}), journey(WAIT), feed, changes())
    assert found.people == ["j v1 u1#1 9:00 succeeded pause 10:00"]
    assert found.ledger(2)["transferred_in"] == 0


def test_a_definition_with_errors_is_refused_and_everybody_stays_frozen(simulator: Simulator) -> None:
    bad = journey({"pause": {"wait": {}}})
    found = moved(simulator, journey(WAIT), bad, GO, changes())
    assert found.commands[-1] == "12:00 resume v2 draft > draft !invalid"
    assert found.people == ["j v1 u1#1 9:00 active pause -"]


def test_a_stop_behind_the_transfer_cancels_those_who_came(simulator: Simulator) -> None:
    found = moved(simulator, journey(WAIT), journey(WAIT), GO, [*move(), command("10:00", "stop")])
    assert found.people == ["j v2 u1#1 9:00 cancelled:journey_stopped pause 10:00"]


def test_a_pause_behind_the_transfer_freezes_those_who_came(simulator: Simulator) -> None:
    commands = [*move(), command("10:00", "pause"), command("13:00", "resume")]
    found = moved(simulator, journey(WAIT), journey(WAIT), GO, commands)
    assert found.people == ["j v2 u1#1 9:00 completed end 13:00"]


def test_the_queue_of_a_pause_with_hold_goes_to_the_new_first_step(simulator: Simulator) -> None:
    commands = [command("8:00", "pause", inside="hold"), *move()]
    found = moved(simulator, journey(WAIT), journey({"other": {"wait": {"for": "1h"}}}), commands=commands)
    assert found.people == ["j v2 u1#1 9:00 completed end 11:00"]
    assert found.moves == ["u1#1 10:00 null > other", "u1#1 11:00 other > end"]


def test_messages_go_along_in_a_journey_whose_key_was_that_of_a_deleted_one(simulator: Simulator) -> None:
    def mailing(subject: str) -> dict[str, Any]:
        return journey({"hello": email(subject)})

    feed = [identify("0:01", "u1", email="u1@example.com"), event("10:00", "u1", "Go")]
    commands = [
        command("1:00", "stop"), command("2:00", "delete"), command("3:00", "apply", file="a"),
        command("4:00", "publish"), command("9:00", "hold_sending", None), command("11:00", "apply", file="b"),
        command("12:00", "publish", people="move"), command("13:00", "release_sending", None),
    ]  # fmt: skip
    files = {"a": mailing("Old"), "b": mailing("New")}
    found = run(simulator, mailing("Former"), feed, commands, files=files)
    assert found.messages == ["u1#1 hello 13:00 sent New"]
