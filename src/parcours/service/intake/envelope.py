"""Batches as they come over HTTP: cut into events without a look inside, so that a bad one spoils no other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from parcours.domain.errors import ParcoursError

__all__ = ["MOST_EVENTS", "Envelope", "open_envelope"]

MOST_EVENTS: Final = 2500
# A text without its end is one token as well, and nothing is tried twice: the time goes with the length of the body.
TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},:]', re.DOTALL)
BLANK: Final = b" \t\r\n"
SMALL: Final = 4096  # of the values beside the batch


@dataclass(frozen=True, slots=True)
class Envelope:
    """A batch: its events as they were sent, and what stands beside them."""

    events: list[bytes]
    more: dict[str, Any]


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: Any = None  # noqa: N815 - as it is sent
    sentAt: Any = None  # noqa: N815
    api_key: Any = None
    historical_migration: Any = None


_decoder = msgspec.json.Decoder(_Batch)


def open_envelope(body: bytes) -> Envelope:
    """Cut a batch. Raises ParcoursError `not_json`, `no_batch`, `too_many_events`.

    Where some event is not JSON, or nested too deeply to be read, the batch is cut at its brackets.
    """
    try:
        found = _decoder.decode(body)
        events = [bytes(raw) for raw in found.batch]
        more = {
            name: value for name in found.__struct_fields__[1:] if (value := getattr(found, name)) is not None
        }
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        events, more = _cut(body, error)
    if len(events) > MOST_EVENTS:
        raise ParcoursError(
            "too_many_events", f"the batch holds {len(events):,} events; at most {MOST_EVENTS:,} are taken", place="batch",
            hint="Send smaller batches.",
        )  # fmt: skip
    return Envelope(events, more)


def _cut(body: bytes, why: Exception) -> tuple[list[bytes], dict[str, Any]]:
    parts = _parts(body, b"{", why)
    more: dict[str, Any] = {}
    events: list[bytes] | None = None
    for part in parts:
        name, colon, value = _named(part)
        if not colon:
            raise _not_json(why)
        if name == "batch":
            if not value.startswith(b"["):
                raise _no_batch()
            events = _parts(value, b"[", why)
        elif len(value) <= SMALL:
            try:
                more[name] = msgspec.json.decode(value)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
    if events is None:
        raise _no_batch()
    return events, more


def _named(part: bytes) -> tuple[str, bool, bytes]:
    found = TOKEN.match(part)
    if found is None or not found[0].startswith(b'"'):
        return "", False, b""
    rest = part[found.end() :].lstrip(BLANK)
    try:
        name = msgspec.json.decode(found[0], type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        name = ""
    return name, rest.startswith(b":"), rest[1:].strip(BLANK)


def _parts(text: bytes, opens: bytes, why: Exception) -> list[bytes]:
    """Cut an object or a list at the commas of its own level."""
    text = text.strip(BLANK)
    if not text.startswith(opens):
        raise _no_batch() if text[:1] in (b"{", b"[") else _not_json(why)
    depth, begin, parts = 0, 1, []
    for token in TOKEN.finditer(text):
        sign = token[0]
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                if text[token.end() :].strip(BLANK):
                    raise _not_json(why)
                parts.append(text[begin : token.start()].strip(BLANK))
                return [] if parts == [b""] else parts
        elif sign == b"," and depth == 1:
            parts.append(text[begin : token.start()].strip(BLANK))
            begin = token.end()
    raise _not_json(why)


def _not_json(why: Exception) -> ParcoursError:
    return ParcoursError(
        "not_json", f"the body is not JSON: {why}", place="body", hint="Send one JSON object."
    )


def _no_batch() -> ParcoursError:
    return ParcoursError(
        "no_batch",
        "the body is not an object with a list called batch",
        place="batch",
        hint='Send {"batch": [{…}, …]}.',
    )
