"""Subscription types: what kinds of mail there are, what people read as their names, what holds for who said nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.commands.answering import EVERY_JOURNEY
from parcours.service.commands.trail import record
from parcours.service.consent.said import State
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["LANGUAGES", "SubscriptionType", "delete_type", "read_types", "save_type"]

LANGUAGES: Final = ("en", "sv", "fr")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class SubscriptionType:
    """One kind of mail. `usual` is what holds for whoever said nothing: `out` asks for consent before the first mail."""

    key: str
    usual: State = "out"
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None

    def name(self, language: str) -> str:
        """Return what people read, in their language, else in another one, else the key."""
        return self.names.get(language) or next((n for n in self.names.values() if n), self.key)

    def description(self, language: str) -> str:
        """Return what is said about it; empty where nothing is."""
        return self.descriptions.get(language, "")

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "key": self.key,
            "default": self.usual,
            "names": dict(self.names),
            "descriptions": dict(self.descriptions),
            "created_at": format_instant(self.created_at) if self.created_at else None,
        }


async def read_types(connection: Connection) -> list[SubscriptionType]:
    """Return the types that are known, by key."""
    rows = await (await connection.execute(query("subscription_types"))).fetchall()
    return [
        SubscriptionType(key, usual, names, descriptions, at) for key, names, descriptions, usual, at in rows
    ]


async def save_type(
    connection: Connection, type_: SubscriptionType, *, at: datetime, actor: str, reason: str | None = None
) -> bool:
    """Make a type known, or change it; tell whether it is new. In the caller's transaction, with a line in the audit.

    Raises ParcoursError `bad_option` for a key, a default, a language or a text that cannot be.
    """
    _check(type_)
    known = {one.key for one in await read_types(connection)}
    given = {
        "key": type_.key, "names": json.dumps(dict(type_.names)), "descriptions": json.dumps(dict(type_.descriptions)),
        "usual": type_.usual, "at": at,
    }  # fmt: skip
    await connection.execute(query("save_subscription_type"), given)
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="save_subscription_type", reason=reason,
        options={"subscription": type_.key, "default": type_.usual},
    )  # fmt: skip
    return type_.key not in known


async def delete_type(
    connection: Connection, key: str, *, at: datetime, actor: str, reason: str | None = None
) -> None:
    """Forget a type. What people said of it stays, and goes on to count. Raises ParcoursError `no_subscription_type`."""
    gone = await connection.execute(query("delete_subscription_type"), {"key": key})
    if gone.rowcount == 0:
        raise ParcoursError(
            "no_subscription_type", f"there is no subscription type {key}",
            hint="`parcours subscription list` shows those there are.",
        )  # fmt: skip
    await record(
        connection, at, actor=actor, key=EVERY_JOURNEY, command="delete_subscription_type", reason=reason,
        options={"subscription": key},
    )  # fmt: skip


def _check(type_: SubscriptionType) -> None:
    if not _KEY.fullmatch(type_.key):
        raise _bad(f"{type_.key!r} is no key", "Use letters, digits, - and _, at most 64.")
    if type_.usual not in ("in", "out"):
        raise _bad(f"default is {type_.usual!r}", "Use in or out.")
    for texts in (type_.names, type_.descriptions):
        for language, text in texts.items():
            if language not in LANGUAGES:
                raise _bad(f"there is no language {language!r}", f"Use {', '.join(LANGUAGES)}.")
            if len(str(text)) > _LONGEST or "\0" in text:
                raise _bad(f"the text in {language} cannot be kept", f"Give at most {_LONGEST} characters.")


def _bad(message: str, hint: str) -> ParcoursError:
    return ParcoursError("bad_option", message, hint=hint)
