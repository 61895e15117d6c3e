"""How many problems many versions have: read once for each definition, and again when it or what it names changes.

Kept in the process: a list of hundreds of journeys would else parse all their templates at each look.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from parcours.domain.checks import unique
from parcours.domain.known import Known
from parcours.domain.parse import parse_journey
from parcours.domain.senders import Sender
from parcours.service.editing.attachments import read_attachments
from parcours.service.editing.checking import definition_problems
from parcours.service.editing.senders import read_senders
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["count_problems"]

Counts: TypeAlias = tuple[int, int]  # errors, warnings
Others: TypeAlias = Mapping[
    str, tuple[str, frozenset[str]]
]  # of each journey its status, and those that it starts
KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted of a definition, the texts in it, and how the journeys stood that these may name."""

    counts: Counts
    texts: frozenset[str]
    stood: Others
    senders: tuple[Sender, ...]


_counted: OrderedDict[str, _Counted] = OrderedDict()


async def count_problems(connection: Connection, versions: Sequence[int]) -> dict[int, Counts]:
    """Return errors and warnings of these versions, as commands see them: without people and events."""
    signs = dict(
        await (await connection.execute(query("definition_signs"), {"versions": list(versions)})).fetchall()
    )
    rows = await (await connection.execute(query("all_journeys"))).fetchall()
    others = {key: (status, frozenset(starts)) for key, status, starts in rows}
    senders = await read_senders(connection)
    missing = [version for version, sign in signs.items() if not _holds(_counted.get(sign), others, senders)]
    if missing:
        rows = await (await connection.execute(query("browse_definitions"), {"versions": missing})).fetchall()
        files = {row[0]: await read_attachments(connection, row[0]) if row[4] else {} for row in rows}
        counts_of = await asyncio.to_thread(_check_all, rows, files, others, senders)
        for version, counted in counts_of.items():
            _counted[signs[version]] = counted
        while len(_counted) > KEPT:
            _counted.popitem(last=False)
    return {version: _counted[sign].counts if sign in _counted else (0, 0) for version, sign in signs.items()}


def _holds(counted: _Counted | None, others: Others, senders: tuple[Sender, ...]) -> bool:
    return (
        counted is not None and counted.senders == senders and counted.stood == _around(counted.texts, others)
    )


def _around(texts: frozenset[str], others: Others) -> Others:
    """Return how the journeys stand that are named by one of these texts, and all that they lead to."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    ahead = [text for text in texts if text in others]
    while ahead:
        key = ahead.pop()
        if key not in found:
            found[key] = others[key]
            ahead += [started for started in others[key][1] if started in others]
    return found


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value of JSON, keys of objects left away."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)


def _check_all(
    rows: Sequence[tuple[Any, ...]],
    files: Mapping[int, Mapping[str, bytes]],
    others: Others,
    senders: tuple[Sender, ...],
) -> dict[int, _Counted]:
    found = {}
    for version_id, key, definition, templates, _ in rows:
        known = Known(
            journeys={other: status for other, (status, _) in others.items() if other != key},
            starts={other: starts for other, (_, starts) in others.items() if other != key},
            senders=senders,
        )
        journey, problems = parse_journey(definition, templates=templates)
        if journey is not None:
            journey = replace(journey, attachments=files[version_id])
            problems = unique([*problems, *definition_problems(journey, known)])
        errors = sum(problem.severity == "error" for problem in problems)
        texts = frozenset(_texts(definition))
        found[version_id] = _Counted((errors, len(problems) - errors), texts, _around(texts, others), senders)
    return found
