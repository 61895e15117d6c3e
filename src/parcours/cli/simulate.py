"""`parcours simulate`: the real engine over a feed under a virtual clock, in a database of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from parcours.cli.importing import open_output
from parcours.cli.output import progress, say, show_problems
from parcours.cli.session import run, settings_of
from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience, Journey
from parcours.domain.problems import has_errors
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.editing.checking import file_problems
from parcours.service.editing.files import load_documents
from parcours.service.intake.importing import read_lines
from parcours.service.intake.orders import CommandLine, read_orders
from parcours.service.intake.sources import open_source
from parcours.settings import Settings
from parcours.simulation import simulate as play
from parcours.store.scratch import scratch_database
from parcours.wiring import installation, start_embedded

__all__ = ["app"]

app = typer.Typer()

BUCKETS: Final = 1  # the result does not depend on it
LONGEST_COMMAND: Final = 10_000_000  # bytes: it may name many people
_DEFINITIONS: Final = (".yaml", ".yml", ".json")


class Simulate(TyperCommand):
    """Takes several files behind one `--feed`, as far as they are no definitions."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write `--feed A B` as `--feed A --feed B`."""
        spread: list[str] = []
        within = False
        for place, word in enumerate(args):
            before = args[place - 1] if place else ""
            if before == "--feed" or word.startswith("-"):
                within = before == "--feed"
            elif within and not word.lower().endswith(_DEFINITIONS):
                spread.append("--feed")
            else:
                within = False
            spread.append(word)
        return list(super().parse_args(ctx, spread))


@app.command(
    cls=Simulate,
    epilog="Example: parcours simulate welcome.yaml --feed feed.jsonl --from 2026-12-01T00:00:00Z "
    "--to 2027-01-01T00:00:00Z --output out.jsonl",
)
def simulate(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Journey and audience files, YAML or JSON.")],
    *,
    start: Annotated[str, typer.Option("--from", help="Where the clock begins, inclusive.")],
    to: Annotated[str, typer.Option("--to", help="Where the clock ends, exclusive.")],
    feed: Annotated[
        list[Path] | None, typer.Option("--feed", help="Feeds (JSON lines, also .gz); name several.")
    ] = None,
    commands: Annotated[Path | None, typer.Option(help="Commands to give (JSON lines).")] = None,
    moves: Annotated[bool, typer.Option("--moves", help="Print every move, too.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write the result here; else, or with `-`, it is printed.")
    ] = None,
) -> None:
    """Play journeys over a feed, under a virtual clock.

    The engine is the real one, in a database that is made for this and dropped afterwards; nothing is sent and
    nothing outside is touched. What the feed holds from before --from is history. Bad lines of feed and
    commands are left out and named; only files with errors end it, with status 1.
    """
    clock = _span(start, to)
    definitions = _load(files)
    cast = Cast(definitions[0], definitions[1], moves=moves)
    if commands is not None:
        cast.read_commands(commands)
    cast.read_feeds(feed or [])
    with nullcontext(sys.stdout) if output in {None, Path("-")} else open_output(output) as target:
        for line in run(_play(settings_of(context), cast, *clock)):
            target.write(json.dumps(line, ensure_ascii=False) + "\n")


@dataclass(slots=True)
class Cast:
    """Everything that is played."""

    journeys: Sequence[Journey]
    audiences: Sequence[Audience]
    moves: bool
    feed: list[FeedLine] = field(default_factory=list)
    commands: list[CommandLine] = field(default_factory=list)
    files: dict[str, Journey] = field(default_factory=dict)  # that `apply` names

    def read_commands(self, path: Path) -> None:
        """Read the commands, and the files that they name, which stand beside them or here."""
        with open_source(path) as source:
            for line in read_orders(source.lines(LONGEST_COMMAND), source.name):
                if isinstance(line, ParcoursError):
                    say(str(line))
                else:
                    self.commands.append(line)
        given = [
            (line.get("options") or {}).get("file") for line in self.commands if line["command"] == "apply"
        ]
        for name in dict.fromkeys(name for name in given if isinstance(name, str)):
            beside = path.parent / name
            [file] = load_documents([beside if beside.exists() else Path(name)])
            # As in `parcours apply`: what could not be read is not in the definition.
            if has_errors(list(file.problems)):
                show_problems(str(file.path), list(file.problems), aside=True)
            elif file.journey is not None:
                self.files[name] = file.journey

    def read_feeds(self, paths: Sequence[Path]) -> None:
        """Read the feeds in their order; a bad line is named and left out."""
        for path in paths:
            with open_source(path) as source, progress(source.size, in_bytes=True) as gauge:
                for item in _stamped(read_lines(source.lines(), source.name), source.name):
                    if isinstance(item, ParcoursError):
                        say(str(item))
                        continue
                    self.feed.append(item)
                    if len(self.feed) % 1000 == 0:
                        gauge.at(source.done(), f"{len(self.feed):,} lines")


def _stamped(items: Iterator[FeedLine | ParcoursError], file: str) -> Iterator[FeedLine | ParcoursError]:
    """Refuse lines without a timestamp: under a virtual clock nothing arrives now (P24)."""
    for item in items:
        if isinstance(item, FeedLine) and item.at is None:
            yield ParcoursError(
                "bad_timestamp",
                "the line has no timestamp",
                place=f"{file}:{item.number} timestamp",
                hint="Write it as 2026-12-01T08:00:00Z.",
            )
        else:
            yield item


def _span(start: str, to: str) -> tuple[datetime, datetime]:
    first, last = parse_instant(start), parse_instant(to)
    for option, text, instant in (("--from", start, first), ("--to", to, last)):
        if instant is None:
            raise typer.BadParameter(
                f"{text} is no instant; write it as 2026-12-01T08:00:00Z", param_hint=option
            )
    assert first is not None
    assert last is not None
    if last <= first:
        raise typer.BadParameter(f"{to} is not after {start}", param_hint="--to")
    return first, last


def _load(paths: Sequence[Path]) -> tuple[list[Journey], list[Audience]]:
    """Load the files; where one has errors, print its problems and end with status 1."""
    loaded = load_documents(paths)
    sound = True
    for file in loaded:
        problems = file_problems(file)
        if has_errors(problems):
            show_problems(str(file.path), problems, aside=True)
            sound = False
    if not sound:
        raise typer.Exit(1)
    return (
        [file.journey for file in loaded if file.journey is not None],
        [file.audience for file in loaded if file.audience is not None],
    )


async def _play(settings: Settings, cast: Cast, start: datetime, to: datetime) -> list[dict[str, Any]]:
    task = asyncio.current_task()
    assert task is not None
    # Whoever ends it leaves no database behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    url = settings.database_url or (await asyncio.to_thread(start_embedded, settings, say)).url
    async with scratch_database(url, SystemClock().now()) as own:
        there = settings.model_copy(update={"database_url": own, "buckets": BUCKETS})
        async with installation(there, migrate=True, say=say, connections=1, own=True) as installed:
            with progress((to - start).total_seconds()) as gauge:
                return await play(
                    installed.database, cast.journeys, cast.audiences, cast.feed, cast.commands, start, to,
                    moves=cast.moves, files=cast.files, buckets=installed.buckets,
                    progress=lambda now: gauge.at((now - start).total_seconds(), format_instant(now)),
                )  # fmt: skip
