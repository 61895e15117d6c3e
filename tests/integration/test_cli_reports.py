"""Ledger, why, journey show and gauges over what the real engine has done in this database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.domain.timing import parse_instant
from parcours.service.watch.gauges import read_load
from parcours.store.database import Database
from support.cli import WELCOME, Cli, play

STAFF = {"audience": "staff", "members": ["paul"]}


def person(user_id: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user_id, "timestamp": "2026-02-01T00:00:00Z", "traits": traits}


def event(at: str, user_id: str, name: str, **properties: Any) -> dict[str, Any]:
    stamp = f"2026-03-{at}Z"
    return {"type": "track", "userId": user_id, "event": name, "timestamp": stamp, "properties": properties}


def command(at: str, name: str, **options: Any) -> dict[str, Any]:
    return {"at": f"2026-03-{at}Z", "journey": "welcome", "command": name, "options": options}


FEED = [
    person("anna", country="SE", plan="pro", email="anna@example.com", first_name="Anna"),
    person("bo", country="NO", plan="free", email="bo@example.com"),
    person("carl", country="FI"),
    person("dora", country="SE"),
    person("erik", country="SE"),
    person("paul", country="SE"),
    event("02T09:00:00", "anna", "Signed Up", plan="pro"),
    event("02T09:00:00", "bo", "Signed Up", plan="pro"),
    event("02T09:00:00", "carl", "Signed Up", plan="pro"),
    event("03T09:00:00", "carl", "Signed Up", plan="pro"),
    event("02T09:00:00", "dora", "Signed Up", plan="pro"),
    event("02T09:00:00", "erik", "Signed Up", plan="free"),
    event("02T09:00:00", "paul", "Signed Up", plan="pro"),
    event("05T10:00:00", "anna", "App Opened"),
    event("06T10:00:00", "bo", "Order Completed"),
]


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


@pytest.fixture
def played(cli: Cli, database_url: str) -> Cli:
    """Until the 7th of March: anna is through, bo bought, dora waits, carl and paul were refused."""
    play(database_url, [WELCOME], FEED, audiences=[STAFF], to="2026-03-07T00:00:00Z")
    return cli


# Ledger ------------------------------------------------------------------------------------------------------


def test_the_ledger_accounts_for_everybody(played: Cli) -> None:
    answer = played("ledger", "--json")
    assert answer.status == 0
    [ledger] = answer.json
    counts = ("entered", "active", "completed", "succeeded", "dropped_out", "cancelled", "settling")
    assert {name: ledger[name] for name in counts} == {
        "entered": 3, "active": 1, "completed": 1, "succeeded": 1, "dropped_out": 0, "cancelled": 0, "settling": 0,
    }  # fmt: skip
    assert list(ledger["steps"]) == ["entry", "hello", "breathe", "opened", "which", "mark", "done"]
    assert ledger["steps"]["opened"] == {"in": 3, "here": 1, "out": 2}
    assert ledger["balances"] is True
    lines = played("ledger", "welcome").lines
    assert lines[1].split("\t")[:6] == ["welcome", "1", "live", "3", "0", "1"]
    assert "opened\t3\t1\t2" in lines


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE counter SET n = n + 1 WHERE kind = 'entered'", "= active + left"),
        ("UPDATE counter SET n = n + 1 WHERE kind = 'out' AND name = 'hello'", "step hello: in = here + out"),
        ("DELETE FROM participant WHERE finished_at IS NULL", "= active + left"),
        ("UPDATE participant SET status = 'completed' WHERE status = 'succeeded'", "succeeded people"),
    ],
)
def test_a_ledger_that_does_not_balance_is_told_and_ends_with_one(
    played: Cli, database_url: str, damage: str, told: str
) -> None:
    with psycopg.connect(database_url, options="-c search_path=parcours") as connection:
        connection.execute(damage)
    answer = played("ledger")
    assert answer.status == 1
    assert any(
        line.startswith("welcome 1 does not balance: bucket ") and told in line for line in answer.lines
    )
    assert played("ledger", "--json").json[0]["balances"] is False


def test_people_of_a_stopped_version_are_cancelled_before_the_sweep(played: Cli) -> None:
    played("journey", "stop", "welcome")
    answer = played("ledger", "welcome")
    assert answer.status == 0
    assert "welcome 1 is settling: 1 cancelled people to write down." in answer.lines
    [ledger] = played("ledger", "--json").json
    assert (ledger["active"], ledger["cancelled"], ledger["settling"]) == (0, 1, 1)
    assert ledger["steps"]["opened"] == {"in": 3, "here": 0, "out": 3}
    assert "Passage 1, version 1: cancelled (journey_stopped)" in played("why", "dora", "welcome").out


def test_an_unknown_journey_has_no_ledger(cli: Cli) -> None:
    answer = cli("ledger", "nope")
    assert (answer.status, "(unknown_journey)" in answer.error) == (1, True)
    assert "No journey is published yet." in cli("ledger").error


def test_show_tells_of_steps_messages_and_refusals(played: Cli) -> None:
    answer = played("journey", "show", "welcome")
    assert answer.status == 0
    assert "1\thello\tsent\t\t2" in answer.lines
    assert "1\thello\tskipped\tno_address\t1" in answer.lines
    assert "filter\t1\t2\t2026-03-03T09:00:00Z" in answer.lines
    assert "excluded\t1\t1\t2026-03-02T09:00:00Z" in answer.lines
    report = played("journey", "show", "welcome", "--json").json
    assert report["ledgers"][0]["entered"] == 3
    [line] = played("journey", "list", "--json").json
    assert (line["journey"], line["status"], line["inside"]) == ("welcome", "live", 1)


# Why ---------------------------------------------------------------------------------------------------------


def test_why_tells_the_whole_passage(played: Cli) -> None:
    assert played("why", "anna", "welcome").out.partition("\n\nThe entrance")[0] == (
        """anna in welcome

Passage 1, version 1: completed, entered at 2026-03-02T09:00:00Z, left at 2026-03-05T10:00:00Z
  Admitted, because the trigger held:
    yes the event's plan is "pro" ["pro"]
  Admitted, because the filter held:
    yes the person's country is one of "SE", "NO" ["SE"]
  2026-03-02T09:00:00Z  did Signed Up: entry → hello
  2026-03-02T09:00:00Z  email of hello: sent to anna@example.com “Welcome, Anna”
  2026-03-02T09:00:00Z  its message was sent: hello → breathe
  2026-03-04T09:00:00Z  its wait was over: breathe → opened
  2026-03-05T10:00:00Z  did App Opened: opened → which → mark
    at which: the person's plan is "pro"
    profile.plan = "pro"
  2026-03-05T10:00:00Z  the profile was written: mark → done, completed"""
    )


def test_why_tells_of_goal_and_skipped_message(played: Cli) -> None:
    lines = played("why", "bo", "welcome").lines
    assert "  2026-03-06T10:00:00Z  did Order Completed: opened, succeeded, goal met" in lines
    lines = played("why", "dora", "welcome").lines
    skipped = "email of hello: skipped (no_address) - The person has no address for this channel."
    assert f"  2026-03-02T09:00:00Z  {skipped}" in lines
    assert "  2026-03-02T09:00:00Z  its message was not sent: hello → breathe" in lines


def test_why_tells_what_is_waited_for(played: Cli) -> None:
    waiting, on_event, on_timeout = played("why", "dora", "welcome").lines[-3:]
    assert waiting.startswith(
        "  Now at opened waiting for the event App Opened, until 2026-03-11T09:00:00Z at the latest (overdue"
    )
    assert on_event == "    on App Opened: goes to which"
    assert (
        on_timeout == "    at the time-out, 7 days behind its beginning (2026-03-11T09:00:00Z): goes to which"
    )
    [passage] = played("why", "dora", "welcome", "--json").json["passages"]
    assert (passage["status"], passage["until"]) == ("active", "2026-03-11T09:00:00Z")
    played("journey", "pause", "welcome")
    assert "the resume of the journey: it is paused since" in played("why", "dora", "welcome").lines[-3]


def test_why_tells_refusals_with_count_and_values(played: Cli) -> None:
    assert played("why", "carl", "welcome").out == (
        """carl in welcome

Refused 2 times: filter
  The entry filter was not met.
  first at 2026-03-02T09:00:00Z, trigger Signed Up
  last at 2026-03-03T09:00:00Z
    profile.country = "FI"

The entrance of version 1, asked now with the present profile and history
  Whoever does Signed Up where the event's plan is "pro" is suggested.
    done at 2026-03-03T09:00:00Z: it meets the condition
      yes the event's plan is "pro" ["pro"]
    done at 2026-03-02T09:00:00Z: it meets the condition
      yes the event's plan is "pro" ["pro"]
  Suggested now, this person would be refused (filter):
    yes the person is not deleted
    yes version 1 takes people in; it is live
    no  the entry filter: the person's country is one of "SE", "NO" ["FI"]
    yes is not on the exclusion list staff
    yes is not inside already
"""
    )
    assert "Refused once: excluded" in played("why", "paul", "welcome").lines
    assert "    no  is not on the exclusion list staff" in played("why", "paul", "welcome").lines


def test_why_tells_who_was_never_suggested(played: Cli) -> None:
    lines = played("why", "erik", "welcome").lines
    assert lines[1] == (
        "Never suggested: no trigger has led this person to the journey since 2026-03-02T00:00:00Z."
    )
    assert lines[4:7] == [
        '  Whoever does Signed Up where the event\'s plan is "pro" is suggested.',
        "    done at 2026-03-02T09:00:00Z: it does not meet the condition",
        '      no  the event\'s plan is "pro" ["free"]',
    ]
    assert "  Suggested now, this person would enter:" in lines
    entrance = played("why", "erik", "welcome", "--json").json["entrance"]
    assert (entrance["would"], entrance["version"]) == ("enter", 1)
    [trigger] = entrance["triggers"]
    assert (trigger["times"], trigger["events"][0]["when"]["value"]) == (1, "free")


def test_why_tells_of_history_and_of_before_the_publication(cli: Cli, database_url: str) -> None:
    early = {**event("02T09:00:00", "anna", "Signed Up", plan="pro"), "timestamp": "2026-02-20T09:00:00Z"}
    play(database_url, [WELCOME], [early, person("bo")], to="2026-03-03T00:00:00Z")
    assert (
        "    done at 2026-02-20T09:00:00Z: it was loaded as history, which suggests nobody"
        in cli("why", "anna", "welcome").lines
    )
    assert cli("why", "bo", "welcome").lines[4].endswith("This person has never done Signed Up.")
    # A history that was loaded as it happened, before version 2.
    with psycopg.connect(database_url, options="-c search_path=parcours") as connection:
        connection.execute("UPDATE event SET historical = false")
    assert "it came before version 1 was published" in cli("why", "anna", "welcome").out


def test_why_of_somebody_unknown_or_gone(played: Cli, database_url: str) -> None:
    assert played("why", "nobody", "welcome").lines == [
        "nobody in welcome",
        "No person nobody is known: no line of a feed and no audience file has named one.",
    ]
    assert played("why", "nobody", "welcome", "--json").json["known"] is False
    answer = played("why", "anna", "nope")
    assert (answer.status, "(unknown_journey)" in answer.error) == (1, True)


def test_why_of_a_draft(cli: Cli) -> None:
    cli("apply", cli.file("welcome.yaml", WELCOME), cli.file("staff.yaml", STAFF))
    assert "never been published" in cli("why", "paul", "welcome").out


def test_why_tells_of_a_message_that_waits(cli: Cli, database_url: str) -> None:
    play(database_url, [WELCOME], FEED, to="2026-03-02T10:00:00Z")
    with psycopg.connect(database_url, options="-c search_path=parcours") as connection:
        connection.execute("UPDATE participant SET step = 'hello' WHERE status = 'active'")
        connection.execute("UPDATE message SET state = 'queued', due_at = '2099-01-01', handed_at = NULL")
    assert cli("why", "anna", "welcome").lines[-2:] == [
        "  Now at hello waiting for its message to be sent, due 2099-01-01T00:00:00Z",
        "    when its message is settled: goes to breathe",
    ]


# Gauges ------------------------------------------------------------------------------------------------------


async def test_the_load_is_read_from_the_database(played: Cli, database: Database, database_url: str) -> None:
    now = parse_instant("2026-03-11T10:00:00Z")
    assert now is not None
    async with database.transaction() as connection:
        load = await read_load(connection, now)
    assert dict(load.inside) == {"welcome": 1}
    assert load.oldest["timer"] == 3600
    assert (load.pending, load.inbox, load.oldest["message"]) == (0, 0, 0)


def test_show_says_how_a_journey_stands_and_adds_its_versions_up(played: Cli) -> None:
    entered = played("journey", "show", "welcome", "--json").json
    assert entered["standing"].startswith("Running, version 1, since ")
    assert entered["totals"]["entered"] == entered["ledgers"][0]["entered"] > 0
    inside = entered["totals"]["active"]
    would = played("journey", "stop", "welcome", "--dry-run", "--json").json[0]["counts"]
    assert (would["inside"], would["cancelled"]) == (inside, inside)
    would = played("journey", "pause", "welcome", "--dry-run", "--json").json[0]["counts"]
    assert would["frozen"] + would["stay_queued"] == inside
    assert {"due_within_hour", "messages_held"} <= would.keys()
    assert played("journey", "close", "welcome", "--dry-run", "--json").json[0]["counts"]["go_on"] == inside
    played("journey", "new-version", "welcome")
    assert played("journey", "publish", "welcome", "--dry-run", "--json").json[0]["counts"]["stay"] == inside
    played("journey", "publish", "welcome")
    played("journey", "stop", "welcome", "--version", "2")
    shown = played("journey", "show", "welcome")
    assert f"Stopped, version 2 · {inside} still inside version 1" in shown.lines
    assert any(line.startswith("Altogether: entered ") for line in shown.lines)
    played("journey", "stop", "welcome")
    stands = played("journey", "show", "welcome", "--json").json["standing"]
    assert stands.startswith("Not running: stopped ")
    assert " by cli:" in stands
    # Without a worker nothing is swept.
    assert "(still_settling)" in played("journey", "delete", "welcome", "--dry-run").error
