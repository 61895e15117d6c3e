"""Stopping: everything ends at once. For emergencies, and for what is no longer relevant."""

from __future__ import annotations

from scenarios.stage import Stage, mail, wait


def test_a_stop_takes_everybody_out_where_they_stand(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").comes("Bea")
    welcome.on("Tue 10:00").stop()
    story = welcome.play()
    assert story.answers == ["stop: live > stopped"]
    assert story.counts("stop") == {"inside": 2, "queued": 0, "messages": 0}
    for person in ("Anna", "Bea"):
        one = story[person]
        assert (one.status, one.reason, one.step, one.left) == (
            "cancelled", "journey_stopped", "breathe", "Tue 10:00",
        )  # fmt: skip
    assert story.balanced


def test_nothing_leaves_a_stopped_journey_any_more(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").stop()
    assert welcome.play()["Anna"].mails == ["hello"]


def test_messages_that_wait_for_their_hour_are_cancelled_by_a_stop(stage: Stage) -> None:
    stage.journey(mail("hello"), timezone="UTC", window={"from": "12:00", "to": "13:00"})
    stage.people("Anna")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00").stop()
    assert stage.play()["Anna"].unsent == [("hello", "cancelled", "stop")]


def test_timers_of_a_stopped_journey_never_fire_not_even_those_of_that_instant(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Wed 9:00").stop()
    story = welcome.play()
    assert (story["Anna"].status, story["Anna"].mails) == ("cancelled", ["hello"])


def test_the_triggers_of_a_stopped_journey_are_off(welcome: Stage) -> None:
    welcome.on("Mon 9:00").stop()
    welcome.on("Mon 10:00").comes("Anna")
    welcome.on("Mon 11:00").adds("Bea")
    story = welcome.play()
    assert (story["Anna"].status, story["Anna"].refusals) == (None, [])
    assert story["Bea"].refusals == ["journey_stopped"]


def test_a_stopped_journey_is_never_resumed(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").stop()
    welcome.on("Mon 11:00").resume().pause().close()
    story = welcome.play()
    assert story.answers[1:] == [f"{name}: ✗ stopped_is_final" for name in ("resume", "pause", "close")]
    assert story["Anna"].status == "cancelled"


def test_stopping_again_changes_nothing(welcome: Stage) -> None:
    welcome.on("Mon 9:00").stop()
    welcome.on("Mon 10:00").stop()
    assert welcome.play().answers == ["stop: live > stopped", "stop: stopped"]


def test_a_stop_ends_what_is_paused_or_closed_as_well(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").comes("Bea")
    welcome.on("Mon 12:00").stop()
    story = welcome.play()
    assert story.answers[-1] == "stop: paused > stopped"
    assert story.counts("stop")["queued"] == 1
    assert [story[person].status for person in ("Anna", "Bea")] == ["cancelled", "cancelled"]
    assert story["Bea"].step is None


def test_a_stop_reaches_every_version_that_still_has_people(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").command("new_version").publish()
    welcome.on("Mon 11:00").comes("Bea")
    welcome.on("Mon 12:00").stop()
    story = welcome.play()
    assert story.versions() == ["stopped", "stopped"]
    assert [(story[p].version, story[p].status) for p in ("Anna", "Bea")] == [
        (1, "cancelled"),
        (2, "cancelled"),
    ]


def test_one_version_alone_can_be_stopped(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").command("new_version").publish()
    welcome.on("Mon 11:00").comes("Bea")
    welcome.on("Mon 12:00").command("stop", version=1)
    story = welcome.play()
    assert story.versions() == ["stopped", "live"]
    assert [story[person].status for person in ("Anna", "Bea")] == ["cancelled", "completed"]


def test_cancelled_people_are_never_counted_as_dropped_out(stage: Stage) -> None:
    stage.journey(wait("breathe", "1w"), exit=[{"event": "Complaint"}])
    stage.on("Mon 9:00").comes("Anna", "Bea")
    stage.on("Mon 10:00").does("Complaint", "Bea")
    stage.on("Mon 11:00").stop()
    book = stage.play().book()
    assert (book["cancelled"], book["dropped_out"], book["reasons"]) == (1, 1, {"exit_rule": 1})
