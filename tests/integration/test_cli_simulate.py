"""Simulate from the command line: the reference's answer, bad lines aside, no database left behind."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.cli import WELCOME, Answer, Cli
from support.runner import Case, command, email, event, identify, journey, reference, write_files

STEPS = {
    "hello": email(),
    "pause": {"wait": {"for": "2d"}},
    "opened": {"wait_for": [{"event": "Opened", "next": "done"}, {"timeout": "7d", "next": "done"}]},
    "done": {"end": {}},
}
CASE = Case(
    journeys=(journey(STEPS), journey({"x": {"wait": {"for": "1h"}}}, key="k")),
    feed=(
        identify("-1 9:00", "u1", email="u1@example.com"),
        identify("-1 9:00", "u2", email="u2@example.com"),
        event("9:00", "u1", "Go"),
        event("9:00", "u2", "Go"),
        event("+3 9:00", "u1", "Opened"),
    ),
    commands=(
        command("+1 9:00", "pause"),
        command("+4 9:00", "resume"),
        command("+5 9:00", "apply", None, file="other.yaml"),
        command("+5 10:00", "publish"),
        command("+5 11:00", "pause", "nope"),
    ),
    files={"other.yaml": journey({"x": {"wait": {"for": "5d"}}})},
)
SPAN = ["--from", "2026-03-02T00:00:00Z", "--to", "2026-04-01T00:00:00Z"]


@pytest.fixture
def cli(
    empty_database_url: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def printed(answer: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.lines]


def simulations(url: str) -> list[str]:
    """The databases of simulations that this test made: those of this server that are there now."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, 'parcours_sim_')"
        )
        return [name for (name,) in found.fetchall()]


def test_it_answers_as_the_reference_does(cli: Cli) -> None:
    answer = cli(*write_files(CASE, cli.folder))
    assert (answer.status, answer.error) == (0, "")
    assert printed(answer) == reference(CASE)


def test_the_answer_goes_into_a_file(cli: Cli) -> None:
    out = cli.folder / "out.jsonl"
    answer = cli(*write_files(CASE, cli.folder), "--output", out)
    assert (answer.status, answer.out) == (0, "")
    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == reference(CASE)


def test_a_dash_is_the_standard_output(cli: Cli) -> None:
    answer = cli(*write_files(CASE, cli.folder), "--output", "-")
    assert printed(answer) == reference(CASE)


def test_several_feeds_are_merged_ties_by_the_order_of_arguments(cli: Cli) -> None:
    definition = cli.file("j.yaml", journey(STEPS))
    people = cli.file("people.jsonl", [identify("-1 9:00", "u1", email="first@example.com")])
    late = cli.file("late.jsonl.gz", gzip.compress(json.dumps(event("9:00", "u1", "Go")).encode()))
    same = cli.file("same.jsonl", [identify("9:00", "u1", email="second@example.com")])

    def recipient(*feeds: Any) -> Any:
        lines = printed(cli("simulate", definition, *SPAN, *feeds))
        return next(line["to"] for line in lines if line["kind"] == "message")

    assert recipient("--feed", people, late, same) == "first@example.com"
    assert recipient("--feed", same, "--feed", people, "--feed", late) == "second@example.com"


def test_moves_are_printed_only_when_asked_for(cli: Cli) -> None:
    arguments = write_files(CASE, cli.folder)[:-1]
    assert {line["kind"] for line in printed(cli(*arguments))} == {
        "command",
        "participant",
        "message",
        "ledger",
    }


def test_bad_lines_are_told_aside_and_change_nothing(cli: Cli) -> None:
    arguments = write_files(CASE, cli.folder)
    with (cli.folder / "feed.jsonl").open("a") as file:
        file.write('nonsense\n{"type":"track","userId":"u1","event":"Go"}\n')
    with (cli.folder / "commands.jsonl").open("a") as file:
        file.write('[]\n{"at":"soon","command":"pause","journey":"j"}\n{"at":"2026-03-02T00:00:00Z"}\n')
    answer = cli(*arguments)
    assert answer.status == 0
    assert printed(answer) == reference(CASE)
    told = [
        line.partition(": ")[0] + line[line.rindex("(") : line.rindex(")") + 1]
        for line in answer.error.splitlines()
    ]
    commands, feed = cli.folder / "commands.jsonl", cli.folder / "feed.jsonl"
    assert told == [
        f"{commands}:6(not_an_object)",
        f"{commands}:7 at(bad_timestamp)",
        f"{commands}:8 command(bad_command)",
        f"{feed}:6(not_json)",
        f"{feed}:7 timestamp(bad_timestamp)",
    ]


def test_a_file_with_errors_ends_it(cli: Cli) -> None:
    steps = {**WELCOME["steps"], "breathe": {"wait": {"for": "2d"}, "next": "nowhere"}}
    answer = cli("simulate", cli.file("welcome.yaml", {**WELCOME, "steps": steps}), *SPAN)
    assert (answer.status, answer.out) == (1, "")
    assert "(unknown_step)" in answer.error


def test_apply_takes_no_file_that_cannot_be_read_as_a_whole(cli: Cli) -> None:
    arguments = write_files(CASE, cli.folder)
    other = {**CASE.files["other.yaml"], "colour": "red"}
    file = cli.file("other.yaml", other)
    answer = cli(*arguments)
    assert answer.status == 0
    assert answer.error.startswith(f"{file}: colour: `colour` is not a key of journey. (unknown_key)")
    lines = [line for line in printed(answer) if line["kind"] == "command"]
    applied, published = lines[2:4]
    assert (applied["command"], applied["error"]) == ("apply", "unknown_file")
    assert published["version"] == 1  # no draft was made of it
    # The command line says the same.
    assert cli("migrate").status == 0
    assert (cli("apply", file).status, cli("journey", "list", "--json").json) == (1, [])


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (["--from", "soon", "--to", "2026-04-01T00:00:00Z"], "soon is no instant"),
        (["--from", "2026-04-01T00:00:00Z", "--to", "2026-04-01T00:00:00Z"], "is not after"),
        (["--from", "2026-04-01T00:00:00Z"], "Missing option"),
    ],
)
def test_a_span_that_is_none(cli: Cli, span: list[str], told: str) -> None:
    answer = cli("simulate", cli.file("welcome.yaml", WELCOME), *span)
    assert answer.status == 2
    assert told in " ".join(answer.error.replace("│", " ").split())


def test_no_database_is_left_behind(
    cli: Cli, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests simulate on the same server.
    own = f"{os.getpid():08x}"
    monkeypatch.setattr("parcours.store.scratch.secrets.token_hex", lambda _: own)
    assert cli(*write_files(CASE, cli.folder)).status == 0
    assert not [name for name in simulations(empty_database_url) if name.endswith(own)]


def test_what_a_killed_simulation_left_is_dropped_by_a_later_one(cli: Cli, empty_database_url: str) -> None:
    old, young = "parcours_sim_20200101000000_00000000", "parcours_sim_29990101000000_00000000"
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {old}")
        connection.execute(f"CREATE DATABASE {young}")
        try:
            cli(*write_files(CASE, cli.folder))
            assert old not in simulations(empty_database_url)
            assert young in simulations(empty_database_url)
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {old}")
            connection.execute(f"DROP DATABASE {young}")


def test_who_may_make_no_database_is_told(
    cli: Cli, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE poor_{os.getpid()} LOGIN")
    monkeypatch.setenv(
        "PARCOURS_DATABASE_URL", empty_database_url.replace("//parcours@", f"//poor_{os.getpid()}@")
    )
    answer = cli(*write_files(CASE, cli.folder))
    assert (answer.status, "(may_not_create)" in answer.error) == (1, True)


def test_an_ended_simulation_leaves_nothing(empty_database_url: str, tmp_path: Path) -> None:
    again = {
        "split": [{"when": {"field": "profile.x", "is": 1}, "next": "done"}, {"else": True, "next": "x"}]
    }
    ticks = journey({"x": {"wait": {"for": "1m"}}, "again": again, "done": {"end": {}}})
    case = Case((ticks,), (event("9:00", "u1", "Go"),), to="2027-03-02T00:00:00Z")
    name = f"ended_{os.getpid()}"
    environment = {**os.environ, "PARCOURS_DATABASE_URL": f"{empty_database_url}&application_name={name}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "parcours", *write_files(case, tmp_path)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        own = None
        while own is None:
            assert process.poll() is None
            own = connection.execute(
                "SELECT datname FROM pg_stat_activity WHERE application_name = %s "
                "AND starts_with(datname, 'parcours_sim_') AND query ILIKE '%%participant%%'",
                [name],
            ).fetchone()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) != 0
    assert own[0] not in simulations(empty_database_url)
