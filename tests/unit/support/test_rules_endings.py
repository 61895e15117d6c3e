"""The end of journeys and versions: delete, with what stays printed (P83, P84)."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, command, email, event, identify, journey, run

LONG = {"pause": {"wait": {"for": "9h"}}}
SHORT = {"pause": {"wait": {"for": "1h"}}}


def go(*times: str, user: str = "u1") -> list[dict[str, Any]]:
    return [event(time, user, "Go") for time in times]


def said(found: Any) -> list[str]:
    return [line.split(" ", 1)[1] for line in found.commands]


def test_a_stopped_journey_is_gone_and_what_happened_stays_printed(simulator: Simulator) -> None:
    commands = [command("9:30", "stop"), command("10:00", "delete"), command("10:01", "restart")]
    found = run(simulator, journey(LONG), go("9:00", "10:30"), commands)
    assert said(found) == [
        "stop v1 live > stopped",
        "delete v1 stopped > null",
        "restart v- null > null ?unknown_journey",
    ]
    assert found.people == ["j v1 u1#1 9:00 cancelled:journey_stopped pause 9:30"]
    assert found.moves == ["u1#1 9:00 null > pause", "u1#1 9:30 pause > null"]
    assert [(line["status"], line["entered"], line["cancelled"]) for line in found.kind("ledger")] == [
        ("stopped", 1, 1)
    ]
    assert found.refusals == []


def test_a_paused_journey_is_stopped_first_where_that_is_said(simulator: Simulator) -> None:
    commands = [
        command("9:30", "pause"),
        command("9:40", "delete"),
        command("9:45", "delete", stop_first=False),
        command("10:00", "delete", stop_first=True),
    ]
    feed = [*go("9:00"), *go("9:35", user="u2")]
    found = run(simulator, journey(LONG), feed, commands)
    assert said(found) == [
        "pause v1 live > paused",
        "delete v1 paused > paused !stop_first_needed",
        "delete v1 paused > paused !stop_first_needed",
        "delete v1 paused > null",
    ]
    assert found.kind("command")[3]["counts"] == {"inside": 2, "queued": 1, "messages": 0}
    assert found.people == [
        "j v1 u1#1 9:00 cancelled:journey_stopped pause 10:00",
        "j v1 u2#1 9:35 cancelled:journey_stopped - 10:00",
    ]
    assert found.moves == ["u1#1 9:00 null > pause", "u1#1 10:00 pause > null", "u2#1 10:00 null > null"]
    (ledger,) = found.kind("ledger")
    assert (ledger["status"], ledger["cancelled"]) == ("stopped", 2)
    assert ledger["steps"]["entry"] == {"in": 2, "here": 0, "out": 2}
    assert ledger["steps"]["pause"] == {"in": 1, "here": 0, "out": 1}


def test_a_message_that_waits_for_its_window_goes_with_the_journey(simulator: Simulator) -> None:
    case = journey({"mail": email("S")}, window={"from": "12:00", "to": "13:00"}, timezone="UTC")
    feed = [identify("8:00", "u1", email="u1@example.com"), *go("9:00")]
    commands = [command("9:30", "pause"), command("10:00", "delete", stop_first=True)]
    found = run(simulator, case, feed, commands)
    assert found.messages == ["u1#1 mail 10:00 cancelled:stop -"]


def test_running_and_closed_versions_are_not_deleted(simulator: Simulator) -> None:
    commands = [
        command("9:10", "delete", stop_first=True), command("9:20", "close"), command("9:30", "delete"),
        command("19:00", "delete"),
    ]  # fmt: skip
    found = run(simulator, journey(LONG), go("9:00"), commands)
    assert said(found) == [
        "delete v1 live > live !pause_or_stop_first",
        "close v1 live > closed",
        "delete v1 closed > closed !closed_not_deletable",
        "delete v1 finished > null",
    ]
    assert found.people == ["j v1 u1#1 9:00 completed end 18:00"]


def test_a_journey_goes_only_if_each_version_can(simulator: Simulator) -> None:
    files = {"v2.json": journey(LONG)}
    commands = [
        command("9:10", "apply", file="v2.json"), command("9:20", "publish"), command("9:30", "stop", version=2),
        command("9:40", "delete"), command("9:50", "delete", version=2), command("10:00", "delete", version=2),
        command("10:10", "new_version"),
    ]  # fmt: skip
    found = run(simulator, journey(LONG), go("9:00"), commands, files=files)
    assert said(found)[3:] == [
        "delete v1 closed > closed !closed_not_deletable",
        "delete v2 stopped > null",
        "delete v2 null > null ?unknown_version",
        "new_version v3 null > draft",
    ]
    assert [(line["version"], line["status"]) for line in found.kind("ledger")] == [
        (1, "finished"),
        (2, "stopped"),
        (3, "draft"),
    ]


def test_a_deleted_draft_leaves_nothing_and_its_number_is_given_again(simulator: Simulator) -> None:
    commands = [
        command("9:10", "new_version"), command("9:20", "delete", version=2), command("9:30", "new_version"),
    ]  # fmt: skip
    found = run(simulator, journey(LONG), go("9:00"), commands)
    assert said(found) == [
        "new_version v2 null > draft",
        "delete v2 draft > null",
        "new_version v2 null > draft",
    ]
    assert [(line["version"], line["status"]) for line in found.kind("ledger")] == [
        (1, "live"),
        (2, "draft"),
    ]


def test_the_key_is_free_and_having_been_in_the_former_journey_does_not_count(simulator: Simulator) -> None:
    once = journey(SHORT, reentry={"mode": "once"})
    commands = [
        command("11:00", "stop"), command("11:10", "delete"), command("11:20", "apply", None, file="j.json"),
        command("11:30", "publish"),
    ]  # fmt: skip
    found = run(simulator, once, go("9:00", "12:00", "14:00"), commands, files={"j.json": once})
    assert said(found)[1:] == ["delete v1 stopped > null", "apply v1 null > draft", "publish v1 draft > live"]
    assert found.people == ["j v1 u1#1 9:00 completed end 10:00", "j v1 u1#1 12:00 completed end 13:00"]
    assert found.refusals == ["u1 14:00 Go reentry_once"]
    assert [line["status"] for line in found.kind("ledger")] == ["stopped", "live"]


def test_deleting_a_version_keeps_who_was_in_it_out(simulator: Simulator) -> None:
    once = journey(SHORT, reentry={"mode": "once"})
    commands = [command("11:00", "stop"), command("11:10", "restart"), command("11:20", "delete", version=1)]
    found = run(simulator, once, go("9:00", "12:00"), commands)
    assert said(found)[2] == "delete v1 stopped > null"
    assert found.refusals == ["u1 12:00 Go reentry_once"]


def test_nobody_is_sent_on_to_a_deleted_journey(simulator: Simulator) -> None:
    first = journey({"pause": {"wait": {"for": "1h"}}, "on": {"end": {"start": "k"}}})
    second = journey(LONG, key="k", triggers=[{"manual": True}])
    commands = [command("9:30", "stop", "k"), command("9:40", "delete", "k")]
    found = run(simulator, [first, second], go("9:00"), commands)
    assert found.people == ["j v1 u1#1 9:00 completed on 10:00"]
    assert found.refusals == []
