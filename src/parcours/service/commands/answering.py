"""What a command answers and leaves behind: the order, the answer where nothing changes, the audit row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import Command, Making, Refuse, decide
from parcours.domain.records import CommandResult
from parcours.domain.refusals import refusal
from parcours.service.commands.trail import record
from parcours.service.commands.versions import Family, VersionRow
from parcours.store.database import Connection

__all__ = ["EVERY_JOURNEY", "Order", "audit", "check_options", "nothing_to_do", "refused"]


EVERY_JOURNEY = "*"  # in place of a key, in the audit: no journey is called so


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody commands: `version_no` None means every version to which it legally applies."""

    journey: str
    command: Command | Making
    version_no: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    actor: str = "cli"
    dry_run: bool = False


def check_options(order: Order, known: tuple[str, ...] = ()) -> None:
    """Raise ParcoursError `bad_option` where a command is given a choice that it does not have."""
    for name in order.options:
        if name not in known:
            has = f"It has {', '.join(known)}." if known else "It has none."
            raise ParcoursError(
                "bad_option", f"{order.command} has no choice {name}", place=f"options.{name}", hint=has
            )


async def refused(
    family: Family, order: Order, at: datetime, version: VersionRow, code: str
) -> CommandResult:
    """Answer that a command is refused, with the sentence that names the legal way, and keep that."""
    error = refusal(code)
    result = CommandResult(
        order.journey, version.version_no, order.command, version.status, version.status,
        await family.counts([version]), code, error.message, error.hint, dry_run=order.dry_run,
    )  # fmt: skip
    if not order.dry_run:
        await audit(family.connection, order, at, result)
    return result


async def nothing_to_do(
    family: Family, order: Order, at: datetime, asked: list[VersionRow], *, code: str | None = None
) -> CommandResult:
    """No version changes: the newest published one answers, with its present state or the refusal (P41).

    `code` refuses where the matrix does not.
    """
    published = [version for version in asked if version.status != "draft"]
    version = published[-1] if published else asked[-1]
    outcome = decide(order.command, version.status, entry_open=version.entry_open)
    counts = await family.counts([version])
    code = outcome.code if isinstance(outcome, Refuse) else code
    error = refusal(code) if code else None
    result = CommandResult(
        order.journey, version.version_no, order.command, version.status, version.status, counts, code,
        error.message if error else "", error.hint if error else "", dry_run=order.dry_run,
    )  # fmt: skip
    if not order.dry_run:
        await audit(family.connection, order, at, result)
    return result


async def audit(connection: Connection, order: Order, at: datetime, result: CommandResult) -> None:
    """Keep who commanded what, when, why and with which effect."""
    await record(
        connection, at, actor=order.actor, key=order.journey, command=result.command, version_no=result.version,
        options=order.options, reason=order.reason, from_status=result.from_status, to_status=result.to_status,
        refused=result.refused, counts=result.counts,
    )  # fmt: skip
