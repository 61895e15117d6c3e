"""Journeys from the command line: drafts, the commands of their life, people by hand, lists, the audit."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.clock import SystemClock
from parcours.service.commands.waiting import find_in_flight, settle_in_flight
from parcours.store.database import Database
from support.cli import WELCOME, Answer, Cli

PEOPLE = [
    {"type": "identify", "userId": f"u{n}", "traits": {"country": "SE", "email": f"u{n}@example.com"}}
    for n in range(1, 4)
]


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


@pytest.fixture
def live(cli: Cli) -> Cli:
    assert cli("apply", cli.file("welcome.yaml", WELCOME)).status == 0
    assert cli("journey", "publish", "welcome").status == 0
    return cli


def first_line(answer: Answer) -> str:
    return answer.lines[0]


def test_there_is_nothing_at_first(cli: Cli) -> None:
    answer = cli("journey", "list")
    assert (answer.status, answer.out) == (0, "")
    assert "There are no journeys yet" in answer.error


def test_apply_makes_a_draft_and_replaces_it(cli: Cli) -> None:
    path = cli.file("welcome.yaml", WELCOME)
    staff = cli.file("staff.yaml", {"audience": "staff", "members": []})
    assert first_line(cli("apply", path, staff, "--dry-run")) == "welcome: draft 1 would be made."
    assert cli("journey", "list", "--json").json == []
    assert first_line(cli("apply", path, staff)) == "welcome: draft 1 is made."
    assert first_line(cli("apply", path)) == "welcome: draft 1 is replaced."
    answer = cli("apply", path, "--json").json
    assert [(one["journey"], one["version"], one["replaced"], one["saved"]) for one in answer] == [
        ("welcome", 1, True, True)
    ]


def test_a_draft_with_errors_is_saved_and_cannot_be_published(cli: Cli) -> None:
    steps = {**WELCOME["steps"], "breathe": {"wait": {"for": "2d"}, "next": "nowhere"}}
    answer = cli("apply", cli.file("welcome.yaml", {**WELCOME, "steps": steps}))
    assert answer.status == 0
    assert "It cannot be published yet" in answer.out
    refused = cli("journey", "publish", "welcome")
    assert refused.status == 1
    assert "(invalid)" in refused.error


def test_what_cannot_be_read_is_not_saved_because_it_would_be_lost(cli: Cli) -> None:
    answer = cli("apply", cli.file("welcome.yaml", {**WELCOME, "exit": [{"evnt": "Account Closed"}]}))
    assert answer.status == 1
    assert "is not saved: it holds what cannot be read" in answer.error
    assert cli("journey", "list", "--json").json == []


def test_a_file_that_cannot_be_read_leaves_the_others_alone(cli: Cli) -> None:
    answer = cli("apply", cli.file("bad.yaml", "a: b: c"), cli.file("welcome.yaml", WELCOME))
    assert answer.status == 1
    assert "bad.yaml is not saved" in answer.error
    assert [line["journey"] for line in cli("journey", "list", "--json").json] == ["welcome"]


def test_an_audience_file_sets_its_members_exactly(cli: Cli, database_url: str) -> None:
    def members() -> list[str]:
        with psycopg.connect(database_url) as connection:
            rows = connection.execute("SELECT user_id FROM parcours.profile JOIN parcours.membership USING "
                                      "(bucket, profile_id) ORDER BY 1").fetchall()  # fmt: skip
        return [user_id for (user_id,) in rows]

    both = cli.file("staff.yaml", {"audience": "staff", "members": ["u1", "u2"]})
    would = cli("apply", both, "--dry-run")
    assert would.lines == ["audience staff would have 2 members: 2 added, 0 removed."]
    assert members() == []
    assert cli("apply", both).lines == ["audience staff has 2 members: 2 added, 0 removed."]
    assert members() == ["u1", "u2"]
    other = cli.file("staff.yaml", {"audience": "staff", "members": ["u2", "u3"]})
    assert cli("apply", other).lines == ["audience staff has 2 members: 1 added, 1 removed."]
    assert members() == ["u2", "u3"]
    assert cli("apply", other, "--json").json[0]["added"] == 0
    # Journeys hear of each change.
    with psycopg.connect(database_url) as connection:
        heard = connection.execute("SELECT data ->> 'op' FROM parcours.pending ORDER BY feed_no").fetchall()
    assert [op for (op,) in heard] == ["add", "add", "add", "remove"]


def test_an_audience_by_condition_is_saved_and_goes_with_what_is_published(cli: Cli) -> None:
    rule = cli.file("vip.yaml", {"audience": "vip", "where": {"field": "profile.vip", "is": True}})
    saved = "audience vip is saved; journeys published from now on go by its condition."
    assert cli("apply", rule).lines == [saved]
    listed = cli("apply", cli.file("vip.yaml", {"audience": "vip", "members": ["u1"]}))
    assert listed.status == 1
    assert "(audience_kind_changed)" in listed.error
    around = cli.file("vip.yaml", {"audience": "vip", "where": {"not": {"audience": "rest"}}})
    assert cli("apply", around).lines == [saved]
    circle = cli("apply", cli.file("rest.yaml", {"audience": "rest", "where": {"audience": "vip"}}))
    assert circle.status == 1
    assert "(audience_cycle)" in circle.error
    weekly = {**WELCOME, "entry": {"triggers": [{"audience": "vip", "schedule": "0 9 1 1 *"}]}}
    cli("apply", cli.file("welcome.yaml", weekly))
    assert cli("journey", "publish", "welcome").status == 0
    [coming] = cli("journey", "show", "welcome", "--json").json["upcoming"]
    assert (coming["version"], coming["kind"], coming["at"][4:]) == (1, "run", "-01-01T09:00:00Z")
    assert "the schedule occurs" in cli("journey", "show", "welcome").out


def test_a_schedule_that_never_occurs_is_an_error(cli: Cli) -> None:
    never = {**WELCOME, "entry": {"triggers": [{"audience": "vip", "schedule": "0 9 31 2 *"}]}}
    answer = cli("check", cli.file("welcome.yaml", never))
    assert answer.status == 1
    assert "schedule_never" in answer.out


def test_a_life(live: Cli) -> None:
    assert first_line(live("journey", "pause", "welcome")) == (
        "welcome version 1 is paused (was live): nobody goes on, and no message leaves."
    )
    assert (
        first_line(live("journey", "resume", "welcome"))
        == "welcome version 1 is live (was paused): people go on."
    )
    assert (
        first_line(live("journey", "resume", "welcome"))
        == "welcome version 1 is live already; nothing to do."
    )
    answer = live("journey", "close", "welcome", "--json").json
    assert [(one["from_status"], one["to_status"]) for one in answer] == [("live", "finished")]
    refused = live("journey", "resume", "welcome")
    assert refused.status == 1
    assert refused.error.splitlines() == [
        "welcome: resume of version 1 is refused: This version is finished (finished_is_final)",
        "Use restart to begin again with the same definition, or make a new version.",
    ]


def test_a_dry_run_changes_nothing(live: Cli) -> None:
    answer = live("journey", "stop", "welcome", "--dry-run")
    assert "would become stopped (was live)" in first_line(answer)
    assert live("journey", "list", "--json").json[0]["status"] == "live"
    assert [line["command"] for line in live("audit", "--json").json] == ["publish", "apply"]


def test_several_journeys_are_commanded_one_by_one(live: Cli) -> None:
    answer = live("journey", "pause", "nope", "welcome", "--json")
    assert answer.status == 1
    assert [(one["journey"], one["to_status"]) for one in answer.json] == [("welcome", "paused")]
    assert "there is no journey nope (unknown_journey)" in answer.error


def test_a_version_can_be_named(live: Cli) -> None:
    assert live("apply", live.file("welcome.yaml", WELCOME)).status == 0
    refused = live("journey", "pause", "welcome", "--version", 2)
    assert (refused.status, "(not_published)" in refused.error) == (1, True)
    unknown = live("journey", "pause", "welcome", "--version", 9)
    assert (unknown.status, "(unknown_version)" in unknown.error) == (1, True)
    would = live("journey", "publish", "welcome", "--version", 2, "--dry-run")
    shut = (
        "Version 1 (live, 0 inside) would shut its entry; people inside it stay there, and go on to the end."
    )
    assert shut in would.lines
    [published] = live("journey", "publish", "welcome", "--version", 2, "--json").json
    assert published["shuts"] == {"version": 1, "status": "live", "inside": 0}
    listed = live("journey", "list", "--json").json[0]
    assert (listed["version"], listed["status"], listed["draft"]) == (2, "live", None)
    shown = live("journey", "show", "welcome", "--json").json
    assert [(v["version_no"], v["status"]) for v in shown["versions"]] == [(2, "live"), (1, "finished")]


def test_the_audit_keeps_who_what_and_why(live: Cli) -> None:
    live("journey", "pause", "welcome", "--reason", "wrong price")
    live("journey", "publish", "welcome")
    refused, paused, published, applied = live("audit", "welcome", "--json").json
    assert (applied["command"], applied["from_status"], applied["to_status"]) == ("apply", None, "draft")
    assert (paused["command"], paused["reason"], paused["from_status"], paused["to_status"]) == (
        "pause", "wrong price", "live", "paused",
    )  # fmt: skip
    assert paused["actor"].startswith("cli")
    assert (refused["command"], refused["refused"]) == ("publish", "use_resume")
    assert published["command"] == "publish"
    lines = live("audit", "welcome", "--limit", 1).lines
    assert len(lines) == 2
    assert "refused: use_resume" in lines[1]


def test_people_are_suggested_and_taken_out_by_hand(live: Cli, database_url: str) -> None:
    assert live("import", live.file("people.jsonl", PEOPLE)).status == 0
    added = live("journey", "add-people", "welcome", "u1", "u2", "nobody")
    assert added.status == 0
    assert added.lines == ["welcome: 2 suggested.", "unknown: nobody"]
    listed = live.file("ids.txt", "u3\n\nu1\n")
    assert live("journey", "add-people", "welcome", "--file", listed, "--json").json["counts"] == {
        "added": 2, "unknown": 0,
    }  # fmt: skip
    with psycopg.connect(database_url) as connection:
        kinds = connection.execute("SELECT count(*) FROM parcours.pending WHERE kind = 'add'").fetchone()
    assert kinds == (4,)
    # Nobody is inside before the engine has decided.
    gone = live("journey", "remove-people", "welcome", "u1", "nobody")
    assert gone.lines == ["welcome: 0 taken out.", "not inside: u1", "unknown: nobody"]
    assert live("journey", "add-people", "welcome").status == 2


def test_people_cannot_be_added_to_a_draft(cli: Cli) -> None:
    cli("apply", cli.file("welcome.yaml", WELCOME))
    answer = cli("journey", "add-people", "welcome", "u1")
    assert (answer.status, "(not_published)" in answer.error) == (1, True)


def test_workers_are_told_of_every_command(live: Cli, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("LISTEN parcours")
        live("journey", "pause", "welcome")
        live("import", live.file("people.jsonl", PEOPLE))
        heard = [notice.payload for notice in connection.notifies(timeout=5, stop_after=2)]
    assert heard == ["welcome", ""]


def hold_message(connection: psycopg.Connection[Any], done_by: str) -> None:
    """Put a message of the journey into a provider's hands."""
    connection.execute(
        "INSERT INTO parcours.message (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step, "
        "channel, state, queued_at, due_at, feed_no, begin_by, done_by) "
        "SELECT 3, gen_random_uuid(), journey_id, version_id, "
        "gen_random_uuid(), 1, 1, 'hello', 'email', 'claimed', now(), now(), 1, now(), now() + %s::interval "
        "FROM parcours.version",
        [done_by],
    )


def test_a_pause_waits_for_what_the_provider_holds(live: Cli, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        hold_message(connection, "-1 minute")
    answer = live("journey", "pause", "welcome")
    assert answer.lines[-1] == "1 messages were in a provider's hands: 1 uncertain."
    assert "Waiting for 1 messages" in answer.error
    [result] = live("journey", "stop", "welcome", "--no-wait", "--json").json
    assert result["in_flight"] == 1
    assert "settled" not in result


async def test_the_wait_ends_with_the_last_outcome(live: Cli, database_url: str) -> None:
    async with await Database.connect(database_url, connections=2) as database:
        with psycopg.connect(database_url, autocommit=True) as connection:
            row = connection.execute("SELECT version_id FROM parcours.version").fetchone()
            assert row is not None
            hold_message(connection, "1 hour")
            held = await find_in_flight(database, [row[0]])
            waiting = asyncio.create_task(settle_in_flight(database, [row[0]], SystemClock(), held=held))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
            connection.execute("UPDATE parcours.message SET state = 'sent', done_by = NULL")
            assert await asyncio.wait_for(waiting, 10) == {"sent": 1, "uncertain": 0}


def test_json_is_json_everywhere(live: Cli) -> None:
    for arguments in (["journey", "list"], ["journey", "show", "welcome"], ["ledger"], ["audit"]):
        assert json.loads(live(*arguments, "--json").out)


def test_stop_start_again_and_copies(live: Cli) -> None:
    refused = live("journey", "restart", "welcome")
    assert refused.status == 1
    assert "(is_running)" in refused.error
    assert live("journey", "stop", "welcome").status == 0
    would = live("journey", "restart", "welcome", "--dry-run")
    assert first_line(would).startswith("welcome version 2 would become live: ")
    assert [v["version_no"] for v in live("journey", "show", "welcome", "--json").json["versions"]] == [1]
    assert first_line(live("journey", "restart", "welcome")).startswith("welcome version 2 is live: ")
    assert first_line(live("journey", "new-version", "welcome", "--from", "1")) == (
        "welcome version 3 is made, a draft. `parcours apply FILE` replaces it, `parcours journey publish` starts it."
    )
    assert "(draft_exists)" in live("journey", "new-version", "welcome").error
    assert first_line(live("journey", "edit", "welcome")).startswith("welcome version 3 is the draft.")
    assert "(running_not_editable)" in live("journey", "edit", "welcome", "--version", "2").error
    copy = live("journey", "duplicate", "welcome")
    assert first_line(copy).startswith("welcome-copy version 1 is made, a draft.")
    assert "(journey_exists)" in live("journey", "duplicate", "welcome", "--key", "welcome").error
    names = {
        line["journey"]: (line["name"], line["status"]) for line in live("journey", "list", "--json").json
    }
    name = "Welcome new customers"
    assert names == {"welcome": (name, "live"), "welcome-copy": (f"{name} (copy)", "draft")}
    trail = [(one["command"], one["options"]) for one in live("audit", "welcome", "--json").json]
    assert trail[:4] == [
        ("duplicate", {"key": "welcome-copy"}),
        ("edit", {}),
        ("edit", {}),
        ("new_version", {}),
    ]
    assert ("restart", {"from": 1}) in trail


def test_delete_says_what_stands_in_the_way_and_keeps_the_totals(live: Cli) -> None:
    assert "(pause_or_stop_first)" in live("journey", "delete", "welcome").error
    live("journey", "pause", "welcome")
    refused = live("journey", "delete", "welcome")
    assert refused.status == 1
    assert "(stop_first_needed)" in refused.error
    assert "--stop-first" in refused.error
    would = live("journey", "delete", "welcome", "--stop-first", "--dry-run")
    assert first_line(would).startswith("welcome would be deleted, 1 version: ")
    assert [line["journey"] for line in live("journey", "list", "--json").json] == ["welcome"]
    assert live("journey", "delete", "welcome", "--stop-first", "--reason", "no more").status == 0
    assert live("journey", "list", "--json").json == []
    assert "(unknown_journey)" in live("journey", "show", "welcome").error
    (gone,) = live("journey", "list", "--deleted", "--json").json
    assert (gone["journey"], gone["version_no"], gone["status"], gone["reason"]) == (
        "welcome",
        1,
        "stopped",
        "no more",
    )
    assert gone["totals"]["entered"] == 0
    assert "welcome" in live("journey", "list", "--deleted").out
    assert live("audit", "welcome", "--json").json[0]["command"] == "delete"
    # The key is free.
    assert "welcome: draft 1 is made." in live("apply", live.file("again.yaml", WELCOME)).lines


def test_the_audit_is_asked_by_journey_person_command_time_and_refusal(live: Cli) -> None:
    live("journey", "pause", "welcome", "--reason", "a typo")
    live("journey", "stop", "welcome")
    live("journey", "resume", "welcome")

    def commands(*options: str) -> list[str]:
        return [line["command"] for line in live("audit", *options, "--json").json]

    assert commands() == ["resume", "stop", "pause", "publish", "apply"]
    me = live("audit", "--json").json[0]["actor"]
    assert me.startswith("cli:")
    assert commands("--actor", me) == commands("--actor", me.removeprefix("cli:")) == commands()
    assert commands("--actor", "somebody") == commands("--actor", "engine") == []
    assert commands("welcome", "--command", "pause") == ["pause"]
    assert commands("other") == []
    assert commands("--refused") == ["resume"]
    assert commands("--since", "1h") == commands("--since", "2020-01-01") == commands()
    assert commands("--since", "2090-01-01T00:00:00Z") == []
    [line] = live("audit", "--command", "pause", "--json").json
    assert (line["reason"], line["refused"], line["counts"]["inside"]) == ("a typo", None, 0)
    assert "(bad_instant)" in live("audit", "--since", "yesterday").error


def test_until_is_read_in_the_time_zone_of_the_journey(live: Cli) -> None:
    stockholm = {**WELCOME, "journey": "north", "timezone": "Europe/Stockholm"}
    assert live("apply", live.file("north.yaml", stockholm)).status == 0
    assert live("journey", "publish", "north").status == 0
    assert live("journey", "pause", "north", "--until", "2090-01-01T12:00").status == 0
    [audited, *_] = live("audit", "north", "--json").json
    assert (audited["command"], audited["options"]["until"]) == ("pause", "2090-01-01T11:00:00Z")
    wrong = live("journey", "pause", "north", "--until", "noon")
    assert (wrong.status, "(bad_instant)" in wrong.error, "--until" in wrong.error) == (1, True, True)
