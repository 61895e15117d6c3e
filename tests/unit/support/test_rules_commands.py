"""Commands: R17, R32, P3, P4, P14, P20, P21, P26, P34, P39 to P45."""

from __future__ import annotations

from typing import Any

from support.runner import Simulator, command, event, identify, journey, run

WAIT = {"pause": {"wait": {"for": "1h"}}}
LATER = {"second": {"wait": {"for": "2h"}}}


def go(*times: str, user: str = "u1") -> list[dict[str, Any]]:
    return [event(time, user, "Go") for time in times]


def test_the_output_has_its_kinds_and_keys_in_order(simulator: Simulator) -> None:
    feed = [*go("9:00", "9:01"), identify("8:00", "u1", email="u1@example.com")]
    case = journey({"mail": {"email": {"subject": "S", "text": "T", "transactional": True}}, **WAIT})
    case["email"] = {"from": "a@example.com", "reply_to": "a@example.com"}
    found = run(simulator, case, feed, [command("9:30", "pause")])
    assert [line["kind"] for line in found.lines] == [
        "command",
        "participant",
        "message",
        "refusal",
        "move",
        "move",
        "ledger",
    ]
    assert [list(line) for line in found.lines] == [
        ["kind", "at", "journey", "version", "command", "from", "to", "counts", "refused", "error"],
        [
            "kind",
            "journey",
            "version",
            "user_id",
            "entry_no",
            "entered_at",
            "status",
            "reason",
            "left_at",
            "step",
        ],
        [
            *("kind", "journey", "version", "user_id", "entry_no", "step", "channel", "at", "to", "subject"),
            *("outcome", "reason"),
        ],
        ["kind", "journey", "version", "user_id", "trigger", "at", "reason"],
        *[["kind", "journey", "user_id", "entry_no", "from", "to", "at", "version"]] * 2,
        [
            *(
                "kind",
                "journey",
                "version",
                "status",
                "entered",
                "transferred_in",
                "transferred_out",
                "active",
            ),
            *("completed", "succeeded", "dropped_out", "cancelled", "reasons", "steps"),
        ],
    ]
    assert found.lines[0]["at"] == "2026-03-02T09:30:00Z"


def test_the_matrix_of_a_life(simulator: Simulator) -> None:
    names = [
        "publish",
        "pause",
        "pause",
        "publish",
        "resume",
        "resume",
        "close",
        "close",
        "resume",
        "publish",
    ]
    commands = [command(f"9:{minute:02}", name) for minute, name in enumerate(names)]
    found = run(simulator, journey({"pause": {"wait": {"for": "9h"}}}), go("9:00"), commands)
    assert [line.split(" ", 1)[1] for line in found.commands] == [
        "publish v1 draft > live",
        "pause v1 live > paused",
        "pause v1 paused > paused",
        "publish v1 paused > paused !use_resume",
        "resume v1 paused > live",
        "resume v1 live > live",
        "close v1 live > closed",
        "close v1 closed > closed",
        "resume v1 closed > closed !closed_is_final",
        "publish v1 closed > closed !closed_is_final",
    ]


def test_a_closed_journey_can_pause_and_stop(simulator: Simulator) -> None:
    names = ["close", "pause", "close", "resume", "stop", "stop", "resume", "publish"]
    commands = [command(f"9:{minute + 1:02}", name) for minute, name in enumerate(names)]
    found = run(simulator, journey({"pause": {"wait": {"for": "9h"}}}), go("9:00"), commands[:-1])
    assert [line.split(" ", 1)[1] for line in found.commands] == [
        "close v1 live > closed",
        "pause v1 closed > paused",
        "close v1 paused > paused",
        "resume v1 paused > closed",
        "stop v1 closed > stopped",
        "stop v1 stopped > stopped",
        "resume v1 stopped > stopped !stopped_is_final",
    ]
    assert found.people == ["j v1 u1#1 9:00 cancelled:journey_stopped pause 9:05"]


def test_a_draft_takes_no_command_but_publish(simulator: Simulator) -> None:
    commands = [command("9:00", name) for name in ("pause", "stop", "add_people", "remove_people")]
    found = run(simulator, journey(WAIT), go("9:00"), [*commands, command("9:01", "publish")])
    assert [line.split(" ", 2)[2] for line in found.commands[:-1]] == ["v1 draft > draft !not_published"] * 4
    assert [line["counts"] for line in found.kind("command")[2:4]] == [
        {"added": 0, "unknown": 0},
        {"removed": 0, "unknown": 0},
    ]
    assert found.people == []


def test_unknown_journeys_and_versions_are_errors(simulator: Simulator) -> None:
    commands = [command("9:00", "pause", "nobody"), command("9:00", "pause", version=7)]
    found = run(simulator, journey(WAIT), [], commands)
    assert found.commands == [
        "9:00 pause v- null > null ?unknown_journey",
        "9:00 pause v7 null > null ?unknown_version",
    ]
    assert [line["counts"] for line in found.kind("command")] == [{}, {}]


def test_a_close_with_nobody_inside_finishes(simulator: Simulator) -> None:
    commands = [command("9:00", "close"), command("9:00", "pause")]
    found = run(simulator, journey(WAIT), [], commands)
    assert found.commands == [
        "9:00 close v1 live > finished",
        "9:00 pause v1 finished > finished !finished_is_final",
    ]


def test_a_closed_version_finishes_by_itself(simulator: Simulator) -> None:
    commands = [command("9:30", "close"), command("10:00", "pause"), command("10:01", "pause")]
    found = run(simulator, journey(WAIT), go("8:59"), [commands[0], commands[2]])
    assert found.commands[-1] == "10:01 pause v1 finished > finished !finished_is_final"
    removed = [commands[0], command("9:40", "remove_people", user_ids=["u1"]), command("9:40", "pause")]
    found = run(simulator, journey(WAIT), go("8:59"), removed)
    assert found.commands[-1] == "9:40 pause v1 closed > paused"
    assert found.ledger()["status"] == "paused"


def test_after_close_and_stop_triggers_are_off(simulator: Simulator) -> None:
    feed = [*go("9:00"), *go("10:00", user="u2")]
    for name, reason in (("close", "journey_closed"), ("stop", "journey_stopped")):
        commands = [command("9:30", name), command("11:00", "add_people", user_ids=["u1", "u2", "u3"])]
        found = run(simulator, journey(WAIT), feed, commands)
        assert found.refusals == [f"u1 11:00 manual {reason}", f"u2 11:00 manual {reason}"]
        assert found.kind("command")[1]["counts"] == {"added": 2, "unknown": 1}
        assert found.kind("command")[1]["refused"] is None


def test_a_stop_cancels_everybody_the_queue_too(simulator: Simulator) -> None:
    commands = [command("9:30", "pause"), command("10:00", "stop")]
    found = run(simulator, journey(WAIT), [*go("9:00"), *go("9:40", user="u2")], commands)
    assert found.people == [
        "j v1 u1#1 9:00 cancelled:journey_stopped pause 10:00",
        "j v1 u2#1 9:40 cancelled:journey_stopped - 10:00",
    ]
    assert found.kind("command")[1]["counts"] == {"inside": 2, "queued": 1, "messages": 0}
    assert found.ledger()["reasons"] == {}
    assert found.moves[-1] == "u2#1 10:00 null > null"


def test_people_are_added_and_removed_by_hand(simulator: Simulator) -> None:
    feed = [identify("8:00", "u1"), identify("8:00", "u2"), *go("9:00", user="u2")]
    commands = [
        command("9:00", "add_people", user_ids=["u1", "u1", "nobody"]),
        command("9:30", "remove_people", user_ids=["u1", "u3", "u1"]),
    ]
    found = run(simulator, journey(WAIT), feed, commands)
    assert found.people == [
        "j v1 u1#1 9:00 dropped_out:removed_by_user pause 9:30",
        "j v1 u2#1 9:00 completed end 10:00",
    ]
    assert found.refusals == ["u1 9:00 manual already_inside"]
    assert [line["counts"] for line in found.kind("command")] == [
        {"added": 2, "unknown": 1},
        {"removed": 1, "unknown": 1},
    ]
    assert found.commands[0] == "9:00 add_people v1 live > live"


def test_people_are_removed_from_one_version_where_it_is_named(simulator: Simulator) -> None:
    files = {"two.yaml": journey(LATER)}
    commands = [
        command("9:10", "apply", file="two.yaml"),
        command("9:20", "publish"),
        command("9:30", "remove_people", version=2, user_ids=["u1"]),
        command("9:40", "remove_people", version=1, user_ids=["u1"]),
    ]
    found = run(simulator, journey(WAIT), go("9:00"), commands, files=files)
    assert found.people == ["j v1 u1#1 9:00 dropped_out:removed_by_user pause 9:40"]


def test_a_deleted_person_leaves_and_never_comes_back(simulator: Simulator) -> None:
    other = journey(
        WAIT, key="k", triggers=[{"event": "Go", "when": {"field": "profile.n", "exists": False}}]
    )
    feed = [identify("8:00", "u1", n=1), *go("9:00"), identify("9:40", "u1", n=2), *go("9:50")]
    deletion = [command(time, "delete_profile", None, user_id="u1") for time in ("9:30", "9:31")]
    found = run(simulator, [journey(WAIT), other], feed, [*deletion, command("9:35", "pause")])
    assert found.people == ["j v1 u1#1 9:00 dropped_out:profile_deleted pause 9:30"]
    assert found.refusals == ["u1 9:50 Go profile_deleted", "u1 9:50 Go profile_deleted"]
    assert found.commands[:2] == ["9:30 delete_profile v- null > null", "9:31 delete_profile v- null > null"]
    assert [line["counts"] for line in found.kind("command")[:2]] == [{"deleted": 1}, {"deleted": 0}]


def test_a_definition_with_errors_is_not_published(simulator: Simulator) -> None:
    broken = journey({"fork": {"split": [{"when": {"event": "A"}, "next": "nowhere"}]}})
    commands = [command("9:00", "apply", file="two.yaml"), command("9:10", "publish")]
    found = run(simulator, journey(WAIT), go("9:30"), commands, files={"two.yaml": broken})
    assert found.commands == ["9:00 apply v2 null > draft", "9:10 publish v2 draft > draft !invalid"]
    assert found.people == ["j v1 u1#1 9:30 completed end 10:30"]
    assert found.ledger(2)["status"] == "draft"


def test_a_next_version_admits_and_the_former_one_is_closed(simulator: Simulator) -> None:
    commands = [command("9:10", "apply", file="two.yaml"), command("9:20", "publish", people="stay")]
    feed = [*go("9:00", "9:30"), *go("9:40", user="u2"), *go("11:00")]
    found = run(simulator, journey(WAIT), feed, commands, files={"two.yaml": journey(LATER)})
    assert found.commands == ["9:10 apply v2 null > draft", "9:20 publish v2 draft > live"]
    assert found.people == [
        "j v1 u1#1 9:00 completed end 10:00",
        "j v2 u1#2 11:00 completed end 13:00",
        "j v2 u2#1 9:40 completed end 11:40",
    ]
    assert found.refusals == ["u1 9:30 Go already_inside"]
    assert found.kind("refusal")[0]["version"] == 2
    assert [found.ledger(number)["status"] for number in (1, 2)] == ["finished", "live"]


def test_re_entry_looks_at_all_versions(simulator: Simulator) -> None:
    once = {"mode": "once"}
    commands = [command("10:10", "apply", file="two.yaml"), command("10:20", "publish")]
    files = {"two.yaml": journey(LATER, reentry=once)}
    found = run(simulator, journey(WAIT, reentry=once), go("9:00", "11:00"), commands, files=files)
    assert found.refusals == ["u1 11:00 Go reentry_once"]


def test_a_paused_version_stays_paused_with_its_entry_shut(simulator: Simulator) -> None:
    commands = [
        command("9:10", "pause"),
        command("9:20", "apply", file="two.yaml"),
        command("9:30", "publish"),
        command("9:40", "resume"),
    ]
    feed = [*go("9:00"), *go("9:15", user="u2"), *go("9:35", user="u3")]
    found = run(simulator, journey(WAIT), feed, commands, files={"two.yaml": journey(LATER)})
    assert found.commands[2:] == ["9:30 publish v2 draft > live", "9:40 resume v1 paused > closed"]
    assert found.people == [
        "j v1 u1#1 9:00 completed end 10:00",
        "j v1 u2#1 9:15 completed end 10:40",
        "j v2 u3#1 9:35 completed end 11:35",
    ]


def test_pause_and_stop_act_on_every_version(simulator: Simulator) -> None:
    commands = [
        command("9:10", "apply", file="two.yaml"),
        command("9:10", "publish"),
        command("9:20", "pause"),
        command("9:30", "resume", version=1),
        command("9:40", "stop"),
        command("9:50", "pause"),
    ]
    feed = [*go("9:00"), *go("9:15", user="u2")]
    found = run(simulator, journey(WAIT), feed, commands, files={"two.yaml": journey(LATER)})
    assert found.commands[2:] == [
        "9:20 pause v2 live > paused",
        "9:30 resume v1 paused > closed",
        "9:40 stop v2 paused > stopped",
        "9:50 pause v2 stopped > stopped !stopped_is_final",
    ]
    assert found.kind("command")[2]["counts"]["inside"] == 2
    assert [line["status"] for line in found.kind("ledger")] == ["stopped", "stopped"]


def test_a_publication_before_any_apply_is_that_of_the_file(simulator: Simulator) -> None:
    commands = [
        command("9:00", "publish"),
        command("9:10", "apply", file="two.yaml"),
        command("9:15", "apply", file="two.yaml"),
        command("9:20", "publish"),
    ]
    found = run(simulator, journey(WAIT), go("9:00", "11:00"), commands, files={"two.yaml": journey(LATER)})
    assert found.commands == [
        "9:00 publish v1 draft > live",
        "9:10 apply v2 null > draft",
        "9:15 apply v2 draft > draft",
        "9:20 publish v2 draft > live",
    ]
    assert [p[:11] for p in found.people] == ["j v1 u1#1 9", "j v2 u1#2 1"]


def test_apply_makes_a_journey_that_was_not_there(simulator: Simulator) -> None:
    commands = [
        command("9:00", "apply", "new", file="new.yaml"),
        command("9:00", "publish", "new"),
        command("9:00", "apply", None, file="none"),
    ]
    found = run(simulator, [], go("9:00"), commands, files={"new.yaml": journey(WAIT, key="new")})
    assert found.commands[0] == "9:00 apply v1 null > draft"
    assert found.commands[2] == "9:00 apply v- null > null ?unknown_file"
    assert found.people == ["new v1 u1#1 9:00 completed end 10:00"]
