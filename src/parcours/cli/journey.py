"""`parcours journey …`: look at journeys, and give the commands of their life."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from parcours.cli.journey_choices import CatchUp, Entrants, Inside, Then, Timers, Until
from parcours.cli.journey_output import (
    Done,
    show_deleted,
    show_done,
    show_held,
    show_journeys,
    show_people,
    show_report,
)
from parcours.cli.journey_problems import problems
from parcours.cli.output import say, show_error, show_json, waiting
from parcours.cli.plan_output import read_given_answers
from parcours.cli.remote import change_people as change_people_there
from parcours.cli.remote import give
from parcours.cli.remote_forms import journey_line, overview_of
from parcours.cli.scheduling import At, AtOnce, give_later, in_zone, scheduled, unschedule
from parcours.cli.session import actor, connected, remote
from parcours.domain.errors import ParcoursError
from parcours.service.commands.deleting import list_deleted
from parcours.service.commands.holding import Held, read_hold
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.people import PeopleChanged, PeopleOrder, change_people
from parcours.service.commands.preview import preview_resume
from parcours.service.commands.publish_plan import plan_of
from parcours.service.commands.waiting import find_in_flight, settle_in_flight
from parcours.service.watch.overview import Overview, read_overview
from parcours.service.watch.reports import admitting_version, list_journeys, notify_workers
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(help="Show journeys, command them, add and remove people.", no_args_is_help=True)

WAITS = ("pause", "close", "stop", "delete")

Keys = Annotated[list[str], typer.Argument(help="Keys of journeys.")]
Key = Annotated[str, typer.Argument(help="Key of a journey.")]
People = Annotated[list[str] | None, typer.Argument(help="Their user_ids.", show_default=False)]
PeopleFile = Annotated[
    Path | None, typer.Option("--file", help="A file of user_ids, one on a line; - reads the input.")
]
Version = Annotated[int | None, typer.Option(help="Act on this version only.", min=1)]
BackfillFor = Annotated[
    str | None,
    typer.Option("--backfill", help="Also those who did it in the last 7d, 12h …", metavar="DURATION"),
]
StopFirst = Annotated[
    bool, typer.Option("--stop-first", help="A paused one too: everybody inside is cancelled.")
]
Deleted = Annotated[bool, typer.Option("--deleted", help="List what was deleted, with its totals.")]
Source = Annotated[int | None, typer.Option("--from", help="The version to take it from.", min=1)]
NewKey = Annotated[str | None, typer.Option("--key", help="Key of the new journey; KEY-copy unless given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Do not wait for messages that a provider holds already.")
]
PeopleGo = Annotated[
    str | None, typer.Option(help="People inside: stay (unless told otherwise) or move.", show_default=False)
]
Answers = Annotated[
    list[str] | None,
    typer.Option(help="Whither people of a removed step go: STEP=STEP or STEP=drop_out.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list", epilog="Example: parcours journey list")
def list_all(context: typer.Context, *, deleted: Deleted = False, as_json: AsJson = False) -> None:
    """List every journey with its status and who is inside."""
    if deleted:
        _list_deleted(context, as_json=as_json)
        return

    async def work(installed: Installation) -> tuple[list[dict[str, Any]], Held | None]:
        async with installed.database.transaction() as connection:
            return await list_journeys(connection), await read_hold(connection)

    client = remote(context)
    if client is not None:
        show_journeys([journey_line(one) for one in client.journeys()], as_json=as_json)
        return
    journeys, held = connected(context, work)
    show_held(held)
    show_journeys(journeys, as_json=as_json)


@app.command(epilog="Example: parcours journey show welcome")
def show(context: typer.Context, key: Key, *, as_json: AsJson = False) -> None:
    """Show a journey: versions, what happens next by itself, where people are, problems, messages, refusals."""

    async def work(installed: Installation) -> tuple[Overview, Held | None]:
        async with installed.database.transaction() as connection:
            return await read_overview(connection, key, installed.clock.now()), await read_hold(connection)

    client = remote(context)
    if client is not None:
        show_report(overview_of(client.overview(key)), as_json=as_json)
        return
    overview, held = connected(context, work)
    show_held(held)
    show_report(overview, as_json=as_json)


app.command(epilog="Example: parcours journey problems welcome")(problems)


@app.command(
    epilog="Example: parcours journey publish welcome --people move --answer old_mail=new_mail --dry-run"
)
def publish(
    context: typer.Context, keys: Keys, *, people: PeopleGo = None, answer: Answers = None, version: Version = None,
    backfill: BackfillFor = None, at: At = None, dry_run: DryRun = False, reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Start a draft: its triggers are on from now.

    Earlier events are not replayed, but with --backfill. People inside older versions stay there, and go on to the end;
    with --people move everybody goes over to the new version. See with --dry-run what differs, and what becomes of whom.
    """
    options: dict[str, Any] = {} if people is None else {"people": people}
    if answer:
        options["answers"] = read_given_answers(answer)
    if backfill is not None:
        options["backfill"] = backfill
    order = Order("", "publish", version, options, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, as_json=as_json)


@app.command(
    epilog='Example: parcours journey pause welcome --inside hold --until 2026-12-01T08:00:00Z --reason "wrong price"'
)
def pause(
    context: typer.Context, keys: Keys, *, entrants: Entrants = None, inside: Inside = None, timers: Timers = None,
    until: Until = None, then: Then = None, catch_up: CatchUp = None, version: Version = None, at: At = None,
    dry_run: DryRun = False, reason: Reason = None, no_wait: NoWait = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Freeze everybody where they stand; who enters queues before the first step. Or as the choices say.

    No message is sent. Goals, exit rules, exclusion and deletion still let people leave.
    Another pause of what is paused changes who may enter, when the pause ends, and the pace behind it.
    """
    said = {
        "entrants": entrants, "inside": inside, "timers": timers, "until": until, "then": then, "catch_up": catch_up
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value is not None}
    order = Order("", "pause", version, given, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, no_wait=no_wait, as_json=as_json)


@app.command(epilog="Example: parcours journey resume welcome --with-changes")
def resume(
    context: typer.Context, keys: Keys, *,
    with_changes: Annotated[
        bool, typer.Option("--with-changes", help="Publish the draft and move everybody to it.")
    ] = False,
    answer: Answers = None, backfill: BackfillFor = None, version: Version = None, at: At = None,
    dry_run: DryRun = False, reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let everybody go on after a pause: kept events first, then what became due, then the queue.

    With --with-changes they go on in the draft, which is published by it; --answer and --backfill as for publish.
    """
    options: dict[str, Any] = {"with_changes": True} if with_changes else {}
    if answer:
        options["answers"] = read_given_answers(answer)
    if backfill is not None:
        options["backfill"] = backfill
    order = Order("", "resume", version, options, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, as_json=as_json)


@app.command(epilog="Example: parcours journey close welcome --at 2026-12-31T23:59:59")
def close(
    context: typer.Context, keys: Keys, *, version: Version = None, at: At = None, dry_run: DryRun = False,
    reason: Reason = None, no_wait: NoWait = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Close to new entrances: people inside go on to the end. The usual way to end a journey.

    A closed version is never opened again.
    """
    order = Order("", "close", version, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, no_wait=no_wait, as_json=as_json)


@app.command(epilog='Example: parcours journey stop welcome --reason "legal"')
def stop(
    context: typer.Context, keys: Keys, *, version: Version = None, at: At = None, dry_run: DryRun = False,
    reason: Reason = None, no_wait: NoWait = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Stop at once: everybody inside is cancelled, and no message leaves any more. For emergencies.

    A stopped version is never resumed.
    """
    order = Order("", "stop", version, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, no_wait=no_wait, as_json=as_json)


@app.command(epilog='Example: parcours journey restart welcome --reason "the shop is open again"')
def restart(
    context: typer.Context, keys: Keys, *, version: Version = None, at: At = None, dry_run: DryRun = False,
    reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Start again what is stopped or finished: a new version with the same definition, live.

    Only new passages: who was cancelled stays so. Re-entry is judged over all versions.
    """
    order = Order("", "restart", version, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, as_json=as_json)


@app.command(epilog="Example: parcours journey new-version welcome --from 1")
def new_version(
    context: typer.Context, keys: Keys, *, source: Source = None, at: At = None, dry_run: DryRun = False,
    reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a draft with the definition of a published version; what is published stays as it is.

    The newest version unless --from names one: that is how one goes back.
    """
    options = {} if source is None else {"from": source}
    order = Order("", "new_version", options=options, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, as_json=as_json)


@app.command(epilog="Example: parcours journey edit welcome")
def edit(
    context: typer.Context, keys: Keys, *, version: Version = None, at: AtOnce = None, dry_run: DryRun = False,
    reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Get a draft to edit: the one that stands, else a new one of the newest version, unless that is live."""
    order = Order("", "edit", version, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, as_json=as_json)


@app.command(epilog="Example: parcours journey duplicate welcome --key welcome-sweden")
def duplicate(
    context: typer.Context, key: Key, *, new_key: NewKey = None, version: Version = None, at: AtOnce = None,
    dry_run: DryRun = False, reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make an independent journey in draft, with the same definition, named NAME (copy)."""
    options = {} if new_key is None else {"key": new_key}
    order = Order("", "duplicate", version, options, reason=reason, dry_run=dry_run)
    _command(context, [key], order, at=at, as_json=as_json)


@app.command(epilog="Example: parcours journey delete welcome --stop-first")
def delete(
    context: typer.Context, keys: Keys, *, version: Version = None, stop_first: StopFirst = False, at: At = None,
    dry_run: DryRun = False, reason: Reason = None, no_wait: NoWait = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Delete a journey, or one version of it, for good; totals and audit stay.

    Possible for drafts and for what is stopped or finished; a paused one only with --stop-first.
    """
    options = {"stop_first": True} if stop_first else {}
    order = Order("", "delete", version, options, reason=reason, dry_run=dry_run)
    _command(context, keys, order, at=at, no_wait=no_wait, as_json=as_json)


@app.command(epilog="Example: parcours journey add-people welcome u1 u2")
def add_people(
    context: typer.Context, key: Key, people: People = None, *, file: PeopleFile = None,
    dry_run: DryRun = False, reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Suggest people to a journey by hand; the entrance rules still decide."""
    named = _user_ids(people, file)
    order = PeopleOrder(key, "add_people", named, reason=reason, actor=actor(), dry_run=dry_run)
    _people(context, order, as_json=as_json)


@app.command(epilog="Example: parcours journey remove-people welcome u1 --reason complaint")
def remove_people(
    context: typer.Context, key: Key, people: People = None, *, file: PeopleFile = None,
    version: Version = None, dry_run: DryRun = False, reason: Reason = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take people out of a journey by hand, wherever they stand."""
    named = _user_ids(people, file)
    order = PeopleOrder(key, "remove_people", named, version, reason, actor(), dry_run)
    _people(context, order, as_json=as_json)


app.command("scheduled", epilog="Example: parcours journey scheduled welcome")(scheduled)
app.command("unschedule", epilog="Example: parcours journey unschedule 12")(unschedule)


def _list_deleted(context: typer.Context, *, as_json: bool) -> None:
    async def work(installed: Installation) -> list[dict[str, Any]]:
        async with installed.database.transaction() as connection:
            return await list_deleted(connection)

    client = remote(context)
    show_deleted(connected(context, work) if client is None else client.deleted(), as_json=as_json)


def _command(
    context: typer.Context, keys: Sequence[str], order: Order, *, at: str | None = None, no_wait: bool = False,
    as_json: bool,
) -> None:  # fmt: skip
    """Give a command to each journey, each in a transaction of its own; status 1 where one was refused."""
    client = remote(context)
    if client is not None:
        give(client, keys, order, at=at, no_wait=no_wait, as_json=as_json)
        return
    if at is not None:
        give_later(context, keys, order, at, as_json=as_json)
        return

    async def work(installed: Installation) -> tuple[list[dict[str, Any]], bool]:
        answers, failed = [], False
        for key in dict.fromkeys(keys):
            given = replace(order, journey=key, actor=actor())
            try:
                done = await _carry_out(installed, given, no_wait=no_wait)
            except ParcoursError as error:
                show_error(error)
                failed = True
                continue
            failed = failed or done.result.refused is not None
            answers.append(done.as_dict())
            if not as_json:
                show_done(done)
        return answers, failed

    answers, failed = connected(context, work)
    if as_json:
        show_json(answers)
    if failed:
        raise typer.Exit(1)


async def _carry_out(installed: Installation, order: Order, *, no_wait: bool) -> Done:
    """Carry out one command; after it took effect, wait for what a provider holds, unless told not to."""
    database, clock = installed.database, installed.clock
    shuts = None
    async with database.transaction() as connection:
        order = await in_zone(connection, order)
        if order.command in ("publish", "restart") and order.options.get("people") != "move":
            shuts = await admitting_version(connection, order.journey)
        plan = await plan_of(connection, order, clock.now()) if order.dry_run else None
        result = await execute(connection, order, clock.now())
        if not order.dry_run:
            await notify_workers(connection, order.journey)
    done = Done(result, goes_on=order.options.get("inside", "freeze") != "freeze")
    if result.changed and order.dry_run and order.command == "resume" and plan is None:
        async with database.transaction() as connection:
            preview = await preview_resume(connection, order.journey, result.changed, clock.now())
        return replace(done, preview=preview)
    if not result.changed or order.dry_run or order.command not in WAITS:
        return replace(done, shuts=shuts if result.changed else None, plan=plan)
    held = await find_in_flight(database, result.changed)
    done = replace(done, result=replace(result, in_flight=len(held.messages)))
    if no_wait or not held.messages:
        return done
    with waiting(
        f"Waiting for {len(held.messages)} messages that the provider holds already (Ctrl-C leaves)"
    ):
        settled = await settle_in_flight(database, result.changed, clock, held=held)
    return replace(done, settled=settled)


def _people(context: typer.Context, order: PeopleOrder, *, as_json: bool) -> None:
    client = remote(context)
    if client is not None:
        change_people_there(client, order, as_json=as_json)
        return

    async def work(installed: Installation) -> PeopleChanged:
        async with installed.database.transaction() as connection:
            changed = await change_people(
                connection, order, buckets=installed.buckets, at=installed.clock.now()
            )
            if not order.dry_run:
                await notify_workers(connection, order.journey)
        return changed

    changed = connected(context, work)
    show_people(changed, as_json=as_json)
    if changed.result.refused is not None:
        raise typer.Exit(1)


def _user_ids(people: Sequence[str] | None, file: Path | None) -> tuple[str, ...]:
    """Return the people named on the command line and in a file."""
    named = list(people or ())
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ParcoursError(
                "unreadable_file",
                f"the file cannot be read: {error}",
                place=str(file),
                hint="Check its name.",
            ) from None
        named += [line.strip() for line in text.splitlines() if line.strip()]
    if not named:
        say("Name people, or a file of them with --file.")
        raise typer.Exit(2)
    return tuple(named)
