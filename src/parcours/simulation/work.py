"""What the engine does in a simulation: route, units of work, and messages answered on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from parcours.domain.fence import FenceVersion
from parcours.engine.belonging import Audiences, fill_some, next_recheck
from parcours.engine.catch_up import catch_ups_under_way, set_people_free
from parcours.engine.content import Claimed
from parcours.engine.delivery import Room, Settled, claim, settle
from parcours.engine.gate import gates_waited_at, pass_gate
from parcours.engine.route import recheck_bucket, route_bucket
from parcours.engine.sieves import Sieves
from parcours.engine.unit import Limits, Unit, UnitResult
from parcours.engine.versions import Version, Versions
from parcours.simulation.capture import Capture
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Work"]

HAND_OVER = timedelta(seconds=10)
CHANNELS = ("email", "webhook")


@dataclass
class Work:
    """The engine of one simulation. `sent_by` is the latest instant for which a message may be queued to be handed out."""

    connection: Connection
    buckets: int
    limits: Limits
    versions: Versions = field(default_factory=Versions)
    capture: Capture = field(default_factory=Capture)
    audiences: Audiences = field(default_factory=Audiences)
    sieves: Sieves = field(default_factory=Sieves)

    floor: datetime | None = (
        None  # no message is handed out before it, whenever it was due: sending may have been held
    )
    next_at_gates: list[datetime] = field(default_factory=list)  # when somebody may go by an entry rate

    async def quiet(self, until: datetime, sent_by: datetime) -> None:
        """Work until nothing is left that is due by `until`, journeys in order of their keys."""
        while True:
            routed = await self.route()
            cursor = await self.connection.execute(query("simulation_work"), {"until": until})
            found = await cursor.fetchall()
            for journey_id, bucket in found:
                await self.rest(bucket, journey_id, until, sent_by)
            if not found and not routed:
                return

    async def gates(self, now: datetime) -> bool:
        """Let through the gates whoever may go now; tell whether somebody went."""
        found = False
        self.next_at_gates = []
        async with self.connection.transaction():
            for journey_id in await gates_waited_at(self.connection):
                passed = await pass_gate(self.connection, journey_id, now)
                found = found or passed.people > 0
                if passed.next_at is not None:
                    self.next_at_gates.append(passed.next_at)
        return found

    async def set_free(self, now: datetime) -> bool:
        """Set people free whose turn is now, behind a resume; tell whether there were some."""
        found = False
        async with self.connection.transaction():
            for version_id in await catch_ups_under_way(self.connection, now):
                freed = await set_people_free(self.connection, version_id, now)
                found = found or freed.people > 0
        return found

    async def route(self) -> bool:
        """Route everything that is pending; tell whether there was something."""
        found = False
        for bucket in range(self.buckets):
            async with self.connection.transaction():
                rows = self.limits.rows
                while (
                    await route_bucket(self.connection, bucket, rows, self.audiences, self.sieves, None)
                ).count:
                    found = True
        return found

    async def memberships(self, now: datetime) -> bool:
        """Let memberships change that time alone changes by now; tell whether journeys hear of some (R3)."""
        found = False
        for bucket in range(self.buckets):
            async with self.connection.transaction():
                while (at := await self._recheck_at(bucket)) is not None and at <= now:
                    asked = await recheck_bucket(
                        self.connection, bucket, self.limits.rows, self.audiences, now
                    )
                    found = found or asked.count > 0
        return found

    async def next_membership(self) -> datetime | None:
        """Return when time alone may next change a membership."""
        instants = [await self._recheck_at(bucket) for bucket in range(self.buckets)]
        return min((at for at in instants if at is not None), default=None)

    async def _recheck_at(self, bucket: int) -> datetime | None:
        return await next_recheck(self.connection, await self.audiences.get(self.connection), bucket)

    async def fill(self, at: datetime) -> None:
        """Ask everybody the conditions that are kept, as of an instant."""
        for bucket in range(self.buckets):
            async with self.connection.transaction():
                people = self.limits.people
                while await fill_some(self.connection, self.audiences, bucket, at, people) is not None:
                    pass

    async def rest(self, bucket: int, journey_id: int, until: datetime, sent_by: datetime) -> None:
        """Work on one journey in one bucket until it rests."""
        while True:
            result, messages = await self.unit(bucket, journey_id, until, sent_by, self.limits)
            if result.more or messages:
                continue
            cursor = await self.connection.execute(
                query("inbox_rows"), {"b": bucket, "j": journey_id}, prepare=True
            )
            row = await cursor.fetchone()
            if not (row and row[0]):
                return

    async def unit(
        self, bucket: int, journey_id: int, until: datetime, sent_by: datetime, limits: Limits
    ) -> tuple[UnitResult, int]:
        """Do one unit, its messages handed out and answered at once (R4); return its result and how many they were."""
        async with self.connection.transaction():
            unit = Unit(self.connection, self.versions, bucket, journey_id, None, until, limits)
            result = await unit.run()
            claims = await claim(
                self.connection, bucket, journey_id, self.not_before(result.fence), now=None, until=sent_by,
                rooms=dict.fromkeys(CHANNELS, Room(limits.rows, HAND_OVER)), versions=unit.loaded, opened_by=until,
            )  # fmt: skip
            outcomes = [
                await self.answer(c, await self.versions.get(self.connection, c.version_id)) for c in claims
            ]
            await settle(self.connection, bucket, outcomes)
        return result, len(claims)

    def not_before(self, fence: Sequence[FenceVersion]) -> list[FenceVersion]:
        """Return a fence whose messages are handed out at `floor` at the earliest."""
        floor = self.floor
        return [v if floor is None else replace(v, floor=max(v.floor or floor, floor)) for v in fence]

    async def answer(self, claimed: Claimed, version: Version) -> Settled:
        """Say what becomes of a message."""
        return self.capture.answer(claimed, version)
