"""`parcours subscription …`: kinds of mail, and the keys of the links by which people stop them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated

import typer

from parcours.cli.output import show, show_json, show_table
from parcours.cli.remote_values import subscription_of
from parcours.cli.session import actor, connected, remote
from parcours.service.consent.links import rotate_signing_key
from parcours.service.consent.said import State, count_said
from parcours.service.consent.types import SubscriptionType, delete_type, read_types, save_type
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(help="Declare kinds of mail that people may get or refuse.", no_args_is_help=True)

Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


@app.command("set", epilog="Example: parcours subscription set news --en News --sv Nyheter --fr Actualités")
def set_(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="As `subscription:` of a journey file names it.")],
    *,
    default: Annotated[
        str | None,
        typer.Option(
            help="out: ask for consent first; in: everybody who has not refused. A new type is out."
        ),
    ] = None,
    en: Annotated[str | None, typer.Option(help="Its name in English.")] = None,
    sv: Annotated[str | None, typer.Option(help="Its name in Swedish.")] = None,
    fr: Annotated[str | None, typer.Option(help="Its name in French.")] = None,
    about_en: Annotated[str | None, typer.Option(help="What it is, in English.")] = None,
    about_sv: Annotated[str | None, typer.Option(help="What it is, in Swedish.")] = None,
    about_fr: Annotated[str | None, typer.Option(help="What it is, in French.")] = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Declare a kind of mail, or change it. What is not given stays as it is."""

    def over(types: Sequence[SubscriptionType]) -> tuple[SubscriptionType, bool]:
        known = {one.key: one for one in types}
        before = known.get(key, SubscriptionType(key))
        names = _over(before.names, en=en, sv=sv, fr=fr)
        about = _over(before.descriptions, en=about_en, sv=about_sv, fr=about_fr)
        return SubscriptionType(key, default or before.usual, names, about), key not in known  # type: ignore[arg-type]

    async def work(installed: Installation) -> tuple[SubscriptionType, bool]:
        async with installed.database.transaction() as connection:
            wanted, is_new = over(await read_types(connection))
            if not dry_run:
                await save_type(connection, wanted, at=installed.clock.now(), actor=actor(), reason=reason)
            return wanted, is_new

    client = remote(context)
    if client is None:
        saved, is_new = connected(context, work)
    else:
        saved, is_new = over([subscription_of(one) for one in client.subscriptions()])
        if not dry_run:
            client.declare_subscription(
                key, default=saved.usual, names=saved.names, descriptions=saved.descriptions, reason=reason
            )
    if as_json:
        show_json({**saved.as_dict(), "new": is_new, "dry_run": dry_run})
        return
    would = "would be " if dry_run else ""
    show(f"{key} {would}{'declared' if is_new else 'changed'}: {_who(saved)}.")


@app.command("list", epilog="Example: parcours subscription list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the kinds of mail, and how many people said what of each."""

    async def work(installed: Installation) -> tuple[list[SubscriptionType], dict[tuple[str, State], int]]:
        async with installed.database.transaction() as connection:
            return await read_types(connection), await count_said(connection)

    client = remote(context)
    if client is None:
        types, counts = connected(context, work)
    else:
        types = [subscription_of(one) for one in client.subscriptions()]
        counts = {(one["subscription"], one["state"]): one["people"] for one in client.consent_counts()}
    keys = [*(one.key for one in types), *sorted({key for key, _ in counts} - {one.key for one in types})]
    known = {one.key: one for one in types}
    rows = [(key, known.get(key), counts.get((key, "in"), 0), counts.get((key, "out"), 0)) for key in keys]
    if as_json:
        show_json(
            [
                {**(one.as_dict() if one else {"key": key, "default": None}), "said_in": yes, "said_out": no}
                for key, one, yes, no in rows
            ]
        )
        return
    if not rows:
        show("No kind of mail is declared. Example: parcours subscription set news --en News")
        return
    show_table(
        ("type", "who said nothing", "said yes", "said no", "name"),
        [
            (
                "all advertising" if key == "*" else key,
                one.usual if one else "-",
                str(yes),
                str(no),
                one.name("en") if one else "",
            )
            for key, one, yes, no in rows
        ],
    )


@app.command(epilog="Example: parcours subscription remove news")
def remove(context: typer.Context, key: str, *, reason: Reason = None) -> None:
    """Forget a kind of mail. What people said of it is kept, and counts."""

    async def work(installed: Installation) -> None:
        async with installed.database.transaction() as connection:
            await delete_type(connection, key, at=installed.clock.now(), actor=actor(), reason=reason)

    client = remote(context)
    if client is None:
        connected(context, work)
    else:
        client.forget_subscription(key, reason=reason)
    show(f"{key} is not declared any more.")


@app.command(epilog='Example: parcours subscription rotate-key --reason "yearly"')
def rotate_key(
    context: typer.Context,
    *,
    retire: Annotated[
        bool,
        typer.Option("--retire", help="Refuse links that were signed before: for a key that became known."),
    ] = False,
    reason: Reason = None,
) -> None:
    """Sign the links in mails by a new key. Links in mails that are out stay good, unless --retire."""

    async def work(installed: Installation) -> int:
        async with installed.database.transaction() as connection:
            return await rotate_signing_key(
                connection, secrets.token_bytes(32), at=installed.clock.now(), actor=actor(), retire=retire,
                reason=reason,
            )  # fmt: skip

    number = connected(context, work)
    older = "older ones are refused" if retire else "older ones stay good"
    show(f"Links are signed by key {number} within ten seconds; {older}.")


def _over(before: object, **given: str | None) -> dict[str, str]:
    return {**dict(before), **{name: text for name, text in given.items() if text is not None}}  # type: ignore[call-overload]


def _who(one: SubscriptionType) -> str:
    if one.usual == "out":
        return "only who said yes gets it"
    return "everybody gets it who has not said no"
