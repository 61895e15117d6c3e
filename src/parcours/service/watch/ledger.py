"""The ledger: everybody who entered is somewhere, for every version and step, checked bucket by bucket.

`entered + transferred_in = active + completed + succeeded + dropped_out + cancelled + transferred_out`, and
for every step `in = here + out` (lifecycle, Participants). Who is inside is counted from the people
themselves, who has left from the counters, and those are held against the people too. People of a stopped
version whom the sweep has not reached yet are shown as what they are since the stop: cancelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Ledger", "Mismatch", "StepCount", "read_ledgers", "read_page"]

LEFT: Final = ("completed", "succeeded", "dropped_out", "cancelled")


@dataclass(frozen=True, slots=True)
class StepCount:
    """Who came to a step, is there, and went on or left."""

    entered: int
    here: int
    out: int

    def as_dict(self) -> dict[str, int]:
        """Return the wire form."""
        return {"in": self.entered, "here": self.here, "out": self.out}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Two numbers that ought to be equal and are not, in one bucket."""

    bucket: int
    what: str
    expected: int
    found: int

    def __str__(self) -> str:
        """Say it in one line."""
        return f"bucket {self.bucket}: {self.what}: {self.expected} expected, {self.found} found"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one version, its buckets added up; `steps` in the order of the file, `entry` first."""

    journey: str
    version: int
    status: str
    entered: int
    active: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    settling: int = 0  # still to be written down: as cancelled, or as transferred
    transferred_in: int = 0
    transferred_out: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, StepCount] = field(default_factory=dict)
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def balances(self) -> bool:
        """Tell whether every equation holds in every bucket."""
        return not self.mismatches

    @property
    def success_rate(self) -> float | None:
        """Return succeeded / entered; None where nobody entered."""
        return self.succeeded / self.entered if self.entered else None

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        wire = {name: getattr(self, name) for name in self.__slots__ if name not in ("steps", "mismatches")}
        return wire | {
            "reasons": dict(self.reasons),
            "success_rate": self.success_rate,
            "steps": {step: count.as_dict() for step, count in self.steps.items()},
            "balances": self.balances,
            "mismatches": [asdict(mismatch) for mismatch in self.mismatches],
        }


async def read_ledgers(connection: Connection, key: str | None = None) -> list[Ledger]:
    """Return the ledger of every published version, of one journey or of all.

    Call it first in a transaction of its own, which it makes one snapshot. Raises ParcoursError
    `unknown_journey`.
    """
    await connection.execute(query("begin_snapshot"))
    if key is not None:
        cursor = await connection.execute(query("find_journey"), {"key": key})
        if await cursor.fetchone() is None:
            raise ParcoursError(
                "unknown_journey",
                f"there is no journey {key}",
                hint="`parcours journey list` shows those there are.",
            )
    versions = await (await connection.execute(query("ledger_versions"), {"key": key})).fetchall()
    books = {row[2]: _Book(*row) for row in versions}
    given = {"versions": list(books)}
    cursor = await connection.execute(query("ledger_counters"), given)
    async for bucket, version_id, kind, name, n in cursor:
        books[version_id].page(bucket).counted[kind, name] += n
    cursor = await connection.execute(query("ledger_people"), given)
    async for bucket, version_id, status, reason, step, n in cursor:
        books[version_id].page(bucket).add_people(status, reason, step, n)
    return [book.close() for book in books.values()]


async def read_page(connection: Connection, bucket: int, version_id: int) -> tuple[Mismatch, ...]:
    """Return what does not hold of one version in one bucket. The transaction should be one snapshot."""
    given = {"b": bucket, "v": version_id}
    page = _Page(bucket)
    async for kind, name, n in await connection.execute(query("page_counters"), given):
        page.counted[kind, name] += n
    async for status, reason, step, n in await connection.execute(query("page_people"), given):
        page.add_people(status, reason, step, n)
    return tuple(mismatch for mismatch in page.mismatches() if mismatch.expected != mismatch.found)


@dataclass(slots=True)
class _Page:
    """One version in one bucket."""

    bucket: int
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    status: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    here: Counter[str] = field(default_factory=Counter)

    def add_people(self, status: str, reason: str | None, step: str | None, n: int) -> None:
        self.status[status] += n
        if status == "dropped_out":
            self.reasons[reason or ""] += n
        if step is not None:
            self.here[step] += n

    def mismatches(self) -> Iterator[Mismatch]:
        counted = self.counted
        somewhere = self.status["active"] + sum(counted[kind, ""] for kind in (*LEFT, "transferred_out"))
        come = counted["entered", ""] + counted["transferred_in", ""]
        yield Mismatch(
            self.bucket, "entered + transferred in = active + left + transferred out", come, somewhere
        )
        for status in LEFT:
            there = self.status[status] + counted["gone", status]  # rows of erased people are gone
            yield Mismatch(self.bucket, f"{status} people", counted[status, ""], there)
        for reason in sorted(self.reasons.keys() | {name for kind, name in counted if kind == "reason"}):
            there = self.reasons[reason] + counted["gone_reason", reason]
            yield Mismatch(self.bucket, f"reason {reason}", counted["reason", reason], there)
        for step in sorted(self.here.keys() | {name for kind, name in counted if kind in ("in", "out")}):
            gone_or_here = self.here[step] + counted["out", step]
            yield Mismatch(self.bucket, f"step {step}: in = here + out", counted["in", step], gone_or_here)


@dataclass(slots=True)
class _Book:
    """One version in all its buckets."""

    journey: str
    version: int
    version_id: int
    status: str
    settling: str | None
    step_ids: list[str]
    pages: dict[int, _Page] = field(default_factory=dict)

    def page(self, bucket: int) -> _Page:
        return self.pages.setdefault(bucket, _Page(bucket))

    @property
    def transferring(self) -> bool:
        """Whether the people here are on the way to a newer version."""
        return self.settling == "transfer"

    def close(self) -> Ledger:
        pages = self.pages.values()
        counted: Counter[tuple[str, str]] = Counter()
        here: Counter[str] = Counter()
        for page in pages:
            counted.update(page.counted)
            here.update(page.here)
        left_behind = self.status == "stopped"
        unswept = sum(here.values()) if left_behind else 0
        others = {name for kind, name in counted if kind == "in"} - {"entry", *self.step_ids}
        steps = {
            step: StepCount(
                counted["in", step],
                0 if left_behind else here[step],
                counted["out", step] + (here[step] if left_behind else 0),
            )
            for step in ("entry", *self.step_ids, *sorted(others))
        }
        return Ledger(
            journey=self.journey,
            version=self.version,
            status=self.status,
            entered=counted["entered", ""],
            active=sum(here.values()) - unswept,
            completed=counted["completed", ""],
            succeeded=counted["succeeded", ""],
            dropped_out=counted["dropped_out", ""],
            cancelled=counted["cancelled", ""] + unswept,
            settling=unswept + (sum(here.values()) if self.transferring else 0),
            transferred_in=counted["transferred_in", ""],
            transferred_out=counted["transferred_out", ""],
            reasons={name: n for (kind, name), n in sorted(counted.items()) if kind == "reason"},
            steps=steps,
            mismatches=tuple(m for page in pages for m in page.mismatches() if m.expected != m.found),
        )
