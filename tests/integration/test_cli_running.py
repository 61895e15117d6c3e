"""Serve, work, migrate, database and mailbox: real processes, asked over HTTP, ended by signals."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest

from parcours.channels.attachment import attach
from parcours.store import embedded
from parcours.store.migrate import migrations
from support.cli import WELCOME, Cli
from support.folders import open_folder

Start: TypeAlias = Callable[..., "subprocess.Popen[str]"]

PATIENCE = 60.0
FEED = [
    {
        "type": "identify",
        "userId": "anna",
        "traits": {"country": "SE", "email": "anna@example.com", "first_name": "Anna"},
    },
    {"type": "track", "userId": "anna", "event": "Signed Up", "properties": {"plan": "pro"}},
]

COUNT = len(migrations())


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PARCOURS_MAILBOX_PORT", str(free.getsockname()[1]))
    return Cli(capsys, tmp_path)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start parcours as a process with the environment of the test; what is left at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "parcours", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"Listening on (http://\S+)\n", line)
    assert found, (line, process.stderr and process.stderr.read())
    return found[1]


def get(url: str, method: str = "GET") -> tuple[int, str, str]:
    """Return status, content type and body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=PATIENCE) as answer:
            return answer.status, answer.headers["content-type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read().decode()


def until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(number)
    _, error = process.communicate(timeout=PATIENCE)
    return process.returncode, error


def test_serve_with_a_worker_moves_people_and_sends_mail(cli: Cli, start: Start) -> None:
    cli("apply", cli.file("welcome.yaml", WELCOME))
    cli("journey", "publish", "welcome")
    process = start("serve", "--port", "0", "--with-worker")
    url = address(process)
    assert json.loads(get(f"{url}/health")[2])["status"] == "ok"
    ready = json.loads(get(f"{url}/ready")[2])
    assert (ready["database"], ready["schema"], ready["buckets"], ready["embedded"]) == (
        "ok",
        "ok",
        8,
        "not used",
    )
    assert cli("import", "--live", cli.file("feed.jsonl", FEED)).status == 0
    sent = 'parcours_messages_settled_total{channel="email",journey="welcome",outcome="sent",reason=""} 1.0'
    until(lambda: sent in get(f"{url}/metrics")[2], process)

    until(
        lambda: (
            cli("journey", "show", "welcome", "--json").json["ledgers"][0]["steps"]["breathe"]["here"] == 1
        ),
        process,
    )
    metrics = get(f"{url}/metrics")[2]
    for line in (
        'parcours_people_inside{journey="welcome"} 1.0',
        "parcours_database_up 1.0",
        "parcours_leases_held 8.0",
    ):
        assert line in metrics
    [mail] = cli("mailbox", "list", "--json").json
    assert (mail["to"], mail["subject"]) == (["anna@example.com"], "Welcome, Anna")
    # A stop is true at once, and written down behind it.
    assert cli("journey", "stop", "welcome").status == 0
    assert cli("ledger").status == 0
    until(lambda: cli("ledger", "--json").json[0]["settling"] == 0, process)
    answer = cli("ledger", "--json")
    assert (answer.status, answer.json[0]["cancelled"]) == (0, 1)

    status, error = end(process)
    assert status == 0, error
    assert "worker_stopped" in error
    assert "Traceback" not in error


def test_problems_are_problems_of_http(cli: Cli, start: Start) -> None:
    process = start("serve", "--port", "0")
    url = address(process)
    status, kind, body = get(f"{url}/nope")
    assert (status, kind) == (404, "application/problem+json")
    assert json.loads(body) == {
        "title": "Not Found", "status": 404, "detail": "There is nothing at /nope.", "code": "not_found",
        "hint": "Look it up in /api/openapi.json.",
    }  # fmt: skip
    assert get(f"{url}/health", "DELETE")[0] == 405
    assert end(process, signal.SIGINT)[0] == 0


def test_not_ready_without_the_schema(cli: Cli, start: Start, database_url: str) -> None:
    process = start("serve", "--port", "0")
    url = address(process)
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM parcours.migration WHERE number = 2")
    status, kind, body = get(f"{url}/ready")
    assert (status, kind) == (503, "application/problem+json")
    problem = json.loads(body)
    assert (problem["code"], problem["hint"]) == ("schema_behind", "Run `parcours migrate`.")
    assert get(f"{url}/health")[0] == 200


def test_ready_again_seconds_after_an_outage(cli: Cli, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as folder:
        monkeypatch.setenv("PARCOURS_DATABASE_URL", embedded.start(folder, durable=False).url)
        assert cli("migrate").status == 0
        process = start("serve", "--port", "0")
        url = address(process)
        assert get(f"{url}/ready")[0] == 200
        embedded.stop(folder)
        gone = time.monotonic()
        # The longer the outage, the longer the pool would wait by itself before it connects again.
        while time.monotonic() < gone + 16:
            status, _, body = get(f"{url}/ready")
            assert (status, json.loads(body)["code"]) == (503, "database_unreachable")
            assert get(f"{url}/health")[0] == 200
        embedded.start(folder, durable=False)
        back = time.monotonic()
        until(lambda: get(f"{url}/ready")[0] == 200, process)
        assert time.monotonic() - back < 5
        status, error = end(process)
        assert (status, "error connecting" in error) == (0, False)
        embedded.stop(folder)


def test_a_taken_port_is_told(cli: Cli, start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = cli("serve", "--port", taken.getsockname()[1])
    assert answer.status == 1
    assert "(address_in_use)" in answer.error


def test_two_workers_share_a_mailbox_and_the_buckets(cli: Cli, start: Start, database_url: str) -> None:
    first = start("work", "--metrics-port", "0", "--name", "one")
    url = address(first)
    until(lambda: "parcours_leases_held 8.0" in get(f"{url}/metrics")[2], first)
    second = start("work", "--name", "two")

    def shared() -> bool:
        with psycopg.connect(database_url) as connection:
            found = connection.execute("SELECT holder, count(*) FROM parcours.lease GROUP BY 1 ORDER BY 1")
            return found.fetchall() == [("one", 4), ("two", 4)]

    until(shared, first)
    assert end(second)[0] == 0
    until(lambda: "parcours_leases_held 8.0" in get(f"{url}/metrics")[2], first)
    assert end(first)[0] == 0


# Schema and database -----------------------------------------------------------------------------------------


def test_a_database_without_schema_is_told_and_migrated(
    empty_database_url: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", empty_database_url)
    cli = Cli(capsys, tmp_path)
    answer = cli("journey", "list")
    assert answer.status == 1
    assert answer.error.splitlines() == [
        f"The database lacks {COUNT} of {COUNT} migrations, first schema (schema_behind)",
        "Run `parcours migrate`.",
    ]
    status = cli("database", "status")
    assert (status.status, "(schema_behind)" in status.out) == (1, True)
    monkeypatch.setenv("PARCOURS_BUCKETS", "16")
    assert cli("migrate").lines[-1] == f"The schema is up to date: {COUNT} migrations, 16 buckets."
    monkeypatch.setenv("PARCOURS_BUCKETS", "8")
    assert "(buckets_differ)" in cli("migrate").error
    monkeypatch.delenv("PARCOURS_BUCKETS")
    assert cli("migrate").lines == [f"The schema is up to date: {COUNT} migrations, 16 buckets."]
    assert cli("database", "status", "--json").json["buckets"] == 16


def test_a_server_that_is_away_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", "postgresql://parcours@127.0.0.1:1/none")
    answer = cli("database", "status")
    assert (answer.status, "(database_unreachable)" in answer.out) == (1, True)
    stop = cli("database", "stop")
    assert (stop.status, "(not_embedded)" in stop.error) == (1, True)


def test_the_built_in_database_runs_until_it_is_stopped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARCOURS_DATABASE_URL", raising=False)
    cli = Cli(capsys, tmp_path)
    with open_folder() as data:
        try:
            assert cli("--data", data, "database", "status").lines[1] == "state: not made yet"
            first = cli("--data", data, "journey", "list")
            assert first.status == 0
            assert f"The built-in database keeps its data in {data}/postgres/data" in first.error
            second = cli("--data", data, "journey", "list")
            assert second.error == "There are no journeys yet. `parcours apply FILE` makes one.\n"
            status = cli("--data", data, "database", "status", "--json")
            assert (status.status, status.json["database"], status.json["state"]) == (0, "built-in", "ready")
            assert cli("--data", data, "database", "stop").out == "The built-in database is stopped.\n"
            assert cli("--data", data, "database", "stop").out == "The built-in database was not running.\n"
            assert cli("--data", data, "database", "status").lines[1] == "state: stopped"
        finally:
            embedded.stop(data)


# Mailbox -----------------------------------------------------------------------------------------------------


def fill(cli: Cli) -> None:
    """Write two mails as the mailbox keeps them."""
    folder = cli.folder / "mailbox" / "messages" / "000000"
    folder.mkdir(parents=True)
    lines = []
    for number, name in enumerate(("anna", "bo"), 1):
        source = f"From: shop@example.com\r\nTo: {name}@example.com\r\nSubject: Hello {name}\r\n"
        if name == "bo":
            attached = attach([("å.txt", b"12345")])
            source += f'Content-Type: multipart/mixed; boundary="{attached.mark.decode()}"\r\n\r\n'
            source += f"--{attached.mark.decode()}\r\n\r\nText for {name}\r\n{attached.tail.decode()}"
        else:
            source += f"\r\nText for {name}\r\n"
        (folder / f"{number}.eml").write_bytes(source.encode())
        line: dict[str, Any] = {
            "number": number, "at": "2026-03-02T09:00:00Z", "to": [f"{name}@example.com"],
            "sender": "shop@example.com", "subject": f"Hello {name}", "bytes": len(source),
        }  # fmt: skip
        lines.append(json.dumps(line) + "\n")
    (cli.folder / "mailbox" / "index.jsonl").write_text("".join(lines))


def test_the_mailbox_lists_shows_and_clears(cli: Cli) -> None:
    empty = cli("mailbox")
    assert (empty.status, empty.out) == (0, "")
    assert "The mailbox is empty" in empty.error
    fill(cli)
    assert cli("mailbox").lines == [
        "number\tat\tto\tsubject",
        "2\t2026-03-02T09:00:00Z\tbo@example.com\tHello bo",
        "1\t2026-03-02T09:00:00Z\tanna@example.com\tHello anna",
    ]
    assert [mail["number"] for mail in cli("mailbox", "list", "--search", "ANNA", "--json").json] == [1]
    shown = cli("mailbox", "show", 1)
    assert shown.lines[2:] == ["Subject: Hello anna", "", "Text for anna", ""]
    assert "Subject: Hello anna" in cli("mailbox", "show", 1, "--part", "source").out
    assert cli("mailbox", "show", 1, "--json").json["text"] == "Text for anna\n"
    assert cli("mailbox", "show", 2).lines[-2:] == ["Text for bo", "Attached: å.txt (text/plain, 5 bytes)"]
    assert cli("mailbox", "show", 2, "--json").json["attachments"] == [
        {"name": "å.txt", "type": "text/plain", "bytes": 5}
    ]
    missing = cli("mailbox", "show", 9)
    assert (missing.status, "(mail_unknown)" in missing.error) == (1, True)
    assert cli("mailbox", "clear").out == "2 mails thrown away.\n"
    assert cli("mailbox", "list", "--json").json == []
