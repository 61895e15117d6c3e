"""`parcours audience`: what audiences there are, who belongs, and lists from files and from counts."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TextIO, cast

import typer

from parcours.cli.importing import Told, open_output
from parcours.cli.output import number_of, progress, say, show, show_json, show_table
from parcours.cli.session import connected
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.audiences.counts import Count, CountKind, FromCount, audience_from_count
from parcours.service.audiences.from_files import refuse_condition
from parcours.service.audiences.member_files import read_members
from parcours.service.audiences.members import (
    AudienceShown,
    MembersPage,
    delete_audience,
    every_member,
    list_audiences,
    members_page,
    read_audience,
    rename_audience,
    show_audience,
)
from parcours.service.audiences.size import SECONDS, Size, size_of
from parcours.service.editing.condition_text import read_condition
from parcours.service.editing.where_used import Found
from parcours.service.intake.importing import Loader
from parcours.service.intake.sources import open_source
from parcours.service.intake.tables import parse_mapping
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")

Key = Annotated[str, typer.Argument(help="The key of the audience.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
COUNTED: Final = {
    "entered": "entered", "inside": "inside", "at": "at", "passed": "passed", "left": "left", "message": "message",
    "refused": "refused",
}  # fmt: skip


@app.callback()
def audience() -> None:
    """Show audiences, count and preview conditions, import and export lists, make lists of counts."""


@app.command("list", epilog="Example: parcours audience list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List every audience with the number of its members."""

    async def work(installed: Installation) -> list[AudienceShown]:
        async with installed.database.transaction() as connection:
            return await list_audiences(connection)

    found = connected(context, work)
    if as_json:
        show_json([one.as_dict() for one in found])
        return
    if not found:
        say("There is no audience. `parcours apply FILE` saves one; `parcours audience import` makes a list.")
        return
    rows = [(one.key, one.name, one.kind, f"{one.members:,}", _asked(one)) for one in found]
    show_table(("audience", "name", "kind", "members", ""), rows, numbers=("members",))


@app.command("show", epilog="Example: parcours audience show vip")
def show_(context: typer.Context, key: Key, *, as_json: AsJson = False) -> None:
    """Show an audience: kind, condition, number of members, where it is used."""

    async def work(installed: Installation) -> tuple[AudienceShown, list[Found]]:
        async with installed.database.transaction() as connection:
            return await show_audience(connection, key)

    found, used = connected(context, work)
    if as_json:
        show_json({**found.as_dict(), "used": [one.as_dict() for one in used]})
        return
    named = f" ({found.name})" if found.name else ""
    show(
        f"{found.key}{named}: a {found.kind}, {number_of(found.members, 'member')}. {_asked(found)}".rstrip()
    )
    if found.where is not None:
        show(f"where: {json.dumps(found.where, ensure_ascii=False)}")
    if used:
        show_table(("used by", "place"), [(one.where, one.place) for one in used])
    else:
        show("It is used nowhere.")


@app.command("preview", epilog="""Example: parcours audience preview '{field: profile.plan, is: pro}'""")
def preview(
    context: typer.Context,
    condition: Annotated[
        str | None,
        typer.Argument(help="A condition as YAML or JSON; or a file that holds one, or an audience file."),
    ] = None,
    *,
    key: Annotated[
        str | None, typer.Option("--audience", help="The condition of this audience instead.")
    ] = None,
    sample: Annotated[int, typer.Option(help="How many people to name.", min=0, max=50)] = 10,
    seconds: Annotated[
        float, typer.Option(help="How long to count before estimating.", min=0.05, max=600)
    ] = SECONDS,
    as_json: AsJson = False,
) -> None:
    """Count the people whom a condition means, before it is saved, and name some of them.

    Where there are more people than can be looked at in the time, the answer is an estimate from those looked at.
    """
    if (condition is None) == (key is None):
        raise ParcoursError(
            "bad_option", "name a condition or an audience", hint="Give a condition, or --audience KEY."
        )
    where = read_condition(condition) if condition is not None else None

    async def work(installed: Installation) -> Size:
        async with installed.database.transaction() as connection:
            asked = where
            if asked is None:
                asked = (await read_audience(connection, str(key))).where
            assert asked is not None
            return await size_of(
                connection, asked, installed.clock.now(), seconds=seconds, sample=sample, key=key or ""
            )

    size = connected(context, work)
    if as_json:
        show_json(size.as_dict())
        return
    for problem in size.problems:
        say(f"warning: {problem.place}: {problem.message} ({problem.code})")
    if size.exact:
        show(f"{number_of(size.people, 'person').replace('persons', 'people')} of {size.looked_at:,}.")
    else:
        between = f"between {size.low:,} and {size.high:,}, 19 times of 20"
        show(f"About {size.people:,} people ({between}; {size.looked_at:,} were looked at).")
    for user_id in size.sample:
        show(f"  {user_id}")


@app.command("members", epilog="Example: parcours audience members vip --limit 20")
def members(
    context: typer.Context,
    key: Key,
    *,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 100,
    after: Annotated[str | None, typer.Option(help="Go on behind a page: what it called next.")] = None,
    as_json: AsJson = False,
) -> None:
    """List who belongs to an audience, and since when."""

    async def work(installed: Installation) -> MembersPage:
        async with installed.database.transaction() as connection:
            return await members_page(connection, key, after=after, limit=limit)

    page = connected(context, work)
    rows = [(one.user_id, format_instant(one.since) if one.since else None) for one in page.members]
    if as_json:
        show_json({"members": [{"user_id": u, "since": s} for u, s in rows], "next": page.next})
        return
    show_table(("user_id", "since"), rows)
    if page.next is not None:
        say(f"There are more: --after {page.next}")


@app.command("import", epilog="Example: parcours audience import vip people.csv --map id=userId")
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

        async def work(installed: Installation) -> tuple[Loader, AudienceShown | None]:
            async with installed.database.transaction() as connection:
                await refuse_condition(connection, key)
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
                shown = [one for one in await list_audiences(connection) if one.key == key]
            return loader, shown[0] if shown else None

        loader, after = connected(context, work)
    count = after.members if after is not None else 0
    if as_json:
        bad = [{"place": e.place, "code": e.code, "message": e.message, "hint": e.hint} for e in told.first]
        show_json(
            {"audience": key, "lines": loader.stored, "bad": loader.bad, "members": count, "errors": bad}
        )
    else:
        show(f"{number_of(loader.stored, 'line')} read; {key} has {number_of(count, 'member')} now.")
        if loader.bad:
            show(f"{number_of(loader.bad, 'bad line')} left out.", style="red")
    if loader.bad:
        raise typer.Exit(1)


@app.command("export", epilog="Example: parcours audience export vip --output vip.csv")
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

        async def work(installed: Installation) -> int:
            writer = csv.writer(file, lineterminator="\n")
            count = 0
            async with installed.database.transaction() as connection:
                with progress(None) as gauge:
                    async for member in every_member(connection, key):
                        since = format_instant(member.since) if member.since else None
                        if count == 0 and not lines:
                            writer.writerow(("userId", "since"))
                        if lines:
                            row = {"userId": member.user_id, "since": since}
                            file.write(json.dumps(row, ensure_ascii=False) + "\n")
                        else:
                            writer.writerow((member.user_id, since))
                        count += 1
                        gauge.at(count, f"{count:,} people")
            return count

        count = connected(context, work)
    say(f"{number_of(count, 'member')} of {key} written.")


@app.command(
    "from",
    epilog="Example: parcours audience from got-hello --journey welcome --message hello --outcome sent",
)
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
                installed.database, installed.clock, key, count, buckets=installed.buckets, name=name, dry_run=dry_run,
                on_batch=lambda n: gauge.at(n, f"{n:,} people"),
            )  # fmt: skip

    done = connected(context, work)
    if as_json:
        show_json({"audience": key, "people": done.people, "added": done.added, "dry_run": dry_run})
        return
    people = f"{done.people:,} people" if done.people != 1 else "1 person"
    show(f"It would be {people}." if dry_run else f"{people}; {done.added:,} of them came into {key}.")


@app.command("rename", epilog='Example: parcours audience rename vip "Our best customers"')
def rename(
    context: typer.Context, key: Key, name: Annotated[str, typer.Argument(help="The new name.")]
) -> None:
    """Give an audience another name. Its key stays, since journeys go by it."""

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await rename_audience(connection, key, name)

    connected(context, work)
    show(f"{key} is called {name} now.")


@app.command("delete", epilog="Example: parcours audience delete vip --dry-run")
def delete(
    context: typer.Context,
    key: Key,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete an audience that no journey and no other audience uses, members and all."""

    async def work(installed: Installation) -> AudienceShown:
        async with installed.database.transaction() as connection:
            return await delete_audience(connection, key, dry_run=dry_run)

    gone: Any = connected(context, work)
    if as_json:
        show_json({"audience": key, "members": gone.members, "dry_run": dry_run})
    else:
        would = "would be" if dry_run else "is"
        show(f"{key} {would} deleted, with {number_of(gone.members, 'member')}.")


def _asked(one: AudienceShown) -> str:
    return "" if one.asked >= 1 else f"{one.asked:.0%} of people asked"


def _instant(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    found = parse_instant(text, UTC)
    if found is None:
        hint = "Write for example 2026-12-01T08:00:00Z."
        raise ParcoursError("bad_timestamp", f"{text!r} is no instant", place=option, hint=hint)
    return found
