"""Consent and people's rights over the command line: what is declared, said, kept back, shown and forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.cli import Cli

REGULARS = {"audience": "regulars", "where": {"event": "Order Completed", "at_least": 3, "within": "90d"}}
ANNA = {
    "type": "identify",
    "userId": "anna",
    "timestamp": "2026-03-01T00:00:00Z",
    "traits": {"email": "anna@example.com"},
}
BOUGHT = {
    "type": "track",
    "userId": "anna",
    "timestamp": "2026-03-02T00:00:00Z",
    "event": "Order Completed",
    "properties": {"total": 99},
}


@pytest.fixture
def here(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    cli = Cli(capsys, tmp_path)
    lines = "\n".join(json.dumps(line) for line in (ANNA, BOUGHT))
    assert cli("import", cli.file("people.jsonl", lines)).status == 0
    return cli


def test_what_people_say_of_a_kind_of_mail_is_kept_and_shown(here: Cli) -> None:
    assert here("subscription", "set", "news", "--default", "out").status == 0
    assert here("person", "consent", "anna", "news", "in", "--source", "checkout").status == 0
    said = here("person", "consent", "anna", "--json").json
    assert [(one["subscription"], one["state"], one["source"]) for one in said] == [
        ("news", "in", "checkout")
    ]
    [kind] = here("subscription", "list", "--json").json
    assert (kind["key"], kind["default"]) == ("news", "out")
    commands = [line["command"] for line in here("audit", "--json").json]
    assert "save_subscription_type" in commands


def test_senders_are_kept_and_a_journey_may_leave_it_to_them(here: Cli) -> None:
    bare = here("sender", "set", "news")
    assert (bare.status, "has no address" in bare.error) == (1, True)
    given = (
        "sender",
        "set",
        "news",
        "--address",
        "news@example.com",
        "--name",
        "Anna, the shop",
        "--default",
    )
    would = here(*given, "--dry-run")
    assert (would.status, here("sender", "list", "--json").json) == (0, [])
    assert here(*given).out == 'news is new: "Anna, the shop" <news@example.com>.\n'
    assert here("sender", "set", "news", "--reply-to", "anna@example.com").status == 0
    [kept] = here("sender", "list", "--json").json
    assert (kept["name"], kept["reply_to"], kept["default"]) == ("Anna, the shop", "anna@example.com", True)
    mail = {"email": {"subject": "Hello", "text": "Hello", "transactional": True}}
    document = {
        "journey": "hello",
        "entry": {"triggers": [{"manual": True}]},
        "steps": {"a": mail, "z": {"end": {}}},
    }
    applied = here("apply", here.file("hello.yaml", document))
    assert "no_sender" not in applied.out + applied.error
    assert here("journey", "publish", "hello").status == 0
    kept_back = here("sender", "remove", "news")
    assert (kept_back.status, "hello" in kept_back.error) == (1, True)
    used = here("used", "sender", "news@example.com", "--json").json
    assert [one["place"] for one in used] == ["email.from"]
    assert here("journey", "stop", "hello").status == 0
    assert here("sender", "remove", "news").status == 0


def test_an_address_is_kept_back_and_let_go(here: Cli) -> None:
    would = here("suppress", "add", "Anna@Example.com", "--dry-run")
    assert (would.status, here("suppress", "list", "--json").json) == (0, [])
    assert here("suppress", "add", "Anna@Example.com", "--why", "complaint").status == 0
    [one] = here("suppress", "list", "--json").json
    assert (one["address"], one["reason"]) == ("Anna@Example.com", "complaint")
    assert here("suppress", "remove", "anna@example.com").status == 0  # one address, however it is written
    assert here("suppress", "list", "--json").json == []


def test_a_person_is_shown_whole_and_then_forgotten(here: Cli) -> None:
    found = json.loads(here("person", "export", "anna").out)
    assert found["profile"]["attributes"] == {"email": "anna@example.com"}
    assert [event["name"] for event in found["events"]] == ["Order Completed"]
    assert here("person", "erase", "anna", "--dry-run").status == 0
    assert json.loads(here("person", "export", "anna").out)["events"] == found["events"]
    assert here("person", "erase", "anna", "--no-wait", "--reason", "asked by mail").status == 0
    gone = here("person", "export", "anna")
    assert (gone.status, gone.out, "unknown_person" in gone.error) == (1, "", True)


def test_retention_warns_of_audiences_that_look_further_back(here: Cli) -> None:
    assert here("retention", "--json").json == {"events": None, "passages": None, "messages": None}
    assert here("apply", here.file("regulars.yaml", REGULARS)).status == 0
    short = here("retention", "--events", "30d")
    assert "events: 30 days" in short.out
    assert "Audiences look at Order Completed 90 days back" in short.error
    assert "Warning" not in here("retention", "--events", "120d").error
    assert here("retention", "--events", "2h").status == 1
    assert here("retention", "--json").json["events"] == 120
