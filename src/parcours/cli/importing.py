"""`parcours import`: people and events from files, with a gauge, and every bad line named."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Protocol, TextIO

import typer

from parcours.cli.output import Gauge, number_of, progress, say, show, show_json
from parcours.cli.session import actor, connected, remote
from parcours.client import Client
from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.intake.importing import Loader, read_lines
from parcours.service.intake.noting import note_import
from parcours.service.intake.sources import Source, open_source
from parcours.service.intake.tables import Column, parse_mapping, read_table
from parcours.service.intake.taking import Mode
from parcours.wiring import Installation

__all__ = ["app", "open_output"]

app = typer.Typer()

SHOWN: Final = 20
WORDS: Final = {
    "identify": "profiles",
    "event": "events",
    "audience": "memberships",
    "ignored": "without effect",
}
# What was loaded, and what of it acted; and how to let the rest act.
EFFECTS: Final[Mapping[Mode, tuple[str, ...]]] = {
    "live": ("Everything acted: attributes, memberships and events (but those marked as historical).",),
    "state": (
        "Attributes and memberships act on running journeys.",
        "Events were loaded as history: they count in conditions and trigger nothing.",
        "Load with --live to let events trigger.",
    ),
    "history": (
        "Nothing acted: attributes, memberships and events count in conditions and trigger nothing.",
        "Load without --history to let attributes and memberships act, with --live to let events act, too.",
    ),
}


@app.command("import", epilog="Example: parcours import people.csv --map id=userId --map e_mail=email")
def import_files(
    context: typer.Context,
    feeds: Annotated[
        list[Path], typer.Argument(help="Feeds (JSON lines) or profiles (.csv), also .gz; - reads the input.")
    ],
    *,
    live: Annotated[bool, typer.Option("--live", help="Events trigger, too.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Nothing triggers.")] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="For CSV: column=trait, column=trait:number, or column=userId; repeat it."
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option(help="Lines in one transaction; a server chooses them itself.", min=1, max=10_000)
    ] = 1000,
    errors: Annotated[Path | None, typer.Option(help="Write every bad line into this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Load people and events from files.

    Attributes and memberships act on running journeys; events are history and trigger nothing, unless --live
    says so. A line that was loaded before is passed over, so an import can be repeated. Bad lines are left
    out and named; the exit status is 1 where there were any.
    """
    if live and history:
        raise ParcoursError(
            "bad_option", "--live and --history exclude each other", hint="Choose one of them."
        )
    mode: Mode = "live" if live else "history" if history else "state"
    columns = parse_mapping(mapping or [])
    with ExitStack() as stack:
        told = Told(stack.enter_context(open_output(errors)) if errors else None, quiet=as_json)

        async def work(installed: Installation) -> Loader:
            loader = Loader(installed.database, installed.clock, installed.buckets, mode, told.add, batch)
            asked = {"files": [str(path) for path in feeds], "mode": mode}
            async with installed.database.transaction() as connection:
                await note_import(
                    connection, "begin_import", at=installed.clock.now(), actor=actor(), options=asked
                )
            for path in feeds:
                try:
                    await _load(loader, path, columns)
                except ParcoursError as error:
                    told.broke(error)
                    if error.code not in ("unreadable_file", "unknown_column", "no_person", "line_too_long"):
                        break
            counts = {"stored": loader.stored, "repeated": loader.repeated, "bad": loader.bad}
            state = "broken" if told.failed else "done"
            async with installed.database.transaction() as connection:
                await note_import(
                    connection, "import", at=installed.clock.now(), actor=actor(), options=asked, state=state,
                    counts=counts,
                )  # fmt: skip
            return loader

        client = remote(context)
        if client is None:
            loader: Counts = connected(context, work)
        else:
            loader = _send(client, feeds, mode, mapping or [], told)
    _report(loader, told, as_json=as_json)
    if loader.bad or told.failed:
        raise typer.Exit(1)


@dataclass(slots=True)
class Told:
    """The bad lines: the first ones shown, all of them written where a file was named."""

    file: TextIO | None
    quiet: bool
    first: list[ParcoursError] = field(default_factory=list)
    failed: list[ParcoursError] = field(default_factory=list)  # whole files

    def add(self, error: ParcoursError) -> None:
        """Take note of a bad line."""
        if self.file is not None:
            self.file.write(f"{error}\n")
        if len(self.first) < SHOWN:
            self.first.append(error)
            if not self.quiet:
                say(str(error))

    def broke(self, error: ParcoursError) -> None:
        """Take note of a file that could not be read to its end."""
        self.failed.append(error)
        if not self.quiet:
            say(str(error), style="red")


class Counts(Protocol):
    """What was loaded, here or by a server."""

    mode: Mode
    stored: int
    repeated: int
    bad: int
    kinds: Counter[str]


@dataclass(slots=True)
class Sent:
    """What a server has loaded, of all files."""

    mode: Mode
    stored: int = 0
    repeated: int = 0
    bad: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def _send(client: Client, feeds: Sequence[Path], mode: Mode, columns: Sequence[str], told: Told) -> Sent:
    """Let a server load files; the first thousand bad lines of each are named."""
    assert mode != "quiet"
    sent = Sent(mode)
    for path in feeds:
        source: Path | BinaryIO = sys.stdin.buffer if str(path) == "-" else path
        try:
            with progress(None) as gauge:
                found = client.import_file(
                    source, mode=mode, columns=columns,
                    progress=lambda now: gauge.at(0, f"{now['stored'] + now['repeated']:,} lines"),
                )  # fmt: skip
        except ParcoursError as error:
            told.broke(error)
            if error.code != "unreadable_file":
                break
            continue
        sent.stored += found["stored"]
        sent.repeated += found["repeated"]
        sent.bad += found["bad"]
        sent.kinds.update(found["kinds"])
        name = "input" if str(path) == "-" else str(path)
        for line in found["errors"]:
            place = line["place"].replace(f"import {found['id']}", name, 1)
            told.add(ParcoursError(line["code"], line["message"], hint=line["hint"], place=place))
        if found["state"] != "done":
            told.failed.append(
                ParcoursError(
                    "import_broken",
                    f"the server read {name} up to a place, and not to its end",
                    hint="See the line named above; load the file again when it is mended.",
                )
            )
            break
    return sent


async def _load(loader: Loader, path: Path, columns: dict[str, Column]) -> None:
    with open_source(path) as source, progress(source.size, in_bytes=True) as gauge:
        await loader.load(_items(loader, source, columns), source.name, lambda: _move(gauge, source, loader))


def _items(loader: Loader, source: Source, columns: dict[str, Column]) -> Iterator[FeedLine | ParcoursError]:
    if source.name.lower().removesuffix(".gz").endswith((".csv", ".tsv")):
        return read_table(source.lines(), source.name, columns, loader.clock.now())
    return read_lines(source.lines(), source.name)


def _move(gauge: Gauge, source: Source, loader: Loader) -> None:
    gauge.at(source.done(), f"{loader.stored + loader.repeated:,} lines")


def open_output(path: Path) -> TextIO:
    """Open a file to write into. Raises ParcoursError `not_writable`."""
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ParcoursError(
            "not_writable",
            f"the file cannot be written: {error.strerror}",
            place=str(path),
            hint="Choose another.",
        ) from error


def _report(loader: Counts, told: Told, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "mode": loader.mode,
                "stored": loader.stored,
                "repeated": loader.repeated,
                "bad": loader.bad,
                "kinds": {WORDS[kind].replace(" ", "_"): n for kind, n in loader.kinds.items()},
                "errors": [_plain(error) for error in (*told.failed, *told.first)],
            }
        )
        return
    if loader.bad > len(told.first):
        rest = loader.bad - len(told.first)
        more = "" if told.file else "; --errors FILE writes all of them"
        say(f"and {number_of(rest, 'more bad line')}{more}")
    parts = [
        number_of(loader.kinds[kind], word.removesuffix("s"))
        if word.endswith("s")
        else f"{loader.kinds[kind]:,} {word}"
        for kind, word in WORDS.items()
        if loader.kinds[kind]
    ]
    listed = f": {', '.join(parts)}" if parts else ""
    show(f"{number_of(loader.kinds.total(), 'good line')}{listed}.")
    if loader.repeated:
        show(f"{loader.repeated:,} of them had been loaded before and were passed over.")
    if loader.bad:
        left_out = "was left out" if loader.bad == 1 else "were left out"
        show(f"{number_of(loader.bad, 'bad line')} {left_out}.", style="red")
    if loader.stored:
        for line in EFFECTS[loader.mode]:
            show(line)
    if told.failed:
        say("What was loaded stays; load the file again when the trouble is over.", style="red")


def _plain(error: ParcoursError) -> dict[str, str]:
    return {"place": error.place, "code": error.code, "message": error.message, "hint": error.hint}
