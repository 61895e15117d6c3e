"""How many people a condition means, and some of them, before it is saved: exact, or an estimate in bounded time.

People are looked at in the order of their keys, which are hashes; so those looked at first are a sample of all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from math import sqrt
from typing import Any, Final

from psycopg.types.numeric import Int4, Int8

from parcours.compiler.audiences import compile_matching_people
from parcours.domain.check_audience import check_audience
from parcours.domain.condition import Condition
from parcours.domain.errors import ParcoursError
from parcours.domain.identity import FIRST
from parcours.domain.journey import Audience
from parcours.domain.parse import parse_condition
from parcours.domain.problems import Problem
from parcours.service.audiences.conditions import audience_conditions
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["SECONDS", "Size", "read_where", "size_of"]

SECONDS: Final = 2.0
SAMPLE: Final = 10
PEOPLE: Final = 2000  # in one look
LIKELY: Final = 1.96  # standard deviations: 19 times of 20


@dataclass(frozen=True, slots=True)
class Size:
    """How many people match; where not `exact`, an estimate that lies between `low` and `high` 19 times of 20.

    `looked_at` people were looked at, of whom `matched` match. `sample`: some of them, by user_id.
    """

    people: int
    low: int
    high: int
    looked_at: int
    matched: int
    sample: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    exact: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {**asdict(self), "problems": [problem.as_dict() for problem in self.problems]}


async def size_of(
    connection: Connection, where: Condition, at: datetime, *, seconds: float = SECONDS, sample: int = SAMPLE,
    key: str = "", clock: Callable[[], float] = time.monotonic,
) -> Size:  # fmt: skip
    """Count the people whom a condition means, as of `at`, for about `seconds` at most.

    `key` is the audience's, where it has one. Raises ParcoursError `bad_condition` where the condition has errors.
    """
    problems = check_audience(Audience(key, where=where))
    wrong = [problem for problem in problems if problem.severity == "error"]
    if wrong:
        raise ParcoursError(wrong[0].code, wrong[0].message, place=wrong[0].place, hint=wrong[0].hint)
    conditions = {name: one for name, one in (await audience_conditions(connection)).items() if name != key}
    statement = compile_matching_people(where, conditions)
    row = await (await connection.execute(query("bucket_count"))).fetchone()
    buckets = int(row[0]) if row else 0
    until = clock() + seconds
    looked = matched = done = 0
    part, found = 0.0, list[str]()
    for bucket in range(buckets):
        after = FIRST
        while after and clock() < until:
            given: dict[str, Any] = {"b": Int4(bucket), "after": after, "n": Int8(PEOPLE)}
            window = await (await connection.execute(query("run_window"), given, prepare=True)).fetchone()
            assert window is not None
            count, last = window
            if count:
                own = {**statement.constants, "b": Int4(bucket), "now": at, "after": after, "last": last}
                rows = await connection.execute(statement.text, own, prepare=True)
                answer = await rows.fetchone()
                assert answer is not None
                matched += answer[0]
                found += (answer[1] or [])[: sample - len(found)]
                looked += count
            after = last if count >= PEOPLE else ""
        if after:
            part = int(after[:8], 16) * buckets / 2**32 - bucket if after != FIRST else 0.0
            break
        done += 1
    if done == buckets:
        return Size(matched, matched, matched, looked, matched, tuple(found), tuple(problems))
    return _estimated(matched, looked, (done + part) / buckets, tuple(found), tuple(problems))


def read_where(document: object) -> Condition:
    """Read a condition that is decoded already. Raises ParcoursError with its first problem."""
    condition, problems = parse_condition(document)
    if condition is None or problems:
        first = problems[0]
        raise ParcoursError(first.code, first.message, place=first.place, hint=first.hint)
    return condition


def _estimated(
    matched: int, looked: int, share: float, sample: tuple[str, ...], problems: tuple[Problem, ...]
) -> Size:
    if not looked or share <= 0:
        return Size(0, 0, 0, 0, 0, (), problems, exact=False)
    everybody = looked / share
    rate = matched / looked
    off = LIKELY * sqrt(max(rate * (1 - rate), 1 / looked) / looked) * everybody
    people = rate * everybody
    low, high = max(matched, round(people - off)), round(people + off)
    return Size(round(people), low, high, looked, matched, sample, problems, exact=False)
