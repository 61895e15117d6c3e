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
    assert "(only_local)" in both.here("stuck").error
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
