"""`parcours --server`: what is printed of a server's journeys is what is printed of a database's own."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parcours.channels.mailbox import Mailbox
from support.api import ApiServer, api_server
from support.cli import Answer, Cli
from support.postgres import Server

STEPS: dict[str, Any] = {"rest": {"wait": {"for": "2d"}}, "done": {"end": {}}}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def api(postgres: Server, folder: Path) -> Iterator[ApiServer]:
    with api_server(postgres, data=str(folder)) as server:
        yield server


class Both:
    """The command line on one database: by its server, and by itself."""

    def __init__(self, cli: Cli, api: ApiServer, patch: pytest.MonkeyPatch) -> None:
        self.cli, self._api, self._patch = cli, api, patch
        patch.setenv("PARCOURS_DATABASE_URL", api.database_url)

    def there(self, *arguments: object, key: str = "admin") -> Answer:
        self._patch.setenv("PARCOURS_KEY", self._api.key(key))
        return self.cli("--server", self._api.url, *arguments)

    def here(self, *arguments: object) -> Answer:
        return self.cli(*arguments)

    def same(self, *arguments: object) -> Answer:
        there, here = self.there(*arguments), self.here(*arguments)
        assert INSTANT.sub("AT", there.out) == INSTANT.sub("AT", here.out)
        assert there.status == here.status
        as_json = [self.there(*arguments, "--json").json, self.here(*arguments, "--json").json]
        wire = [INSTANT.sub("AT", json.dumps(one, sort_keys=True)) for one in as_json]
        assert wire[0] == wire[1]
        return there


@pytest.fixture
def both(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> Both:
    return Both(Cli(capsys, tmp_path), api, monkeypatch)


def file_of(both: Both, key: str) -> Path:
    document = {"journey": key, "name": key, "entry": {"triggers": [{"event": "Came"}]}, "steps": STEPS}
    return both.cli.file(f"{key}.json", document)


def test_a_journey_lives_on_a_server(both: Both) -> None:
    file = file_of(both, "far")
    assert both.there("apply", file, "--dry-run").lines == ["far: the draft would be saved."]
    saved = both.there("apply", file)
    assert (saved.status, saved.lines) == (
        0, ["far: draft 1 is saved.", "`parcours journey publish far` makes it live."]
    )  # fmt: skip
    both.same("journey", "publish", "far", "--dry-run")
    live = both.there("journey", "publish", "far", "--reason", "go")
    assert live.lines[0] == "far version 1 is live (was draft): triggers are on from now."
    lines = both.cli.file(
        "feed.jsonl", [{"type": "identify", "userId": "u1", "traits": {"plan": "pro"}}, {"type": "no"}]
    )
    loaded = both.there("import", lines)
    assert loaded.status == 1
    assert f"{lines}:2" in loaded.error
    assert loaded.lines[0] == "1 good line: 1 profile."
    assert both.there("journey", "add-people", "far", "u1", "u9").lines == [
        "far: 1 suggested.",
        "unknown: u9",
    ]
    for arguments in (
        ("journey", "list"), ("journey", "show", "far"), ("journey", "list", "--deleted"), ("why", "u1", "far"),
        ("journey", "problems", "far"), ("ledger", "far"), ("audit", "far"),
        ("audit", "--since", "1d", "--command", "publish"),
        ("journey", "pause", "far", "--inside", "hold", "--dry-run"), ("journey", "resume", "far", "--dry-run"),
        ("journey", "delete", "far", "--dry-run"), ("journey", "remove-people", "far", "u1", "--dry-run"),
    ):  # fmt: skip
        both.same(*arguments)
    at = both.there("journey", "close", "far", "--at", "2999-12-31T10:00:00")
    assert at.lines[0].startswith("close of far is scheduled for 2999-12-31T10:00:00Z (number ")
    both.same("journey", "scheduled")
    number = both.there("journey", "scheduled", "--json").json[0]["scheduled_id"]
    assert both.there("journey", "unschedule", number).status == 0
    both.same("journey", "close", "far", "--at", "2999-12-31T10:00:00", "--dry-run")
    for command in ("pause", "resume", "stop", "restart"):
        assert both.there("journey", command, "far").status == 0
    both.same("journey", "stop", "far", "nothing", "--version", "1", "--dry-run")
    both.same("journey", "resume", "far")
    assert both.there("journey", "stop", "far").status == 0
    assert both.there("journey", "delete", "far").lines[0].startswith("far is deleted, 2 versions")
    both.same("journey", "list", "--deleted")


def test_what_is_refused_and_what_cannot_be_done(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both.there("journey", "show", "nothing").error.startswith(
        "there is no journey nothing (unknown_journey)"
    )
    shut = both.there("journey", "stop", "a", "b", key="read")
    assert (shut.status, shut.error.count("not_allowed")) == (1, 1)
    local = both.there("database", "status")
    assert local.status == 1
    assert "(only_local)" in local.error
    monkeypatch.setenv("PARCOURS_SERVER", "http://127.0.0.1:9")
    assert "(only_local)" in both.here("doctor").error
    monkeypatch.setenv("PARCOURS_SERVER", "nowhere")
    assert "(bad_server)" in both.here("journey", "list").error
    monkeypatch.setenv("PARCOURS_SERVER", "")
    assert both.here("journey", "list").status == 0


def test_the_mailbox_of_a_server(both: Both, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_DATA", str(folder))
    assert both.there("mailbox").error.startswith("The mailbox is empty (http://127.0.0.1:")

    async def catch() -> None:
        box = Mailbox(folder / "mailbox")
        await box.start()
        box.keep(
            ["b@example.com"],
            b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Hello\r\n\r\nWelcome\r\n",
        )
        await box.stop()

    asyncio.run(catch())
    both.same("mailbox", "list")
    shown = both.same("mailbox", "show", 1)
    assert {"Subject: Hello", "Welcome"} <= set(shown.lines)
    assert (
        both.there("mailbox", "show", 1, "--part", "source").out
        == both.here("mailbox", "show", 1, "--part", "source").out
    )
    assert "(mail_unknown)" in both.there("mailbox", "show", 9).error
    assert "(only_local)" in both.there("mailbox", "clear").error


def test_audiences_of_a_server(both: Both) -> None:
    feed = [{"type": "identify", "userId": f"a{n}", "traits": {"n": n}} for n in range(6)]
    assert both.there("import", both.cli.file("people.jsonl", feed)).status == 0
    rising = {"audience": "rising", "name": "Rising", "where": {"field": "profile.n", "gte": 3}}
    listed = {"audience": "picked", "members": ["a1", "a2"]}
    files = (both.cli.file("rising.json", rising), both.cli.file("picked.json", listed))
    both.same("apply", *files, "--dry-run")
    assert both.there("apply", *files).lines == [
        "audience rising is saved; journeys published from now on go by its condition.",
        "audience picked has 2 members: 2 added, 0 removed.",
    ]
    both.same("apply", *files)
    people = both.cli.file("people.csv", "userId\na3\na4\n")
    assert both.there("audience", "import", "picked", people).lines == [
        "2 lines read; picked has 4 members now."
    ]
    both.same("audience", "import", "picked", people, "--remove")
    both.same("audience", "import", "picked", both.cli.file("odd.txt", "a5\n{broken\n"))
    for arguments in (
        ("list",), ("show", "rising"), ("show", "picked"), ("members", "picked"), ("members", "picked", "--limit", 1),
        ("preview", "{field: profile.n, lt: 2}"), ("preview", "--audience", "rising"), ("delete", "picked", "--dry-run"),
    ):  # fmt: skip
        both.same("audience", *arguments)
    for options in ((), ("--jsonl",)):
        exported = both.there("audience", "export", "picked", *options)
        assert exported.out == both.here("audience", "export", "picked", *options).out
        assert "a5" in exported.out
    assert both.there("audience", "rename", "picked", "Chosen").lines == ["picked is called Chosen now."]
    both.there("apply", file_of(both, "counted"))
    both.there("journey", "publish", "counted")
    both.there("journey", "add-people", "counted", "a1")
    both.same(
        "audience", "from", "got", "--journey", "counted", "--refused", "--since", "2026-01-01", "--dry-run"
    )
    assert both.there("audience", "from", "got", "--journey", "counted", "--inside").status == 0
    both.same("used", "audience", "picked")
    both.same("used", "event", "Came")
    gone = both.there("audience", "delete", "picked", "--reason", "over")
    assert gone.lines == ["picked is deleted, with 3 members."]
    assert both.there("audience", "show", "picked").error.startswith("picked: there is no audience picked")
    lines = {one["command"] for one in both.there("audit", "--json").json}
    assert {
        "save_audience", "save_members", "add_members", "remove_members", "rename_audience", "audience_from",
        "delete_audience", "begin_import_members", "import_members",
    } <= lines  # fmt: skip
    refused = both.there("apply", *files, key="write")
    assert (refused.status, "(not_allowed)" in refused.error) == (1, True)


def test_what_needs_somebody_on_a_server(both: Both) -> None:
    assert both.there("hold", "--reason", "it burns").lines[0].startswith("All sending is held since ")
    for arguments in (
        ("hold", "--status"),
        ("hold",),
        ("hold", "--dry-run"),
        ("hold", "--release", "--dry-run"),
    ):
        both.same(*arguments)
    assert both.there("hold", "--release").lines[0] == "Messages leave as they are due."
    both.same("hold", "--release")
    both.there("apply", file_of(both, "watched"))
    for look in (
        ("alerts",),
        ("alerts", "watched", "--past"),
        ("stuck",),
        ("stuck", "watched", "--late", "1h"),
    ):
        both.same(*look)
    for choice in ("24h", "off", "default"):
        told = ("alerts", "watched", "--entrants-within", choice)
        assert both.there(*told).out == both.here(*told).out
    assert "(bad_option)" in both.there("alerts", "watched", "--entrants-within", "soon").error
    mend = ("stuck", "watched", "--user", "nobody", "--retry")
    assert both.there(*mend).error == both.here(*mend).error
    assert "(not_stuck)" in both.here(*mend).error


def test_the_installation_of_a_server(both: Both) -> None:
    both.same("settings")
    both.same("settings", "link_minutes=20", "--reason", "longer")
    both.same("key", "list")
    made = both.there(
        "key", "add", "shop", "--scope", "ingest", "--expires", "2999-01-01T00:00:00Z", "--json"
    ).json
    assert made["secret"].startswith("pk_")
    assert both.there("key", "revoke", "shop").lines == ["shop is revoked."]
    assert "(unknown_key)" in both.there("key", "revoke", "shop").error
    added = both.there("user", "add", "bo@example.com", "--role", "editor")
    assert added.lines[0] == "bo@example.com is editor."
    assert "/link/" in added.lines[1]
    both.same("user", "list")
    both.same("user", "change", "bo@example.com", "--role", "publisher")
    both.same("user", "disable", "bo@example.com")
    both.same("user", "enable", "bo@example.com")
    both.same("user", "sign-out", "bo@example.com")
    link = both.there("user", "link", "bo@example.com", "--url", "https://elsewhere.example.com/")
    assert link.lines[0].startswith("https://elsewhere.example.com/link/")
    invited = both.there("user", "invite", "cy@example.com", "--language", "sv", "--json").json
    assert (invited["email"], invited["role"], "/invitation/" in invited["link"]) == (
        "cy@example.com",
        "viewer",
        True,
    )
    assert "(only_local)" in both.there("user", "add", "di@example.com", "--password").error
    assert both.there("source", "add", "website").out.startswith("pwk_")
    both.same("source", "list")
    both.same("events")
    both.same("events", "--user", "nobody", "--result", "taken")
    assert both.there("source", "revoke", "website").lines == ["The key of website is taken back."]
    assert "(not_allowed)" in both.there("user", "list", key="publish").error


def test_who_may_be_written_to_on_a_server(both: Both) -> None:
    people = [{"type": "identify", "userId": one, "traits": {"n": 1}} for one in ("p1", "p2")]
    both.there("import", both.cli.file("p.jsonl", people))
    both.same("subscription", "list")
    assert both.there("subscription", "set", "news", "--en", "News").lines == [
        "news declared: only who said yes gets it."
    ]
    declared = both.there("subscription", "set", "news", "--sv", "Nyheter", "--default", "in", "--json").json
    assert (declared["names"], declared["new"]) == ({"en": "News", "sv": "Nyheter"}, False)
    both.same("subscription", "set", "news", "--fr", "Actualités", "--dry-run")
    assert both.there("person", "consent", "p1", "news", "out", "--source", "desk").status == 0
    both.same("person", "consent", "p1")
    listed = both.same("subscription", "list")
    assert listed.lines[1].split("\t")[:4] == ["news", "in", "0", "1"]
    both.same("suppress", "add", "x@example.com", "--dry-run")
    assert both.there("suppress", "add", "x@example.com", "--why", "complaint").lines == [
        "1 address is new on the list."
    ]
    both.same("suppress", "list")
    both.same("suppress", "list", "X@example.com")
    both.same("suppress", "remove", "x@example.com", "--dry-run")
    assert both.there("suppress", "remove", "x@example.com").status == 0
    both.same("retention")
    both.same("retention", "--events", "400d", "--dry-run")
    both.same("retention", "--events", "400d")
    exported = both.there("person", "export", "p1")
    assert exported.json["profile"]["user_id"] == "p1"
    both.same("person", "erase", "p1", "--dry-run")
    assert both.there("person", "erase", "p1", "--no-wait").lines[0].startswith("p1 is deleted: ")
    assert "(unknown_person)" in both.there("person", "export", "p1").error
    assert both.there("subscription", "remove", "news").lines == ["news is not declared any more."]
    assert "(only_local)" in both.there("subscription", "rotate-key").error
    both.there("apply", file_of(both, "dry"))
    assert both.there("test", "mails", "dry", "--to", "me@example.com", "--as", "p2").error.startswith(
        "The journey has no mails."
    )
