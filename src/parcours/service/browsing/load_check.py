"""A file looked at before it is loaded: what is in it, which lines would be left out; nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.browsing.paging import Row
from parcours.service.intake.importing import read_lines
from parcours.service.intake.sources import open_source
from parcours.service.intake.tables import Column, read_table

__all__ = ["MOST", "LoadCheck", "check_file"]

MOST: Final = 200_000  # lines that are looked at
KEPT: Final = 1000  # bad lines that are told
SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """What a file would bring: good lines by kind, people named, bad lines; `whole` where all of it was looked at."""

    good: int
    bad: int
    whole: bool
    kinds: Mapping[str, int]
    people: int
    errors: list[Row]
    sample: list[dict[str, Any]]


def check_file(path: Path, at: datetime, *, table: bool, columns: Mapping[str, Column]) -> LoadCheck:
    """Read a file as it would be loaded at `at`, the first 200,000 lines of it.

    Raises ParcoursError where it cannot be read at all: no such column, nobody named, broken packing.
    """
    kinds, people, errors, sample = Counter[str](), set[str](), list[Row](), list[dict[str, Any]]()
    bad = looked = 0
    with open_source(path) as source:
        lines = source.lines()
        items: Iterator[FeedLine | ParcoursError] = (
            read_table(lines, "line", columns, at) if table else read_lines(lines, "line")
        )
        for item in islice(items, MOST):
            looked += 1
            if isinstance(item, ParcoursError):
                bad += 1
                if len(errors) < KEPT:
                    told = {
                        "place": item.place,
                        "code": item.code,
                        "message": item.message,
                        "hint": item.hint,
                    }
                    errors.append(told)
                continue
            kinds[item.kind] += 1
            people.add(item.user_id)
            if len(sample) < SHOWN:
                sample.append(
                    {
                        "kind": item.kind,
                        "user_id": item.user_id,
                        "name": item.name or None,
                        "data": dict(item.properties),
                    }
                )
        whole = looked < MOST or next(items, None) is None
    return LoadCheck(looked - bad, bad, whole, dict(kinds), len(people), errors, sample)
