"""Editing: drafts, new versions, and what becomes of the people inside the old one."""

from __future__ import annotations

from scenarios.stage import Stage, mail, wait

NEW = (mail("hello"), wait("breathe", "2d"), mail("farewell"))


def test_a_running_version_cannot_be_edited(welcome: Stage) -> None:
    welcome.on("Mon 9:00").command("edit")
    assert welcome.play().answers == ["edit: ✗ running_not_editable"]


def test_a_paused_version_is_edited_as_a_draft_of_the_next_one(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause()
    welcome.on("Mon 10:00").command("edit")
    story = welcome.play()
    assert story.answers[-1] == "edit: a new version, draft"
    assert story.versions() == ["paused", "draft"]


def test_there_is_one_draft_at_most(welcome: Stage) -> None:
    welcome.on("Mon 9:00").command("new_version").command("new_version")
    story = welcome.play()
    assert story.answers == ["new_version: a new version, draft", "new_version: ✗ draft_exists"]


def test_a_draft_changes_nothing_for_anybody(welcome: Stage) -> None:
    welcome.draft("new", *NEW)
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").saves("new")
    story = welcome.play()
    assert story["Anna"].mails == ["hello", "goodbye"]
    assert story.versions() == ["live", "draft"]


def test_with_a_new_version_people_stay_in_the_old_one_and_new_people_enter_the_new_one(
    welcome: Stage,
) -> None:
    welcome.draft("new", *NEW)
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").saves("new").publish()
    welcome.on("Mon 11:00").comes("Bea")
    story = welcome.play()
    assert (story["Anna"].version, story["Anna"].mails) == (1, ["hello", "goodbye"])
    assert (story["Bea"].version, story["Bea"].mails) == (2, ["hello", "farewell"])
    assert story.versions() == ["finished", "live"]


def test_or_everybody_moves_to_the_new_version(welcome: Stage) -> None:
    welcome.draft("new", *NEW)
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").saves("new").moves_everybody()
    story = welcome.play()
    assert (story["Anna"].version, story["Anna"].mails) == (2, ["hello", "farewell"])
    assert story.versions() == ["finished", "live"]
    assert [(story.book(n)["transferred_in"], story.book(n)["transferred_out"]) for n in (1, 2)] == [
        (0, 1),
        (1, 0),
    ]
    assert story.balanced


def test_a_new_version_may_begin_from_any_older_one_which_is_how_one_rolls_back(welcome: Stage) -> None:
    welcome.draft("new", *NEW)
    welcome.on("Mon 9:00").saves("new").publish()
    welcome.on("Mon 10:00").command("new_version", **{"from": 1}).publish()
    welcome.on("Mon 11:00").comes("Anna")
    story = welcome.play()
    assert (story["Anna"].version, story["Anna"].mails) == (3, ["hello", "goodbye"])


def test_somebody_inside_an_older_version_does_not_enter_the_new_one_as_well(stage: Stage) -> None:
    stage.journey(wait("breathe", "1w"), reentry={"mode": "always"})
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00").command("new_version").publish()
    stage.on("Mon 11:00").comes("Anna")
    story = stage.play(until="Sun 0:00")
    assert (story["Anna"].statuses, story["Anna"].version) == (["active"], 1)
    assert story["Anna"].refusals == ["already_inside"]


def test_once_means_once_over_all_versions(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Fri 9:00").command("new_version").publish()
    welcome.on("Sat 9:00").comes("Anna")
    story = welcome.play()
    assert story["Anna"].statuses == ["completed"]
    assert story["Anna"].refusals == ["reentry_once"]


def test_a_duplicate_is_a_journey_of_its_own_in_draft(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").command("duplicate")
    story = welcome.play()
    assert story.versions("welcome-copy") == ["draft"]
    assert story.versions() == ["live"]
    assert story["Anna"].status == "completed"
