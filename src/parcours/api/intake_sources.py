"""Who sends to /v1/*: write keys, by Basic or Bearer authorisation or in the body, and API keys with `ingest`."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request

from parcours.api.security import admit, session_cookie
from parcours.domain.access import may
from parcours.domain.errors import ParcoursError
from parcours.service.access.keys import find_key
from parcours.service.intake.recent import KEPT
from parcours.service.intake.write_keys import Source, find_source
from parcours.wiring import Installation

__all__ = ["Sources"]

TRUST: Final = 2.0  # seconds for which a write key is not asked again


@dataclass
class Sources:
    """The write keys that were asked for a moment ago, and whose they are."""

    installed: Installation
    keys: dict[str, tuple[float, Source | None]] = field(default_factory=dict)

    async def by_header(self, request: Request) -> Source | None:
        """Return who sends, by Basic or Bearer authorisation; None where there is none."""
        given = _authorised(request)
        return await self._known(given) if given else None

    async def by_body(self, request: Request, message: Mapping[str, Any], name: str) -> Source:
        """Return who sends, by the key in the body."""
        given = message.get(name)
        if not isinstance(given, str) or not given:
            if session_cookie(request) in request.cookies:
                await admit(request, "ingest")  # whoever signed in is told that people do not send events
            raise ParcoursError(
                "no_write_key", "the request does not say which source it comes from", place=name,
                hint=f"Send the write key as user of Basic authorisation, or as {name} in the body.",
            )  # fmt: skip
        return await self._known(given)

    async def _known(self, given: str) -> Source:
        known = self.keys.get(given)
        if known is None or known[0] < time.monotonic():
            async with self.installed.database.transaction() as connection:
                source = await find_source(connection, given)
                if source is None:
                    key = await find_key(connection, given, self.installed.clock.now())
                    if key is not None and not may(key, "ingest"):
                        raise ParcoursError(
                            "not_allowed", f"the key {key.name} has no scope ingest", hint="Use a write key."
                        )
                    source = Source(0, f"key {key.name}") if key is not None else None
            if len(self.keys) > KEPT:
                self.keys.clear()
            known = self.keys[given] = (time.monotonic() + TRUST, source)
        if known[1] is None:
            raise ParcoursError(
                "unknown_write_key", "no source has this write key, or it was revoked", place="writeKey",
                hint="See `parcours source list`.",
            )  # fmt: skip
        return known[1]


def _authorised(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, _ = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return user
