"""What commands print: answers to the standard output, everything else to the error output.

On a terminal with colours and tables; elsewhere as plain lines, tables with tabs between their columns.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from parcours.domain.errors import ParcoursError
from parcours.domain.problems import Problem

__all__ = [
    "Gauge",
    "number_of",
    "on_terminal",
    "problem_text",
    "progress",
    "say",
    "show",
    "show_error",
    "show_json",
    "show_problems",
    "show_table",
    "waiting",
]


WIDEST: Final = 10_000
INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")


def show(text: str = "", style: str | None = None) -> None:
    """Print one line of the answer; nothing in it is markup."""
    _line(_answers(), text, style)


def show_json(value: object) -> None:
    """Print the answer as JSON, for programs."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: Sequence[str] = ()) -> None:
    """Print a table; the columns named in `numbers` stand to the right."""
    console = _answers()
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not console.is_terminal:
        for line in [list(columns), *cells]:
            show("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in line))
        return
    # Microseconds are for programs.
    cells = [[INSTANT.sub(r"\1 \2", cell) for cell in row] for row in cells]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in cells:
        table.add_row(*(escape(cell) for cell in row))
    if console.measure(table, options=console.options.update(max_width=WIDEST)).maximum <= console.width:
        console.print(table)
        return
    # Too wide: one block per row.
    for row in cells:
        block = Table(box=None, show_header=False, pad_edge=False)
        for column, cell in zip(columns, row, strict=False):
            if cell:
                block.add_row(f"[bold]{escape(column)}[/bold]", escape(cell))
        console.print(block)
        show()


def show_problems(file: str, problems: Sequence[Problem], *, aside: bool = False) -> None:
    """Print the problems of a file, errors first; `aside` where they are no answer."""
    console = _remarks() if aside else _answers()
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    if not console.is_terminal:
        for problem in ordered:
            _line(console, problem_text(file, problem))
        return
    _line(console, file, "bold")
    table = Table(box=None, show_header=False, pad_edge=True)
    for problem in ordered:
        colour = "red" if problem.severity == "error" else "yellow"
        said = f"{escape(problem.message)} [dim]({problem.code})[/dim]\n[dim]{escape(problem.hint)}[/dim]"
        table.add_row(
            f"[{colour}]{problem.severity}[/{colour}]", escape(problem.place), said.removesuffix("\n")
        )
    console.print(table)


def number_of(n: int, word: str) -> str:
    """Write a number with its word, in the plural but for one: `1 file`, `2 files`."""
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def problem_text(file: str, problem: Problem) -> str:
    """Return a problem as one line: `FILE: PLACE: message (code). hint`."""
    where = ": ".join(part for part in (file, problem.place) if part)
    warning = "warning: " if problem.severity == "warning" else ""
    hint = f" {problem.hint}" if problem.hint else ""
    return f"{where}: {warning}{problem.message} ({problem.code}){hint}"


def say(text: str, style: str | None = None) -> None:
    """Tell the person at the terminal something that is no part of the answer."""
    _line(_remarks(), text, style)


def show_error(error: ParcoursError) -> None:
    """Print an error as `place: message (code)`, its hint on a line below."""
    place = f"{error.place}: " if error.place else ""
    say(f"{place}{error.message} ({error.code})", style="red")
    if error.hint:
        say(error.hint)


def on_terminal() -> bool:
    """Tell whether the answer is read by a person."""
    return _answers().is_terminal


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show that something takes its time, on a terminal; without one say it once."""
    console = _remarks()
    if not console.is_terminal:
        say(text)
        yield
        return
    with console.status(escape(text)):
        yield


class Gauge:
    """A progress bar that may be there or not."""

    def __init__(self, bar: Progress | None, total: float | None) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=total) if bar else None

    def at(self, done: float, text: str = "") -> None:
        """Show how far it is, and a few words."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, description=text)


@contextmanager
def progress(total: float | None, *, in_bytes: bool = False) -> Iterator[Gauge]:
    """Yield a gauge that goes to `total`; it is shown on the error output where that is a terminal."""
    console = _remarks()
    if not console.is_terminal:
        yield Gauge(None, total)
        return
    middle = [DownloadColumn()] if in_bytes else []
    columns = [SpinnerColumn(), BarColumn(), *middle, TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, TextColumn("{task.description}"), console=console, transient=True) as bar:
        yield Gauge(bar, total)


def _line(console: Console, text: str, style: str | None = None) -> None:
    if console.is_terminal:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
    else:
        console.file.write(f"{text}\n")  # as it is, tabs too


@cache
def _answers() -> Console:
    return Console()


@cache
def _remarks() -> Console:
    return Console(stderr=True)  # one for all, so that lines and a gauge keep out of each other's way
