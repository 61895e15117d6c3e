"""Commands of a simulation about consent: subscription types, addresses that are written to no more (P122, P123)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.service.consent.suppression import suppress, unsuppress
from parcours.service.consent.types import SubscriptionType, save_type
from parcours.store.database import Connection

__all__ = ["CONSENT_COMMANDS", "carry_out_consent"]

CONSENT_COMMANDS: Final = ("subscription", "suppress", "unsuppress")
ACTOR: Final = "simulation"


async def carry_out_consent(
    connection: Connection, name: str, options: Mapping[str, Any], at: datetime
) -> dict[str, int]:
    """Carry out one of these commands; return its counts. Raises ParcoursError for options that cannot be."""
    if name == "subscription":
        names, default = options.get("names") or {}, options.get("default", "out")
        if not isinstance(names, dict):
            raise ParcoursError("bad_option", f"names is {names!r}", hint="Write {en: …, sv: …, fr: …}.")
        await save_type(
            connection, SubscriptionType(str(options.get("key")), default, names), at=at, actor=ACTOR
        )
        return {}
    addresses = options.get("addresses")
    if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
        raise ParcoursError("bad_option", f"addresses is {addresses!r}", hint="Give a list of addresses.")
    why = options.get("reason")
    if name == "suppress":
        why = "manual" if why is None else str(why)
        return {"suppressed": await suppress(connection, addresses, at=at, actor=ACTOR, why=why)}
    return {"removed": await unsuppress(connection, addresses, at=at, actor=ACTOR, why=why)}
