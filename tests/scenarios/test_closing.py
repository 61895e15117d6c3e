"""Closing: nobody enters any more, and whoever is inside goes on to the end. The usual way to end a journey."""

from __future__ import annotations

from scenarios.stage import Stage, mail, wait


def test_nobody_enters_a_closed_journey(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").comes("Bea")
    story = welcome.play()
    assert story.answers == ["close: live > closed"]
    assert story["Bea"].status is None
    assert story["Bea"].refusals == []  # its triggers are off


def test_people_inside_a_closed_journey_go_on_to_the_end(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    story = welcome.play()
    assert story["Anna"].mailed == [("hello", "Mon 9:00"), ("goodbye", "Wed 9:00")]
    assert story["Anna"].status == "completed"


def test_a_closed_journey_is_finished_when_the_last_person_leaves(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").close()
    assert welcome.play(until="Wed 8:00").status() == "closed"
    assert welcome.play().status() == "finished"


def test_closing_a_journey_with_nobody_inside_finishes_it_at_once(welcome: Stage) -> None:
    welcome.on("Mon 9:00").close()
    assert welcome.play().answers == ["close: live > finished"]


def test_who_is_added_by_hand_to_a_closed_journey_is_told_so(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").adds("Bea")
    story = welcome.play()
    assert story["Bea"].status is None
    assert story["Bea"].refusals == ["journey_closed"]


def test_goals_and_exit_rules_work_on_in_a_closed_journey(stage: Stage) -> None:
    stage.journey(wait("breathe", "1w"), goal={"event": "Order"}, exit=[{"event": "Complaint"}])
    stage.on("Mon 9:00").comes("Anna", "Bea")
    stage.on("Mon 10:00").close()
    stage.on("Tue 9:00").does("Order", "Anna").does("Complaint", "Bea")
    story = stage.play()
    assert (story["Anna"].status, story["Bea"].status) == ("succeeded", "dropped_out")
    assert story.status() == "finished"


def test_a_closed_journey_is_never_resumed(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").resume()
    story = welcome.play()
    assert story.answers[-1] == "resume: ✗ closed_is_final"


def test_a_closed_journey_is_neither_restarted_nor_deleted(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").restart()
    welcome.on("Mon 12:00").command("delete")
    assert welcome.play(until="Tue 0:00").answers[1:] == [
        "restart: ✗ closed_is_final",
        "delete: ✗ closed_not_deletable",
    ]


def test_a_closed_journey_goes_on_as_a_new_version(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").command("new_version").publish()
    welcome.on("Mon 12:00").comes("Bea")
    story = welcome.play()
    assert story.answers[1:] == ["new_version: a new version, draft", "publish: draft > live"]
    assert (story["Anna"].version, story["Anna"].status) == (1, "completed")
    assert (story["Bea"].version, story["Bea"].status) == (2, "completed")
    assert story.versions() == ["finished", "live"]


def test_a_closed_journey_can_be_duplicated(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").close()
    welcome.on("Mon 11:00").command("duplicate")
    welcome.on("Mon 12:00", "welcome-copy").publish()
    welcome.on("Mon 13:00").comes("Bea")
    story = welcome.play()
    assert story["Bea"].status is None
    assert story.of("Bea", "welcome-copy").status == "completed"


def test_queued_people_are_inside_and_go_on_too(stage: Stage) -> None:
    stage.journey(mail("hello"), start="2026-03-04T09:00:00Z")
    stage.people("Anna")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").close()
    story = stage.play()
    assert story["Anna"].mailed == [("hello", "Wed 9:00")]
    assert story.status() == "finished"
