"""Deleting: what runs is not deleted, what is paused is stopped first, and totals stay."""

from __future__ import annotations

from scenarios.stage import Stage


def test_a_running_journey_cannot_be_deleted(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").deletes()
    story = welcome.play()
    assert story.answers == ["delete: ✗ pause_or_stop_first"]
    assert story["Anna"].status == "completed"


def test_a_paused_journey_is_deleted_when_it_may_be_stopped_first(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").deletes()
    welcome.on("Mon 12:00").deletes(stop_first=True)
    story = welcome.play()
    assert story.answers[1:] == ["delete: ✗ stop_first_needed", "delete: paused > gone"]
    assert (story["Anna"].status, story["Anna"].reason) == ("cancelled", "journey_stopped")


def test_a_stopped_journey_is_deleted_and_what_happened_stays_counted(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").stop()
    welcome.on("Mon 11:00").deletes()
    story = welcome.play()
    assert story.answers[-1] == "delete: stopped > gone"
    assert story.book()["cancelled"] == 1


def test_a_deleted_journey_hears_nothing_and_takes_no_command(welcome: Stage) -> None:
    welcome.on("Mon 9:00").stop()
    welcome.on("Mon 10:00").deletes()
    welcome.on("Mon 11:00").comes("Anna")
    welcome.on("Mon 12:00").restart()
    story = welcome.play()
    assert story["Anna"].status is None
    assert story.answers[-1] == "restart: error unknown_journey"


def test_a_finished_journey_can_be_deleted(welcome: Stage) -> None:
    welcome.on("Mon 9:00").close()
    welcome.on("Mon 10:00").deletes()
    assert welcome.play().answers[-1] == "delete: finished > gone"


def test_a_draft_goes_without_a_trace_and_what_runs_goes_on(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").command("new_version")
    welcome.on("Mon 11:00").command("delete", version=2)
    story = welcome.play()
    assert story.versions() == ["live"]
    assert story["Anna"].status == "completed"
