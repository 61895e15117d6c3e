"""The versions of one journey, locked for a command, and the fence rights that follow from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from parcours.domain.choices import Choices
from parcours.domain.errors import ParcoursError
from parcours.domain.fence import FenceVersion, Task
from parcours.domain.lifecycle import Rights, Status, rights
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Family", "VersionRow", "lock_family"]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version as the database has it."""

    version_id: int
    version_no: int
    status: Status
    entry_open: bool
    published_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    paused_at: datetime | None
    pause_no: int
    pause: dict[str, Any] | None
    released_at: datetime | None
    stopped_at: datetime | None
    settling: str | None
    definition: dict[str, Any]
    templates: dict[str, str]


@dataclass(slots=True)
class Family:
    """A journey and its versions, oldest first; the rows are locked until the transaction ends."""

    connection: Connection
    key: str
    journey_id: int
    versions: list[VersionRow]

    @property
    def draft(self) -> VersionRow | None:
        """The draft, where one stands."""
        return next((v for v in self.versions if v.status == "draft"), None)

    @property
    def published(self) -> list[VersionRow]:
        """Every version that was ever published, oldest first."""
        return [v for v in self.versions if v.status != "draft"]

    @property
    def transferring(self) -> list[VersionRow]:
        """The versions whose people are on the way to the newest one."""
        return [v for v in self.versions if v.settling == "transfer"]

    def find(self, version_no: int) -> VersionRow:
        """Return a version by its number. Raises ParcoursError `unknown_version`."""
        for version in self.versions:
            if version.version_no == version_no:
                return version
        raise ParcoursError(
            "unknown_version", f"journey {self.key} has no version {version_no}",
            hint=f"It has {', '.join(str(v.version_no) for v in self.versions)}.",
        )  # fmt: skip

    async def next_number(self) -> int:
        """Return the number that the next version has; those of deleted ones that were published are not given again."""
        row = await (await self.connection.execute(query("next_number"), {"j": self.journey_id})).fetchone()
        assert row is not None
        return int(row[0])

    async def counts(self, versions: list[VersionRow]) -> dict[str, int]:
        """Count who is inside these versions, who of them is queued, and queued messages."""
        given = {"j": self.journey_id, "versions": [v.version_id for v in versions]}
        # Messages are counted one by one, by an index that holds queued ones alone.
        inside = await (await self.connection.execute(query("count_inside"), given)).fetchone()
        messages = await (await self.connection.execute(query("count_queued_messages"), given)).fetchone()
        assert inside is not None
        assert messages is not None
        return {"inside": inside[0], "queued": inside[1], "messages": messages[0]}

    async def anybody_inside(self, version: VersionRow) -> bool:
        """Tell whether somebody is inside a version, or on the way to it from a former one."""
        if version == self.published[-1] and self.transferring:
            return True
        row = await (
            await self.connection.execute(query("anybody_inside"), {"v": version.version_id})
        ).fetchone()
        return bool(row and row[0])

    async def set_status(
        self, version: VersionRow, status: Status, *, entry_open: bool, at: datetime,
        pause: Choices | None = None, release: bool = False, settling: str | None = None,
    ) -> VersionRow:  # fmt: skip
        """Give a version its new status, here and in the database; `pause` are the choices of a paused one."""
        stored = pause.as_json() if pause is not None else None
        if status in ("stopped", "finished"):
            await self.connection.execute(query("end_catch_up"), {"v": version.version_id})
        if version.status == "paused" and status != "paused":
            await self.connection.execute(query("void_pause_end"), {"v": version.version_id, "at": at})
        await self.connection.execute(
            query("set_status"),
            {
                "v": version.version_id, "status": status, "entry_open": entry_open, "at": at,
                "pause": json.dumps(stored) if stored is not None else None, "release": release, "settling": settling,
            },
        )  # fmt: skip
        changed = replace(
            version,
            status=status,
            entry_open=entry_open,
            pause=stored,
            released_at=at if release else version.released_at,
            stopped_at=at if status == "stopped" else version.stopped_at,
            settling=settling,
        )
        self.versions[self.versions.index(version)] = changed
        return changed

    async def lock_fences(self) -> None:
        """Wait until no unit of this journey is under way; none begins before the commit."""
        await self.connection.execute(query("ask_units_to_wait"), {"j": self.journey_id})
        await self.connection.execute(query("raise_fences"), {"j": self.journey_id})
        await self.connection.execute(query("lock_fences"), {"j": self.journey_id})

    async def set_fences(
        self, at: datetime, tasks: dict[int, Task] | None = None,
        chores: Mapping[int, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:  # fmt: skip
        """Write the rights of every version into every bucket. `tasks` and `chores` are new ones by version id."""
        entries = [
            replace(
                _fence(version, at, (tasks or {}).get(version.version_id)),
                chores=tuple((chores or {}).get(version.version_id, ())),
            )
            for version in self.published
            if version.status not in ("finished", "stopped")
            or version.settling
            or version == self.published[-1]
        ]
        text = json.dumps([entry.as_json() for entry in entries])
        await self.connection.execute(query("set_fences"), {"j": self.journey_id, "rights": text})
        await self.connection.execute(query("drop_listeners"), {"j": self.journey_id})
        await self.connection.execute(query("set_sieves"), {"j": self.journey_id})


async def lock_family(connection: Connection, key: str) -> Family:
    """Read a journey with its versions locked. Raises ParcoursError `unknown_journey`."""
    row = await (await connection.execute(query("lock_journey"), {"key": key})).fetchone()
    if row is None:
        raise ParcoursError(
            "unknown_journey",
            f"there is no journey {key}",
            hint="`parcours journey list` shows those there are.",
        )
    cursor = await connection.execute(query("lock_versions"), {"j": row[0]})
    return Family(connection, key, row[0], [VersionRow(*version) for version in await cursor.fetchall()])


def _before_start(version: VersionRow) -> bool:
    """Tell whether nobody moves yet: until its start date was carried out, however late, or a resume behind it was.

    By what has been written, not by the clock: who is let in stands at the first step from that instant on.
    """
    start, published = version.starts_at, version.published_at
    if start is None or published is None or start <= published:
        return False
    return version.released_at is None or version.released_at < start


def _fence(version: VersionRow, at: datetime, task: Task | None) -> FenceVersion:
    waiting = _before_start(version)
    choices = Choices.from_json(version.pause)
    allowed = rights(
        version.status, entry_open=version.entry_open, before_start=waiting, entrants=choices.entrants,
        inside=choices.inside,
    )  # fmt: skip
    if waiting and version.status == "closed":
        allowed = Rights(may_leave=True)  # nobody moves before the start date (P36)
    refuse_with = None
    if not allowed.may_admit:
        if version.status == "stopped":
            refuse_with = "journey_stopped"
        else:
            refuse_with = "journey_paused" if version.entry_open else "journey_closed"
    assert version.published_at is not None
    return FenceVersion(
        version_id=version.version_id,
        version_no=version.version_no,
        status=version.status,
        rights=allowed,
        published_at=version.published_at,
        floor=version.released_at,
        refuse_with=refuse_with,
        task=task,
        task_at=at if task else None,
        inside=choices.inside if version.status == "paused" else None,
    )
