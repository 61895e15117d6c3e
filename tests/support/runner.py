"""Hand-worked cases: a few journeys, a short feed, and what must come out, for any simulator.

Times are written as `9:00` (the first day, Monday 2 March 2026), `+1 9:00` (the day after) or `-1 9:00` (the
day before): all UTC. The clock runs from `0:00` of the first day to `+30 0:00` unless told otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from parcours.domain.checks import check_journey
from parcours.domain.journey import Audience, Journey
from parcours.domain.parse import parse_audience, parse_journey
from parcours.domain.problems import has_errors
from support.conditions import instant_of
from support.interpreter import simulate

__all__ = [
    "Case",
    "Document",
    "Outcome",
    "Simulator",
    "add",
    "at",
    "command",
    "email",
    "event",
    "identify",
    "journey",
    "reference",
    "remove",
    "run",
    "write_files",
]

Document: TypeAlias = dict[str, Any]
DAY = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One run of the simulation, as documents: all of it can be written to files."""

    journeys: tuple[Document, ...]
    feed: tuple[Any, ...] = ()
    commands: tuple[Document, ...] = ()
    audiences: tuple[Document, ...] = ()
    files: Mapping[str, Document] = field(default_factory=dict)  # for `apply`, by name
    start: str = "2026-03-02T00:00:00Z"
    to: str = "2026-04-01T00:00:00Z"


Simulator: TypeAlias = Callable[[Case], list[dict[str, Any]]]


def reference(case: Case) -> list[dict[str, Any]]:
    """Run the reference interpreter, with moves."""
    start, to = instant_of(case.start), instant_of(case.to)
    assert start is not None
    assert to is not None
    bad: list[Journey] = []
    files = {name: _journey(document, bad) for name, document in case.files.items()}
    return simulate(
        [_journey(document, bad) for document in case.journeys],
        [_audience(document) for document in case.audiences],
        case.feed,
        case.commands,
        start,
        to,
        moves=True,
        files=files,
        # A duplicate has a key and a name of its own.
        has_errors=lambda journey: any(replace(journey, key=one.key, name=one.name) == one for one in bad),
    )


def _journey(document: Document, bad: list[Journey]) -> Journey:
    """Parse; note a journey with errors."""
    journey, problems = parse_journey(document)
    assert journey is not None, problems
    # What is stored names its zone, whether the file did or not.
    found = [problem for problem in problems if problem.code != "window_without_timezone"]
    if has_errors([*found, *check_journey(journey)]):
        bad.append(journey)
    return journey


def _audience(document: Document) -> Audience:
    audience, problems = parse_audience(document)
    assert audience is not None, problems
    return audience


def write_files(case: Case, folder: Path) -> list[str]:
    """Write a case as files (JSON is YAML); return the arguments of `parcours`, but for `--output`."""
    arguments = ["simulate"]
    definitions = [(f"{one['journey']}.yaml", one) for one in case.journeys]
    definitions += [(f"audience-{one['audience']}.yaml", one) for one in case.audiences]
    for name, document in [*definitions, *case.files.items()]:
        (folder / name).write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    arguments += [str(folder / name) for name, _ in definitions]
    for option, lines in (("feed", case.feed), ("commands", case.commands)):
        file = folder / f"{option}.jsonl"
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.write_text(text, encoding="utf-8")
        arguments += [f"--{option}", str(file)]
    return [*arguments, "--from", case.start, "--to", case.to, "--moves"]


def at(text: str) -> str:
    """Write `+1 9:00` as an instant."""
    day, _, clock = text.rpartition(" ")
    hours, *rest = clock.split(":")
    offset = timedelta(
        days=int(day or 0), hours=int(hours), minutes=int(rest[0]), seconds=float("".join(rest[1:]) or 0)
    )
    return (DAY + offset).replace(tzinfo=None).isoformat() + "Z"


def short(text: str | None) -> str | None:
    """Write an instant as `+1 9:00`."""
    found = instant_of(text)
    if found is None:
        return None
    days, rest = divmod(found - DAY, timedelta(days=1))
    minutes, seconds = divmod(rest.total_seconds(), 60)
    clock = f"{int(minutes) // 60}:{int(minutes) % 60:02}" + (f":{seconds:g}" if seconds else "")
    return f"{days:+} {clock}" if days else clock


def event(
    when: str, user: str, name: str, /, *, more: Mapping[str, Any] | None = None, **properties: Any
) -> Document:
    """Write a `track` line; `more` are further top-level keys, such as messageId or context."""
    line = {"type": "track", "userId": user, "event": name, "timestamp": at(when), "properties": properties}
    return {**line, **(more or {})}


def identify(when: str, user: str, /, *, more: Mapping[str, Any] | None = None, **traits: Any) -> Document:
    """Write an `identify` line."""
    line = {"type": "identify", "userId": user, "timestamp": at(when), "traits": traits}
    return {**line, **(more or {})}


def add(when: str, user: str, audience: str) -> Document:
    """Write the line that adds somebody to a static audience."""
    return {"type": "audience", "audience": audience, "userId": user, "op": "add", "timestamp": at(when)}


def remove(when: str, user: str, audience: str) -> Document:
    """Write the line that removes somebody from a static audience."""
    return {**add(when, user, audience), "op": "remove"}


def command(
    when: str, name: str, journey: str | None = "j", version: int | None = None, **options: Any
) -> Document:
    """Write a command line."""
    line: Document = {"at": at(when), "journey": journey, "command": name, "options": options}
    return line if version is None else {**line, "version": version}


def email(subject: str = "Hello", **more: Any) -> Document:
    """Write a complete email step."""
    content = {"from": "anna@example.com", "reply_to": "help@example.com", "transactional": True}
    return {"email": {**content, "subject": subject, "text": "Text.", **more}}


def journey(steps: Mapping[str, Any], key: str = "j", **more: Any) -> Document:
    """Write a journey that `Go` triggers, again and again; keys of `entry` may be given among the others."""
    entry = {"triggers": [{"event": "Go"}], "reentry": {"mode": "always"}}
    own = ("triggers", "filter", "exclude", "reentry", "start", "end", "at_end", "cap", "rate", "waves")
    for name in (*own, "removes_from"):
        if name in more:
            entry[name] = more.pop(name)
    return {"journey": key, "entry": entry, "steps": dict(steps), **more}


def _with_reason(word: str, line: Mapping[str, Any]) -> str:
    return f"{word}:{line['reason']}" if line["reason"] else word


@dataclass(frozen=True)
class Outcome:
    """What came out, in short forms that read as tables."""

    lines: list[dict[str, Any]]

    def kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of one kind."""
        return [line for line in self.lines if line["kind"] == kind]

    @property
    def people(self) -> list[str]:
        """Participants: `j v1 u1#1 9:00 completed end 10:00`; `dropped_out:exit_rule`; `-` for null."""
        return [
            f"{p['journey']} v{p['version']} {p['user_id']}#{p['entry_no']} {short(p['entered_at'])} "
            f"{_with_reason(p['status'], p)} {p['step'] or '-'} {short(p['left_at']) or '-'}"
            for p in self.kind("participant")
        ]

    @property
    def moves(self) -> list[str]:
        """Moves: `u1#1 9:00 null > a`."""
        return [
            f"{m['user_id']}#{m['entry_no']} {short(m['at'])} {m['from'] or 'null'} > {m['to'] or 'null'}"
            for m in self.kind("move")
        ]

    @property
    def messages(self) -> list[str]:
        """Messages: `u1#1 a 9:00 sent Hello`, or outcome and reason as `skipped:no_address`."""
        return [
            f"{m['user_id']}#{m['entry_no']} {m['step']} {short(m['at'])} "
            f"{_with_reason(m['outcome'], m)} {m['subject'] or '-'}"
            for m in self.kind("message")
        ]

    @property
    def refusals(self) -> list[str]:
        """Refusals: `u1 9:00 Go already_inside`."""
        return [f"{r['user_id']} {short(r['at'])} {r['trigger']} {r['reason']}" for r in self.kind("refusal")]

    @property
    def commands(self) -> list[str]:
        """Command lines: `9:00 pause v1 live > paused`; `!code` where refused, `?code` for an error."""
        return [
            f"{short(c['at'])} {c['command']} v{c['version'] or '-'} "
            f"{c['from'] or 'null'} > {c['to'] or 'null'}"
            + (f" !{c['refused']}" if c["refused"] else "")
            + (f" ?{c['error']}" if c["error"] else "")
            for c in self.kind("command")
        ]

    def ledger(self, version: int = 1, key: str = "j") -> dict[str, Any]:
        """Return the ledger of a version."""
        return next(
            line for line in self.kind("ledger") if (line["journey"], line["version"]) == (key, version)
        )


def run(
    simulator: Simulator,
    journeys: Document | Sequence[Document],
    feed: Sequence[Any] = (),
    commands: Sequence[Document] = (),
    *,
    audiences: Sequence[Document] = (),
    files: Mapping[str, Document] | None = None,
    to: str = "+30 0:00",
) -> Outcome:
    """Run a case through a simulator."""
    many = [journeys] if isinstance(journeys, dict) else journeys
    case = Case(tuple(many), tuple(feed), tuple(commands), tuple(audiences), files or {}, to=at(to))
    return Outcome(simulator(case))
