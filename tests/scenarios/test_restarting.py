"""Starting again what was stopped or is finished: only new passages, and nobody cancelled comes back."""

from __future__ import annotations

from scenarios.stage import Stage, end, mail, wait


def test_starting_again_makes_a_new_version_with_the_same_definition(welcome: Stage) -> None:
    welcome.on("Mon 9:00").stop()
    welcome.on("Tue 9:00").restart()
    welcome.on("Wed 9:00").comes("Anna")
    story = welcome.play()
    assert story.answers[-1] == "restart: a new version, live"
    assert story.versions() == ["stopped", "live"]
    assert (story["Anna"].version, story["Anna"].mails) == (2, ["hello", "goodbye"])


def test_only_new_people_go_through_a_journey_that_was_started_again(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").stop()
    welcome.on("Wed 9:00").restart()
    welcome.on("Thu 9:00").comes("Bea")
    story = welcome.play()
    assert story["Anna"].statuses == ["cancelled"]
    assert story["Anna"].mails == ["hello"]
    assert story["Bea"].status == "completed"


def test_with_once_cancelled_people_stay_out_for_good(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").stop()
    welcome.on("Wed 9:00").restart()
    welcome.on("Thu 9:00").comes("Anna")
    story = welcome.play()
    assert story["Anna"].statuses == ["cancelled"]
    assert story["Anna"].refusals == ["reentry_once"]


def test_where_one_may_come_again_a_cancelled_person_enters_as_a_new_participant(stage: Stage) -> None:
    stage.journey(mail("hello"), wait("breathe", "2d"), reentry={"mode": "after_exit"})
    stage.people("Anna")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").stop()
    stage.on("Wed 9:00").restart()
    stage.on("Thu 9:00").comes("Anna")
    story = stage.play()
    assert story["Anna"].statuses == ["cancelled", "completed"]
    assert story["Anna"].mails == ["hello", "hello"]


def test_a_finished_journey_can_be_started_again(welcome: Stage) -> None:
    welcome.on("Mon 9:00").close()
    welcome.on("Tue 9:00").restart()
    welcome.on("Wed 9:00").comes("Anna")
    story = welcome.play()
    assert story.versions() == ["finished", "live"]
    assert story["Anna"].status == "completed"


def test_what_runs_is_paused_or_closed_is_not_started_again(stage: Stage) -> None:
    for key in ("running", "paused", "closed"):
        stage.journey(wait("breathe", "1w"), key=key)
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00", "paused").pause()
    stage.on("Mon 10:00", "closed").close()
    for key in ("running", "paused", "closed"):
        stage.on("Mon 11:00", key).restart()
    assert stage.play().answers[2:] == [
        "restart: ✗ is_running",
        "restart: ✗ use_resume",
        "restart: ✗ closed_is_final",
    ]


def test_starting_again_is_refused_where_a_draft_stands(welcome: Stage) -> None:
    welcome.on("Mon 9:00").stop()
    welcome.on("Mon 10:00").command("new_version").restart()
    assert welcome.play().answers[-1] == "restart: ✗ draft_exists"


def test_starting_again_needs_a_definition_without_errors(stage: Stage) -> None:
    stage.journey(wait("breathe", "1w"), end("over", starts="second"))
    stage.journey(wait("breathe", "1w"), key="second")
    stage.on("Mon 9:00").stop()
    stage.on("Mon 10:00", "second").stop()
    stage.on("Mon 11:00").restart()
    story = stage.play()
    assert story.answers[-1] == "restart: ✗ invalid"
    assert story.versions() == ["stopped"]
