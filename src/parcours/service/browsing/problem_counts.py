"""How many problems many versions have: read once for each definition, and again when it or what stands around changes.

Kept in the process: a list of hundreds of journeys would else parse all their templates at each look.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from parcours.domain.checks import unique
from parcours.domain.known import Known
from parcours.domain.parse import parse_journey
from parcours.service.editing.attachments import read_attachments
from parcours.service.editing.checking import definition_problems
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["count_problems"]

Counts: TypeAlias = tuple[int, int]  # errors, warnings
KEPT: Final = 10_000

_counted: OrderedDict[tuple[str, int], Counts] = OrderedDict()


async def count_problems(connection: Connection, versions: Sequence[int]) -> dict[int, Counts]:
    """Return errors and warnings of these versions, as commands see them: without people and events."""
    signs = dict(
        await (await connection.execute(query("definition_signs"), {"versions": list(versions)})).fetchall()
    )
    others = await (await connection.execute(query("all_journeys"))).fetchall()
    around = {key: (status, frozenset(starts)) for key, status, starts in others}
    standing = hash(frozenset(around.items()))
    missing = [version for version, sign in signs.items() if (sign, standing) not in _counted]
    if missing:
        rows = await (await connection.execute(query("browse_definitions"), {"versions": missing})).fetchall()
        files = {row[0]: await read_attachments(connection, row[0]) if row[4] else {} for row in rows}
        found = await asyncio.to_thread(_check_all, rows, files, around)
        for version, counts in found.items():
            _counted[signs[version], standing] = counts
        while len(_counted) > KEPT:
            _counted.popitem(last=False)
    return {
        version: _counted.get((sign, standing)) or (0, 0) for version, sign in signs.items()
    }  # fmt: skip


def _check_all(
    rows: Sequence[tuple[Any, ...]],
    files: Mapping[int, Mapping[str, bytes]],
    around: Mapping[str, tuple[str, frozenset[str]]],
) -> dict[int, Counts]:
    found = {}
    for version_id, key, definition, templates, _ in rows:
        known = Known(
            journeys={other: status for other, (status, _) in around.items() if other != key},
            starts={other: starts for other, (_, starts) in around.items() if other != key},
        )
        journey, problems = parse_journey(definition, templates=templates)
        if journey is not None:
            journey = replace(journey, attachments=files[version_id])
            problems = unique([*problems, *definition_problems(journey, known)])
        errors = sum(problem.severity == "error" for problem in problems)
        found[version_id] = (errors, len(problems) - errors)
    return found
