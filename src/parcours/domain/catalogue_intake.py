"""Codes of requests that send people and events: what each means, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["INTAKE"]

INTAKE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no_write_key": (
            "A request does not say which source it comes from.",
            "Send the write key as user of Basic authorisation, or as writeKey (api_key for PostHog) in the body.",
        ),
        "unknown_write_key": (
            "No source has this write key, or it was revoked.",
            "Use the key that `parcours source add` showed, or make another source.",
        ),
        "too_many_events": ("A batch holds more than 2,500 events.", "Send smaller batches."),
        "not_compressed": (
            "A request is said to be compressed and cannot be unpacked.",
            "Compress it with gzip, or leave Content-Encoding out.",
        ),
        "no_batch": ("A batch is not an object with a list called batch.", 'Send {"batch": [{…}, …]}.'),
        "bad_message_id": ("A messageId is no text, or too long.", "Send a text of at most 256 characters."),
        "too_busy": (
            "More comes in than can be taken in at the moment.",
            "Send the same again after as many seconds as Retry-After says.",
        ),
        "source_exists": ("There is a source of this name already.", "Choose another name."),
        "unknown_source": ("There is no source of this name.", "See `parcours source list`."),
        "bad_source": (
            "The name of a source is empty, or longer than 64 characters.",
            "Choose another name.",
        ),
    }
)
