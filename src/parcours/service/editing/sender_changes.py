"""Changes of senders: saved, deleted; each in the audit."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from parcours.channels.address import valid_address
from parcours.domain.catalogue_program import ORDER
from parcours.domain.errors import ParcoursError
from parcours.domain.senders import Sender, spec_of
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.service.editing.senders import read_senders
from parcours.service.editing.where_used import Found, where_used
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["delete_sender", "save_sender"]

PUBLISHED: Final = ("live", "paused", "closed")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST: Final = 200
_SHOWN: Final = 5


async def save_sender(
    connection: Connection, sender: Sender, *, at: datetime, actor: str, reason: str | None = None
) -> bool:
    """Make a sender known, or change it; tell whether it is new. In the caller's transaction, with a line in the audit.

    Where it is the usual one, no other is any more. Journeys that are published go on as they are.
    Raises ParcoursError `bad_sender`, `sender_exists`.
    """
    _check(sender)
    await connection.execute(query("lock_senders"))
    known = {one.key: one for one in await read_senders(connection)}
    other = next(
        (one for one in known.values() if one.key != sender.key and spec_of(one.address) == spec_of(sender.address)),
        None,
    )  # fmt: skip
    if other is not None:
        raise ParcoursError(
            "sender_exists", f"{sender.address} is the sender {other.key} already", place="address",
            hint=ORDER["sender_exists"][1],
        )  # fmt: skip
    if sender.usual:
        await connection.execute(query("no_usual_sender"), {"key": sender.key})
    given = {
        "key": sender.key, "name": sender.name.strip(), "address": sender.address.strip(),
        "reply_to": (sender.reply_to or "").strip() or None, "usual": sender.usual, "at": at,
    }  # fmt: skip
    await connection.execute(query("save_sender"), given)
    options = {"sender": sender.key, "address": given["address"], "default": sender.usual}
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="save_sender", reason=reason, options=options
    )
    return sender.key not in known


async def delete_sender(
    connection: Connection, key: str, *, at: datetime, actor: str, reason: str | None = None
) -> None:
    """Forget a sender. Raises ParcoursError `no_such_sender`, and `sender_in_use` while published journeys send by it."""
    await connection.execute(query("lock_senders"))
    sender = next((one for one in await read_senders(connection) if one.key == key), None)
    if sender is None:
        raise ParcoursError("no_such_sender", f"there is no sender {key}", hint=ORDER["no_such_sender"][1])
    found = [one for one in await where_used(connection, "sender", sender.address) if _sends(one)]
    if found:
        names = list(dict.fromkeys(one.journey for one in found if one.journey))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise ParcoursError(
            "sender_in_use", f"mails of {', '.join(names[:_SHOWN])}{more} come from the sender {key}", place=key,
            hint=ORDER["sender_in_use"][1],
        )  # fmt: skip
    await connection.execute(query("delete_sender"), {"key": key})
    options = {"sender": key, "address": sender.address}
    await record(
        connection,
        at,
        actor=actor,
        key=EVERY_JOURNEY,
        command="delete_sender",
        reason=reason,
        options=options,
    )


def _sends(found: Found) -> bool:
    return found.status in PUBLISHED and found.place.endswith(".from")


def _check(sender: Sender) -> None:
    if not _KEY.fullmatch(sender.key):
        raise _bad("key", f"{sender.key[:80]!r} is no key", "Use letters, digits, - and _, at most 64.")
    if len(sender.name) > _LONGEST or not sender.name.isprintable():
        raise _bad("name", "the name cannot be kept", f"Write one line of at most {_LONGEST} characters.")
    for place, address in (("address", sender.address), ("reply_to", sender.reply_to)):
        if address is None or (place == "reply_to" and not address.strip()):
            continue
        if not valid_address(address.strip()):
            raise _bad(place, f"{address[:80]!r} is no address", "Write it as news@example.com.")


def _bad(place: str, message: str, hint: str) -> ParcoursError:
    return ParcoursError("bad_sender", message, place=place, hint=hint)
