"""What the demonstration shows while it runs: a table that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Facts", "JourneyLine", "Summary", "plain", "read_summary", "table"]

_COLUMNS = ("entered", "inside", "completed", "succeeded", "dropped out", "cancelled", "mails sent")
_COLOURS = {
    "live": "green", "paused": "yellow", "closed": "cyan", "stopped": "red", "finished": "dim",
}  # fmt: skip
_NEWEST = 4
_WIDE = 100  # columns of a terminal


@dataclass(frozen=True, slots=True)
class JourneyLine:
    """One journey: its status in words, and its numbers in the order of the columns."""

    key: str
    status: str
    entered: int
    inside: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    mails: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the numbers, in the order of the columns."""
        return (
            self.entered, self.inside, self.completed, self.succeeded, self.dropped_out, self.cancelled,
            self.mails,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the screen shows at one instant."""

    journeys: tuple[JourneyLine, ...]
    people: int
    newest: tuple[tuple[str, str], ...]  # subject and recipient of the newest mails

    @property
    def total(self) -> JourneyLine:
        """Return all journeys added up."""
        sums = [sum(column) for column in zip(*(line.numbers for line in self.journeys), strict=True)]
        return JourneyLine("total", "", *(sums or [0] * len(_COLUMNS)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the demonstration knows without asking the database. `elapsed` in seconds."""

    elapsed: float
    day: timedelta  # how long a day lasts
    taken: int  # lines of the live feed
    mailbox: int  # mails in it
    trouble: str = ""

    @property
    def days(self) -> int:
        """Return which day of the shop it is, from 1."""
        return int(timedelta(seconds=self.elapsed) / self.day) + 1


async def read_summary(connection: Connection) -> Summary:
    """Read the numbers from the counters."""
    lines = []
    for key, status, entry_open, entered, *left, mails in await _rows(connection, "demo_journeys"):
        completed, succeeded, dropped_out, cancelled = left
        inside = entered - sum(left)
        if status == "stopped":  # those whom the sweep has not reached yet are cancelled since the stop
            cancelled, inside = cancelled + inside, 0
        words = "paused, entry shut" if status == "paused" and not entry_open else status
        lines.append(
            JourneyLine(key, words, entered, inside, completed, succeeded, dropped_out, cancelled, mails)
        )
    [(people,)] = await _rows(connection, "demo_people")
    newest = await _rows(connection, "demo_mails", n=_NEWEST)
    return Summary(tuple(lines), people, tuple((subject or "", to or "") for subject, to in newest))


def table(summary: Summary, facts: Facts, width: int) -> RenderableType:
    """Return the screen for a terminal of `width` columns; where it is narrow, without the last column."""
    narrow = width < _WIDE
    columns = _COLUMNS[:-1] if narrow else _COLUMNS
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0))
    shown.add_column("journey", no_wrap=True)
    shown.add_column("status")
    for column in columns:
        shown.add_column(column, justify="right")
    for line in summary.journeys:
        colour = _COLOURS[line.status.partition(",")[0]]
        numbers = line.numbers[: len(columns)]
        shown.add_row(line.key, f"[{colour}]{line.status}[/]", *(f"{n:,}" for n in numbers))
    shown.add_row("total", "", *(f"{n:,}" for n in summary.total.numbers[: len(columns)]), style="bold")
    said = (
        f"Day {facts.days} ({facts.elapsed:.0f} s) · {summary.people:,} people · "
        f"{facts.taken:,} lines of feed · {facts.mailbox:,} mails arrived"
    )
    newest = Table.grid(padding=(0, 2))
    newest.add_column(style="dim", no_wrap=True)
    newest.add_column(no_wrap=True, overflow="ellipsis")
    for subject, to in summary.newest:
        newest.add_row(escape(to), escape(subject))
    trouble = [Text(facts.trouble, style="red")] if facts.trouble else []
    return Group(Text(), shown, Text(), Text(said, style="bold"), newest, *trouble, Text("Ctrl-C ends it."))


def plain(summary: Summary, facts: Facts) -> list[str]:
    """Return the same as lines for a log."""
    counts = (summary.people, facts.taken, facts.mailbox)
    named = zip(counts, ("people", "lines of feed", "mails in the mailbox"), strict=True)
    lines = [f"{facts.elapsed:.0f} s: {', '.join(f'{n:,} {name}' for n, name in named)}"]
    for line in (*summary.journeys, summary.total):
        numbers = ", ".join(f"{name} {n:,}" for name, n in zip(_COLUMNS, line.numbers, strict=True))
        lines.append(f"  {line.key}{f' ({line.status})' if line.status else ''}: {numbers}")
    return [*lines, *([f"  {facts.trouble}"] if facts.trouble else [])]


async def _rows(connection: Connection, name: str, **given: object) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query(name), given or None)).fetchall()
