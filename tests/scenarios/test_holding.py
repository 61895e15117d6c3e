"""All sending held: one switch over every journey, for when nothing may leave."""

from __future__ import annotations

from scenarios.stage import Stage, mail, wait


def test_while_all_sending_is_held_people_go_on_and_wait_at_their_mails(welcome: Stage) -> None:
    welcome.on("Mon 9:00").comes("Anna")
    welcome.on("Tue 9:00").command("hold_sending")
    welcome.on("Fri 9:00").command("release_sending")
    held = welcome.play(until="Thu 0:00")
    assert (held["Anna"].step, held["Anna"].mails) == ("goodbye", ["hello"])
    assert welcome.play()["Anna"].mailed == [("hello", "Mon 9:00"), ("goodbye", "Fri 9:00")]


def test_it_holds_every_journey_at_once(stage: Stage) -> None:
    for key in ("welcome", "winback"):
        stage.journey(mail("hello"), wait("breathe", "1d"), key=key)
    stage.people("Anna")
    stage.on("Mon 8:00").command("hold_sending")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").command("release_sending")
    story = stage.play()
    assert [story.of("Anna", key).mailed for key in ("welcome", "winback")] == [[("hello", "Tue 9:00")]] * 2
    assert story.answers == ["hold_sending: sending > held", "release_sending: held > sending"]


def test_who_buys_meanwhile_is_not_mailed_afterwards(stage: Stage) -> None:
    stage.journey(mail("hello"), wait("breathe", "1d"), goal={"event": "Order"})
    stage.people("Anna")
    stage.on("Mon 8:00").command("hold_sending")
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Mon 12:00").does("Order", "Anna")
    stage.on("Tue 9:00").command("release_sending")
    story = stage.play()
    assert (story["Anna"].status, story["Anna"].mails) == ("succeeded", [])
    assert story["Anna"].unsent == [("hello", "cancelled", "left")]
