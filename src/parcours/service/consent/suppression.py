"""Addresses that are written to no more: they bounced, complained, were put there by hand, or belong to erased people.

The address counts however it is written (spaces around it, capital letters). Advertising goes to none of them;
mails that are no advertising go to those that did not bounce.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, cast

from psycopg.types.numeric import Int8

from parcours.channels.address import valid_address
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["REASONS", "Suppressed", "count_suppressed", "read_suppressed", "suppress", "unsuppress"]

Reason: TypeAlias = Literal["bounce", "complaint", "manual", "erased"]
REASONS: Final = ("bounce", "complaint", "manual", "erased")
GIVEN: Final = ("bounce", "complaint", "manual")  # by hand; `erased` comes with an erasure
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One address on the list; `address` is None where its person was erased: only its hash, `key`, is kept then."""

    address: str | None
    reason: Reason
    detail: str | None
    added_by: str
    added_at: datetime
    key: str

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "address": self.address, "reason": self.reason, "detail": self.detail, "added_by": self.added_by,
            "added_at": format_instant(self.added_at), "key": self.key,
        }  # fmt: skip


async def suppress(
    connection: Connection, addresses: Sequence[str], *, at: datetime, actor: str, why: str = "manual",
    detail: str | None = None, reason: str | None = None, dry_run: bool = False,
) -> int:  # fmt: skip
    """Put addresses on the list, in the caller's transaction; return how many are new there.

    `why` is what happened, `reason` why somebody commands it, for the audit, which does not name the addresses.
    Raises ParcoursError `address_invalid`, `bad_option`.
    """
    if why not in GIVEN:
        raise ParcoursError("bad_option", f"the reason is {why!r}", hint=f"Use one of {', '.join(GIVEN)}.")
    found = _read(addresses)
    if dry_run:
        known = [await read_suppressed(connection, address=one, why=why) for one in found]
        return sum(1 for listed in known if not listed)
    rows = [{"address": one, "reason": why, "detail": detail, "added_by": actor} for one in found]
    added = await connection.execute(query("suppress_addresses"), {"rows": json.dumps(rows), "at": at})
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="suppress", reason=reason,
        options={"why": why}, counts={"suppressed": added.rowcount},
    )  # fmt: skip
    return added.rowcount


async def unsuppress(
    connection: Connection, addresses: Sequence[str], *, at: datetime, actor: str, why: str | None = None,
    reason: str | None = None, dry_run: bool = False,
) -> int:  # fmt: skip
    """Take addresses off the list, for one reason or whatever it is; return how many entries went."""
    found = _read(addresses)
    if dry_run:
        listed = [await read_suppressed(connection, address=one, why=why) for one in found]
        return sum(map(len, listed))
    gone = await connection.execute(query("unsuppress_addresses"), {"addresses": found, "reason": why})
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="unsuppress", reason=reason,
        counts={"removed": gone.rowcount},
    )  # fmt: skip
    return gone.rowcount


async def read_suppressed(
    connection: Connection, *, address: str | None = None, why: str | None = None, limit: int = 100
) -> list[Suppressed]:
    """Return what is on the list, the latest first: all of it, of one address, or for one reason."""
    given = {"address": address, "reason": why, "n": Int8(limit)}
    rows = await (await connection.execute(query("suppressions"), given)).fetchall()
    return [Suppressed(*row) for row in rows]


async def count_suppressed(connection: Connection) -> dict[Reason, int]:
    """Return how many addresses are on the list, by reason."""
    rows = await (await connection.execute(query("count_suppressions"))).fetchall()
    return {cast("Reason", reason): n for reason, n in rows}


def _read(addresses: Sequence[str]) -> list[str]:
    found = [one.strip() for one in addresses]
    bad = [one for one in found if not valid_address(one)]
    if bad or not found:
        raise ParcoursError(
            "address_invalid", f"{bad[0]!r} is no address" if bad else "no address is given",
            hint="Write it as anna@example.com.",
        )  # fmt: skip
    if len(found) > _MOST:
        raise ParcoursError(
            "bad_option", f"{len(found):,} addresses", hint=f"Give at most {_MOST:,} at a time."
        )
    return list(dict.fromkeys(found))
