"""`parcours source` and `parcours events`: who may send people and events, and what came lately."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import typer

from parcours.cli.output import say, show, show_json, show_table
from parcours.cli.remote_values import plain
from parcours.cli.session import actor, connected, remote, run
from parcours.domain.errors import ParcoursError
from parcours.service.intake.recent import read_recent
from parcours.service.intake.write_keys import add_source, list_sources, revoke_source
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()
source = typer.Typer(
    name="source",
    help="The sites, apps and servers that may send people and events, each with a write key.",
    no_args_is_help=True,
)
app.add_typer(source)

FOLLOW_EVERY: Final = 1.0  # seconds
RESULTS: Final = ("taken", "repeated", "refused")
STYLES: Final = {"refused": "red", "repeated": "dim"}

Name = Annotated[str, typer.Argument(help="Name of the source.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@source.command(epilog="Example: parcours source add website")
def add(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Make a source and show its write key, this once.

    Clients send the key as user of Basic authorisation, or as writeKey. It lets people and events in and nothing
    out, so it may stand in a web page.
    """

    async def work(installed: Installation) -> str:
        async with installed.database.transaction() as connection:
            return await add_source(connection, name, at=installed.clock.now(), actor=actor())

    client = remote(context)
    key = connected(context, work) if client is None else client.add_source(name)
    if as_json:
        show_json({"name": name, "write_key": key})
        return
    show(key)
    say(f"This is the write key of {name}; it is not shown again. docs/intake.md tells how clients use it.")


@source.command("list", epilog="Example: parcours source list")
def list_(context: typer.Context, *, as_json: Json = False) -> None:
    """List sources, with the end of each key, and when something came last."""

    async def work(installed: Installation) -> list[dict[str, Any]]:
        async with installed.database.transaction() as connection:
            return await list_sources(connection)

    client = remote(context)
    found = connected(context, work) if client is None else [plain(one) for one in client.sources()]
    if as_json:
        show_json(found)
    elif not found:
        say("There is no source yet: `parcours source add NAME` makes one.")
    else:
        columns = ("source", "key", "enabled", "created", "revoked", "last seen")
        rows = [
            [
                one["name"],
                f"…{one['key']}",
                "yes" if one["enabled"] else "no",
                *(one[at] for at in ("created_at", "revoked_at", "seen_at")),
            ]
            for one in found
        ]
        show_table(columns, rows)


@source.command(epilog="Example: parcours source revoke website")
def revoke(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Take the key of a source back: within two seconds nothing that comes with it is taken any more."""

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await revoke_source(connection, name, at=installed.clock.now(), actor=actor())

    client = remote(context)
    if client is None:
        connected(context, work)
    else:
        client.revoke_source(name)
    if as_json:
        show_json({"name": name, "enabled": False})
    else:
        show(f"The key of {name} is taken back.")


@app.command(epilog="Example: parcours events --user anna --follow")
def events(
    context: typer.Context,
    *,
    user: Annotated[str | None, typer.Option(help="Only those of this person, by user_id.")] = None,
    result: Annotated[str | None, typer.Option(help="Only taken, repeated or refused ones.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with those that come, until Ctrl-C.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """Show the latest that came over HTTP, and what each caused: for connecting a client.

    A thousand are kept; of a flood a part. The oldest comes first.
    """
    if result is not None and result not in RESULTS:
        raise ParcoursError(
            "bad_option",
            f"{result!r} is no result",
            place="--result",
            hint=f"Use one of {', '.join(RESULTS)}.",
        )

    async def look(read: Callable[[int | None], Awaitable[list[dict[str, Any]]]]) -> None:
        after = None
        while True:
            found = (await read(after))[::-1]
            if found:
                after = found[-1]["feed_no"]
            if as_json and not follow:
                show_json(found)
            else:
                for one in found:
                    show_json(one) if as_json else _print(one)
            if not follow:
                if not found:
                    say("Nothing came over HTTP yet. `parcours source add NAME` makes a write key.")
                return
            await asyncio.sleep(FOLLOW_EVERY)

    async def work(installed: Installation) -> None:
        async def here(after: int | None) -> list[dict[str, Any]]:
            async with installed.database.transaction() as connection:
                return await read_recent(connection, user_id=user, after=after, result=result, limit=limit)

        await look(here)

    client = remote(context)
    if client is None:
        connected(context, work)
        return

    async def there(after: int | None) -> list[dict[str, Any]]:
        place = None if after is None else str(after)
        found = await asyncio.to_thread(client.recent, user_id=user, after=place, result=result, limit=limit)
        return [_recent(plain(one)) for one in found]

    run(look(there))


def _recent(wire: dict[str, Any]) -> dict[str, Any]:
    return wire | {"feed_no": int(wire["feed_no"]), "caused": [plain(one) for one in wire["caused"]]}


def _print(one: dict[str, Any]) -> None:
    what = " ".join(part for part in (one["type"], one["name"]) if part) or "?"
    who = one["user_id"] or "nobody"
    if one["now_known_as"]:
        who += f" (now {one['now_known_as']})"
    show(f"{one['at']}  {one['source']}  {who}  {what}  {one['result']}", style=STYLES.get(one["result"]))
    if one["code"]:
        show(f"    {one['place']}: {one['message']} ({one['code']}). {one['hint']}")
    for caused in one["caused"]:
        show(f"    {_caused(caused)}")


def _caused(caused: dict[str, Any]) -> str:
    journey = caused["journey"] or "journeys"
    match caused["did"]:
        case "refused":
            return f"{journey}: refused, {caused['reason']}"
        case "waiting":
            return f"{journey}: not applied yet"
        case "entered":
            return f"{journey}: entered, at {caused['to'] or 'the entry'}" + _ended(caused)
        case _:
            return f"{journey}: from {caused['from'] or 'the entry'} to {caused['to'] or 'nowhere'}" + _ended(
                caused
            )


def _ended(caused: dict[str, Any]) -> str:
    if caused["status"] == "active":
        return ""
    return f", {caused['status']}" + (f" ({caused['reason']})" if caused["reason"] else "")
