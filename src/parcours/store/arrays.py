"""Columns of rows as PostgreSQL reads them best: one array per column, instead of an object per row.

`unnest` of arrays costs the server a fraction of what `jsonb_to_recordset` does. Texts and documents of people go as
one JSON list each, for `jsonb_array_elements`: what needs quotes is left to those who know them.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

__all__ = ["array", "listed"]


def array(values: Iterable[object]) -> str:
    """Return an array of what needs no quotes: numbers, keys, instants as ISO 8601 writes them, truth values."""
    return "{" + ",".join(map(str, values)) + "}"


def listed(values: Iterable[object]) -> str:
    """Return a JSON list of texts or documents."""
    return msgspec.json.encode(list(values)).decode()
