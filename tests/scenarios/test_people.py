"""People: who is let in, who is refused and why, and how a passage ends."""

from __future__ import annotations

import pytest

from scenarios.stage import Stage, awaits, end, experiment, mail, split, update, wait, webhook


def test_each_refusal_has_its_reason_and_the_first_rule_that_fails_gives_it(stage: Stage) -> None:
    stage.journey(
        wait("breathe", "1w"),
        filter={"field": "profile.country", "is": "SE"},
        exclude=["staff"],
        reentry={"mode": "after_exit", "min_interval": "30d"},
        exit=[{"event": "Complaint"}],
    )
    everybody = ("Anna", "Bea", "Carl", "Dora", "Eva")
    for person in everybody:
        stage.on("Mon 8:00").is_known(person, country="NO" if person == "Bea" else "SE")
    stage.on("Mon 8:00").joins("Carl", "staff")
    stage.on("Mon 8:30").forgets("Dora")
    stage.on("Mon 9:00").comes(*everybody)
    stage.on("Mon 10:00").comes("Anna")
    stage.on("Mon 11:00").does("Complaint", "Eva")
    stage.on("Mon 12:00").comes("Eva")
    story = stage.play(until="Tue 0:00")
    assert {person: story[person].refusals for person in everybody} == {
        "Anna": ["already_inside"],
        "Bea": ["filter"],
        "Carl": ["excluded"],
        "Dora": ["profile_deleted"],
        "Eva": ["reentry_interval"],
    }


def test_the_filter_is_asked_once_and_never_takes_anybody_out(stage: Stage) -> None:
    stage.journey(wait("breathe", "2d"), filter={"field": "profile.country", "is": "SE"})
    stage.on("Mon 8:00").is_known("Anna", country="SE")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00").is_known("Anna", country="NO")
    assert stage.play()["Anna"].status == "completed"


def test_the_exclusion_list_blocks_and_takes_out(stage: Stage) -> None:
    stage.journey(wait("breathe", "2d"), exclude=["staff"])
    stage.on("Mon 8:00").joins("Anna", "staff")
    stage.on("Mon 9:00").comes("Anna", "Bea")
    stage.on("Mon 10:00").joins("Bea", "staff")
    story = stage.play()
    assert story["Anna"].refusals == ["excluded"]
    assert (story["Bea"].reason, story["Bea"].left) == ("excluded", "Mon 10:00")


@pytest.mark.parametrize(
    ("reentry", "passages"),
    [
        ({"mode": "once"}, 1),
        ({"mode": "after_exit"}, 3),
        ({"mode": "after_exit", "min_interval": "2d"}, 2),
        ({"mode": "always"}, 3),
    ],
)
def test_how_often_somebody_may_come(stage: Stage, reentry: dict[str, str], passages: int) -> None:
    stage.journey(wait("breathe", "1h"), reentry=reentry)
    for day in ("Mon", "Tue", "Wed"):
        stage.on(f"{day} 9:00").comes("Anna")
    assert len(stage.play()["Anna"].passages) == passages


def test_at_most_so_many_are_let_in(stage: Stage) -> None:
    stage.journey(wait("breathe", "1h"), cap=2)
    for minute, person in enumerate(("Anna", "Bea", "Carl")):
        stage.on(f"Mon 9:0{minute}").comes(person)
    story = stage.play()
    assert [story[person].status for person in ("Anna", "Bea")] == ["completed", "completed"]
    assert story["Carl"].refusals == ["entry_cap"]


def test_a_goal_may_be_remembered_until_an_end_is_reached(stage: Stage) -> None:
    stage.journey(wait("breathe", "2d"), mail("hello"), goal={"when": {"event": "Order"}, "leave": False})
    stage.people("Anna", "Bea")
    stage.on("Mon 9:00").comes("Anna", "Bea")
    stage.on("Tue 9:00").does("Order", "Anna")
    story = stage.play()
    assert (story["Anna"].status, story["Anna"].mails) == ("succeeded", ["hello"])
    assert story["Bea"].status == "completed"


def test_the_goal_wins_over_an_exit_rule(stage: Stage) -> None:
    stage.journey(wait("breathe", "2d"), goal={"event": "Order"}, exit=[{"event": "Order"}])
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").does("Order", "Anna")
    assert stage.play()["Anna"].status == "succeeded"


def test_every_way_of_dropping_out_has_its_reason(stage: Stage) -> None:
    stage.journey(
        awaits("hear", "Click", "which", timeout="1d", otherwise="which"),
        split("which", {"event": "Click"}, "hello", "lost"),
        mail("hello", on_skip="drop_out"),
        end("lost"),
        lifetime="3w",
    )
    stage.on("Mon 8:00").is_known("Anna", email="nonsense")
    stage.on("Mon 9:00").comes("Anna", "Bea", "Carl", "Dora")
    stage.on("Mon 10:00").does("Click", "Anna").removes("Bea").forgets("Carl")
    story = stage.play()
    assert [story[person].reason for person in ("Anna", "Bea", "Carl", "Dora")] == [
        "no_address", "removed_by_user", "profile_deleted", None,
    ]  # fmt: skip
    assert story["Dora"].status == "completed"
    assert story.balanced


def test_a_lifetime_ends_a_passage(stage: Stage) -> None:
    stage.journey(wait("breathe", "2w"), lifetime="1w")
    stage.on("Mon 9:00").comes("Anna")
    story = stage.play()
    assert (story["Anna"].reason, story["Anna"].left) == ("lifetime_exceeded", "Mon+1 9:00")


def test_nobody_sticks_at_a_mail_that_is_not_sent(stage: Stage) -> None:
    stage.journey(mail("hello"), wait("breathe", "1d"), mail("goodbye"))
    stage.people("Anna")
    stage.on("Mon 8:00").answers("hello", outcome="skipped", reason="frequency_cap")
    stage.on("Mon 9:00").comes("Anna", "Bea")
    story = stage.play()
    assert story["Anna"].unsent == [("hello", "skipped", "frequency_cap")]
    assert story["Anna"].mails == ["goodbye"]
    assert [step for step, _, _ in story["Bea"].unsent] == ["hello", "goodbye"]  # no address
    assert [story[person].status for person in ("Anna", "Bea")] == ["completed", "completed"]


def test_who_is_not_subscribed_drops_out_and_who_may_not_be_asked_too(stage: Stage) -> None:
    stage.journey(mail("hello"), mail("goodbye"))
    stage.people("Anna")
    stage.on("Mon 8:00").answers("hello", outcome="skipped", reason="suppressed")
    stage.on("Mon 9:00").comes("Anna")
    assert stage.play()["Anna"].reason == "suppressed"


def test_a_mail_of_which_nobody_knows_whether_it_arrived_goes_on_as_sent_and_is_not_sent_twice(
    stage: Stage,
) -> None:
    stage.journey(mail("hello"), wait("breathe", "1d"), mail("goodbye"))
    stage.people("Anna")
    stage.on("Mon 8:00").answers("hello", outcome="uncertain")
    stage.on("Mon 9:00").comes("Anna")
    story = stage.play()
    assert story["Anna"].mails == ["hello", "goodbye"]
    assert [m["outcome"] for m in story["Anna"].messages] == ["uncertain", "sent"]


def test_the_end_of_one_journey_starts_another(stage: Stage) -> None:
    stage.journey(wait("breathe", "1d"), end("over", starts="second"))
    stage.journey(mail("hello"), key="second", triggers=[{"manual": True}])
    stage.people("Anna")
    stage.on("Mon 9:00").comes("Anna")
    story = stage.play()
    assert story["Anna"].status == "completed"
    assert story.of("Anna", "second").mailed == [("hello", "Tue 9:00")]


def test_entering_one_journey_takes_people_out_of_another(stage: Stage) -> None:
    stage.journey(wait("breathe", "1w"), removes_from=["winback"])
    stage.journey(wait("breathe", "3w"), key="winback", triggers=[{"event": "Went away"}])
    stage.on("Mon 9:00").does("Went away", "Anna")
    stage.on("Tue 9:00").comes("Anna")
    story = stage.play()
    assert story.of("Anna", "winback").reason == "entered_elsewhere"
    assert story["Anna"].status == "completed"


def test_what_a_step_writes_the_steps_behind_it_read(stage: Stage) -> None:
    gold = {"field": "profile.level", "is": "gold"}
    stage.journey(update("mark", level="gold"), split("which", gold, "yes", "no"), end("yes"), end("no"))
    stage.on("Mon 9:00").comes("Anna")
    assert stage.play()["Anna"].step == "yes"


def test_a_webhook_that_fails_for_good_drops_out_unless_a_way_is_drawn(stage: Stage) -> None:
    stage.journey(webhook("call", on_error="over"), mail("hello"), end("over"))
    stage.journey(webhook("call"), mail("hello"), key="second")
    for key in ("welcome", "second"):
        stage.on("Mon 8:00", key).answers("call", status=500)
    stage.on("Mon 9:00").comes("Anna")
    story = stage.play()
    assert (story["Anna"].status, story["Anna"].step) == ("completed", "over")
    assert story.of("Anna", "second").reason == "send_failed"


def test_an_experiment_sends_the_same_person_the_same_way_every_time(stage: Stage) -> None:
    stage.journey(experiment("test", "one", "two"), end("one"), end("two"), reentry={"mode": "always"})
    people = [f"Person {n}" for n in range(20)]
    stage.on("Mon 9:00").comes(*people)
    stage.on("Tue 9:00").comes(*people)
    story = stage.play()
    ways = [[passage["step"] for passage in story[person].passages] for person in people]
    assert all(first == second for first, second in ways)
    assert {first for first, _ in ways} == {"one", "two"}
