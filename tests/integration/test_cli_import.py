"""Import from the command line: good lines are kept, bad ones named, modes decide what acts, tables have types."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.service.intake.importing import read_lines
from parcours.service.intake.sources import open_source
from support.cli import Cli

ANNA = {"type": "identify", "userId": "anna", "messageId": "1", "traits": {"country": "SE"}}
SIGNED_UP = {"type": "track", "userId": "anna", "messageId": "2", "event": "Signed Up", "properties": {}}
STAFF = {"type": "audience", "userId": "anna", "messageId": "3", "audience": "staff", "op": "add"}
GOOD: list[Any] = [ANNA, SIGNED_UP, STAFF]


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, options="-c search_path=parcours") as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.parametrize(
    ("option", "heard", "historical", "said"),
    [
        (None, ["audience", "profile"], True, "Load with --live to let events trigger."),
        ("--live", ["audience", "event", "profile"], False, "Everything acted"),
        ("--history", [], True, "Nothing acted"),
    ],
)
def test_the_mode_decides_what_acts(
    cli: Cli, database_url: str, *, option: str | None, heard: list[str], historical: bool, said: str
) -> None:
    answer = cli("import", cli.file("feed.jsonl", GOOD), *([option] if option else []))
    assert answer.status == 0
    assert answer.lines[0] == "3 good lines: 1 profile, 1 event, 1 membership."
    assert said in answer.out
    kinds = rows(database_url, "SELECT kind FROM pending ORDER BY kind")
    assert [kind for (kind,) in kinds] == heard
    assert rows(database_url, "SELECT historical FROM event") == [(historical,)]


def test_two_modes_exclude_each_other(cli: Cli) -> None:
    answer = cli("import", "x.jsonl", "--live", "--history")
    assert (answer.status, "(bad_option)" in answer.error) == (1, True)


def test_a_second_import_passes_over_what_is_there(cli: Cli, database_url: str) -> None:
    path = cli.file("feed.jsonl", GOOD)
    assert cli("import", path, "--json").json["stored"] == 3
    answer = cli("import", path)
    assert answer.status == 0
    assert "3 of them had been loaded before and were passed over." in answer.lines
    assert rows(database_url, "SELECT count(*) FROM event") == [(1,)]


def test_bad_lines_are_named_and_the_good_ones_kept(cli: Cli, database_url: str) -> None:
    text = "\n".join(
        [
            json.dumps(ANNA),
            "nonsense",
            "",
            '{"type":"track"}',
            "[]",
            json.dumps(SIGNED_UP),
            '{"type":"fly","userId":"a"}',
        ]
    )
    path = cli.file("feed.jsonl", text)
    answer = cli("import", path)
    assert answer.status == 1
    places = [line.split(" (")[0].split(": ")[0] for line in answer.error.splitlines()]
    assert places == [f"{path}:2", f"{path}:4", f"{path}:5", f"{path}:7 type"]
    assert "4 bad lines were left out." in answer.lines
    assert rows(database_url, "SELECT count(*) FROM profile") == [(1,)]


def test_twenty_bad_lines_are_shown_and_all_are_written(cli: Cli) -> None:
    path = cli.file("feed.jsonl", "[]\n" * 30)
    answer = cli("import", path)
    shown = answer.error.splitlines()
    assert len(shown) == 21
    assert shown[-1] == "and 10 more bad lines; --errors FILE writes all of them"
    cli("import", path, "--errors", cli.folder / "bad.txt")
    written = (cli.folder / "bad.txt").read_text().splitlines()
    assert written[29] == f"{path}:30: the line is not a JSON object (not_an_object). Write {{…}}."


def test_a_name_that_is_too_long_is_one_bad_line(cli: Cli) -> None:
    lines = [ANNA, {"type": "track", "userId": "anna", "event": "e" * 201}, SIGNED_UP]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    answer = cli("import", path := cli.file("feed.jsonl", text), "--json")
    assert answer.status == 1
    assert (answer.json["stored"], answer.json["bad"]) == (2, 1)
    assert answer.json["errors"] == [
        {
            "place": f"{path}:2 event",
            "code": "too_long",
            "message": "event is longer than 200 characters",
            "hint": "Shorten it.",
        }
    ]


def test_compressed_files_and_several_files(cli: Cli) -> None:
    packed = cli.file("feed.jsonl.gz", gzip.compress(json.dumps(ANNA).encode()))
    assert cli("import", packed, cli.file("more.jsonl", [SIGNED_UP]), "--json").json["stored"] == 2


def test_a_damaged_archive_keeps_what_was_read(cli: Cli) -> None:
    lines = "".join(json.dumps({**ANNA, "messageId": str(n)}) + "\n" for n in range(5000))
    whole = gzip.compress(lines.encode())
    answer = cli(
        "import", cli.file("feed.jsonl.gz", whole[: len(whole) // 2]), cli.file("b.jsonl", [SIGNED_UP])
    )
    assert answer.status == 1
    assert "(unreadable_file)" in answer.error
    assert "1 event" in answer.out


def test_a_missing_file_does_not_stop_the_others(cli: Cli) -> None:
    answer = cli("import", cli.folder / "none.jsonl", cli.file("feed.jsonl", GOOD), "--json")
    assert answer.status == 1
    assert answer.json["stored"] == 3
    assert answer.json["errors"][0]["code"] == "unreadable_file"


def test_a_line_of_fifty_megabytes_is_left_out_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    with path.open("wb") as file:
        file.write(b'{"type":"track","userId":"a","event":"')
        for _ in range(50):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + json.dumps(ANNA).encode())
    tracemalloc.start()
    with open_source(path) as source:
        bad, good = read_lines(source.lines(), source.name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "the line has 50,000,040 bytes" in str(bad)
    assert getattr(good, "user_id", None) == "anna"
    assert peak < 2_000_000


def test_a_mark_at_the_beginning_and_line_ends_of_windows(cli: Cli) -> None:
    path = cli.file("feed.jsonl", b"\xef\xbb\xbf" + json.dumps(ANNA).encode() + b"\r\n\r\n")
    assert cli("import", path, "--json").json["stored"] == 1


# Tables ------------------------------------------------------------------------------------------------------


def attributes(url: str) -> dict[str, Any]:
    return dict(rows(url, "SELECT user_id, attributes FROM profile"))


def test_a_table_becomes_profiles(cli: Cli, database_url: str) -> None:
    table = "userId,email,plan\nu1,u1@example.com,pro\nu2,,free\n"
    answer = cli("import", cli.file("people.csv", table))
    assert answer.status == 0
    assert answer.lines[0] == "2 good lines: 2 profiles."
    assert attributes(database_url) == {
        "u1": {"email": "u1@example.com", "plan": "pro"},
        "u2": {"plan": "free"},
    }


def test_a_mapping_chooses_names_and_types(cli: Cli, database_url: str) -> None:
    table = 'id;e-mail;age;vip;note\nu1;"a;b@example.com";42;yes;x\nu2;;4.5;;y\n'
    path = cli.file("people.csv", table.encode("utf-8-sig"))
    mapping = [
        "--map",
        "id=userId",
        "--map",
        "e-mail=email",
        "--map",
        "age=age:number",
        "--map",
        "vip=vip:boolean",
    ]
    assert cli("import", path, *mapping).status == 0
    assert attributes(database_url) == {
        "u1": {"email": "a;b@example.com", "age": 42, "vip": True},
        "u2": {"age": 4.5},
    }


def test_bad_rows_are_named(cli: Cli, database_url: str) -> None:
    table = "userId,age\nu1,x\n,3\nu3,4\n"
    path = cli.file("people.csv", table)
    answer = cli("import", path, "--map", "age=age:number")
    assert answer.status == 1
    assert answer.error.splitlines() == [
        f"{path}:2 age: 'x' is no number (bad_cell). Write it as 12.5.",
        f"{path}:3: the line names no person (no_person). Give userId or anonymousId, a text that is not empty.",
    ]
    assert attributes(database_url) == {"u3": {"age": 4}}


@pytest.mark.parametrize(
    ("table", "mapping", "code"),
    [
        ("name\nx\n", [], "no_person"),
        ("userId\nx\n", ["--map", "user=name"], "unknown_column"),
        ("userId\nx\n", ["--map", "name"], "bad_mapping"),
        ("userId,a\nx,\xe9\n".encode("latin-1"), [], "not_utf8"),
        ('userId,a\nx,"' + "y" * 40_000 + '"\n', [], "line_too_long"),
    ],
)
def test_a_table_that_does_not_fit(cli: Cli, table: Any, mapping: list[str], code: str) -> None:
    answer = cli("import", cli.file("people.csv", table), *mapping)
    assert answer.status == 1
    assert f"({code})" in answer.error


def test_the_same_row_may_come_again_another_day(cli: Cli, database_url: str) -> None:
    path = cli.file("people.csv", "userId,plan\nu1,pro\n")
    cli("import", path)
    cli("import", cli.file("other.csv", "userId,plan\nu1,free\n"))
    cli("import", path)
    assert attributes(database_url) == {"u1": {"plan": "pro"}}
