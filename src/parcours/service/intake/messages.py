"""Events as clients send them over HTTP, read one by one: clocks set right, each bad one named with place and remedy."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.domain.timing import parse_instant
from parcours.service.intake.feed import LONGEST_LINE, feed_line

__all__ = ["LATE", "Arrival", "Dialect", "Reader"]

LATE: Final = timedelta(days=7)  # what happened longer ago is history (decision 0036)
LONGEST_ID: Final = 256

# What a client of another make sends, as messages of ours, the event itself first. Raises ParcoursError.
Dialect: TypeAlias = Callable[[dict[str, Any], str], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event as it came: a line, or what is wrong with it; and the little that is known of it in any case."""

    line: FeedLine | ParcoursError
    place: str  # where it stood: in a batch, in a stream
    kind: str = ""
    name: str = ""
    message_id: str | None = None
    data: Mapping[str, Any] | None = None
    also: tuple[FeedLine, ...] = ()  # what else the event says


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one request that was received at an instant, and sent at another by the client's clock."""

    received_at: datetime
    sent_at: datetime | None = None
    kind: str | None = None  # by the address of the request
    dialect: Dialect | None = None
    historical: bool = False  # all of it, as the client says

    def read(self, raw: bytes, place: str) -> Arrival:
        """Read one event. Never raises."""
        try:
            message, *others = self._decode(raw, place)
        except ParcoursError as error:
            return Arrival(error, place)
        kind = message.get("type")
        name = message.get("event") or message.get("name") or message.get("audience")
        key = message.get("messageId")
        seen: dict[str, Any] = {
            "kind": kind if isinstance(kind, str) else "", "name": name if isinstance(name, str) else "",
            "message_id": key if isinstance(key, str) else None, "data": message,
        }  # fmt: skip
        try:
            return Arrival(
                self._line(message, place),
                place,
                also=tuple(self._line(other, place) for other in others),
                **seen,
            )
        except ParcoursError as error:
            return Arrival(error, place, **seen)

    def _decode(self, raw: bytes, place: str) -> list[dict[str, Any]]:
        if len(raw) > LONGEST_LINE:
            raise ParcoursError(
                "line_too_long", f"the event has {len(raw):,} bytes; at most {LONGEST_LINE:,} are taken", place=place,
                hint="Send fewer or shorter properties.",
            )  # fmt: skip
        try:
            message = msgspec.json.decode(raw)
        except UnicodeDecodeError:
            raise ParcoursError(
                "not_utf8", "the event is not UTF-8", place=place, hint="Send UTF-8."
            ) from None
        except RecursionError:
            raise ParcoursError(
                "too_deep", "values nest deeper than 32", place=place, hint="Flatten them."
            ) from None
        except msgspec.ValidationError as error:
            raise ParcoursError(
                "number_too_large", f"a number is too large: {error}", place=place, hint="Use a text."
            ) from None
        except msgspec.DecodeError as error:
            raise ParcoursError(
                "not_json", f"the event is not JSON: {error}", place=place, hint="Send a JSON object."
            ) from None
        if not isinstance(message, dict):
            raise ParcoursError(
                "not_an_object", "the event is not a JSON object", place=place, hint="Send {…}."
            )
        if self.dialect is not None:
            return self.dialect(message, place)
        if self.kind is not None:
            message["type"] = self.kind
        return [message]

    def _line(self, message: dict[str, Any], place: str) -> FeedLine:
        key = message.get("messageId")
        if key is not None and (not isinstance(key, str) or len(key) > LONGEST_ID):
            raise ParcoursError(
                "bad_message_id", "messageId is no text of at most 256 characters", place=f"{place} messageId",
                hint="Send a text, or leave it out.",
            )  # fmt: skip
        context = message.get("context")
        if not isinstance(context, dict | None):
            raise ParcoursError(
                "not_an_object", "context is not an object", place=f"{place} context", hint="Send {…}."
            )
        traits = context.get("traits") if context else None
        if message.get("type") == "identify" and not message.get("traits") and traits is not None:
            # As RudderStack's clients send them.
            message["traits"] = traits
        line = feed_line(message, place)
        at = self._happened_at(message, line.at, place)
        if not key and at is None:
            # Two of the same without id and time are two: each comes at its own instant (R11).
            line = replace(line, message_key=uuid.uuid4().hex)
        historical = line.historical or self.historical or (at is not None and self.received_at - at > LATE)
        if at == line.at and historical == line.historical:
            return line
        return replace(line, at=at, historical=historical)

    def _happened_at(self, message: dict[str, Any], at: datetime | None, place: str) -> datetime | None:
        """Set the client's clock right: received - (sent - original); what is known to be right stays."""
        original = _instant(message, "originalTimestamp", place)
        sent = _instant(message, "sentAt", place) or self.sent_at
        if at is not None and original is not None:
            return at
        happened = at or original
        if happened is None or sent is None:
            return happened
        try:
            return self.received_at - (sent - happened)
        except OverflowError:
            return happened


def _instant(message: dict[str, Any], key: str, place: str) -> datetime | None:
    value = message.get(key)
    if value is None:
        return None
    at = parse_instant(value) if isinstance(value, str) else None
    if at is None:
        raise ParcoursError(
            "bad_timestamp", f"{str(value)[:100]!r} is no instant, or no such date exists", place=f"{place} {key}",
            hint="Write it as 2026-12-01T08:00:00Z.",
        )  # fmt: skip
    return at
