"""Resuming: everybody goes on from where they stood, events first, then what became due, then the queue."""

from __future__ import annotations

from scenarios.stage import Stage, end, mail, split, wait


def test_people_go_on_from_the_step_at_which_they_stood(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").resume()
    story = welcome.play()
    assert story.answers == ["pause: live > paused", "resume: paused > live"]
    assert story["Anna"].way == ["hello", "breathe", "goodbye", "end"]
    assert story["Anna"].mailed == [("hello", "Mon 9:00"), ("goodbye", "Wed 9:00")]


def test_queued_people_go_to_the_first_step(welcome: Stage) -> None:
    welcome.on("Mon 9:00").pause()
    welcome.on("Mon 10:00").comes("Anna")
    welcome.on("Tue 9:00").resume()
    story = welcome.play()
    assert story["Anna"].entered == "Mon 10:00"
    assert story["Anna"].mailed == [("hello", "Tue 9:00"), ("goodbye", "Thu 9:00")]


def test_the_filter_is_not_asked_again_but_goal_exit_rules_and_exclusion_are(stage: Stage) -> None:
    stage.journey(
        mail("hello"),
        filter={"field": "profile.country", "is": "SE"},
        goal={"field": "profile.plan", "is": "pro"},
        exclude=["staff"],
    )
    for person in ("Anna", "Bea", "Carl"):
        stage.on("Mon 8:00").is_known(person, email=f"{person}@example.com", country="SE")
    stage.on("Mon 9:00").pause()
    stage.on("Mon 10:00").comes("Anna", "Bea", "Carl")
    stage.on("Mon 11:00").is_known("Anna", country="NO").is_known("Bea", plan="pro").joins("Carl", "staff")
    stage.on("Tue 9:00").resume()
    story = stage.play()
    assert story["Anna"].mailed == [("hello", "Tue 9:00")]
    assert story["Bea"].status == "succeeded"
    assert (story["Carl"].status, story["Carl"].reason) == ("dropped_out", "excluded")


def test_of_events_kept_for_a_wait_the_one_that_happened_first_decides(stage: Stage) -> None:
    ways = [
        {"event": "Click", "next": "clicked"},
        {"event": "Order", "next": "bought"},
        {"timeout": "3w", "next": "over"},
    ]
    stage.journey(("hear", {"wait_for": ways}), end("clicked"), end("bought"), end("over"))
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").pause()
    stage.on("Wed 9:00").does("Order", "Anna")
    stage.on("Thu 9:00").does("Click", "Anna")
    stage.on("Fri 9:00").resume()
    story = stage.play()
    assert (story["Anna"].step, story["Anna"].left) == ("bought", "Fri 9:00")


def test_what_became_due_in_a_pause_happens_at_resume_and_what_follows_counts_from_then(stage: Stage) -> None:
    stage.journey(wait("one", "1d"), mail("hello"), wait("two", "1d"), mail("goodbye"))
    stage.people("Anna")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00").pause()
    stage.on("Fri 9:00").resume()
    assert stage.play()["Anna"].mailed == [("hello", "Fri 9:00"), ("goodbye", "Sat 9:00")]


def test_a_running_journey_has_nothing_to_resume(welcome: Stage) -> None:
    welcome.on("Mon 9:00").resume()
    assert welcome.play().answers == ["resume: live"]


def test_a_resume_is_refused_where_what_the_journey_starts_has_been_stopped_meanwhile(stage: Stage) -> None:
    stage.journey(wait("breathe", "1w"), end("over", starts="second"))
    stage.journey(wait("breathe", "1w"), key="second")
    stage.on("Mon 9:00").pause()
    stage.on("Mon 10:00", "second").stop()
    stage.on("Mon 11:00").resume()
    story = stage.play()
    assert story.answers[-1] == "resume: ✗ invalid"
    assert story.status() == "paused"


# Resume with changes: pause, edit, switch on -----------------------------------------------------------------------


def test_changes_count_for_whoever_has_not_passed_the_step_yet(welcome: Stage) -> None:
    welcome.draft(
        "better", mail("hello", subject="Hi"), wait("breathe", "2d"), mail("goodbye", subject="Bye")
    )
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").comes("Bea")
    welcome.on("Mon 12:00").saves("better")
    welcome.on("Mon 13:00").resumes_with_changes()
    story = welcome.play()
    assert [m["subject"] for m in story["Anna"].messages] == ["hello", "Bye"]
    assert [m["subject"] for m in story["Bea"].messages] == ["Hi", "Bye"]
    assert (story["Anna"].version, story["Bea"].version) == (2, 2)
    assert story.versions() == ["finished", "live"]
    assert story.balanced


def test_a_step_put_in_behind_somebody_is_not_visited(welcome: Stage) -> None:
    welcome.draft("better", mail("hello"), mail("extra"), wait("breathe", "2d"), mail("goodbye"))
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").comes("Bea").saves("better")
    welcome.on("Mon 12:00").resumes_with_changes()
    story = welcome.play()
    assert story["Anna"].mails == ["hello", "goodbye"]
    assert story["Bea"].mails == ["hello", "extra", "goodbye"]


def test_people_at_a_step_that_is_gone_need_an_answer(welcome: Stage) -> None:
    welcome.draft("shorter", mail("hello"), mail("goodbye"))
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").saves("shorter").resumes_with_changes()
    story = welcome.play()
    assert story.answers[-1] == "resume: ✗ answers_needed"
    assert story.status() == "paused"


def test_they_go_on_at_another_step_or_drop_out_as_it_was_answered(stage: Stage) -> None:
    ends = []
    for answer in ("goodbye", None):
        one = Stage(stage.simulator)
        one.journey(mail("hello"), wait("breathe", "2d"), mail("goodbye"))
        one.draft("shorter", mail("hello"), mail("goodbye"))
        one.people("Anna")
        one.on("Mon 9:00").comes("Anna")
        one.on("Mon 10:00").pause()
        one.on("Mon 11:00").saves("shorter").resumes_with_changes(breathe=answer)
        anna = one.play()["Anna"]
        ends.append((anna.status, anna.reason, anna.mails))
    assert ends == [("completed", None, ["hello", "goodbye"]), ("dropped_out", "step_removed", ["hello"])]


def test_goals_and_exit_rules_of_the_new_version_are_judged_first(welcome: Stage) -> None:
    welcome.draft(
        "goal",
        mail("hello"),
        wait("breathe", "2d"),
        mail("goodbye"),
        goal={"field": "profile.plan", "is": "pro"},
    )
    welcome.on("Mon 8:00").is_known("Anna", plan="pro")
    welcome.on("Mon 9:00").comes("Anna", "Bea")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").saves("goal").resumes_with_changes()
    story = welcome.play()
    assert (story["Anna"].status, story["Anna"].mails) == ("succeeded", ["hello"])
    assert story["Bea"].status == "completed"


def test_a_step_keeps_its_kind_while_people_stand_there(welcome: Stage) -> None:
    welcome.draft("odd", mail("hello"), mail("breathe"), mail("goodbye"))
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").saves("odd").resumes_with_changes()
    assert welcome.play().answers[-1] == "resume: ✗ kind_changed"


def test_settings_are_read_when_a_step_happens_and_a_deadline_that_runs_stays(welcome: Stage) -> None:
    welcome.draft("slower", mail("hello"), wait("breathe", "1w"), mail("goodbye"))
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Mon 10:00").pause()
    welcome.on("Mon 11:00").comes("Bea").saves("slower")
    welcome.on("Mon 12:00").resumes_with_changes()
    story = welcome.play()
    assert story["Anna"].mailed[-1] == ("goodbye", "Wed 9:00")
    assert story["Bea"].mailed == [("hello", "Mon 12:00"), ("goodbye", "Mon+1 12:00")]


def test_branches_of_the_new_version_decide_for_those_who_come_to_them(stage: Stage) -> None:
    def steps(first: str, second: str) -> list[object]:
        pro = {"field": "profile.plan", "is": "pro"}
        return [wait("breathe", "2d"), split("which", pro, first, second), end("one"), end("two")]

    stage.journey(*steps("one", "two"))  # type: ignore[arg-type]
    stage.draft("other", *steps("two", "one"))  # type: ignore[arg-type]
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 10:00").pause()
    stage.on("Mon 11:00").saves("other").resumes_with_changes()
    assert stage.play()["Anna"].step == "one"
