"""Lists of `parcours audience` that come from files and counts, and go to files."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TextIO, cast

import typer

from parcours.cli.importing import Told, open_output
from parcours.cli.output import number_of, progress, say, show, show_json
from parcours.cli.remote_audiences import send_members
from parcours.cli.remote_values import page_of
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.audiences.counts import Count, CountKind, FromCount, audience_from_count
from parcours.service.audiences.from_files import refuse_condition
from parcours.service.audiences.member_files import read_members
from parcours.service.audiences.members import (
    Member,
    every_member,
    list_audiences,
)
from parcours.service.audiences.noting import note_audience
from parcours.service.intake.importing import Loader
from parcours.service.intake.sources import open_source
from parcours.service.intake.tables import parse_mapping
from parcours.wiring import Installation

__all__ = ["export", "from_", "import_"]

Key = Annotated[str, typer.Argument(help="The key of the audience.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
PAGE: Final = 1000
COUNTED: Final = {
    "entered": "entered", "inside": "inside", "at": "at", "passed": "passed", "left": "left", "message": "message",
    "refused": "refused",
}  # fmt: skip


def import_(
    context: typer.Context,
    key: Key,
    files: Annotated[
        list[Path], typer.Argument(help="CSV, or lines of user_ids or JSON; also .gz; - reads the input.")
    ],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Take these people out of the list.")] = False,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="For CSV: column=userId, where it is called otherwise.")
    ] = None,
    errors: Annotated[Path | None, typer.Option(help="Write every bad line into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put the people of files into a list, or take them out of it; journeys hear of it.

    Bad lines are left out and named; the exit status is 1 where there were any.
    """
    op: Literal["add", "remove"] = "remove" if remove else "add"
    columns = parse_mapping(mapping or [])
    with ExitStack() as stack:
        told = Told(stack.enter_context(open_output(errors)) if errors else None, quiet=as_json)

        async def work(installed: Installation) -> tuple[int, int, int]:
            async with installed.database.transaction() as connection:
                await refuse_condition(connection, key)
                told_of = {"op": op, "files": [str(path) for path in files]}
                await note_audience(
                    connection, "begin_import_members", key, told_of, at=installed.clock.now(), actor=actor()
                )
            loader = Loader(installed.database, installed.clock, installed.buckets, "state", told.add)
            for path in files:
                with open_source(path) as source, progress(source.size, in_bytes=True) as gauge:
                    rows = read_members(source.lines(), source.name, key, columns, installed.clock.now(), op)
                    await loader.load(
                        rows,
                        source.name,
                        lambda g=gauge, s=source: g.at(s.done(), f"{loader.stored:,} people"),  # type: ignore[misc]
                    )
            async with installed.database.transaction() as connection:
                count = sum(one.members for one in await list_audiences(connection) if one.key == key)
                counts = {"lines": loader.stored, "bad": loader.bad, "members": count}
                await note_audience(
                    connection, "import_members", key, at=installed.clock.now(), actor=actor(), counts=counts
                )
            return loader.stored, loader.bad, count

        client = remote(context)
        if client is None:
            lines, wrong, count = connected(context, work)
        else:
            lines, wrong = send_members(client, key, files, columns=columns, op=op, on_bad=told.add)
            count = sum(one["members"] for one in client.audiences() if one["key"] == key)
    if as_json:
        bad = [{"place": e.place, "code": e.code, "message": e.message, "hint": e.hint} for e in told.first]
        show_json({"audience": key, "lines": lines, "bad": wrong, "members": count, "errors": bad})
    else:
        show(f"{number_of(lines, 'line')} read; {key} has {number_of(count, 'member')} now.")
        if wrong:
            show(f"{number_of(wrong, 'bad line')} left out.", style="red")
    if wrong:
        raise typer.Exit(1)


def export(
    context: typer.Context,
    key: Key,
    *,
    output: Annotated[Path | None, typer.Option(help="A file; .jsonl for lines of JSON, else CSV.")] = None,
    as_lines: Annotated[bool, typer.Option("--jsonl", help="Lines of JSON instead of CSV.")] = False,
) -> None:
    """Write who belongs to an audience, and since when, as CSV or lines of JSON."""
    lines = as_lines or (output is not None and output.suffix in (".jsonl", ".ndjson"))
    with ExitStack() as stack:
        file: TextIO = stack.enter_context(open_output(output)) if output is not None else sys.stdout

        writer = csv.writer(file, lineterminator="\n")
        count = 0

        def write(member: Member) -> None:
            nonlocal count
            since = format_instant(member.since) if member.since else None
            if lines:
                row = {"userId": member.user_id, "since": since}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            else:
                if count == 0:
                    writer.writerow(("userId", "since"))
                writer.writerow((member.user_id, since))
            count += 1

        async def work(installed: Installation) -> None:
            async with installed.database.transaction() as connection:
                with progress(None) as gauge:
                    async for member in every_member(connection, key):
                        write(member)
                        gauge.at(count, f"{count:,} people")

        client = remote(context)
        if client is None:
            connected(context, work)
        else:
            after: str | None = None
            while True:
                page = page_of(client.members_page(key, after=after, limit=PAGE))
                for member in page.members:
                    write(member)
                after = page.next
                if after is None:
                    break
    say(f"{number_of(count, 'member')} of {key} written.")


def from_(
    context: typer.Context,
    key: Key,
    *,
    journey: Annotated[str, typer.Option(help="The journey of the count.")],
    entered: Annotated[bool, typer.Option("--entered", help="Who ever entered it.")] = False,
    inside: Annotated[bool, typer.Option("--inside", help="Who is inside now.")] = False,
    at: Annotated[str | None, typer.Option(help="Who stands at this step now.")] = None,
    passed: Annotated[str | None, typer.Option(help="Who came to this step.")] = None,
    left: Annotated[
        str | None, typer.Option(help="Who is completed, succeeded, dropped_out or cancelled.")
    ] = None,
    message: Annotated[str | None, typer.Option(help="Whose message of this step had an outcome.")] = None,
    outcome: Annotated[
        str,
        typer.Option(help="Of --message: sent, skipped, rejected, cancelled, uncertain, opened, clicked."),
    ] = "sent",
    refused: Annotated[bool, typer.Option("--refused", help="Who was refused at the entrance.")] = False,
    reason: Annotated[
        str | None, typer.Option(help="Only this reason, of --refused, --left or --message.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Only this version.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this instant on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only before this instant.")] = None,
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
    why: Annotated[str | None, typer.Option(help="Why; kept in the audit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a list of the people behind a count, or add them to it; journeys hear of who comes in.

    Name one of --entered, --inside, --at, --passed, --left, --message, --refused.
    """
    chosen = {
        "entered": entered, "inside": inside, "at": at, "passed": passed, "left": left, "message": message,
        "refused": refused,
    }  # fmt: skip
    kinds = [kind for kind, value in chosen.items() if value]
    if len(kinds) != 1:
        raise ParcoursError(
            "bad_option", "name one count", hint="Give one of --" + ", --".join(COUNTED) + "."
        )
    count = Count(
        journey, cast("CountKind", kinds[0]), at or passed or message, left, outcome if message else None, reason, version,
        _instant(since, "--since"), _instant(until, "--until"),
    )  # fmt: skip

    async def work(installed: Installation) -> FromCount:
        with progress(None) as gauge:
            return await audience_from_count(
                installed.database, installed.clock, key, count, buckets=installed.buckets, actor=actor(),
                name=name, dry_run=dry_run, reason=why,
                on_batch=lambda n: gauge.at(n, f"{n:,} people"),
            )  # fmt: skip

    client = remote(context)
    if client is None:
        done = connected(context, work)
    else:
        asked = {
            name: _word(value)
            for name, value in asdict(count).items()
            if name not in ("journey", "kind", "reason")
        }
        wire = client.audience_from(
            key,
            journey=journey,
            kind=kinds[0],
            name=name,
            dry_run=dry_run,
            reason=why,
            reason_code=reason,
            **asked,
        )
        done = FromCount(wire["key"], wire["people"], wire["added"])
    if as_json:
        show_json({"audience": key, "people": done.people, "added": done.added, "dry_run": dry_run})
        return
    people = f"{done.people:,} people" if done.people != 1 else "1 person"
    show(f"It would be {people}." if dry_run else f"{people}; {done.added:,} of them came into {key}.")


def _word(value: object) -> object:
    return format_instant(value) if isinstance(value, datetime) else value


def _instant(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    found = parse_instant(text, UTC)
    if found is None:
        hint = "Write for example 2026-12-01T08:00:00Z."
        raise ParcoursError("bad_timestamp", f"{text!r} is no instant", place=option, hint=hint)
    return found
