"""`parcours audience`: what audiences there are, who belongs, and lists from files and from counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from parcours.cli.audience_lists import export, from_, import_
from parcours.cli.output import number_of, say, show, show_json, show_table
from parcours.cli.remote_values import audience_of, page_of, use_of
from parcours.cli.remote_values import size_of as size_of_wire
from parcours.cli.session import actor, connected, remote
from parcours.client import Client
from parcours.domain.errors import ParcoursError
from parcours.domain.serialise_condition import condition_document
from parcours.domain.timing import format_instant
from parcours.service.audiences.members import (
    AudienceShown,
    MembersPage,
    delete_audience,
    list_audiences,
    members_page,
    not_a_condition,
    read_audience,
    rename_audience,
    show_audience,
)
from parcours.service.audiences.size import SECONDS, Size, size_of
from parcours.service.editing.condition_text import read_condition
from parcours.service.editing.where_used import Found
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")

Key = Annotated[str, typer.Argument(help="The key of the audience.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.callback()
def audience() -> None:
    """Show audiences, count and preview conditions, import and export lists, make lists of counts."""


@app.command("list", epilog="Example: parcours audience list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List every audience with the number of its members."""

    async def work(installed: Installation) -> list[AudienceShown]:
        async with installed.database.transaction() as connection:
            return await list_audiences(connection)

    client = remote(context)
    found = connected(context, work) if client is None else [audience_of(one) for one in client.audiences()]
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

    client = remote(context)
    if client is None:
        found, used = connected(context, work)
    else:
        wire: dict[str, Any] = dict(client.audience(key))
        found, used = audience_of(wire), [use_of(one) for one in wire["used"]]
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

    client = remote(context)
    if client is None:
        size = connected(context, work)
    else:
        document = condition_document(where) if where is not None else _condition_of(client, str(key))
        size = size_of_wire(client.preview_audience(document, sample=sample, seconds=seconds))
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

    client = remote(context)
    page = (
        connected(context, work)
        if client is None
        else page_of(client.members_page(key, after=after, limit=limit))
    )
    rows = [(one.user_id, format_instant(one.since) if one.since else None) for one in page.members]
    if as_json:
        show_json({"members": [{"user_id": u, "since": s} for u, s in rows], "next": page.next})
        return
    show_table(("user_id", "since"), rows)
    if page.next is not None:
        say(f"There are more: --after {page.next}")


app.command("import", epilog="Example: parcours audience import vip people.csv --map id=userId")(import_)
app.command("export", epilog="Example: parcours audience export vip --output vip.csv")(export)
app.command(
    "from",
    epilog="Example: parcours audience from got-hello --journey welcome --message hello --outcome sent",
)(from_)


@app.command("rename", epilog='Example: parcours audience rename vip "Our best customers"')
def rename(
    context: typer.Context,
    key: Key,
    name: Annotated[str, typer.Argument(help="The new name.")],
    *,
    reason: Reason = None,
) -> None:
    """Give an audience another name. Its key stays, since journeys go by it."""

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await rename_audience(
                connection, key, name, at=installed.clock.now(), actor=actor(), reason=reason
            )

    client = remote(context)
    if client is None:
        connected(context, work)
    else:
        client.rename_audience(key, name, reason=reason)
    show(f"{key} is called {name} now.")


@app.command("delete", epilog="Example: parcours audience delete vip --dry-run")
def delete(
    context: typer.Context,
    key: Key,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Delete an audience that no journey and no other audience uses, members and all."""

    async def work(installed: Installation) -> int:
        async with installed.database.transaction() as connection:
            now = installed.clock.now()
            gone = await delete_audience(
                connection, key, at=now, actor=actor(), reason=reason, dry_run=dry_run
            )
        return gone.members

    client = remote(context)
    if client is None:
        gone = connected(context, work)
    else:
        gone = client.delete_audience(key, dry_run=dry_run, reason=reason)["members"]
    if as_json:
        show_json({"audience": key, "members": gone, "dry_run": dry_run})
    else:
        would = "would be" if dry_run else "is"
        show(f"{key} {would} deleted, with {number_of(gone, 'member')}.")


def _condition_of(client: Client, key: str) -> Mapping[str, Any]:
    where = client.audience(key)["where"]
    if where is None:
        raise not_a_condition(key)
    return where


def _asked(one: AudienceShown) -> str:
    return "" if one.asked >= 1 else f"{one.asked:.0%} of people asked"
