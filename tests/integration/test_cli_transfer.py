"""Publish plan, people who move, resume with changes: from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.cli import Cli

MAIL = {"from": "Anna <anna@example.com>", "reply_to": "help@example.com", "transactional": True}
FIRST: dict[str, Any] = {
    "journey": "j",
    "entry": {"triggers": [{"manual": True}]},
    "email": MAIL,
    "steps": {"hello": {"email": {"subject": "Hello", "text": "T"}}, "pause": {"wait": {"for": "2d"}}},
}
SECOND = {
    **FIRST,
    "name": "Another",
    "steps": {"rest": {"wait": {"for": "1d"}}, "pause": {"wait": {"for": "3d"}}},
}


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    found = Cli(capsys, tmp_path)
    assert found("apply", found.file("first.yaml", FIRST)).status == 0
    assert found("journey", "publish", "j").status == 0
    return found


def test_apply_shows_the_plan_and_changes_nothing_in_a_dry_run(cli: Cli) -> None:
    answer = cli("apply", cli.file("second.yaml", SECOND), "--dry-run")
    assert "  `hello` is removed: email" in answer.lines
    assert "  `pause`: for was 2d, is 3d" in answer.lines
    assert "  name is new: Another" in answer.lines
    assert "Nobody is inside." in answer.lines
    [written] = cli("apply", cli.file("second.yaml", SECOND), "--dry-run", "--json").json
    assert [change["kind"] for change in written["plan"]["changes"]] == [
        "route_changed", "step_removed", "step_changed", "step_added", "changed",
    ]  # fmt: skip
    assert cli("journey", "publish", "j", "--people", "move", "--dry-run").status == 0


def test_a_dry_run_of_publish_says_what_becomes_of_people(cli: Cli) -> None:
    cli("apply", cli.file("second.yaml", SECOND))
    stays = cli("journey", "publish", "j", "--dry-run", "--json").json[0]
    assert (stays["plan"]["people"], stays["plan"]["steps"]) == ("stay", [])
    moves = cli(
        "journey", "publish", "j", "--people", "move", "--answer", "hello=rest", "--dry-run", "--json"
    ).json[0]
    assert moves["plan"]["answers"] == {"hello": "rest"}
    assert (moves["to_status"], moves["refused"]) == ("live", None)
    assert cli("journey", "show", "j", "--json").json["versions"][0]["status"] == "draft"


def test_answers_are_read_and_wrong_ones_are_named(cli: Cli) -> None:
    cli("apply", cli.file("second.yaml", SECOND))
    for answer, code in (
        ("hello", "bad_option"),
        ("hello=nowhere", "unknown_answer"),
        ("pause=rest", "unknown_answer"),
    ):
        wrong = cli("journey", "publish", "j", "--people", "move", "--answer", answer)
        assert (wrong.status, code in wrong.error) == (1, True), wrong
    assert cli("journey", "publish", "j", "--people", "away").status == 1
    assert cli("journey", "publish", "j", "--answer", "hello=rest").status == 1
    assert cli("journey", "publish", "j", "--people", "move", "--answer", "hello=drop_out").status == 0
    assert [v["status"] for v in cli("journey", "show", "j", "--json").json["versions"]] == [
        "live",
        "finished",
    ]


def test_resume_with_changes(cli: Cli) -> None:
    assert cli("journey", "pause", "j").status == 0
    without = cli("journey", "resume", "j", "--with-changes")
    assert (without.status, "no_draft" in without.error) == (1, True)
    cli("apply", cli.file("second.yaml", SECOND))
    asked = cli("journey", "resume", "j", "--with-changes", "--dry-run")
    assert asked.lines[0] == "j version 2: the publish plan"
    planned = cli("journey", "resume", "j", "--with-changes", "--dry-run", "--json").json[0]["plan"]
    assert (planned["people"], planned["version"]) == ("move", 2)
    done = cli("journey", "resume", "j", "--with-changes", "--reason", "another wait")
    assert done.lines[0] == "j version 2 is live (was draft): everybody goes over to it, and on."
