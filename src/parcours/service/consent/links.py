"""Links out of mails: whose they are, and what their reader says by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.numeric import Int4

from parcours.domain.identity import bucket_of
from parcours.domain.links import Link, read_token
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.service.consent.said import EVERYTHING, Said, State, read_consents, say
from parcours.service.consent.types import LANGUAGES, SubscriptionType, read_types
from parcours.service.intake.meaning import who_is
from parcours.service.intake.taking import feed_numbers
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Choice", "Reader", "choose", "open_link", "rotate_signing_key", "stop"]

_LANGUAGE_ATTRIBUTES: Final = ("language", "locale")


@dataclass(frozen=True, slots=True)
class Choice:
    """One type as its reader sees it: its name and description are in `type`, `gets` is whether mails of it come."""

    type: SubscriptionType
    gets: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever opened a link, and what holds for that person now."""

    link: Link
    person: UUID  # whom the link's name means by now
    buckets: int
    attributes: Mapping[str, Any]
    choices: tuple[Choice, ...]
    nothing: bool  # no advertising at all
    source: str | None  # the journey and the step of the mail

    @property
    def linked(self) -> Choice | None:
        """The type that the mail with the link went by; None where it was no advertising."""
        return next((one for one in self.choices if one.type.key == self.link.subscription), None)

    @property
    def language(self) -> str | None:
        """The language of the profile, where it is one that pages speak."""
        for name in _LANGUAGE_ATTRIBUTES:
            value = self.attributes.get(name)
            if isinstance(value, str) and value[:2].lower() in LANGUAGES:
                return value[:2].lower()
        return None

    @property
    def address(self) -> str | None:
        """The address, but for most of its letters: a link may be forwarded."""
        email = self.attributes.get("email")
        if not isinstance(email, str) or "@" not in email:
            return None
        local, _, domain = email.rpartition("@")
        return f"{local[:1]}***@{domain}"


async def open_link(connection: Connection, token: str, *, buckets: int) -> Reader | None:
    """Return whoever a link is for; None where it is no link of ours, its key is retired, or its person is deleted.

    Opening changes nothing: mail scanners open every link.
    """
    rows = await (await connection.execute(query("signing_keys"))).fetchall()
    link = read_token(token, {no: bytes(secret) for no, secret, _, retired_at in rows if retired_at is None})
    if link is None:
        return None
    who = await who_is(connection, link.person, buckets=buckets)
    where = {"b": Int4(bucket_of(who, buckets)), "p": who}
    person = await (await connection.execute(query("reader_of_link"), where)).fetchone()
    if person is None or person[2]:
        return None
    # The message stays with the name that it was sent to.
    sent = {"b": Int4(bucket_of(link.person, buckets)), "p": link.person, "m": link.message}
    told = await (await connection.execute(query("step_of_message"), sent)).fetchone()
    said = {one.subscription: one for one in await read_consents(connection, who, buckets=buckets)}
    types = {one.key: one for one in await read_types(connection)}
    undeclared = {key for key in (*said, link.subscription) if key and key != EVERYTHING} - types.keys()
    shown = [*types.values(), *(SubscriptionType(key, "in") for key in sorted(undeclared))]
    choices = tuple(
        Choice(one, (said[one.key].state if one.key in said else one.usual) == "in") for one in shown
    )
    nothing = EVERYTHING in said and said[EVERYTHING].state == "out"
    return Reader(link, who, buckets, person[1], choices, nothing, f"{told[0]}/{told[1]}" if told else None)


async def stop(
    connection: Connection, reader: Reader, at: datetime, *, everything: bool = False, by_what: str
) -> list[Said]:
    """Stop mails of the link's type, or all advertising; said already, it is not said again."""
    key = EVERYTHING if everything or not reader.link.subscription else reader.link.subscription
    return await _say(connection, reader, {key: "out"}, at, by_what)


async def choose(
    connection: Connection, reader: Reader, wanted: Collection[str], at: datetime, *, nothing: bool
) -> list[Said]:
    """Keep what the reader chose on the page: the types wanted, or nothing at all. Only what differs is said."""
    changes: dict[str, State] = {}
    if nothing != reader.nothing:
        changes[EVERYTHING] = "out" if nothing else "in"
    if not nothing:
        for one in reader.choices:
            if (one.type.key in wanted) != one.gets:
                changes[one.type.key] = "in" if one.type.key in wanted else "out"
    return await _say(connection, reader, changes, at, "page")


async def rotate_signing_key(
    connection: Connection,
    secret: bytes,
    *,
    at: datetime,
    actor: str,
    retire: bool = False,
    reason: str | None = None,
) -> int:
    """Sign links by a new key from now on; return its number.

    Links in mails that are out stay good, unless `retire`: then people cannot unsubscribe by them any more, so it is
    for a key that became known.
    """
    row = await (await connection.execute(query("add_signing_key"), {"secret": secret, "at": at})).fetchone()
    assert row is not None
    if retire:
        await connection.execute(query("retire_signing_keys"), {"at": at})
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="rotate_signing_key", reason=reason,
        options={"retire": retire},
    )  # fmt: skip
    return int(row[0])


async def _say(
    connection: Connection, reader: Reader, changes: Mapping[str, State], at: datetime, by_what: str
) -> list[Said]:
    return await say(
        connection, reader.person, changes, buckets=reader.buckets, at=at, number=feed_numbers(1)[0],
        by_what=by_what, source=reader.source,
    )  # fmt: skip
