"""Starting a journey: what a draft is, what publishing switches on, and what stands in its way."""

from __future__ import annotations

import pytest

from scenarios.stage import Stage, awaits, end, mail, wait

CHANGED = (mail("hello"), wait("breathe", "2d"), mail("goodbye"))


def drafted(stage: Stage, *steps: object, **settings: object) -> None:
    """Put a journey on stage that only a command publishes."""
    stage.draft("one", *(steps or CHANGED), **settings)  # type: ignore[arg-type]
    stage.on("Mon 8:00").saves("one")
    stage.people("Anna", "Bea")


def test_a_journey_that_was_never_started_lets_nobody_in(stage: Stage) -> None:
    drafted(stage)
    stage.on("Mon 9:00").comes("Anna")
    story = stage.play()
    assert story.status() == "draft"
    assert story["Anna"].status is None
    assert story["Anna"].refusals == []  # its triggers are off: nobody was even suggested


def test_publishing_switches_the_triggers_on(stage: Stage) -> None:
    drafted(stage)
    stage.on("Mon 9:00").publish()
    stage.on("Mon 9:01").comes("Anna")
    story = stage.play()
    assert story.answers[-1] == "publish: draft > live"
    assert story["Anna"].mails == ["hello", "goodbye"]
    assert story["Anna"].status == "completed"


def test_what_people_did_before_the_start_is_not_replayed(stage: Stage) -> None:
    drafted(stage)
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 9:01").publish()
    assert stage.play()["Anna"].status is None


def test_a_running_journey_takes_new_people_all_the_time(welcome: Stage) -> None:
    for day, person in (("Mon", "Anna"), ("Tue", "Bea"), ("Fri+2", "Carl")):
        welcome.on(f"{day} 9:00").comes(person)
    story = welcome.play()
    assert [story[person].entered for person in ("Anna", "Bea", "Carl")] == [
        "Mon 9:00", "Tue 9:00", "Fri+2 9:00",
    ]  # fmt: skip
    assert story.status() == "live"


def test_people_go_on_until_they_meet_the_goal_or_reach_an_end_or_drop_out(stage: Stage) -> None:
    stage.journey(
        awaits("buys", "Order", "thanks", timeout="2d", otherwise="over"),
        mail("thanks"),
        wait("later", "1w", next="over"),
        end("over"),
        goal={"event": "Upgrade"},
        exit=[{"event": "Complaint"}],
    )
    stage.people("Anna", "Bea", "Carl")
    stage.on("Mon 9:00").comes("Anna", "Bea", "Carl")
    stage.on("Tue 9:00").does("Order", "Anna").does("Complaint", "Carl")
    stage.on("Wed 8:00").does("Upgrade", "Anna")
    story = stage.play()
    assert (story["Anna"].status, story["Anna"].left) == ("succeeded", "Wed 8:00")
    assert (story["Bea"].status, story["Bea"].step, story["Bea"].left) == ("completed", "over", "Wed 9:00")
    assert (story["Carl"].status, story["Carl"].reason, story["Carl"].step) == (
        "dropped_out", "exit_rule", "buys",
    )  # fmt: skip
    assert story.balanced


@pytest.mark.parametrize("missing", ["from", "reply_to"])
def test_a_mail_without_sender_or_reply_address_keeps_a_journey_from_running(
    stage: Stage, missing: str
) -> None:
    drafted(stage, mail("hello", **{missing: None}))
    stage.on("Mon 9:00").publish()
    stage.on("Mon 10:00").comes("Anna")
    story = stage.play()
    assert story.answers[-1] == "publish: ✗ invalid"
    assert story.status() == "draft"
    assert story["Anna"].status is None


def test_warnings_keep_nothing_from_running(stage: Stage) -> None:
    drafted(stage, mail("hello"), triggers=[])
    stage.on("Mon 9:00").publish()
    stage.on("Mon 10:00").adds("Anna")
    story = stage.play()
    assert story.answers[1] == "publish: draft > live"
    assert story["Anna"].mails == ["hello"]


def test_before_its_start_date_people_queue_and_then_all_go(stage: Stage) -> None:
    stage.journey(mail("hello"), start="2026-03-04T09:00:00Z")
    stage.people("Anna", "Bea")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").comes("Bea")
    story = stage.play()
    assert story["Anna"].entered == "Mon 9:00"
    assert story["Anna"].mailed == story["Bea"].mailed == [("hello", "Wed 9:00")]


def test_two_versions_with_one_start_date_both_begin_at_it(stage: Stage) -> None:
    begins = {"start": "2026-03-04T09:00:00Z"}
    stage.journey(wait("breathe", "1d"), mail("hello"), **begins)
    stage.draft("two", wait("breathe", "1d"), mail("welcome"), **begins)
    stage.people("Anna", "Bea")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").saves("two").publish(people="stay")
    stage.on("Tue 10:00").comes("Bea")
    story = stage.play()
    assert story["Anna"].mailed == [("hello", "Thu 9:00")]
    assert story["Bea"].mailed == [
        ("welcome", "Thu 9:00")
    ]  # its wait begins at the start date, not at her entrance


@pytest.mark.parametrize(
    ("at_end", "status", "mails"),
    [("close", "completed", ["hello", "goodbye"]), ("stop", "cancelled", ["hello"])],
)
def test_its_end_date_closes_a_journey_or_stops_it(
    stage: Stage, at_end: str, status: str, mails: list[str]
) -> None:
    stage.journey(*CHANGED, end="2026-03-03T09:00:00Z", at_end=at_end)
    stage.people("Anna", "Bea")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Wed 9:00").comes("Bea")
    story = stage.play()
    assert (story["Anna"].status, story["Anna"].mails) == (status, mails)
    assert story["Bea"].status is None


def test_who_did_it_in_the_days_before_the_start_may_be_taken_in_as_well(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Thu 9:00").comes("Bea")
    welcome.on("Fri 9:00").publish(backfill="2d")
    story = welcome.play()
    assert (story["Anna"].status, story["Bea"].entered) == (None, "Fri 9:00")
    assert story.counts("publish")["backfill"] == 1
