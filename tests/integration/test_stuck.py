"""Who should move and does not: found, explained, and helped on by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from parcours.domain.errors import ParcoursError
from parcours.engine.troubles import forget_trouble, note_trouble
from parcours.service.watch.stuck import MendOrder, Stuck, find_failed, find_stuck, mend
from support.cli import Cli
from support.postgres import BUCKETS
from support.runner import email, journey
from support.worker import Document, Installation, installed, line, people

NEXT: Document = {"rest": {"wait_for": [{"event": "Never", "next": "end"}]}, "end": {"end": {}}}
AT_ONCE = timedelta()
PERSON = """SELECT p.status || coalesce(':' || p.reason, '') || ' ' || coalesce(p.step, '-')
    FROM parcours.participant p JOIN parcours.profile pr USING (bucket, profile_id) WHERE pr.user_id = %(user)s"""
MESSAGE = "SELECT state || coalesce(':' || reason, '') FROM parcours.message"


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url) as installation:
        await installation.feed(*people("u", range(4)))
        yield installation


async def stuck(here: Installation, late: timedelta = AT_ONCE) -> list[Stuck]:
    async with here.database.transaction() as connection:
        return await find_stuck(connection, here.clock.now(), late=late)


async def help_on(here: Installation, what: Any, **more: Any) -> Stuck:
    async with here.database.transaction() as connection:
        order = MendOrder("j", "u1", what, **more)
        return await mend(connection, order, here.clock.now(), buckets=BUCKETS, late=AT_ONCE)


async def refused(here: Installation, what: Any, **more: Any) -> str:
    with pytest.raises(ParcoursError) as error:
        await help_on(here, what, **more)
    return error.value.code


async def come_to_a_mail_that_is_refused(here: Installation) -> None:
    here.sink.replies["rcpt"] = "450 come back later"
    await here.start("one")
    await here.publish(journey({"mail": email(), **NEXT}, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT max(attempts) FROM parcours.message WHERE state = 'queued'", 1)


async def audited(here: Installation) -> list[tuple[Any, ...]]:
    return await here.rows(
        "SELECT command, options ->> 'user_id', options ->> 'step', actor, reason FROM parcours.audit"
        " WHERE command IN ('retry', 'skip', 'drop_out') ORDER BY audit_id"
    )


async def test_who_waits_for_an_event_or_for_time_is_not_stuck(here: Installation) -> None:
    await here.start("one")
    await here.publish(journey(NEXT, "j"))
    await here.publish(journey({"wait": {"wait": {"for": "1h"}}, **NEXT}, "k"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT count(*) FROM parcours.participant", 2)
    assert await stuck(here) == []
    assert await refused(here, "retry") == "not_stuck"


async def test_a_timer_without_a_worker(here: Installation) -> None:
    running = await here.start("one")
    await here.publish(journey({"wait": {"wait": {"for": "1s"}}, **NEXT}, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'wait'", 1)
    await running.end()
    await here.until("SELECT wake_at < clock_timestamp() FROM parcours.participant")
    [one] = await stuck(here)
    assert (one.kind, one.user_id, one.step, one.version) == ("timer", "u1", "wait", 1)
    assert one.why == "its timer is due; no worker has the bucket"
    assert await stuck(here, timedelta(minutes=5)) == []
    assert await refused(here, "skip") == "nothing_to_skip"
    assert await refused(here, "drop_out", step="rest") == "step_differs"
    await here.command("j", "pause")
    assert await stuck(here) == []
    await here.command("j", "resume")
    await here.rows("UPDATE parcours.version SET released_at = released_at - interval '1 hour' RETURNING 1")
    assert [one.user_id for one in await stuck(here)] == ["u1"]
    await help_on(here, "drop_out", step="wait", reason="asked us")
    await here.start("two")
    await here.until(PERSON, "dropped_out:removed_by_user wait", user="u1")
    assert await audited(here) == [("drop_out", "u1", "wait", "cli", "asked us")]


async def test_a_message_that_is_tried_in_vain_is_retried_at_once(here: Installation) -> None:
    await come_to_a_mail_that_is_refused(here)
    [one] = await stuck(here)
    assert (one.kind, one.step) == ("queued", "mail")
    assert one.why.startswith("its message was tried 1 times: 450 come back later; the next try is at 20")
    here.sink.replies.clear()
    await help_on(here, "retry")
    await here.until(PERSON, "active rest", user="u1")
    assert await here.one(MESSAGE) == "sent"
    assert await stuck(here) == []


async def test_a_message_that_is_skipped_is_never_sent(here: Installation) -> None:
    await come_to_a_mail_that_is_refused(here)
    await help_on(here, "skip")
    await here.until(PERSON, "active rest", user="u1")
    assert await here.one(MESSAGE) == "cancelled:skip"
    assert here.sink.arrivals == []
    assert all(ledger.balances for ledger in await here.ledgers())
    assert await audited(here) == [("skip", "u1", "mail", "cli", None)]


async def test_a_message_without_an_answer_is_not_sent_again(here: Installation) -> None:
    await come_to_a_mail_that_is_refused(here)
    await here.workers["one"].end()
    # As a worker that died left it.
    await here.rows(
        "UPDATE parcours.message SET state = 'claimed', begin_by = now(), done_by = now() RETURNING 1"
    )
    [one] = await stuck(here)
    assert (one.kind, one.why) == (
        "claimed",
        "nobody recorded what became of its message; no worker has the bucket",
    )
    assert await refused(here, "retry") == "maybe_sent"
    await help_on(here, "skip")
    assert await here.one(MESSAGE) == "uncertain"
    await here.start("two")
    await here.until(PERSON, "active rest", user="u1")
    assert here.sink.arrivals == []


async def test_a_change_that_is_not_applied_and_a_unit_that_fails(here: Installation) -> None:
    running = await here.start("one")
    await here.publish(journey(NEXT, "j"))
    await here.feed(line("track", "u1", "Go"))
    await here.until(PERSON, "active rest", user="u1")
    # Every unit of this journey fails, as by a fault of ours.
    async with here.database.transaction() as connection:
        await connection.execute("ALTER TABLE parcours.passage RENAME COLUMN cause_name TO other_name")
    await here.feed(line("track", "u1", "Never"))
    await here.until("SELECT count(*) > 0 FROM parcours.trouble JOIN parcours.inbox USING (bucket)")
    [one] = await stuck(here)
    assert (one.kind, one.step) == ("arrival", "rest")
    assert one.why.startswith("1 changes wait to be applied; the unit fails since 20")
    assert "cause_name" in one.why
    async with here.database.transaction() as connection:
        await connection.execute("ALTER TABLE parcours.passage RENAME COLUMN other_name TO cause_name")
    await help_on(here, "retry")
    await here.until(PERSON, "completed end", user="u1")
    await here.until("SELECT count(*) FROM parcours.trouble", 0)
    assert running.log.troubles


async def test_a_trouble_of_the_database_itself_is_not_written_down(here: Installation) -> None:
    now = here.clock.now()
    common: dict[str, Any] = {"at": now, "until": now + timedelta(seconds=1)}
    await note_trouble(here.database, 0, 1, ParcoursError("database_unreachable", "away"), **common)
    assert await here.rows("SELECT 1 FROM parcours.trouble") == []
    for _ in range(2):
        await note_trouble(here.database, 0, 1, RuntimeError("a fault\0"), **common)
    assert await here.rows("SELECT code, message, tries FROM parcours.trouble") == [
        ("RuntimeError", "a fault", 2)
    ]
    await forget_trouble(here.database, 0, 1)
    assert await here.rows("SELECT 1 FROM parcours.trouble") == []


async def test_who_fell_out_because_of_a_fault_is_listed(here: Installation) -> None:
    await here.start("one")
    await here.publish(journey({"mail": email("{{ profile.x | divided_by: 0 }}"), **NEXT}, "j"))
    await here.feed(line("identify", "u1", x=1), line("track", "u1", "Go"))
    await here.until(PERSON, "dropped_out:step_failed mail", user="u1")
    async with here.database.transaction() as connection:
        since = here.clock.now() - timedelta(hours=1)
        [one] = await find_failed(connection, since, key="j")
    assert (one["user_id"], one["step"]) == ("u1", "mail")
    assert await stuck(here) == []


def test_the_command_lists_and_helps(
    capsys: pytest.CaptureFixture[str], tmp_path: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    cli = Cli(capsys, tmp_path)
    calm = cli("stuck")
    assert (calm.status, calm.error) == (0, "Nobody is stuck.\n")
    assert cli("stuck", "--json").json == {"stuck": [], "failed": []}
    assert cli("stuck", "none", "--user", "u1", "--retry").status == 1
    assert cli("stuck", "--user", "u1").status == 2
    assert cli("stuck", "none", "--user", "u1", "--retry", "--skip").status == 2
    assert cli("stuck", "--late", "soon").status == 2
