"""Where things are used, and the warnings of commands that take them away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.cli import Cli

CHAIN: dict[str, Any] = {
    "journey": "chain",
    "entry": {
        "triggers": [{"event": "Signed Up"}],
        "filter": {"field": "profile.country", "in": ["SE"]},
        "exclude": ["staff"],
        "removes_from": ["second"],
    },
    "exit": [{"any": [{"audience": "staff"}, {"event": "Account Closed"}]}],
    "email": {"from": "Anna <anna@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "hello": {"email": {"subject": "Hi {{ profile.first_name }}", "template": "hello.html"}},
        "nudge": {
            "email": {
                "from": "Åsa <anna@example.com>",
                "subject": "Hi",
                "text": "{{ profile.country }} {{ unsubscribe_url }}",
            }
        },
        "over": {"end": {"start": "second"}},
    },
}
SECOND: dict[str, Any] = {
    "journey": "second",
    "entry": {"triggers": [{"event": "Åäö"}]},
    "steps": {"breathe": {"wait": {"for": "2d"}}},
}


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    cli = Cli(capsys, tmp_path)
    cli.file("hello.html", "<p>{{ profile.first_name }} {{ unsubscribe_url }}</p>")
    cli.file("active.yaml", {"audience": "active", "where": {"event": "Signed Up"}})
    cli.file("staff.yaml", {"audience": "staff", "members": ["u1"]})
    for document in (SECOND, CHAIN):
        cli.file(f"{document['journey']}.yaml", document)
    files = [tmp_path / f"{name}.yaml" for name in ("active", "staff", "second", "chain")]
    assert cli("apply", *files).status == 0
    assert cli("journey", "publish", "second", "chain").status == 0
    return cli


def places(cli: Cli, kind: str, name: str) -> list[tuple[str | None, int | None, str]]:
    answer = cli("used", kind, name, "--json")
    assert answer.status == 0
    return [(one["journey"] or one["audience"], one["version"], one["place"]) for one in answer.json]


def test_every_kind_is_found_where_it_is_named(cli: Cli) -> None:
    assert places(cli, "journey", "second") == [
        ("chain", 1, "entry.removes_from[0]"),
        ("chain", 1, "steps.over.end.start"),
    ]
    assert places(cli, "audience", "staff") == [
        ("chain", 1, "entry.exclude[0]"),
        ("chain", 1, "exit[0].any[0].audience"),
    ]
    sender = [("chain", 1, "email.from"), ("chain", 1, "steps.nudge.email.from")]
    assert places(cli, "sender", "anna@example.com") == sender
    assert places(cli, "sender", "Somebody <anna@example.com>") == sender
    assert places(cli, "template", "hello.html") == [("chain", 1, "steps.hello.email.template")]
    assert places(cli, "event", "Signed Up") == [
        ("chain", 1, "entry.triggers[0].event"),
        ("active", None, "where.event"),
    ]
    assert places(cli, "event", "Åäö") == [("second", 1, "entry.triggers[0].event")]
    country = [("chain", 1, "entry.filter.field"), ("chain", 1, "steps.nudge.email.text")]
    assert places(cli, "field", "country") == country
    assert places(cli, "field", "profile.country") == country
    assert places(cli, "field", "first_name") == [
        ("chain", 1, "steps.hello.email.subject"),
        ("chain", 1, "steps.hello.email.template"),
    ]
    assert places(cli, "subscription", "news") == [("chain", 1, "email.subscription")]
    assert places(cli, "event", "Signed") == []
    assert "is used nowhere" in cli("used", "audience", "vip").error


def test_versions_that_are_over_use_nothing_and_drafts_do(cli: Cli) -> None:
    assert cli("journey", "stop", "chain").status == 0
    assert places(cli, "audience", "staff") == []
    assert cli("apply", cli.folder / "chain.yaml").status == 0
    assert [(key, version) for key, version, _ in places(cli, "audience", "staff")] == [("chain", 2)] * 2


@pytest.mark.parametrize("command", ["close", "stop"])
def test_ending_a_journey_that_another_one_starts_is_warned_of(cli: Cli, command: str) -> None:
    warning = "chain version 1 (live) starts second at `over`: nobody is admitted by that any more."
    would = cli("journey", command, "second", "--dry-run")
    assert f"Warning: {warning}" in would.lines
    (done,) = cli("journey", command, "second", "--json").json
    assert done["warnings"] == [warning]
    (again,) = cli("journey", command, "chain", "--json").json
    assert again["warnings"] == []  # nobody starts that one


def test_so_is_deleting_it(cli: Cli) -> None:
    assert cli("journey", "pause", "second").status == 0
    (done,) = cli("journey", "delete", "second", "--stop-first", "--dry-run", "--json").json
    assert len(done["warnings"]) == 1
    shown = cli("journey", "delete", "second", "--stop-first")
    assert any(
        line.startswith("Warning: chain version 1 (live) starts second at `over`") for line in shown.lines
    )
    assert cli("journey", "problems", "chain").status == 1


def test_ending_one_version_while_another_admits_breaks_nothing(cli: Cli) -> None:
    assert cli("journey", "add-people", "second", "u1").status == 0
    assert cli("apply", cli.folder / "second.yaml").status == 0
    assert cli("journey", "publish", "second").status == 0
    (done,) = cli("journey", "stop", "second", "--version", "2", "--dry-run", "--json").json
    assert len(done["warnings"]) == 1
    (done,) = cli("journey", "pause", "second", "--json").json
    assert done["warnings"] == []


def test_an_audience_that_loses_everybody_is_warned_of(cli: Cli) -> None:
    emptied = cli.file("staff.yaml", {"audience": "staff", "members": []})
    would = cli("apply", emptied, "--dry-run")
    assert "Warning: Nobody is left in staff, which is used by chain version 1 (live)." in would.lines
    assert cli("apply", cli.file("staff.yaml", {"audience": "staff", "members": ["u2"]})).lines == [
        "audience staff has 1 members: 1 added, 1 removed."
    ]


def test_a_changed_condition_goes_with_the_next_version(cli: Cli) -> None:
    goal = {**SECOND, "goal": {"audience": "active"}}
    assert cli("apply", cli.file("second.yaml", goal)).status == 0
    assert cli("journey", "publish", "second").status == 0
    changed = cli.file("active.yaml", {"audience": "active", "where": {"event": "Order Completed"}})
    assert any(
        line.startswith("Warning: second version 2 (live) keeps the condition")
        for line in cli("apply", changed).lines
    )
