"""Backup and restore of the built-in database, drilled: under a running worker, into another folder."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.store import embedded
from parcours.store.database import Database
from parcours.store.migrate import migrate
from support.cli import Cli
from support.folders import open_folder
from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import installed, line, people

STEPS = {
    "hello": email(),
    "rest": {"wait": {"for": "0s"}},
    "second": email("Second"),
    "stay": {"wait_for": [{"event": "Never", "next": "done"}]},
    "done": {"end": {}},
}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    monkeypatch.delenv("PARCOURS_DATABASE_URL", raising=False)
    with open_folder() as folder:
        monkeypatch.setenv("PARCOURS_DATA", str(folder / "one"))
        yield Cli(capsys, folder)
        for name in ("one", "two"):
            embedded.stop(folder / name)


def ask(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """Ask the database of a folder."""
    running = embedded.start(folder, durable=False)
    with psycopg.connect(running.url) as connection:
        answer = connection.execute(statement).fetchall()
    embedded.release(running)
    return answer


async def made(folder: Path) -> str:
    """Make a database without crash safety, which makes a test faster; return its address."""
    url = embedded.start(folder, durable=False).url
    async with await Database.connect(url) as database, database.dedicated() as connection:
        await migrate(connection, BUCKETS)
    return url


async def test_a_backup_under_a_running_worker_restored_elsewhere(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cli.folder / "one.backup"
    async with installed(await made(cli.folder / "one"), "one", delays={"dot": 3.0}) as here:
        await here.feed(*people("u", range(40)))
        await here.publish(journey(STEPS, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(40)))
        await here.until("SELECT count(*) > 0 FROM parcours.message WHERE state = 'claimed'")
        answer = await asyncio.to_thread(cli, "backup", file, "--json")
        assert answer.status == 0, answer.error
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        held = answer.json
        assert held["people"] == 40
        assert held["claimed"] > 0
        # The worker went on meanwhile, and everybody arrives.
        here.sink.delays.clear()
        await here.until("SELECT count(*) FROM parcours.message WHERE step = 'second' AND state = 'sent'", 40)

    monkeypatch.setenv("PARCOURS_DATA", str(cli.folder / "two"))
    restored = await asyncio.to_thread(cli, "restore", file, "--json")
    assert restored.status == 0, restored.error
    assert restored.json["uncertain"] == held["claimed"]
    assert restored.json["at"] == held["at"]
    assert restored.json["paused"] == ["j"]
    assert ask(cli.folder / "two", "SELECT count(*) FROM parcours.lease WHERE holder IS NOT NULL") == [(0,)]

    url = embedded.start(cli.folder / "two", durable=False).url
    async with installed(url, "two") as there:
        ids = "SELECT message_id::text FROM parcours.message WHERE state = %(state)s"
        claimed = {message for (message,) in await there.rows(ids, state="uncertain")}
        assert len(claimed) == held["claimed"]
        before = await there.rows(ids, state="sent")
        assert there.sink.arrivals == []  # paused
        await there.command("j", "resume")
        await there.until(
            "SELECT count(*) FROM parcours.message WHERE step = 'second' AND state = 'sent'", 40
        )
        again = {arrival.message_id for arrival in there.sink.arrivals}
        assert not claimed & again
        assert len(again) == 80 - len(claimed) - len(before)
        assert all(ledger.balances for ledger in await there.ledgers())


async def test_a_restore_replaces_nothing_unasked_and_nothing_in_use(cli: Cli) -> None:
    file = cli.folder / "one.backup"
    async with installed(await made(cli.folder / "one")) as here:
        await here.feed(*people("u", range(3)))
        assert (await asyncio.to_thread(cli, "backup", file)).status == 0
        assert refused(await asyncio.to_thread(cli, "backup", file)) == "file_exists"
        await here.feed(*people("v", range(3)))
        assert refused(await asyncio.to_thread(cli, "restore", file)) == "database_not_empty"
        assert refused(await asyncio.to_thread(cli, "restore", file, "--force")) == "database_in_use"
    (cli.folder / "broken.backup").write_bytes(file.read_bytes()[:2000])
    (cli.folder / "text.backup").write_text("hello")
    for name in ("broken.backup", "text.backup"):
        answer = await asyncio.to_thread(cli, "restore", cli.folder / name, "--force")
        assert refused(answer) in ("not_a_backup", "restore_failed")
        assert ask(cli.folder / "one", "SELECT count(*) FROM parcours.profile") == [(6,)]
    assert (await asyncio.to_thread(cli, "restore", file, "--force")).status == 0
    assert ask(cli.folder / "one", "SELECT count(*) FROM parcours.profile") == [(3,)]
    assert ask(cli.folder / "one", "SELECT datname FROM pg_database WHERE datname LIKE 'parcours_%'") == []


def test_a_server_of_ones_own_has_its_own_programs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", "postgresql://nowhere.example/parcours")
    assert refused(cli("backup", cli.folder / "x")) == "not_embedded"
    assert refused(cli("restore", cli.folder / "x")) == "not_embedded"


def test_there_must_be_something_to_back_up(cli: Cli) -> None:
    assert refused(cli("backup", cli.folder / "x")) == "nothing_to_back_up"
    assert not (cli.folder / "one").exists()


def refused(answer: Any) -> str:
    """Return the code of an error."""
    assert answer.status == 1
    return str(answer.error).rpartition("(")[2].partition(")")[0]
