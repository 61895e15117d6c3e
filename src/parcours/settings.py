"""Settings: one frozen, validated value made from the environment (`PARCOURS_*`) and passed in."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import MAX_BUCKETS

__all__ = ["PREFIX", "SYSTEM_FOLDER", "Settings", "default_data_folder", "load"]

PREFIX = "PARCOURS_"
CALLING = frozenset({"PARCOURS_SERVER", "PARCOURS_KEY"})  # of the command line, which then asks a server
SYSTEM_FOLDER = Path("/var/lib/parcours")
MASK = "********"

LogFormat: TypeAlias = Literal["console", "json"]
SmtpTls: TypeAlias = Literal["none", "starttls", "tls"]


def default_data_folder() -> Path:
    """Return where data lives unless told: the system's folder for root, else the user's data folder."""
    if os.geteuid() == 0:
        return SYSTEM_FOLDER
    return platformdirs.user_data_path("parcours", appauthor=False)


def _power_of_two(number: int) -> int:
    if number & (number - 1):
        raise ValueError("must be a power of two")
    return number


def _postgres_url(url: str) -> str:
    if urlsplit(url).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with postgresql://")
    return url


def _networks(text: str) -> str:
    """Check what channels/guard.py reads at the start of a worker."""
    if text.strip().lower() not in ("true", "false"):
        for part in text.split(","):
            ip_network(part.strip(), strict=False)
    return text


def _addresses(text: str) -> str:
    for part in text.split(","):
        if not re.fullmatch(r"\s*(?:[^<>@]*<)?[^\s<>@,]+@[^\s<>@,]+>?\s*", part):
            raise ValueError(f"{part.strip()!r} is no address")
    return text


def _http_url(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ValueError("must be https://HOST/PATH")
    return url


def _base_url(url: str) -> str:
    parts = urlsplit(_http_url(url))
    if parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError("must be https://HOST, with nothing behind it")
    return url.rstrip("/")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Everything that can be set. Build it with `load`, which reports problems as a ParcoursError."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    database_url: Annotated[str, AfterValidator(_postgres_url)] | None = Field(
        default=None,
        repr=False,
        description="PostgreSQL 15 or newer, as postgresql://...; unset: the embedded PostgreSQL is started",
    )
    data: Annotated[Path, AfterValidator(_absolute)] = Field(
        default_factory=default_data_folder,
        description="folder of the embedded PostgreSQL and other local data; /var/lib/parcours for root",
    )
    buckets: Annotated[int, AfterValidator(_power_of_two)] = Field(
        default=8, ge=1, le=MAX_BUCKETS, description="into how many parts people are divided; a power of two"
    )

    smtp_host: str | None = Field(
        default=None, description="mail server; unset: mail goes to the built-in mailbox"
    )
    smtp_port: Port = Field(default=587, description="port of the mail server")
    smtp_user: str | None = Field(default=None, description="user name at the mail server")
    smtp_password: str | None = Field(default=None, repr=False, description="password at the mail server")
    smtp_tls: SmtpTls = Field(default="starttls", description="none, starttls, or tls from the first byte")
    smtp_timeout: float = Field(
        default=30, gt=0, le=600, description="seconds a mail server may take to answer"
    )
    smtp_connections: int = Field(default=4, ge=1, le=1000, description="connections kept to the mail server")

    webhook_secret: str | None = Field(
        default=None,
        min_length=16,
        repr=False,
        description="signs the bodies of webhooks; 16 characters or more",
    )
    webhook_allow_private: Annotated[str, AfterValidator(_networks)] = Field(
        default="false",
        description="what webhooks may reach inside: false, true, or networks such as 10.1.0.0/16,192.168.7.5",
    )
    webhook_connections: int = Field(
        default=50, ge=1, le=1000, description="webhooks called at the same time"
    )

    alert_mail: Annotated[str, AfterValidator(_addresses)] | None = Field(
        default=None, description="addresses to which alerts are mailed, parted by commas"
    )
    alert_from: Annotated[str, AfterValidator(_addresses)] | None = Field(
        default=None, description="sender of these mails; unset: the first of those addresses"
    )
    alert_webhook: Annotated[str, AfterValidator(_http_url)] | None = Field(
        default=None, repr=False, description="URL that is called for alerts, signed like other webhooks"
    )
    alert_overdue: float = Field(
        default=5, gt=0, le=1440, description="minutes after which due work that is not done is an alert"
    )
    alert_send_failures: float = Field(
        default=20, gt=0, le=100, description="per cent of a journey's messages of an hour that may fail"
    )
    alert_send_minimum: int = Field(
        default=20, ge=1, description="failed messages below which no rate is looked at"
    )
    alert_no_entrants: float = Field(
        default=0,
        ge=0,
        le=87_600,
        description="hours without an entrant after which a live journey is an alert; 0: only where one asks for it",
    )

    worker_concurrency: int = Field(
        default=2, ge=1, le=256, description="units one worker runs at the same time, each on a connection"
    )
    log_format: LogFormat = Field(default="console", description="console for people, json for machines")
    http_host: str = Field(
        default="127.0.0.1", min_length=1, description="address the HTTP server listens on"
    )
    http_port: Port = Field(default=8780, description="port of the HTTP server")
    public_url: Annotated[str, AfterValidator(_base_url)] | None = Field(
        default=None,
        description="where people reach the server, such as https://journeys.example.com; unset: http://HOST:PORT",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, parted by commas",
    )
    mailbox_port: Port = Field(default=8725, description="SMTP port of the built-in mailbox, on loopback")

    @property
    def base_url(self) -> str:
        """Where links lead that people get: `public_url`, else the address that the server listens on."""
        host = f"[{self.http_host}]" if ":" in self.http_host else self.http_host
        return self.public_url or f"http://{host}:{self.http_port}"

    @property
    def alert_addresses(self) -> tuple[str, ...]:
        """The addresses to which alerts are mailed."""
        return tuple(part.strip() for part in (self.alert_mail or "").split(",") if part.strip())

    def dump(self) -> dict[str, str]:
        """Return the effective values by variable name, as text, passwords masked, unset ones empty."""
        shown = {name: "" if value is None else str(value) for name, value in self}
        if self.database_url is not None:
            shown["database_url"] = _without_password(self.database_url)
        if self.smtp_password is not None:
            shown["smtp_password"] = MASK
        if self.webhook_secret is not None:
            shown["webhook_secret"] = MASK
        if self.alert_webhook is not None:
            shown["alert_webhook"] = MASK  # such URLs often are the secret
        return {PREFIX + name.upper(): text for name, text in shown.items()}


def load(**overrides: object) -> Settings:
    """Build settings from the environment, overrides (field names, such as `data`) going first.

    An override of None counts as not given. Raises ParcoursError `settings_invalid` with every problem, or
    `settings_unknown` for a misspelt variable.
    """
    _refuse_unknown(os.environ)
    given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ParcoursError(
            "settings_invalid",
            "; ".join(_problem(problem) for problem in error.errors()),
            hint="Correct the environment variables or options named.",
        ) from None


def _problem(problem: Mapping[str, Any]) -> str:
    name = PREFIX + str(problem["loc"][0]).upper()
    return f"{name}: {str(problem['msg']).removeprefix('Value error, ')}"


def _refuse_unknown(variables: Iterable[str]) -> None:
    known = CALLING | {PREFIX + name.upper() for name in Settings.model_fields}
    # PARCOURS_TEST_* belongs to the test suite.
    present = {
        name for name in variables if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_")
    }
    for name in sorted(present - known):
        near = difflib.get_close_matches(name, known, n=1)
        raise ParcoursError(
            "settings_unknown",
            f"There is no setting {name}",
            hint=f"Did you mean {near[0]}?" if near else "Remove it from the environment.",
        )


def _without_password(url: str) -> str:
    url = re.sub(r"^(\w+://[^:/?#@]*:)[^/?#]*@", rf"\g<1>{MASK}@", url)
    return re.sub(r"(?<=[?&])password=[^&]*", f"password={MASK}", url)
