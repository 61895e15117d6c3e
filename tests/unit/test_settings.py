"""Settings come from the environment, are checked at once, and never show a password."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from parcours.domain.errors import ParcoursError
from parcours.settings import Settings, default_data_folder, load


def test_defaults_need_nothing() -> None:
    settings = load()
    assert settings.database_url is None
    assert settings.buckets == 8
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8780)
    assert settings.data == default_data_folder()


def test_reads_the_environment_and_overrides_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_BUCKETS", "64")
    monkeypatch.setenv("PARCOURS_DATA", "relative")
    monkeypatch.setenv("PARCOURS_SMTP_HOST", "")
    assert load().buckets == 64
    assert load().data == Path.cwd() / "relative"
    assert load().smtp_host is None
    assert load(buckets=2, data=None).buckets == 2


def test_webhooks_have_settings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_WEBHOOK_SECRET", "sixteen letters!")
    monkeypatch.setenv("PARCOURS_WEBHOOK_ALLOW_PRIVATE", "10.1.0.0/16, 127.0.0.1")
    assert load().dump()["PARCOURS_WEBHOOK_SECRET"] == "********"
    assert "sixteen" not in repr(load())
    monkeypatch.setenv("PARCOURS_WEBHOOK_SECRET", "short-one")
    monkeypatch.setenv("PARCOURS_WEBHOOK_ALLOW_PRIVATE", "nowhere")
    with pytest.raises(ParcoursError) as raised:
        load()
    assert "PARCOURS_WEBHOOK_SECRET: " in raised.value.message
    assert "PARCOURS_WEBHOOK_ALLOW_PRIVATE: 'nowhere' does not appear to be" in raised.value.message
    assert "short-one" not in raised.value.message


def test_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().buckets = 16  # type: ignore[misc]


def test_reports_every_problem_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_BUCKETS", "12")
    monkeypatch.setenv("PARCOURS_SMTP_TLS", "ssl")
    monkeypatch.setenv("PARCOURS_DATABASE_URL", "mysql://u:secret@h/d")
    with pytest.raises(ParcoursError) as raised:
        load()
    assert raised.value.code == "settings_invalid"
    assert "PARCOURS_BUCKETS: must be a power of two" in raised.value.message
    assert "PARCOURS_SMTP_TLS: " in raised.value.message
    assert "PARCOURS_DATABASE_URL: must begin with postgresql://" in raised.value.message
    assert "secret" not in raised.value.message


def test_refuses_a_misspelt_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_SMPT_HOST", "mail.example")
    with pytest.raises(ParcoursError, match="no setting PARCOURS_SMPT_HOST") as raised:
        load()
    assert raised.value.code == "settings_unknown"
    assert raised.value.hint == "Did you mean PARCOURS_SMTP_HOST?"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:s3cret@db.example:5433/p", "postgresql://ann:********@db.example:5433/p"),
        ("postgresql://ann@db.example/p", "postgresql://ann@db.example/p"),
        (
            "postgresql:///p?host=/run&password=s3cret&sslmode=require",
            "postgresql:///p?host=/run&password=********&sslmode=require",
        ),
    ],
)
def test_masks_passwords(url: str, shown: str) -> None:
    settings = load(database_url=url, smtp_password="s3cret")
    dumped = settings.dump()
    assert dumped["PARCOURS_DATABASE_URL"] == shown
    assert dumped["PARCOURS_SMTP_PASSWORD"] == "********"
    assert dumped["PARCOURS_SMTP_USER"] == ""
    assert "s3cret" not in repr(settings)


def test_dump_names_every_setting() -> None:
    assert set(load().dump()) == {f"PARCOURS_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
