"""Commands that make versions: P40, P45, P80 to P82."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, command, event, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
LONG = {"pause": {"wait": {"for": "9h"}}}
LATER = {"second": {"wait": {"for": "2h"}}}


def go(*times: str, user: str = "u1") -> list[dict[str, Any]]:
    return [event(time, user, "Go") for time in times]


def test_a_new_version_is_a_draft_like_the_newest_and_changes_nothing(simulator: Simulator) -> None:
    found = run(simulator, journey(LONG), go("9:00"), [command("10:00", "new_version")])
    assert found.commands == ["10:00 new_version v2 null > draft"]
    assert found.kind("command")[0]["counts"] == {"inside": 0, "queued": 0, "messages": 0}
    assert [line["status"] for line in found.kind("ledger")] == ["live", "draft"]
    assert found.people == ["j v1 u1#1 9:00 completed end 18:00"]


def test_a_second_draft_is_refused(simulator: Simulator) -> None:
    commands = [
        command("10:00", "new_version"),
        command("10:01", "new_version"),
        command("10:02", "new-version"),
    ]
    found = run(simulator, journey(LONG), go("9:00"), commands)
    refused = "new_version v2 draft > draft !draft_exists"
    assert found.commands[1:] == [f"10:01 {refused}", f"10:02 {refused}"]


def test_a_new_version_from_an_older_one_is_the_way_back(simulator: Simulator) -> None:
    files = {"v2.json": journey(LATER)}
    commands = [
        command("10:00", "apply", file="v2.json"),
        command("10:01", "publish"),
        command("10:02", "new_version", "j", None, **{"from": 1}),
        command("10:03", "publish"),
        command("10:04", "new_version", "j", None, **{"from": 9}),
    ]
    found = run(simulator, journey(WAIT), go("10:01", "11:30", user="u2"), commands, files=files)
    assert [line.split(" ", 1)[1] for line in found.commands] == [
        "apply v2 null > draft",
        "publish v2 draft > live",
        "new_version v3 null > draft",
        "publish v3 draft > live",
        "new_version v- null > null ?unknown_version",
    ]
    assert found.people == ["j v2 u2#1 10:01 completed end 12:01"]
    assert found.refusals == ["u2 11:30 Go already_inside"]


def test_edit_answers_with_the_draft_or_makes_one(simulator: Simulator) -> None:
    commands = [
        command("9:01", "edit"),
        command("9:02", "pause"),
        command("9:03", "edit"),
        command("9:04", "edit"),
        command("9:05", "edit", version=1),
        command("9:06", "publish"),
    ]
    found = run(simulator, journey(LONG), go("9:00"), commands)
    assert [line.split(" ", 1)[1] for line in found.commands] == [
        "edit v1 live > live !running_not_editable",
        "pause v1 live > paused",
        "edit v2 null > draft",
        "edit v2 draft > draft",
        "edit v2 draft > draft !draft_exists",
        "publish v2 draft > live",
    ]
    assert found.people == ["j v1 u1#1 9:00 active pause -"]


def test_start_again_is_a_new_version_with_the_same_definition(simulator: Simulator) -> None:
    feed = [*go("9:00", "9:45"), *go("9:00", "12:30", user="u2")]
    commands = [command("9:30", "stop"), command("10:00", "restart"), command("10:30", "restart")]
    found = run(simulator, journey(LONG), feed, commands, to="+1 0:00")
    assert [line.split(" ", 1)[1] for line in found.commands] == [
        "stop v1 live > stopped",
        "restart v2 null > live",
        "restart v2 live > live !is_running",
    ]
    # Who was cancelled stays so; with `always` one may come again. At 9:45 triggers were off.
    assert found.people == [
        "j v1 u1#1 9:00 cancelled:journey_stopped pause 9:30",
        "j v1 u2#1 9:00 cancelled:journey_stopped pause 9:30",
        "j v2 u2#2 12:30 completed end 21:30",
    ]


def test_with_once_everybody_who_was_ever_in_stays_out(simulator: Simulator) -> None:
    feed = [*go("9:00", "10:30"), *go("10:30", user="u2")]
    commands = [command("9:30", "stop"), command("10:00", "restart")]
    found = run(simulator, journey(WAIT, reentry={"mode": "once"}), feed, commands)
    assert found.people == [
        "j v1 u1#1 9:00 cancelled:journey_stopped pause 9:30",
        "j v2 u2#1 10:30 completed end 11:30",
    ]
    assert found.refusals == ["u1 10:30 Go reentry_once"]


def test_after_exit_counts_from_the_passage_that_was_cancelled(simulator: Simulator) -> None:
    rule = {"mode": "after_exit", "min_interval": "2h"}
    commands = [command("9:30", "stop"), command("9:30", "restart")]
    found = run(simulator, journey(WAIT, reentry=rule), go("9:00", "10:00", "11:00"), commands)
    assert found.people == [
        "j v1 u1#1 9:00 cancelled:journey_stopped pause 9:30",
        "j v2 u1#2 11:00 completed end 12:00",
    ]
    assert found.refusals == ["u1 10:00 Go reentry_interval"]


def test_restart_is_for_what_is_over_and_needs_no_draft_in_the_way(simulator: Simulator) -> None:
    commands = [
        command("9:01", "pause"), command("9:02", "restart"), command("9:03", "resume"), command("9:04", "close"),
        command("9:05", "restart"), command("9:06", "stop"), command("9:07", "new_version"),
        command("9:08", "restart"), command("9:09", "restart", version=7),
    ]  # fmt: skip
    found = run(simulator, journey(LONG), go("9:00"), commands)
    assert [line.split(" ", 1)[1] for line in found.commands if " restart " in line] == [
        "restart v1 paused > paused !use_resume",
        "restart v1 closed > closed !closed_is_final",
        "restart v2 draft > draft !draft_exists",
        "restart v7 null > null ?unknown_version",
    ]


def test_dates_are_planned_anew_at_a_restart(simulator: Simulator) -> None:
    case = journey(WAIT, start="2026-03-02T08:00:00", end="2026-03-02T11:00:00")
    commands = [command("9:30", "stop"), command("10:00", "restart"), command("12:00", "restart")]
    found = run(simulator, case, go("10:15", user="u2"), commands)
    assert [line.split(" ", 1)[1] for line in found.commands] == [
        "stop v1 live > stopped",
        "restart v2 null > live",
        "close v2 live > closed",
        "restart v3 null > live",
        "close v3 live > finished",
    ]
    assert found.people == ["j v2 u2#1 10:15 completed end 11:15"]


def test_a_schedule_of_a_restarted_version_comes_again(simulator: Simulator) -> None:
    case = journey(WAIT, triggers=[{"audience": "staff", "schedule": "now"}])
    audience = {"audience": "staff", "members": ["u1"]}
    commands = [command("9:30", "restart")]
    found = run(simulator, case, [], commands, audiences=[audience])
    assert found.commands == ["9:30 restart v2 null > live"]
    assert found.people == ["j v1 u1#1 0:00 completed end 1:00", "j v2 u1#2 9:30 completed end 10:30"]


def test_a_duplicate_is_a_journey_of_its_own(simulator: Simulator) -> None:
    commands = [
        command("9:01", "duplicate"),
        command("9:02", "duplicate"),
        command("9:03", "duplicate", key="other"),
        command("9:04", "duplicate", key="other"),
        command("9:30", "publish", "j-copy"),
    ]
    feed = [*go("9:00"), *go("9:45", user="u2")]
    found = run(simulator, journey(LONG), feed, commands, to="+1 0:00")
    assert [
        (line["journey"], line["version"], line["to"], line["error"]) for line in found.kind("command")
    ] == [
        ("j-copy", 1, "draft", None),
        ("j-copy-2", 1, "draft", None),
        ("other", 1, "draft", None),
        ("j", None, None, "journey_exists"),
        ("j-copy", 1, "live", None),
    ]
    assert found.people == [
        "j v1 u1#1 9:00 completed end 18:00",
        "j v1 u2#1 9:45 completed end 18:45",
        "j-copy v1 u2#1 9:45 completed end 18:45",
    ]
