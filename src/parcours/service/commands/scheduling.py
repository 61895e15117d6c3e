"""Commands given for later: kept with who gave them, carried out by the engine at their instant, taken back before it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import Command, Making
from parcours.domain.records import CommandResult
from parcours.domain.timing import find_zone, format_instant, parse_instant
from parcours.service.commands.answering import Order
from parcours.service.commands.lifecycle import execute
from parcours.service.commands.trail import record
from parcours.service.commands.versions import Family, lock_family
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "Scheduled",
    "carry_out",
    "give_for_later",
    "not_for_later",
    "read_when",
    "scheduled_commands",
    "take_back",
]

Row: TypeAlias = dict[str, Any]
# What they make is for somebody to change, who is there now; it can be put live later.
AT_ONCE: Final[tuple[Command | Making, ...]] = ("edit", "duplicate")
MANY: Final = 1000
GONE: Final = 0  # no version has this number
SHORT: Final = re.compile(r"^(\S{10}[Tt ]\d\d:\d\d)(Z|z|[+-].*)?$")  # an instant without seconds


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A command that is kept until its instant. `would` is what it would do as things stand now."""

    scheduled_id: int | None  # None in a dry run
    journey: str
    version: int | None
    command: str
    at: datetime
    would: CommandResult
    dry_run: bool = False

    def as_dict(self) -> Row:
        """Return the wire form."""
        return {
            "scheduled_id": self.scheduled_id,
            "journey": self.journey,
            "version": self.version,
            "command": self.command,
            "at": format_instant(self.at),
            "dry_run": self.dry_run,
            "would": self.would.as_dict(),
        }


async def read_when(connection: Connection, key: str, text: str, place: str = "--at") -> datetime:
    """Read an instant; without an offset it is one in the time zone of the journey's newest version (R20).

    Raises ParcoursError `unknown_journey`, `bad_instant`.
    """
    row = await (await connection.execute(query("journey_zone"), {"key": key})).fetchone()
    if row is None:
        raise _unknown(key)
    whole = SHORT.sub(r"\1:00\2", text.strip())
    at = parse_instant(whole, find_zone(row[0]) or UTC)
    if at is None:
        raise ParcoursError(
            "bad_instant", f"{text!r} is no instant", place=place,
            hint="Write 2026-12-04T18:00:00+01:00, or without an offset for the journey's time zone.",
        )  # fmt: skip
    return at


async def give_for_later(connection: Connection, order: Order, at: datetime, now: datetime) -> Scheduled:
    """Keep a command until `at`, in the caller's transaction; with `dry_run` only say what it would do now.

    A publication means the draft that there is now, whatever is changed in it until then. A command without a
    number of a version means every version to which it applies at its instant. Raises ParcoursError `past_instant`,
    `not_for_later`, and those of `execute`.
    """
    if order.command in AT_ONCE:
        raise not_for_later(order.command)
    if at <= now:
        raise ParcoursError(
            "past_instant", f"{format_instant(at)} is over: it is {format_instant(now)}", place="at",
            hint="Give an instant to come, or do it now.",
        )  # fmt: skip
    would = await execute(connection, replace(order, dry_run=True), now)
    family = await lock_family(connection, order.journey)
    version_no = _meant(family, order)
    if order.dry_run:
        return Scheduled(None, order.journey, version_no, order.command, at, would, dry_run=True)
    version = family.find(version_no) if version_no is not None else None
    row = await (
        await connection.execute(
            query("give_for_later"),
            {
                "v": version.version_id if version else None, "at": at, "command": order.command,
                "j": family.journey_id, "actor": order.actor, "given_at": now,
                "options": json.dumps(order.options), "reason": order.reason,
            },
        )
    ).fetchone()  # fmt: skip
    assert row is not None
    options = {**order.options, "command": order.command, "at": format_instant(at)}
    await _audit(connection, replace(order, options=options), "schedule", version_no, now)
    return Scheduled(row[0], order.journey, version_no, order.command, at, would)


async def scheduled_commands(
    connection: Connection, key: str | None = None, *, past: bool = False, limit: int = MANY
) -> list[Row]:
    """Return the commands given for later, the next one first; with `past` also what became of former ones.

    Raises ParcoursError `unknown_journey`.
    """
    if (
        key is not None
        and await (await connection.execute(query("find_journey"), {"key": key})).fetchone() is None
    ):
        raise _unknown(key)
    return [_as_wire(row) for row in await _given(connection, key=key, past=past, n=limit)]


async def take_back(
    connection: Connection, number: int, now: datetime, *, actor: str, reason: str | None = None
) -> Row:
    """Take a command back that was given for later; return it. Raises ParcoursError `not_scheduled`."""
    found = await _given(connection, number=number, past=True, n=1)
    over = {"outcome": "withdrawn", "refused": None, "said": None, "at": now, "id": number}
    done = await connection.execute(query("end_given"), over)
    if not found or done.rowcount == 0:
        said = f"{number} is over: {found[0]['outcome']}" if found else f"nothing is scheduled as {number}"
        raise ParcoursError("not_scheduled", said, hint="`parcours journey scheduled` lists what is to come.")
    row = found[0]
    order = Order(
        row["journey_key"], row["command"], reason=reason, actor=actor,
        options={"command": row["command"], "at": format_instant(row["at"]), "given_by": row["actor"]},
    )  # fmt: skip
    await _audit(connection, order, "unschedule", row["version_no"], now)
    return _as_wire({**row, "done_at": now, "outcome": "withdrawn"})


async def carry_out(
    connection: Connection, number: int, key: str, command: Any, at: datetime
) -> CommandResult | None:
    """Carry out a command whose instant has come, and write down what became of it; None where it is void.

    It is void where another worker was faster, and where the journey is gone. Whatever else stands in its way is
    a refusal, kept with its code, and nothing of the command has happened.
    """
    row = await (await connection.execute(query("take_given"), {"id": number})).fetchone()
    if row is None:
        return None
    options, reason, actor, version_no, version_gone = row
    order = Order(key, command, version_no, options, reason, actor=f"{actor}, scheduled")
    over: Row = {"id": number, "at": at, "refused": None, "said": None}
    if version_gone:  # its order must not be taken for one that means every version
        order = replace(order, version_no=GONE)
    try:
        async with connection.transaction():
            result = await execute(connection, order, at)
    except ParcoursError as error:
        result = CommandResult(
            key, version_no, command, None, None, {}, error.code, error.message, error.hint
        )
        gone = error.code == "unknown_journey"
        over |= {"outcome": "void" if gone else "refused", "refused": error.code, "said": error.message}
        await connection.execute(query("end_given"), over)
        await _audit(connection, order, command, version_no, at, refused=error.code)
        return None if gone else result
    outcome = "refused" if result.refused else "done" if result.changed else "unchanged"
    over |= {"outcome": outcome, "refused": result.refused, "said": result.message or None}
    await connection.execute(query("end_given"), over)
    return result


def not_for_later(command: str) -> ParcoursError:
    """Return the error of a command that makes sense at once only."""
    hints = {
        "edit": "Edit it now, and put the draft live later: publish --at.",
        "duplicate": "Duplicate it now, and put the copy live later: publish --at.",
        "hold": "Hold it when it is needed; to silence a journey later give pause --at.",
    }
    return ParcoursError(
        "not_for_later", f"{command} cannot be given for later", place="at", hint=hints[command]
    )


def _unknown(key: str) -> ParcoursError:
    hint = "`parcours journey list` shows those there are."
    return ParcoursError("unknown_journey", f"there is no journey {key}", hint=hint)


def _meant(family: Family, order: Order) -> int | None:
    """Return the number of the version that is meant, should it not be every one."""
    if order.version_no is None and order.command == "publish" and family.draft is not None:
        return family.draft.version_no
    return order.version_no


async def _given(
    connection: Connection, *, key: str | None = None, number: int | None = None, past: bool, n: int
) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("given_commands"), {"key": key, "id": number, "past": past, "n": n})
        return await cursor.fetchall()


def _as_wire(row: Row) -> Row:
    names = {"journey_key": "journey", "version_no": "version"}
    return {
        names.get(name, name): format_instant(value) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


async def _audit(
    connection: Connection, order: Order, command: str, version_no: int | None, at: datetime,
    *, refused: str | None = None,
) -> None:  # fmt: skip
    await record(
        connection, at, actor=order.actor, key=order.journey, command=command, version_no=version_no,
        options=order.options, reason=order.reason, refused=refused,
    )  # fmt: skip
