"""`parcours suppress …`: addresses that are written to no more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcours.cli.output import show, show_json, show_table
from parcours.cli.remote_values import suppressed_of
from parcours.cli.session import actor, connected, remote
from parcours.domain.timing import format_instant
from parcours.service.consent.suppression import Suppressed, read_suppressed, suppress, unsuppress
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer(help="Keep the list of addresses that are written to no more.", no_args_is_help=True)

Addresses = Annotated[list[str] | None, typer.Argument(help="Addresses, such as anna@example.com.")]
FromFile = Annotated[Path | None, typer.Option("--file", help="A file with one address on each line.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept in the audit.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


@app.command(epilog="Example: parcours suppress add anna@example.com --why complaint")
def add(
    context: typer.Context,
    addresses: Addresses = None,
    *,
    file: FromFile = None,
    why: Annotated[str, typer.Option(help="What happened: bounce, complaint or manual.")] = "manual",
    detail: Annotated[str | None, typer.Option(help="What is known of it.")] = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Put addresses on the list. No advertising goes there any more; after a bounce nothing at all."""
    given = _given(addresses, file)

    async def work(installed: Installation) -> int:
        async with installed.database.transaction() as connection:
            return await suppress(
                connection, given, at=installed.clock.now(), actor=actor(), why=why, detail=detail, reason=reason,
                dry_run=dry_run,
            )  # fmt: skip

    client = remote(context)
    if client is None:
        added = connected(context, work)
    else:
        added = client.suppress(given, why=why, detail=detail, dry_run=dry_run, reason=reason)
    if as_json:
        show_json({"suppressed": added, "known": len(set(given)) - added, "dry_run": dry_run})
        return
    would = "would be" if dry_run else "is" if added == 1 else "are"
    show(f"{_number(added, 'address', 'addresses')} {would} new on the list.")


@app.command(epilog="Example: parcours suppress remove anna@example.com")
def remove(
    context: typer.Context,
    addresses: Addresses = None,
    *,
    file: FromFile = None,
    why: Annotated[
        str | None, typer.Option(help="Only for this: bounce, complaint, manual or erased.")
    ] = None,
    dry_run: DryRun = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Take addresses off the list. What people said themselves goes on to count."""
    given = _given(addresses, file)

    async def work(installed: Installation) -> int:
        async with installed.database.transaction() as connection:
            return await unsuppress(
                connection,
                given,
                at=installed.clock.now(),
                actor=actor(),
                why=why,
                reason=reason,
                dry_run=dry_run,
            )

    client = remote(context)
    if client is None:
        gone = connected(context, work)
    else:
        gone = client.unsuppress(given, why=why, dry_run=dry_run, reason=reason)
    if as_json:
        show_json({"removed": gone, "dry_run": dry_run})
        return
    show(f"{_number(gone, 'entry', 'entries')} {'would be' if dry_run else 'are'} taken off the list.")


@app.command("list", epilog="Example: parcours suppress list --why bounce")
def list_(
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(help="Only this address, however it is written.")] = None,
    *,
    why: Annotated[str | None, typer.Option(help="Only these: bounce, complaint, manual or erased.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the latest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show the list. Of people who were erased it knows an address only by its hash."""

    async def work(installed: Installation) -> list[Suppressed]:
        async with installed.database.transaction() as connection:
            return await read_suppressed(connection, address=address, why=why, limit=limit)

    client = remote(context)
    if client is None:
        listed = connected(context, work)
    else:
        listed = [suppressed_of(one) for one in client.suppressions(address=address, why=why, limit=limit)]
    if as_json:
        show_json([one.as_dict() for one in listed])
    elif not listed:
        show("Nothing is on the list." if address is None else f"{address} is not on the list.")
    else:
        show_table(
            ("address", "why", "since", "by", "detail"),
            [
                (one.address or f"(erased) {one.key[:12]}", one.reason, format_instant(one.added_at), one.added_by,
                 one.detail or "")
                for one in listed
            ],
        )  # fmt: skip


def _number(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _given(addresses: list[str] | None, file: Path | None) -> list[str]:
    found = list(addresses or ())
    if file is not None:
        found += [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return found
