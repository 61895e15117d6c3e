"""One test person walks through a journey: real branches, real mails if asked for, and nobody else touched."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from parcours.channels.mailbox import Mailbox
from support.cli import Cli

JOURNEY: dict[str, Any] = {
    "journey": "welcome",
    "timezone": "Europe/Stockholm",
    "window": {"from": "08:00", "to": "08:01"},
    "entry": {
        "triggers": [{"event": "Signed Up"}],
        "filter": {"field": "profile.country", "is": "SE"},
        "exclude": ["staff"],
        "end": "2020-01-01",
        "cap": 1,
    },
    "email": {"from": "Anna <anna@example.com>", "reply_to": "help@example.com", "transactional": True},
    "steps": {
        "hello": {"email": {"subject": "Hi {{ profile.first_name }}", "text": "{{ event.plan }}"}},
        "breathe": {"wait": {"for": "30d"}},
        "bought": {
            "wait_for": [
                {
                    "event": "Order Completed",
                    "when": {"field": "event.total", "gte": 100},
                    "save_as": "order",
                    "next": "which",
                },
                {"timeout": "7d", "drop_out": True},
            ]
        },
        "which": {
            "split": [
                {"when": {"all": [{"field": "order.total", "gte": 500}, {"audience": "fans"}]}, "next": "call"},
                {"else": True, "next": "over"},
            ]
        },
        "call": {"webhook": {"url": "https://crm.example/{{ profile.user_id }}", "body": {"n": "{{ order.total }}"}}},
        "over": {"end": {"start": "second"}},
    },
}  # fmt: skip
SECOND = {
    "journey": "second",
    "entry": {"triggers": [{"event": "X"}]},
    "steps": {"w": {"wait": {"for": "1d"}}},
}
FANS = {"audience": "fans", "where": {"event": "Page Viewed", "at_least": 2}}


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("PARCOURS_MAILBOX_PORT", str(free.getsockname()[1]))
    cli = Cli(capsys, tmp_path)
    traits = {"first_name": "Åsa", "email": "asa@example.com", "country": "SE"}
    people = [
        {"type": "identify", "userId": "u1", "traits": traits},
        {"type": "track", "userId": "u1", "event": "Signed Up", "properties": {"plan": "pro"}},
        {"type": "page", "userId": "u1", "name": "Page Viewed"},
        {"type": "page", "userId": "u1", "name": "Page Viewed", "messageId": "again"},
        {"type": "identify", "userId": "u2", "traits": {**traits, "country": "NO"}},
    ]
    assert cli("import", cli.file("people.jsonl", people)).status == 0
    staff = cli.file("staff.yaml", {"audience": "staff", "members": ["u3"]})
    fans = cli.file("fans.yaml", FANS)
    second = cli.file("second.yaml", SECOND)
    assert cli("apply", staff, fans, second, cli.file("welcome.yaml", JOURNEY)).status == 0
    return cli


def contents(url: str) -> dict[str, list[Any]]:
    names = (
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = 'parcours' AND table_type = 'BASE TABLE'"
    )
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(names)]
        rows = {
            name: connection.execute(f"SELECT t::text FROM parcours.{name} t").fetchall() for name in tables
        }
        return {name: sorted(found) for name, found in rows.items()}


def databases(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'parcours\\_sim\\_%'")
        return [name for (name,) in rows]


def walked(
    cli: Cli, *more: object, key: str = "welcome", who: str = "u1"
) -> list[tuple[str, str | None, str]]:
    answer = cli("test", "walk", key, "--as", who, "--fast", "--json", *more)
    return [(line["kind"], line["step"], line["text"]) for line in answer.json]


def moves(lines: list[tuple[str, str | None, str]]) -> list[str]:
    return [text for kind, _, text in lines if kind == "move"]


def test_a_draft_from_the_entrance_to_the_time_out(cli: Cli, database_url: str) -> None:
    before = contents(database_url)
    lines = walked(cli)
    assert [text for kind, _, text in lines if kind == "note"] == [
        "Left out: entry.end, entry.cap.",
        "Left out: the window; messages leave at once.",
        "The end `over` starts second; here it does not.",
    ]
    assert [(kind, step, text) for kind, step, text in lines if kind != "note"] == [
        ("event", None, 'does Signed Up {"plan": "pro"}'),
        ("move", "hello", "entry → hello"),
        ("message", "hello", "email made “[Test] Hi Åsa” - not sent: no address was given"),
        ("move", "breathe", "hello → breathe"),
        ("wait", "breathe", lines[7][2]),
        ("move", "bought", "breathe → bought"),
        ("wait", "bought", lines[9][2]),
        ("move", "bought", "bought"),
        ("end", "bought", "dropped_out (wait_timeout)"),
    ]
    assert "Order Completed" in lines[9][2]
    assert contents(database_url) == before
    assert databases(database_url) == []


def test_an_event_answers_a_wait_and_branches_say_why(cli: Cli) -> None:
    small = walked(cli, "--event", 'Order Completed={"total": 99}@bought')
    assert small[-1] == ("end", "bought", "dropped_out (wait_timeout)")
    answer = cli(
        "test", "walk", "welcome", "--as", "u1", "--fast", "--event", 'Order Completed={"total": 120}@bought'
    )
    assert answer.lines[-1].endswith("completed")
    assert any(line.endswith("bought → which → over") for line in answer.lines)
    assert "    order.total = 120" in answer.lines
    assert any(line.startswith("    at which: ") for line in answer.lines)
    large = walked(cli, "--event", 'Order Completed={"total": 500}@bought')
    assert moves(large)[3:] == ["bought → which → call", "call → over"]
    assert [text for kind, _, text in large if kind == "message"][1] == (
        'webhook sent - not called: POST https://crm.example/u1 {"n":"500"}'
    )


def test_mails_are_really_sent_where_an_address_is_given(cli: Cli) -> None:
    walked(cli, "--to", "me@example.com", "--entry", '{"plan": "basic"}')
    box = Mailbox(cli.folder / "mailbox")
    mail = box.show(1)
    assert (box.count(), mail.summary.to, mail.summary.subject) == (1, ("me@example.com",), "[Test] Hi Åsa")
    assert (mail.text or "").strip() == "basic"


def test_who_is_not_let_in_is_told_why_and_may_walk_all_the_same(cli: Cli) -> None:
    answer = cli("test", "walk", "welcome", "--as", "u2", "--fast")
    assert answer.status == 1
    assert answer.lines[-2:] == [answer.lines[-2], '    profile.country = "NO"']
    assert answer.lines[-2].endswith("refused: filter")
    assert moves(walked(cli, "--ignore-entrance", who="u2"))[0] == "entry → hello"


def test_a_published_journey_without_an_event_at_its_entry(cli: Cli, database_url: str) -> None:
    by_hand = {**SECOND, "entry": {"triggers": [{"manual": True}]}}
    assert cli("apply", cli.file("second.yaml", by_hand)).status == 0
    assert cli("journey", "publish", "second").status == 0
    before = contents(database_url)
    lines = walked(cli, key="second")
    assert lines[0] == ("event", None, "added by hand")
    assert [kind for kind, _, _ in lines] == ["event", "move", "wait", "move", "end"]
    assert contents(database_url) == before


def test_a_wait_that_nothing_ends(cli: Cli) -> None:
    steps = {"hear": {"wait_for": [{"event": "A", "next": "end"}]}, "end": {"end": {}}}
    assert cli("apply", cli.file("second.yaml", {**SECOND, "steps": steps})).status == 0
    kind, step, text = walked(cli, key="second")[-1]
    assert (kind, step) == ("end", "hear")
    assert "answer with --event NAME@hear" in text
    assert walked(cli, "--event", "A@hear", key="second")[-1] == ("end", "end", "completed")


def test_webhooks_are_called_where_that_is_asked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_WEBHOOK_ALLOW_PRIVATE", "true")
    taken: list[bytes] = []

    class Crm(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "11")
            self.end_headers()
            self.wfile.write(b'{"ok":true}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Crm) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        steps = {
            "call": {"webhook": {"url": f"http://127.0.0.1:{server.server_port}/", "body": {"a": 1}, "save_as": "crm"}},
            "split": {"split": [{"when": {"field": "crm.ok", "is": True}, "next": "yes"}, {"else": True, "next": "no"}]},
            "yes": {"end": {}},
            "no": {"end": {}},
        }  # fmt: skip
        assert cli("apply", cli.file("second.yaml", {**SECOND, "steps": steps})).status == 0
        assert walked(cli, key="second")[-1][1] == "no"
        assert taken == []
        assert walked(cli, "--call-webhooks", key="second")[-1][1] == "yes"
        assert taken == [b'{"a":1}']
        server.shutdown()


def test_what_cannot_be_walked(cli: Cli) -> None:
    broken = {**SECOND, "steps": {"w": {"wait": {}}}}
    assert cli("apply", cli.file("second.yaml", broken)).status == 0
    answer = cli("test", "walk", "second", "--as", "u1", "--fast")
    assert (answer.status, "(invalid)" in answer.error) == (1, True)
    assert "(unknown_step)" in cli("test", "walk", "welcome", "--as", "u1", "--event", "A@x").error
    assert cli("test", "walk", "welcome", "--as", "u1", "--event", "A").status == 2
    assert "(unknown_person)" in cli("test", "walk", "welcome", "--as", "nobody").error
