"""Pausing: everybody stays where they are, whoever comes waits outside the first step; and the choices of a pause."""

from __future__ import annotations

from scenarios.stage import Stage, awaits, end, mail, wait


def test_a_pause_freezes_everybody_where_they_stand(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").pause()
    story = welcome.play()
    assert story.answers == ["pause: live > paused"]
    assert (story["Anna"].status, story["Anna"].step, story["Anna"].mails) == ("active", "breathe", ["hello"])


def test_triggers_stay_on_in_a_pause_and_new_people_wait_before_the_first_step(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause()
    welcome.on("Tue 9:00").comes("Anna")
    welcome.on("Wed 9:00").comes("Bea")
    story = welcome.play()
    for person in ("Anna", "Bea"):
        assert (story[person].status, story[person].step, story[person].mails) == ("active", None, [])
    assert story.book()["entered"] == 2
    assert story.book()["steps"]["entry"] == {"in": 2, "here": 2, "out": 0}


def test_goals_exit_rules_and_exclusion_let_people_leave_in_a_pause(stage: Stage) -> None:
    stage.journey(
        wait("breathe", "1w"), goal={"event": "Order"}, exit=[{"event": "Complaint"}], exclude=["staff"]
    )
    stage.on("Mon 9:00").comes("Anna", "Bea", "Carl", "Dora")
    stage.on("Tue 9:00").pause()
    stage.on("Wed 9:00").does("Order", "Anna").does("Complaint", "Bea").joins("Carl", "staff").forgets("Dora")
    story = stage.play()
    assert (story["Anna"].status, story["Anna"].left) == ("succeeded", "Wed 9:00")
    assert [story[person].reason for person in ("Bea", "Carl", "Dora")] == [
        "exit_rule", "excluded", "profile_deleted",
    ]  # fmt: skip


def test_pausing_again_changes_nothing(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause()
    welcome.on("Mon 10:00").pause()
    assert welcome.play().answers == ["pause: live > paused", "pause: paused"]


def test_closing_a_paused_journey_shuts_its_entry_and_keeps_the_pause(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").close()
    welcome.on("Mon 12:00").comes("Bea")
    story = welcome.play()
    assert story["Bea"].status is None
    assert story["Anna"].status == "active"
    assert story.status() == "paused"


def test_pausing_a_closed_journey_stops_people_and_keeps_the_entry_shut(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").pause()
    welcome.on("Fri 9:00").resume()
    story = welcome.play()
    assert story.answers[1:] == ["pause: closed > paused", "resume: paused > closed"]
    assert story["Anna"].mailed == [("hello", "Mon 9:00"), ("goodbye", "Fri 9:00")]


# Choices --------------------------------------------------------------------------------------------------------


def test_people_who_come_in_a_pause_may_be_turned_away_instead_of_queued(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause(entrants="drop")
    welcome.on("Mon 10:00").comes("Anna")
    welcome.on("Mon 11:00").resume()
    story = welcome.play()
    assert (story["Anna"].status, story["Anna"].refusals) == (None, ["journey_paused"])


def test_another_pause_changes_from_now_on_what_becomes_of_newcomers(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause()
    welcome.on("Mon 10:00").comes("Anna")
    welcome.on("Mon 11:00").pause(entrants="drop")
    welcome.on("Mon 12:00").comes("Bea")
    story = welcome.play()
    assert story["Anna"].status == "active"
    assert story["Bea"].refusals == ["journey_paused"]


def test_what_becomes_of_those_inside_is_fixed_for_a_pause(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").pause(inside="hold")
    assert welcome.play().answers[-1] == "pause: ✗ pause_choice_fixed"


def test_with_hold_waits_go_on_and_people_stop_at_the_next_message(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").pause(inside="hold")
    welcome.on("Fri 9:00").resume()
    held = welcome.play(until="Thu 0:00")
    assert (held["Anna"].step, held["Anna"].mails) == ("goodbye", ["hello"])
    assert welcome.play()["Anna"].mailed == [("hello", "Mon 9:00"), ("goodbye", "Fri 9:00")]


def test_with_discard_people_drop_out_at_the_next_message(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").pause(inside="discard")
    story = welcome.play()
    assert (story["Anna"].status, story["Anna"].reason, story["Anna"].left) == (
        "dropped_out", "pause_discard", "Wed 9:00",
    )  # fmt: skip


def test_durations_run_on_in_a_pause_and_are_over_at_resume(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").pause()
    welcome.on("Sat 9:00").resume()
    assert welcome.play()["Anna"].mailed[-1] == ("goodbye", "Sat 9:00")


def test_durations_may_be_extended_by_the_pause_instead(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").pause(timers="extend")
    welcome.on("Sat 9:00").resume()
    assert welcome.play()["Anna"].mailed[-1] == ("goodbye", "Sun 9:00")


def test_people_let_go_at_so_many_a_second(stage: Stage) -> None:
    stage.journey(mail("hello"))
    stage.people("Anna", "Bea", "Carl")
    stage.on("Mon 9:00").pause(catch_up=0.5)
    for minute, person in enumerate(("Carl", "Anna", "Bea")):
        stage.on(f"Mon 10:0{minute}").comes(person)
    stage.on("Tue 9:00").resume()
    story = stage.play()
    assert [story[person].mailed for person in ("Carl", "Anna", "Bea")] == [
        [("hello", "Tue 9:00")], [("hello", "Tue 9:00:2")], [("hello", "Tue 9:00:4")],
    ]  # fmt: skip


def test_extending_goes_with_freezing_only(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause(timers="extend", inside="hold")
    assert welcome.play().answers == ["pause: ✗ extend_needs_freeze"]


def test_a_pause_may_end_by_itself_in_a_resume_a_close_or_a_stop(stage: Stage) -> None:
    ends = {}
    for then in ("resume", "close", "stop"):
        one = Stage(stage.simulator)
        one.journey(mail("hello"), wait("breathe", "2d"), mail("goodbye"))
        one.people("Anna")
        one.on("Mon 9:00").comes("Anna")
        one.on("Tue 9:00").pause(until={"at": "2026-03-06T09:00:00Z", "then": then})
        story = one.play()
        ends[then] = (story.answers[-1], story["Anna"].status, story["Anna"].mails)
    assert ends["resume"] == ("resume: paused > live", "completed", ["hello", "goodbye"])
    assert ends["stop"] == ("stop: paused > stopped", "cancelled", ["hello"])
    assert ends["close"] == ("close: paused > closed", "completed", ["hello", "goodbye"])


def test_a_resume_by_hand_makes_the_end_of_the_pause_void(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause(until={"at": "2026-03-06T09:00:00Z", "then": "stop"})
    welcome.on("Tue 9:00").resume()
    story = welcome.play()
    assert story.answers == ["pause: live > paused", "resume: paused > live"]
    assert story.status() == "live"


def test_what_is_too_old_at_resume_is_not_sent(stage: Stage) -> None:
    stage.journey(wait("breathe", "1d"), mail("flash", expires="1d"), end("over"))
    stage.people("Anna")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00").pause(inside="hold")
    stage.on("Fri 9:00").resume()
    assert stage.play()["Anna"].unsent == [("flash", "skipped", "expired")]


# Events in a pause ----------------------------------------------------------------------------------------------


def cart(stage: Stage) -> None:
    """A reminder, unless somebody buys."""
    stage.journey(
        awaits("buys", "Order", "thanks", timeout="2d", otherwise="reminder"),
        mail("thanks", next="over"),
        mail("reminder"),
        end("over"),
    )
    stage.people("Anna", "Bea")


def test_who_bought_during_the_pause_is_not_reminded_of_the_cart(stage: Stage) -> None:
    cart(stage)
    stage.on("Mon 9:00").comes("Anna", "Bea")
    stage.on("Tue 9:00").pause()
    stage.on("Thu 9:00").does("Order", "Anna")
    stage.on("Fri 9:00").resume()
    story = stage.play()
    assert story["Anna"].mailed == [("thanks", "Fri 9:00")]
    assert story["Bea"].mailed == [("reminder", "Fri 9:00")]
