"""`parcours user`, `key` and `settings`: the first admin, links that work, keys that hold, settings that count."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.api import ApiServer
from support.cli import Cli


@pytest.fixture
def cli(
    api: ApiServer, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", api.database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def test_the_first_admin_comes_in_by_a_link_and_invites_others(cli: Cli, api: ApiServer) -> None:
    assert "parcours user add" in cli("user", "list").error
    added = cli("user", "add", "Anna@example.com", "--role", "admin", "--name", "Anna", "--json").json
    assert added["email"] == "anna@example.com"
    assert added["link"].startswith("http://127.0.0.1:8780/link/")
    came = api.call("POST", urlsplit(added["link"]).path)
    assert api.call("GET", "/api/me", cookie=came.cookie).json["role"] == "admin"
    again = cli("user", "link", "anna@example.com", "--url", "https://j.example.com/").lines[0]
    assert again.startswith("https://j.example.com/link/")
    assert api.call("POST", urlsplit(again).path).status == 200
    invitation = cli(
        "user", "invite", "bo@example.com", "--role", "editor", "--language", "sv", "--json"
    ).json
    page = api.call("GET", urlsplit(invitation["link"]).path).body.decode()
    assert "Du är inbjuden" in page
    [row] = cli("user", "list", "--json").json
    assert (row["email"], row["sessions"], row["has_password"]) == ("anna@example.com", 2, False)
    assert cli("user", "sign-out", "anna@example.com").out == "2 sessions ended.\n"
    assert api.call("GET", "/api/me", cookie=came.cookie).code == "bad_credentials"


def test_a_password_is_read_and_roles_change(
    cli: Cli, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "weak_password" in cli("user", "add", "carl@example.com", "--password").error
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery staple\n"))
    assert cli("user", "add", "carl@example.com", "--password").out == "carl@example.com is viewer.\n"
    wanted = {"email": "carl@example.com", "password": "correct horse battery staple"}
    assert api.call("POST", "/api/session", json=wanted).status == 201
    assert cli("user", "change", "carl@example.com", "--role", "publisher").out.endswith("is publisher.\n")
    disabled = cli("user", "disable", "carl@example.com", "--reason", "has left")
    assert disabled.out == "carl@example.com is publisher, and disabled.\n"
    assert api.call("POST", "/api/session", json=wanted).code == "sign_in_failed"
    assert cli("user", "enable", "carl@example.com").status == 0
    assert "unknown_user" in cli("user", "disable", "nobody@example.com").error
    assert "unknown_role" in cli("user", "change", "carl@example.com", "--role", "boss").error
    assert "user_exists" in cli("user", "add", "carl@example.com").error
    assert "bad_email" in cli("user", "add", "carl").error
    assert "last_admin" not in cli("user", "change", "carl@example.com", "--role", "admin").error


def test_keys_are_made_listed_and_revoked(cli: Cli, api: ApiServer) -> None:
    secret = cli("key", "add", "shop", "--scope", "ingest", "--scope", "read").lines[0]
    assert api.call("GET", "/api/me", key=secret).json["scopes"] == ["ingest", "read"]
    [row] = cli("key", "list", "--json").json
    assert (row["name"], row["prefix"], row["person"][:3]) == ("shop", secret[:10], "cli")
    assert secret not in cli("key", "list").out
    assert cli("key", "revoke", "shop").out == "shop is revoked.\n"
    assert api.call("GET", "/api/me", key=secret).code == "bad_credentials"
    assert "unknown_scope" in cli("key", "add", "other", "--scope", "all").error
    assert "bad_option" in cli("key", "add", "other", "--scope", "read", "--expires", "soon").error
    assert (
        "past_instant" in cli("key", "add", "o", "--scope", "read", "--expires", "2001-01-01T00:00:00Z").error
    )


def test_settings_are_shown_and_set(cli: Cli) -> None:
    assert cli("settings", "--json").json["session_days"] == 30
    assert cli("settings", "session_days=7", "link_minutes=5").lines == [
        "session_days = 7",
        "link_minutes = 5",
    ]
    assert cli("settings", "--json").json["session_days"] == 7
    assert "bad_setting" in cli("settings", "session_days=many").error
    assert "unknown_setting" in cli("settings", "nothing=1").error
    assert "bad_option" in cli("settings", "session_days").error
    assert "publish_needs_second_person\tfalse\tfalse" in cli("settings").out
