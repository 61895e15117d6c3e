"""Hold all sending: after the answer no message of any journey is handed over until the release."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from parcours.service.commands.holding import hold_sending, read_hold, release_sending, wait_for_providers
from parcours.service.watch.reports import notify_workers
from support.cli import WELCOME, Cli
from support.runner import email, journey
from support.worker import Document, Installation, installed, line, people

MAILING: Document = {
    "rest": {"wait": {"for": "1s"}},
    "mail": email(),
    "again": {"wait": {"for": "1s"}},
    "last": email(),
}
NUMBER = 40


async def hold(here: Installation, *, release: bool = False) -> None:
    async with here.database.transaction() as connection:
        command = release_sending if release else hold_sending
        await command(connection, at=here.clock.now(), actor="anna", reason="why")
        await notify_workers(connection)
    if not release:
        await wait_for_providers(here.database, here.clock)


async def test_nothing_is_handed_over_while_it_is_held_and_everything_goes_on_behind_it(
    database_url: str,
) -> None:
    async with installed(database_url, "one", "two", delays={"dot": 0.02}) as here:
        await here.feed(*people("u", range(NUMBER)))
        for key in ("j", "k"):
            await here.publish(journey(MAILING, key))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(NUMBER)))
        await here.until("SELECT count(*) > 5 FROM parcours.message WHERE state = 'sent'")
        await hold(here)
        sent = len(here.sink.arrivals)
        # Everybody comes to a message and waits there; nobody is at a message that has left.
        everybody = "SELECT count(*) FROM parcours.message WHERE state = 'queued'"
        left = 2 * NUMBER
        await here.until(f"SELECT ({everybody}) = {left}")
        assert await here.one("SELECT count(*) FROM parcours.message WHERE state = 'claimed'") == 0
        assert len(here.sink.arrivals) == sent
        # The life of journeys goes on: somebody who leaves is sent nothing.
        await here.command("k", "stop")
        await here.until("SELECT count(*) FROM parcours.message WHERE state = 'cancelled'", NUMBER)
        assert len(here.sink.arrivals) == sent
        assert await here.one("SELECT count(*) FROM parcours.trouble") == 0
        await hold(here, release=True)
        await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'completed'", NUMBER)
        assert len(here.sink.arrivals) > sent
        ledgers = await here.ledgers()
        assert all(ledger.balances for ledger in ledgers)
        commands = await here.rows(
            "SELECT command FROM parcours.audit WHERE journey_key = '*' ORDER BY audit_id"
        )
        assert commands == [("hold_sending",), ("release_sending",)]


async def test_it_takes_effect_at_its_commit_however_many_units_are_under_way(database_url: str) -> None:
    async with installed(database_url, "one", "two") as here:
        await here.feed(*people("u", range(200)), *people("v", range(10)))
        await here.publish(journey(MAILING, "j"))
        await here.feed(*(line("track", f"u{n}", "Go") for n in range(200)))
        held = []
        for number in range(10):
            await hold(here)
            answered = time.monotonic()
            # The engine goes on: somebody else enters.
            await here.feed(line("track", f"v{number}", "Go"))
            await here.until("SELECT count(*) FROM parcours.participant", 200 + number + 1)
            held.append((answered, time.monotonic()))
            await hold(here, release=True)
        await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'completed'", 210)
        assert len(here.sink.arrivals) == 420
        late = [a for a in here.sink.arrivals if any(begin < a.at < end for begin, end in held)]
        assert late == []


async def test_held_twice_is_held_once(database_url: str) -> None:
    async with installed(database_url) as here:
        async with here.database.transaction() as connection:
            first = await hold_sending(connection, at=here.clock.now(), actor="anna", dry_run=True)
            assert await read_hold(connection) is None
        assert (first.from_status, first.to_status, first.counts) == (
            "sending",
            "held",
            {"messages": 0, "due_within_hour": 0},
        )
        for before in ("sending", "held"):
            async with here.database.transaction() as connection:
                result = await hold_sending(connection, at=here.clock.now(), actor="anna", reason="why")
            assert (result.from_status, result.to_status) == (before, "held")
        for before in ("held", "sending"):
            async with here.database.transaction() as connection:
                result = await release_sending(connection, at=here.clock.now(), actor="anna")
            assert (result.from_status, result.to_status) == (before, "sending")


def test_the_command_line(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    cli = Cli(capsys, tmp_path)
    cli("apply", cli.file("welcome.yaml", WELCOME))
    assert cli("hold", "--status").lines == ["Messages leave as they are due."]
    assert cli("hold", "--dry-run").lines == ["0 messages would be held, 0 of them due within the hour."]
    assert cli("hold", "--reason", "the provider is down").lines[0].startswith("All sending is held since ")
    assert "(the provider is down)" in cli("journey", "list").error
    assert "All sending is held" in cli("journey", "show", "welcome").error
    assert cli("hold").lines[0] == "Nothing to do."
    assert cli("hold", "--status", "--json").json["held"]["reason"] == "the provider is down"
    assert cli("hold", "--release", "--json").json["held"] is None
    assert [one["command"] for one in cli("audit", "--json").json][:3] == [
        "release_sending",
        "hold_sending",
        "hold_sending",
    ]
