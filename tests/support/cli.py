"""The real command line in this process: arguments in, status and both outputs out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parcours.cli import main
from parcours.domain.parse import parse_audience, parse_journey
from parcours.service.intake.feed import feed_line
from parcours.simulation import simulate
from parcours.store.database import Database
from support.conditions import instant_of

__all__ = ["WELCOME", "Answer", "Cli", "play"]

# Two days after the first mail it waits for an event, at most a week; then a split.
WELCOME: Mapping[str, Any] = {
    "journey": "welcome",
    "name": "Welcome new customers",
    "entry": {
        "triggers": [{"event": "Signed Up", "when": {"field": "event.plan", "is": "pro"}}],
        "filter": {"field": "profile.country", "in": ["SE", "NO"]},
        "exclude": ["staff"],
    },
    "goal": {"event": "Order Completed"},
    "email": {"from": "Anna <anna@example.com>", "reply_to": "help@example.com", "transactional": True},
    "steps": {
        "hello": {"email": {"subject": "Welcome, {{ profile.first_name }}", "text": "Hello"}},
        "breathe": {"wait": {"for": "2d"}},
        "opened": {
            "wait_for": [{"event": "App Opened", "next": "which"}, {"timeout": "7d", "next": "which"}]
        },
        "which": {
            "split": [
                {"when": {"field": "profile.plan", "is": "pro"}, "next": "mark"},
                {"else": True, "next": "done"},
            ]
        },
        "mark": {"update_profile": {"set": {"lifecycle": "onboarded"}}},
        "done": {"end": {}},
    },
}


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it printed."""

    status: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass
class Cli:
    """Calls the command line, by default on one database and one data folder."""

    capsys: pytest.CaptureFixture[str]
    folder: Path

    def __call__(self, *arguments: object) -> Answer:
        self.capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        out, error = self.capsys.readouterr()
        return Answer(status, out, error)

    def file(self, name: str, content: object) -> Path:
        """Write a file: text as it is, a list as JSON lines, anything else as JSON."""
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif isinstance(content, list):
            path.write_text("".join(json.dumps(line) + "\n" for line in content), encoding="utf-8")
        else:
            path.write_text(json.dumps(content), encoding="utf-8")
        return path


def play(
    url: str,
    journeys: Sequence[Mapping[str, Any]],
    feed: Sequence[dict[str, Any]],
    commands: Sequence[dict[str, Any]] = (),
    *,
    audiences: Sequence[Mapping[str, Any]] = (),
    start: str = "2026-03-02T00:00:00Z",
    to: str = "2026-04-01T00:00:00Z",
    files: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Let the real engine play in a test's database, so that there is something to report."""

    async def inside() -> None:
        first, last = instant_of(start), instant_of(to)
        assert first is not None
        assert last is not None
        async with await Database.connect(url, connections=1) as database:
            await simulate(
                database,
                [journey for one in journeys if (journey := parse_journey(dict(one))[0]) is not None],
                [audience for one in audiences if (audience := parse_audience(dict(one))[0]) is not None],
                [feed_line(line, f"line {number}", number) for number, line in enumerate(feed)],
                commands,
                first,
                last,
                buckets=8,
                files={
                    name: journey
                    for name, one in (files or {}).items()
                    if (journey := parse_journey(dict(one))[0]) is not None
                },
            )

    asyncio.run(inside())
