"""What `parcours doctor` finds, each fault made for real."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from parcours.engine.troubles import note_trouble
from parcours.engine.upkeep import keep_partitions
from parcours.service.watch.doctor import examine, skew
from parcours.service.watch.findings import Finding
from parcours.store.queries import query
from support.cli import Cli
from support.folders import open_folder
from support.runner import email, journey
from support.smtp_sink import Sink
from support.worker import Document, Installation, installed, line, people

NEXT: Document = {"rest": {"wait_for": [{"event": "Never", "next": "end"}]}, "end": {"end": {}}}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        yield installation


async def found(here: Installation, *, embedded: bool = False) -> dict[str, Finding]:
    """Examine; what is worst about each check."""
    order = ("ok", "notice", "wrong")
    answer: dict[str, Finding] = {}
    async for finding in examine(here.database, here.clock.now(), embedded=embedded):
        before = answer.get(finding.check)
        if before is None or order.index(finding.level) > order.index(before.level):
            answer[finding.check] = finding
    return answer


async def age(here: Installation, minutes: int) -> None:
    """Let everything that waits have come long ago."""
    for statement in (
        "UPDATE parcours.participant SET wake_at = wake_at - %(by)s WHERE wake_at < 'infinity' AND finished_at IS NULL",
        "UPDATE parcours.message SET due_at = due_at - %(by)s WHERE state = 'queued'",
        "UPDATE parcours.pending SET arrived_at = arrived_at - %(by)s",
    ):
        async with here.database.transaction() as connection:
            await connection.execute(statement, {"by": timedelta(minutes=minutes)})


async def test_a_house_in_order(here: Installation) -> None:
    await here.start("one")
    await here.feed(*people("u", range(3)))
    await here.publish(journey({"mail": email(), **NEXT}, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT count(*) FROM parcours.message WHERE state = 'sent'", 1)
    await here.until("SELECT count(*) FROM parcours.lease WHERE holder = 'one'", 8)
    answer = await found(here)
    assert {check: one.said for check, one in answer.items() if one.level == "wrong"} == {}
    assert answer["workers"].said == "1 alive: one; 8 buckets."
    assert answer["outcomes"].said == "Within a day: 1 sent, 0 rejected, 0 uncertain."
    assert answer["ledger"].said == "All versions balance (1)."
    assert all(one.remedy for one in answer.values() if one.level != "ok")


async def test_nobody_works(here: Installation) -> None:
    assert (await found(here))["workers"].level == "notice"  # nor is there anything to do
    await here.feed(*people("u", range(3)))
    running = await here.start("one")
    await here.publish(journey({"wait": {"wait": {"for": "1h"}}, **NEXT}, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT count(*) FROM parcours.participant", 1)
    await running.end()
    await age(here, 70)
    answer = await found(here)
    assert (answer["workers"].level, answer["workers"].said) == ("wrong", "No worker is alive.")
    assert answer["due work"].level == "wrong"
    assert answer["due work"].said.startswith("The oldest timer has been due for ")
    assert answer["stuck people"].said == "1 people should have moved more than 5 minutes ago."
    # A worker that has not yet taken every bucket.
    await here.rows("INSERT INTO parcours.worker (name, seen_at) VALUES ('two', now()) RETURNING 1")
    assert (await found(here))[
        "workers"
    ].said == "1 alive: two; 8 buckets. Nobody holds the buckets 0, 1, 2, 3, 4, 5, 6, 7."


async def test_a_unit_that_fails(here: Installation) -> None:
    await here.apply(journey(NEXT, "j"))
    now = here.clock.now()
    fault = RuntimeError("no such column")
    await note_trouble(here.database, 3, 1, fault, at=now, until=now + timedelta(seconds=60))
    one = (await found(here))["units"]
    assert one.level == "wrong"
    assert one.details[0].startswith("j in bucket 3: 1 times since 20")
    assert one.details[0].endswith("RuntimeError: no such column")
    # What its worker did not write again is of the past.
    await here.rows("UPDATE parcours.trouble SET until = until - interval '1 hour' RETURNING 1")
    assert (await found(here))["units"].level == "ok"


async def test_mail_that_is_not_taken(here: Installation) -> None:
    await here.feed(*people("u", range(4)))
    here.sink.replies["rcpt"] = "450 come back later"
    running = await here.start("one")
    await here.publish(journey({"mail": email(), **NEXT}, "j"))
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(3)))
    await here.until("SELECT count(*) FROM parcours.message WHERE state = 'queued' AND attempts > 0", 3)
    one = (await found(here))["messages"]
    assert (one.level, one.said) == (
        "notice",
        "3 messages were tried in vain and wait; the last answer was: 450 come back later",
    )
    here.sink.replies["rcpt"] = "550 nobody"
    await here.rows("UPDATE parcours.message SET due_at = now() RETURNING 1")
    await here.feed(line("track", "u3", "Go"))
    await here.until("SELECT count(*) FROM parcours.message", 4)
    await here.command("j", "close")  # a command makes workers ask everywhere again
    await here.until("SELECT count(*) FROM parcours.message WHERE state = 'rejected'", 4)
    answer = await found(here)
    assert (answer["outcomes"].level, answer["outcomes"].said) == (
        "wrong",
        "Within a day: 0 sent, 4 rejected, 0 uncertain.",
    )
    await running.end()
    await here.rows(
        "UPDATE parcours.message SET state = 'claimed', done_by = now() - interval '1 minute' RETURNING 1"
    )
    assert (await found(here))["messages"].said == "4 messages have no outcome though their time is over."


async def test_a_ledger_that_does_not_balance(here: Installation) -> None:
    await here.feed(*people("u", range(2)))
    await here.start("one")
    await here.publish(journey(NEXT, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT count(*) FROM parcours.participant", 1)
    await here.rows("UPDATE parcours.counter SET n = n + 1 WHERE kind = 'entered' RETURNING 1")
    one = (await found(here))["ledger"]
    assert (one.level, one.said) == ("wrong", "It does not balance.")
    assert one.details[0].startswith("j 1: bucket ")


async def test_what_a_database_suffers_from(here: Installation, database_url: str) -> None:
    assert (await found(here))["partitions"].level == "notice"
    for _ in range(6):
        async with here.database.transaction() as connection:
            await keep_partitions(connection, here.clock.now())
    assert (await found(here))["partitions"].level == "ok"
    # A transaction that was open for five minutes already when the clock of the question says so.
    async with await psycopg.AsyncConnection.connect(database_url, application_name="report") as other:
        await other.execute("SELECT 1")
        later = here.clock.now() + timedelta(minutes=6)
        async with here.database.transaction() as connection:
            rows = await (await connection.execute(query("doctor_transactions"), {"long": later})).fetchall()
    assert [(row[1], row[2]) for row in rows] == [("report", "idle in transaction")]
    assert (await found(here, embedded=True))["backup"].said == "There is none."


async def test_a_question_that_cannot_be_asked_is_a_finding(here: Installation) -> None:
    async with here.database.transaction() as connection:
        await connection.execute("ALTER TABLE parcours.trouble RENAME TO other")
    answer = await found(here)
    assert answer["units"].level == "wrong"
    assert "parcours.trouble" in answer["units"].said
    assert answer["ledger"].level == "ok"


async def test_a_question_that_waits_for_too_long_is_given_up(here: Installation, database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url) as other:
        await other.execute("LOCK TABLE parcours.trouble IN ACCESS EXCLUSIVE MODE")
        answer = await found(here)
    assert answer["units"].level == "wrong"
    assert "lock timeout" in answer["units"].said


async def test_clocks_that_do_not_agree(here: Installation) -> None:
    now = here.clock.now()
    levels = [skew(now + timedelta(seconds=n), now).level for n in (0, 2, -2, 6)]
    assert levels == ["ok", "notice", "notice", "wrong"]
    ahead = [one async for one in examine(here.database, now + timedelta(hours=1), embedded=False)]
    assert [one.level for one in ahead if one.check == "clock"] == ["wrong"]
    assert [one.level for one in ahead if one.check == "stuck people"] == [
        "ok"
    ]  # the database's clock counts


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def by_check(answer: list[dict[str, str]]) -> dict[str, str]:
    return {one["check"]: one["level"] for one in answer}


async def test_the_command_greets_the_mail_server(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sink() as sink:
        monkeypatch.setenv("PARCOURS_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("PARCOURS_SMTP_PORT", str(sink.port))
        monkeypatch.setenv("PARCOURS_SMTP_TLS", "none")
        answer = await asyncio.to_thread(cli, "doctor", "--json")
        assert sink.counters.messages == 0
    assert answer.status == 0, answer.out
    assert by_check(answer.json)["mail server"] == "ok"
    assert set(by_check(answer.json)) >= {
        "settings",
        "disk",
        "database",
        "schema",
        "server",
        "clock",
        "workers",
        "vacuum",
    }
    lines = (await asyncio.to_thread(cli, "doctor")).lines
    assert lines[0] == "level\tcheck\tfinding\tremedy"
    assert any(line.startswith("wrong\tmail server\tIt cannot be used: 127.0.0.1:") for line in lines)


def test_the_command_without_what_it_needs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", f"postgresql://parcours@127.0.0.1:{closed_port()}/parcours")
    away = cli("doctor", "--json")
    assert away.status == 1
    assert by_check(away.json)["database"] == "wrong"
    monkeypatch.setenv("PARCOURS_BUKETS", "8")
    [misspelt] = cli("doctor", "--json").json
    assert (misspelt["check"], misspelt["level"]) == ("settings", "wrong")
    assert misspelt["remedy"] == "Did you mean PARCOURS_BUCKETS?"


def test_the_command_starts_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARCOURS_DATABASE_URL")
    with open_folder() as folder:
        monkeypatch.setenv("PARCOURS_DATA", str(folder / "none"))
        answer = cli("doctor", "--json")
        assert answer.status == 1
        [one] = [finding for finding in answer.json if finding["check"] == "database"]
        assert one["said"] == "There is none yet."
        assert not (folder / "none").exists()
