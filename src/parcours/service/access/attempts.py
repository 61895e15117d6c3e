"""Tries to sign in are counted, by address and by account, in the database: all processes count together.

A try counts before the password is looked at, so that many at once do not slip through; a right one is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from types import MappingProxyType
from typing import Final

from parcours.domain.errors import ParcoursError
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["LIMITS", "WINDOW", "count_attempt", "forgive", "subject_of"]

WINDOW: Final = timedelta(minutes=15)
LIMITS: Final[Mapping[str, int]] = MappingProxyType({"address": 30, "account": 10})  # wrong ones in a window


def subject_of(address: str) -> str:
    """Return by what a caller is counted: the address, of IPv6 the network that one household has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"address:{ip_network((found, 64), strict=False)}"
    return f"address:{found}"


async def count_attempt(connection: Connection, subject: str, at: datetime) -> None:
    """Count one more try. Raises ParcoursError `too_many_tries` where that is one too many."""
    given = {"subject": subject, "at": at, "window": at - WINDOW}
    row = await (await connection.execute(query("count_attempt"), given)).fetchone()
    assert row is not None
    n, since = row
    if n > LIMITS[subject.partition(":")[0]]:
        raise ParcoursError(
            "too_many_tries",
            "Too many tries to sign in",
            hint="Wait a while, or ask an admin for a sign-in link.",
            retry_after=(since + WINDOW - at).total_seconds(),
        )


async def forgive(connection: Connection, subjects: list[str], at: datetime) -> None:
    """Take tries back that were right, and forget those of windows that are over."""
    for subject in subjects:
        await connection.execute(query("forgive_attempt"), {"subject": subject})
    await connection.execute(query("forget_attempts"), {"window": at - WINDOW})
