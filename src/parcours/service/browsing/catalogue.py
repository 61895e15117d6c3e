"""What is known to name in conditions and templates: fields, events and their properties, values; from samples.

Some thousand people are looked at, those with the first keys of each bucket, which are any people: a rare field or
value may be missing, and asking costs the same however many people there are.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any, Final

from parcours.domain.timing import format_instant
from parcours.service.browsing.paging import Row, limit_time, rows_of
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["field_values", "known_names", "property_values"]

PEOPLE: Final = 500  # of a bucket
EVENTS: Final = 2000
LOOKED_INTO: Final = 8  # buckets
SHOWN: Final = 100  # values


async def known_names(connection: Connection) -> Row:
    """Return fields with their types, events with their properties, audiences, and the keys of journeys."""
    await limit_time(connection)
    fields: dict[str, set[str]] = defaultdict(set)
    events: dict[str, Row] = {}
    for bucket in await _buckets(connection):
        cursor = await connection.execute(query("sample_fields"), {"b": bucket, "n": PEOPLE})
        for name, types in await cursor.fetchall():
            fields[name].update(types or ())
        cursor = await connection.execute(query("sample_event_properties"), {"b": bucket, "n": EVENTS})
        for name, times, latest, properties in await cursor.fetchall():
            one = events.setdefault(name, {"times": 0, "latest": latest, "properties": defaultdict(set)})
            one["times"] += times
            one["latest"] = max(one["latest"], latest)
            for key, kind in properties or ():
                one["properties"][key].add(kind)
    for (name,) in await (await connection.execute(query("written_fields"))).fetchall():
        fields.setdefault(name, set())
    audiences = await (await connection.execute(query("known_audiences"))).fetchall()
    journeys = await (await connection.execute(query("all_journeys"))).fetchall()
    return {
        "fields": [{"name": name, "types": sorted(fields[name])} for name in sorted(fields)],
        "events": [
            {
                "name": name, "times": one["times"], "latest": format_instant(one["latest"]),
                "properties": [
                    {"name": key, "types": sorted(kinds)} for key, kinds in sorted(one["properties"].items())
                ],
            }
            for name, one in sorted(events.items())
        ],
        "audiences": [{"name": key, "condition": condition} for key, condition in sorted(audiences)],
        "journeys": sorted(key for key, _, _ in journeys),
    }  # fmt: skip


async def field_values(connection: Connection, field: str) -> list[Row]:
    """Return the values of an attribute that some people have, the most frequent first."""
    return await _values(connection, "sample_attribute_values", {"field": field, "n": PEOPLE})


async def property_values(connection: Connection, event: str, field: str) -> list[Row]:
    """Return the values of a property of an event that some people have done, the most frequent first."""
    return await _values(connection, "sample_property_values", {"event": event, "field": field, "n": EVENTS})


async def _values(connection: Connection, name: str, given: Row) -> list[Row]:
    await limit_time(connection)
    found: Counter[str] = Counter()
    for bucket in await _buckets(connection):
        for row in await rows_of(connection, name, {**given, "b": bucket}):
            found[json.dumps(row["value"])] += row["count"]
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [{"value": json.loads(value), "times": n} for value, n in ordered[:SHOWN]]


async def _buckets(connection: Connection) -> list[Any]:
    found = [row[0] for row in await (await connection.execute(query("journey_buckets"))).fetchall()]
    return found[:: max(1, len(found) // LOOKED_INTO)]
