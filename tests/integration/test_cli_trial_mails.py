"""All mails of a journey to oneself: rendered with somebody's data, really handed over, and nothing else touched."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.channels.mailbox import Mailbox
from support.cli import Cli

JOURNEY: dict[str, Any] = {
    "journey": "welcome",
    "name": "Welcome",
    "entry": {"triggers": [{"event": "Signed Up"}]},
    "email": {"from": "Anna <anna@example.com>", "reply_to": "help@example.com", "subscription": "news"},
    "steps": {
        "hello": {
            "label": "First mail",
            "email": {
                "subject": "Hi {{ profile.first_name }}",
                "text": "{{ event.plan }} {{ profile.city | default: 'there' }}",
            },
        },
        "ask": {"webhook": {"url": "https://crm.example/", "save_as": "crm"}},
        "later": {
            "email": {
                "subject": "{{ crm.owner.name }} writes",
                "html": "<p>{{ crm.score }} {{ unsubscribe_url }}</p>",
            }
        },
        "broken": {"email": {"subject": "x", "text": "{{ profile.n | divided_by: 0 }}"}},
    },
}
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'parcours'"


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("PARCOURS_MAILBOX_PORT", str(free.getsockname()[1]))
    cli = Cli(capsys, tmp_path)
    traits = {"first_name": "Åsa", "email": "asa@example.com", "n": 1}
    people = [
        {"type": "identify", "userId": "u1", "traits": traits},
        {"type": "track", "userId": "u1", "event": "Signed Up", "properties": {"plan": "pro"}},
        {"type": "identify", "userId": "u2", "traits": {"email": "u2@example.com"}},
    ]
    assert cli("import", cli.file("people.jsonl", people)).status == 0
    assert cli("apply", cli.file("welcome.yaml", JOURNEY)).status == 0
    return cli


def everything(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        rows = {
            name: connection.execute(f"SELECT count(*) FROM parcours.{name}").fetchone() for name in names
        }
        return {name: row[0] for name, row in rows.items() if row is not None}


def mails(folder: Path) -> list[tuple[tuple[str, ...], str, str]]:
    box = Mailbox(folder / "mailbox")
    found = [box.show(number + 1) for number in range(box.count())]
    return [(mail.summary.to, mail.summary.subject, (mail.text or "").strip()) for mail in found]


def test_a_draft_with_the_data_of_somebody(cli: Cli, database_url: str) -> None:
    before = everything(database_url)
    answer = cli("test", "mails", "welcome", "--to", "Me <me@example.com>", "--as", "u1", "--json")
    assert answer.status == 1  # one of them cannot be rendered
    said = [(m["step"], m["outcome"], m["subject"], m["missing"], m["placeholders"]) for m in answer.json]
    assert said == [
        ("hello", "sent", "[Test] Hi Åsa", ["profile.city"], []),
        (
            "later", "sent", "[Test] [crm.owner.name] writes", [],
            ["crm.owner.name", "crm.score", "unsubscribe_url"],
        ),
        ("broken", "not sent", None, [], []),
    ]  # fmt: skip
    assert "zero" in answer.json[2]["error"].lower() or "0" in answer.json[2]["error"]
    assert mails(cli.folder) == [
        (("me@example.com",), "[Test] Hi Åsa", "pro there"),
        (("me@example.com",), "[Test] [crm.owner.name] writes", "[crm.score] [unsubscribe_url]"),
    ]
    before["audit"] += 1  # who sent mails with somebody's data, and whither
    assert everything(database_url) == before


def test_the_event_is_that_of_the_latest_entry_or_one_that_is_given(cli: Cli) -> None:
    one = ("test", "mails", "welcome", "--to", "me@example.com", "--step", "hello", "--json")
    (mail,) = cli(*one, "--as", "u2").json
    assert (mail["missing"], mail["placeholders"]) == (["profile.city", "profile.first_name"], ["event.plan"])
    (mail,) = cli(*one, "--as", "u2", "--event", json.dumps({"plan": "basic"})).json
    assert mail["placeholders"] == []
    assert [text for _, _, text in mails(cli.folder)] == ["[event.plan] there", "basic there"]


def test_a_published_version_may_be_named(cli: Cli) -> None:
    fine = {**JOURNEY, "steps": {"hello": JOURNEY["steps"]["hello"]}}
    assert cli("apply", cli.file("welcome.yaml", fine)).status == 0
    assert cli("journey", "publish", "welcome").status == 0
    changed = {**fine, "steps": {"hello": {"email": {"subject": "New", "text": "New"}}}}
    assert cli("apply", cli.file("welcome.yaml", changed)).status == 0
    asked = ("test", "mails", "welcome", "--to", "me@example.com", "--as", "u1")
    assert cli(*asked).lines == ["hello: sent “[Test] New”"]
    assert cli(*asked, "--version", "1").lines == [
        "hello: sent “[Test] Hi Åsa”",
        "  empty for this person: profile.city",
    ]


def test_what_cannot_be_asked(cli: Cli) -> None:
    asked = ("test", "mails", "welcome", "--to", "me@example.com")
    assert "(unknown_person)" in cli(*asked, "--as", "nobody").error
    assert "(unknown_step)" in cli(*asked, "--as", "u1", "--step", "hallo").error
    assert "(unknown_journey)" in cli("test", "mails", "x", "--to", "me@example.com", "--as", "u1").error
    assert "(address_invalid)" in cli("test", "mails", "welcome", "--to", "me", "--as", "u1").error
    assert cli(*asked, "--as", "u1", "--event", "[1]").status == 2
    assert mails(cli.folder) == []
