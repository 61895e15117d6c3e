"""The watch: the ledger checked by the engine, alerts raised once and cleared, told by real mail and real webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.channels.email import EmailChannel
from parcours.channels.guard import Guard, read_networks
from parcours.channels.smtp import Server
from parcours.channels.webhook import WebhookChannel
from parcours.clock import SystemClock
from parcours.domain.alerts import ALERTS
from parcours.domain.records import CommandResult
from parcours.observe import AlertCleared, AlertRaised, LedgerChecked
from parcours.service.commands.answering import audit
from parcours.service.commands.automatic import run_scheduled
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.scheduling import give_for_later
from parcours.service.watch.alerts import CALM, alerts, watch_entrants
from parcours.service.watch.gauges import read_load
from parcours.service.watch.watching import Watch
from parcours.settings import Settings
from parcours.store.database import Database
from support.cli import WELCOME, Cli, play
from support.smtp_sink import Sink
from support.webhook_sink import Reply, WebhookSink, signed
from support.worker import Log

NOW = datetime(2026, 3, 9, tzinfo=UTC)  # dora's wait goes until the 11th
LATE = datetime(2026, 3, 11, 9, 6, tzinfo=UTC)  # six minutes behind its end
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
EQUATION = "entered + transferred in = active + left + transferred out"
SECRET = "a secret of tests"


def line(user: str, name: str = "", **values: Any) -> dict[str, Any]:
    when = {"userId": user, "timestamp": "2026-03-02T09:00:00Z"}
    if name:
        return {"type": "track", "event": name, "properties": values, **when}
    return {"type": "identify", "traits": values, **when, "timestamp": "2026-02-01T00:00:00Z"}


FEED = [
    *(line(user, country="SE", email=f"{user}@example.com") for user in ("anna", "bo", "dora")),
    *(line(user, "Signed Up", plan="pro") for user in ("anna", "bo", "dora")),
]


@dataclass
class Watched:
    """A database of one test with its watch; `settings` may be set before a turn."""

    database: Database
    url: str
    log: Log = field(default_factory=Log)
    settings: Settings = field(default_factory=Settings)
    channels: dict[str, Any] = field(default_factory=dict)

    def watch(self, **settings: Any) -> Watch:
        return Watch(self.database, Settings(**settings), self.channels, self.log)

    async def look(self, at: datetime, **settings: Any) -> list[dict[str, Any]]:
        """Look once as a process of its own would; return what stands."""
        await self.watch(**settings).look(at)
        return await self.standing()

    async def standing(self, *, past: bool = False) -> list[dict[str, Any]]:
        async with self.database.transaction() as connection:
            return await alerts(connection, past=past)

    async def kinds(self, at: datetime, **settings: Any) -> list[str]:
        return [one["key"] for one in await self.look(at, **settings)]

    async def sql(self, text: str) -> list[Any]:
        with psycopg.connect(self.url, options="-c search_path=parcours") as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def played(database_url: str) -> str:
    """Three people who wait for an event, until the 11th."""
    play(database_url, [WELCOME], FEED, to="2026-03-07T00:00:00Z")
    return database_url


@pytest.fixture
async def here(played: str) -> AsyncIterator[Watched]:
    async with await Database.connect(played, connections=4) as database:
        held = Watched(database, played)
        await held.sql("UPDATE lease SET holder = 'w', expires_at = 'infinity'")
        yield held


async def check_everything(here: Watched, at: datetime) -> int:
    """Let the watch check until nothing is left; return how many checks that took."""
    watch, checks = here.watch(), 0
    while await watch.check(at) is not None:
        checks += 1
    return checks


# The ledger --------------------------------------------------------------------------------------------------------


async def test_every_bucket_of_every_version_is_checked_once_and_again_a_minute_later(here: Watched) -> None:
    assert await check_everything(here, NOW) == 8
    assert await check_everything(here, NOW + 59 * SECOND) == 0
    assert await check_everything(here, NOW + 61 * SECOND) == 8
    assert {event.mismatches for event in here.log.of(LedgerChecked)} == {0}
    assert await here.kinds(NOW) == []


async def test_what_is_over_is_checked_once_a_day(here: Watched) -> None:
    async with here.database.transaction() as connection:
        await execute(connection, Order("welcome", "stop"), NOW)
    await here.sql(
        "UPDATE participant SET status = 'cancelled', reason = 'journey_stopped', finished_at = '2026-03-09'"
    )
    await here.sql("UPDATE version SET settling = NULL")
    assert await check_everything(here, NOW) == 8
    assert await check_everything(here, NOW + timedelta(hours=23)) == 0
    assert await check_everything(here, NOW + timedelta(hours=25)) == 8


async def test_a_broken_counter_is_written_down_and_alerts_until_it_is_mended(here: Watched) -> None:
    [(bucket,)] = await here.sql(
        "UPDATE counter SET n = n + 2 WHERE (bucket, version_id, kind, name) = (SELECT bucket, version_id, kind, name "
        "FROM counter WHERE kind = 'entered' LIMIT 1) RETURNING bucket"
    )
    await check_everything(here, NOW)
    rows = await here.sql("SELECT bucket, equation, found - expected, cleared_at FROM mismatch")
    assert rows == [(bucket, EQUATION, -2, None)]
    [alert] = await here.look(NOW)
    assert (alert["key"], alert["severity"], alert["journey"]) == ("ledger/welcome/1", "critical", "welcome")
    [wrong] = alert["details"]["mismatches"]
    assert (wrong["bucket"], wrong["equation"]) == (bucket, EQUATION)
    async with here.database.transaction() as connection:
        load = await read_load(connection, NOW)
    assert (load.mismatches, load.alerts) == (1, {("ledger", "critical"): 1})
    # Seen again it stays one row, with its beginning.
    await check_everything(here, NOW + 2 * MINUTE)
    assert await here.sql("SELECT count(*), min(since)::text FROM mismatch") == [
        (1, "2026-03-09 00:00:00+00")
    ]
    await here.sql("UPDATE counter SET n = n - 2 WHERE kind = 'entered' AND bucket = " + str(bucket))
    await check_everything(here, NOW + 4 * MINUTE)
    assert await here.sql("SELECT cleared_at::text FROM mismatch") == [("2026-03-09 00:04:00+00",)]
    assert await here.kinds(NOW + 4 * MINUTE) == ["ledger/welcome/1"]
    assert await here.kinds(NOW + 6 * MINUTE) == []


async def test_lost_people_are_noticed_too(here: Watched) -> None:
    await here.sql("DELETE FROM participant WHERE profile_id = (SELECT profile_id FROM participant LIMIT 1)")
    await check_everything(here, NOW)
    [alert] = await here.look(NOW)
    assert {one["equation"] for one in alert["details"]["mismatches"]} == {
        EQUATION,
        "step opened: in = here + out",
    }


# What alerts -------------------------------------------------------------------------------------------------------


async def test_an_engine_that_stands_still(here: Watched) -> None:
    assert await here.kinds(LATE - 2 * MINUTE) == []
    [alert] = await here.look(LATE)
    assert (alert["key"], alert["severity"]) == ("engine_stopped", "critical")
    assert alert["said"] == (
        "The oldest timer has been due for 6 minutes, and nobody has moved since 2026-03-04T09:00:00Z."
    )
    assert await here.kinds(LATE, alert_overdue=60) == ["engine_stopped"]  # it was seen a moment ago
    assert await here.kinds(LATE + CALM + SECOND, alert_overdue=60) == []


async def test_an_engine_that_moves_and_is_late_is_another_alert(here: Watched) -> None:
    await here.sql("UPDATE participant SET wake_at = '2026-03-04 08:50:00+00'")
    assert await here.kinds(datetime(2026, 3, 4, 9, 1, tzinfo=UTC)) == ["engine_late"]


async def test_nothing_is_overdue_in_a_pause(here: Watched) -> None:
    async with here.database.transaction() as connection:
        await execute(connection, Order("welcome", "pause"), NOW)
    assert await here.kinds(LATE) == []


async def test_buckets_without_a_holder_for_a_minute(here: Watched) -> None:
    watch = here.watch()
    await here.sql("UPDATE lease SET holder = NULL, expires_at = '-infinity'")
    await watch.look(NOW)
    assert await here.standing() == []
    await watch.look(NOW + MINUTE)
    [alert] = await here.standing()
    assert alert["said"] == "Nobody holds the buckets 0, 1, 2, 3, 4, 5, 6, 7."
    await here.sql("UPDATE lease SET holder = 'w', expires_at = 'infinity'")
    await watch.look(NOW + MINUTE + CALM + SECOND)
    assert await here.standing() == []


async def test_a_command_that_was_refused_until_somebody_commands(here: Watched) -> None:
    async with here.database.transaction() as connection:
        await give_for_later(connection, Order("welcome", "close", actor="anna"), NOW, NOW - MINUTE)
        await execute(connection, Order("welcome", "stop", actor="bo"), NOW - SECOND)
        await run_scheduled(connection, NOW)
    [alert] = await here.look(NOW)
    assert alert["key"] == "command_refused/welcome/1"
    assert alert["said"].startswith("close, given by anna, was refused at 2026-03-09T00:00:00Z")
    assert alert["said"].endswith("(stopped_is_final)")
    async with here.database.transaction() as connection:
        await execute(connection, Order("welcome", "resume", actor="anna"), NOW + MINUTE)
    assert await here.kinds(NOW + CALM + SECOND) == []


async def test_units_that_fail(here: Watched) -> None:
    await here.sql(
        "INSERT INTO trouble SELECT 3, journey_id, '42P01', 'no table', '2026-03-09', 2, '2026-03-09', '2026-03-09' "
        "FROM journey"
    )
    assert await here.kinds(NOW) == []
    await here.sql("UPDATE trouble SET tries = 3")
    [alert] = await here.look(NOW)
    assert (alert["key"], alert["details"]["code"]) == ("units_failing/welcome", "42P01")


async def test_failing_sends_by_rate_and_number(here: Watched) -> None:
    await here.sql("UPDATE message SET state = 'rejected', reason = 'send_failed', detail = '550 no' "
                   "WHERE message_id <> (SELECT message_id FROM message LIMIT 1)")  # fmt: skip
    await here.sql("UPDATE message SET settled_at = '2026-03-09'")
    assert await here.kinds(NOW) == []  # two are few
    [alert] = await here.look(NOW, alert_send_minimum=2)
    assert alert["key"] == "send_failures/welcome"
    assert alert["said"] == (
        "2 of 3 messages (email) could not be handed over within an hour, 67%; one answer: 550 no"
    )
    later = NOW + timedelta(hours=2)
    assert await here.kinds(later, alert_send_minimum=2) == []
    await here.sql("UPDATE message SET settled_at = '2026-03-09 02:00:00+00'")
    assert await here.kinds(later, alert_send_minimum=2, alert_send_failures=70) == []


async def test_nobody_enters(here: Watched) -> None:
    assert await here.kinds(NOW) == []
    entered = await here.look(NOW + timedelta(hours=25), alert_no_entrants=24)
    assert [one["key"] for one in entered] == ["no_entrants/welcome"]
    assert (
        entered[0]["said"] == "Nobody has entered version 1 since 2026-03-09T00:00:00Z: 1 day are expected."
    )
    async with here.database.transaction() as connection:
        await watch_entrants(connection, "welcome", timedelta(), at=NOW, actor="cli:me")
    assert await here.kinds(NOW + timedelta(hours=26), alert_no_entrants=24) == []
    async with here.database.transaction() as connection:
        await watch_entrants(connection, "welcome", timedelta(hours=2), at=NOW, actor="cli:me")
    assert await here.kinds(NOW + timedelta(hours=26)) == ["no_entrants/welcome"]
    await here.sql("UPDATE counter SET n = n + 1 WHERE kind = 'entered'")  # people come again
    assert await here.kinds(NOW + timedelta(hours=26, minutes=6)) == []


async def test_an_automatic_resume_that_meets_errors(here: Watched) -> None:
    noon = NOW + timedelta(hours=12)
    async with here.database.transaction() as connection:
        await execute(connection, Order("welcome", "pause"), NOW)
        blocked = CommandResult("welcome", 1, "resume", "paused", "paused", refused="resume_blocked")
        await audit(connection, Order("welcome", "resume", 1, actor="engine"), noon, blocked)
    [alert] = await here.look(noon)
    assert (alert["key"], alert["severity"]) == ("resume_blocked/welcome/1", "warning")
    async with here.database.transaction() as connection:
        await execute(connection, Order("welcome", "stop"), noon + MINUTE)
    assert await here.kinds(noon + CALM + SECOND) == []


async def test_several_processes_raise_it_once(here: Watched) -> None:
    here.channels = {}
    watches = [here.watch(alert_webhook="https://example.com/") for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(watch.look(LATE) for watch in watches))
    assert await here.sql("SELECT count(*) FROM alert") == [(1,)]
    assert await here.sql("SELECT way, tells, count(*) FROM notice GROUP BY 1, 2") == [
        ("webhook", "raised", 1)
    ]
    assert len(here.log.of(AlertRaised)) == 1


# Telling -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def mail(here: Watched, port: int) -> AsyncIterator[None]:
    channel = EmailChannel(Server(host="127.0.0.1", port=port), connections=1, timeout=5)
    here.channels["email"] = channel
    yield
    await channel.close()


@asynccontextmanager
async def webhooks(here: Watched, allowed: str = "127.0.0.1") -> AsyncIterator[None]:
    channel = WebhookChannel(guard=Guard(read_networks(allowed)), clock=SystemClock().now, secret=SECRET)
    here.channels["webhook"] = channel
    await channel.start()
    yield
    await channel.close()


async def turns(watch: Watch, start: datetime, minutes: int) -> None:
    """Let it watch: a turn every ten seconds."""
    for n in range(6 * minutes):
        await watch.turn(start + n * timedelta(seconds=10))


async def test_a_mail_when_it_begins_and_one_when_it_is_over(here: Watched) -> None:
    async with Sink() as sink, mail(here, sink.port):
        watch = here.watch(
            alert_mail="ops@example.com, anna@example.com", alert_from="Watch <watch@example.com>"
        )
        await turns(watch, LATE, 20)
        assert [kept.recipient for kept in sink.kept] == ["ops@example.com", "anna@example.com"]
        text = sink.kept[0].payload.decode()
        assert "Subject: [Parcours] critical: engine_stopped" in text
        assert 'From: "Watch" <watch@example.com>' in text
        assert "The oldest timer has been due for 6 minutes" in text
        assert ALERTS["engine_stopped"][2] in text.replace("=\r\n", "")
        async with here.database.transaction() as connection:
            await execute(connection, Order("welcome", "pause"), LATE)
        await turns(watch, LATE + 20 * MINUTE, 20)
        assert len(sink.kept) == 4
        assert "Subject: [Parcours] over: critical: engine_stopped" in sink.kept[2].payload.decode()
    assert len(here.log.of(AlertCleared)) == 1


async def test_a_mail_server_that_is_away_is_tried_again(here: Watched) -> None:
    sink = Sink()
    port = await sink.start()
    await sink.stop()
    async with mail(here, port):
        watch = here.watch(alert_mail="ops@example.com")
        await turns(watch, LATE, 6)
        [(tries, detail, taken)] = await here.sql("SELECT tries, detail, taken_at FROM notice")
        assert (tries, taken) == (3, None)  # at once, after one minute, after two more
        assert detail
        await sink.start(port)
        await turns(watch, LATE + 6 * MINUTE, 6)
        assert [kept.recipient for kept in sink.kept] == ["ops@example.com"]
        await sink.stop()


async def test_a_notice_whose_process_died_is_told_again(here: Watched) -> None:
    async with Sink() as sink, mail(here, sink.port):
        watch = here.watch(alert_mail="ops@example.com")
        await watch.look(LATE)
        # As a process leaves it that died between the hand-over and writing that down.
        await here.sql("UPDATE notice SET tries = 1, due_at = '2026-03-11 09:08:00+00'")
        await watch.turn(LATE + MINUTE)
        assert sink.kept == []
        await watch.turn(LATE + 2 * MINUTE)
        assert len(sink.kept) == 1
        identity = [one for one in sink.kept[0].payload.decode().splitlines() if one.startswith("Message-ID")]
        assert len(identity) == 1


async def test_a_webhook_is_signed_and_says_it_in_json(here: Watched) -> None:
    async with WebhookSink(replies={"": [Reply(status=503), Reply()]}) as sink, webhooks(here):
        await turns(here.watch(alert_webhook=f"{sink.url}/alerts"), LATE, 10)
        assert [taken.path for taken in sink.taken] == ["/alerts", "/alerts"]
        first, second = sink.taken
        assert signed(second, SECRET)
        assert first.key == second.key
        body = json.loads(second.body)
        assert body["type"] == "alert_raised"
        assert (body["alert"]["kind"], body["alert"]["severity"]) == ("engine_stopped", "critical")


async def test_a_webhook_inside_the_house_is_refused_unless_allowed(here: Watched) -> None:
    async with WebhookSink() as sink, webhooks(here, allowed="false"):
        await turns(here.watch(alert_webhook=f"{sink.url}/alerts"), LATE, 3)
        assert sink.taken == []
        [(detail,)] = await here.sql("SELECT detail FROM notice")
        assert detail == "the address is not allowed"


async def test_one_that_comes_and_goes_does_not_flood(here: Watched) -> None:
    async with Sink() as sink, mail(here, sink.port):
        watch = here.watch(alert_mail="ops@example.com")
        at = LATE
        for _ in range(4):  # it stands for a minute, and is gone for six
            await here.sql("UPDATE version SET status = 'live', paused_at = NULL, pause = NULL")
            await turns(watch, at, 1)
            await here.sql("UPDATE version SET status = 'paused'")
            await turns(watch, at + MINUTE, 6)
            at += 7 * MINUTE
        subjects = [
            one for kept in sink.kept for one in kept.payload.decode().splitlines() if one.startswith("Subj")
        ]
        assert len(subjects) == 2  # the first time, and that it was over
    assert len(await here.standing(past=True)) == 4


# The command line --------------------------------------------------------------------------------------------------


@pytest.fixture
def cli(
    played: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", played)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def test_alerts_are_listed_and_shown_where_people_look(cli: Cli, played: str) -> None:
    assert "Nothing stands." in cli("alerts").error

    async def look() -> None:
        async with await Database.connect(played, connections=2) as database:
            await Watched(database, played).look(LATE)
            await Watched(database, played).look(LATE + timedelta(hours=25), alert_no_entrants=24)

    asyncio.run(look())
    answer = cli("alerts")
    assert answer.status == 1
    assert [one.split("\t")[:3] for one in answer.lines[1:]] == [
        ["critical", "engine_stopped", ""],
        ["warning", "no_entrants", "welcome"],
    ]
    assert [one["key"] for one in cli("alerts", "welcome", "--json").json] == ["no_entrants/welcome"]
    assert "ALERT no_entrants" in cli("journey", "list").out
    assert cli("journey", "list", "--json").json[0]["alerts"] == ["no_entrants"]
    assert "Nobody has entered version 1" in cli("journey", "show", "welcome").out
    found = {one["check"]: one for one in cli("doctor", "--json").json}
    assert (found["alerts"]["level"], found["alerts"]["said"]) == ("wrong", "2 stand, 1 of them critical.")
    assert cli("alerts", "welcome", "--entrants-within", "36h").lines == [
        "welcome: an alert where nobody enters for 1 day 12 hours."
    ]
    assert cli("alerts", "welcome", "--entrants-within", "off").status == 0
    assert cli("alerts", "welcome", "--entrants-within", "default").status == 0
    assert "(bad_option)" in cli("alerts", "welcome", "--entrants-within", "soon").error
    assert "(unknown_journey)" in cli("alerts", "nope", "--entrants-within", "1h").error
