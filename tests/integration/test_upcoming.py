"""What happens next by itself: commands given for later, dates, schedules and waves, timers, messages, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours.domain.errors import ParcoursError
from parcours.service.commands.lifecycle import Order
from parcours.service.commands.scheduling import give_for_later
from parcours.service.watch.upcoming import Upcoming, what_happens_next
from parcours.store.database import Database
from support.cli import WELCOME, Cli, play

END = "2026-03-10T00:00:00Z"
NOW = datetime(2026, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def person(number: int, at: str) -> list[dict[str, Any]]:
    user = f"u{number}"
    traits = {"country": "SE", "email": f"{user}@example.com"}
    return [
        {"type": "identify", "userId": user, "timestamp": "2026-03-01T00:00:00Z", "traits": traits},
        {
            "type": "track",
            "userId": user,
            "timestamp": at,
            "event": "Signed Up",
            "properties": {"plan": "pro"},
        },
    ]


def two_people() -> list[dict[str, Any]]:
    """One whose two days are over at 00:30, half an hour behind NOW, and one at noon."""
    return [*person(1, "2026-03-08T00:30:00Z"), *person(2, "2026-03-08T12:00:00Z")]


def coming(url: str, *later: tuple[Any, datetime], key: str = "welcome") -> list[Upcoming]:
    """Ask at NOW, some commands having been given for later."""

    async def inside() -> list[Upcoming]:
        async with (
            await Database.connect(url, connections=1) as database,
            database.transaction() as connection,
        ):
            for order, at in later:
                await give_for_later(connection, order, at, NOW)
            return await what_happens_next(connection, key, NOW)

    return asyncio.run(inside())


def kinds(found: Sequence[Upcoming]) -> list[tuple[str, str | None]]:
    return [(one.kind, one.at.isoformat()[5:16] if one.at else None) for one in found]


def run(url: str, *commands: dict[str, Any], **entry: Any) -> None:
    journey = {**WELCOME, "entry": {**WELCOME["entry"], **entry}}
    play(url, [journey], two_people(), commands, to=END)


def command(name: str, at: str) -> dict[str, Any]:
    return {"at": at, "journey": "welcome", "command": name}


def test_timers_are_counted_within_the_hour(database_url: str) -> None:
    run(database_url)
    [timers] = coming(database_url)
    assert (timers.kind, timers.version, timers.count, timers.at) == ("timers", 1, 1, NOW + 30 * MINUTE)
    assert timers.said == "the next timer is due; 1 person due within the hour"


def test_a_closed_journey_finishes_when_the_last_one_leaves(database_url: str) -> None:
    run(database_url, command("close", "2026-03-09T00:00:00Z"))
    timers, finish = coming(database_url)
    assert timers.kind == "timers"
    assert (finish.kind, finish.at, finish.count) == ("finish", None, 2)
    assert finish.said == "it finishes when the last of 2 people leaves"


def test_a_paused_journey_says_that_nothing_happens(database_url: str) -> None:
    run(database_url, command("pause", "2026-03-09T00:00:00Z"))
    pause, frozen = coming(database_url)
    assert (pause.kind, pause.count, frozen.kind, frozen.count) == ("pause", 2, "frozen", 2)
    assert frozen.said == "it stays paused, with 2 people inside, until somebody resumes it"


def test_a_stopped_journey_has_nothing_to_come(database_url: str) -> None:
    run(database_url, command("stop", "2026-03-09T00:00:00Z"))
    assert coming(database_url) == []


def test_start_and_end_dates(database_url: str) -> None:
    run(database_url, start="2026-03-11T08:00:00", end="2026-03-20T08:00:00", at_end="stop")
    found = coming(database_url)
    assert kinds(found) == [("date", "03-11T08:00"), ("date", "03-20T08:00")]
    assert [one.command for one in found] == ["open", "stop"]
    assert found[1].said == "the end date: everybody inside is cancelled"


def test_commands_given_for_later_stand_in_their_order_with_who_gave_them(database_url: str) -> None:
    run(database_url)
    found = coming(
        database_url,
        (Order("welcome", "stop", actor="anna", reason="over"), NOW + 40 * MINUTE),
        (Order("welcome", "pause", 1, actor="bo"), NOW + 10 * MINUTE),
    )
    assert kinds(found) == [("command", "03-10T00:10"), ("timers", "03-10T00:30"), ("command", "03-10T00:40")]
    assert [(one.version, one.said, one.scheduled_id) for one in found if one.kind == "command"] == [
        (1, "pause, given by bo", 2),
        (None, "stop, given by anna: over", 1),
    ]


def test_schedules_and_waves(database_url: str) -> None:
    weekly = {"audience": "vip", "schedule": "0 9 * * 1"}
    waves = {"parts": 4, "every": "1d"}
    run(database_url, triggers=[weekly], waves=waves, filter={"all": []})
    found = coming(database_url)
    assert kinds(found) == [("run", "03-10T09:00"), ("run", "03-16T09:00")]
    assert (
        found[0].said
        == "wave 2 of a run: its part of the audience is suggested; 2 more, until 2026-03-12T09:00:00Z"
    )


def test_unknown_journeys_and_drafts(database_url: str) -> None:
    with pytest.raises(ParcoursError) as unknown:
        coming(database_url)
    assert unknown.value.code == "unknown_journey"


def test_show_says_it_in_words_and_as_json(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    run(database_url, command("pause", "2026-03-09T00:00:00Z"))
    cli = Cli(capsys, tmp_path)
    cli("journey", "resume", "welcome", "--at", "2090-01-01T12:00", "--reason", "in spring")
    shown = cli("journey", "show", "welcome").out
    assert "2090-01-01T12:00:00Z\tall\tresume, given by cli:" in shown
    assert ": in spring (`parcours journey unschedule 1`)" in shown
    upcoming = cli("journey", "show", "welcome", "--json").json["upcoming"]
    assert [(one["kind"], one["at"], one["count"]) for one in upcoming] == [
        ("command", "2090-01-01T12:00:00Z", None),
        ("pause", None, 2),
        ("frozen", None, 2),
    ]
