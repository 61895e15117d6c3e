"""Hold a command against its promises: what must not happen behind its commit, and what must."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from race.lane import ALIVE, BUCKETS, Broken, Given, Lane, Version, lane_of
from race.promises import Change, Row, Silence
from support.worker import Arrival

__all__ = ["Judge"]

SENT_BY = f"""SELECT m.message_id::text, m.version_id, m.state FROM parcours.message m
    WHERE {BUCKETS} AND m.message_id = ANY (%(messages)s::uuid[])"""
LATE = f"""SELECT count(*) FROM parcours.passage m
    WHERE {BUCKETS} AND m.version_id = ANY (%(versions)s) AND m.at > %(at)s AND m.cause <> 'stop'"""
EARLY = f"""SELECT count(*) FROM parcours.passage m
    WHERE {BUCKETS} AND m.version_id = ANY (%(versions)s) AND m.at < %(at)s AND m.path <> '{{}}'
      AND m.cause <> 'stop'"""
STANDING = """SELECT p.bucket, p.profile_id::text, p.entry_no, p.seq,
    CASE WHEN isfinite(p.wake_at) THEN p.wake_at END
    FROM parcours.participant p WHERE p.journey_id = %(j)s AND p.finished_at IS NULL"""
QUEUED = """SELECT count(*) FROM parcours.participant p
    WHERE p.version_id = ANY (%(versions)s) AND p.finished_at IS NULL AND p.step IS NULL
      AND p.entered_at <= %(at)s"""
INSIDE = """SELECT count(*) FROM parcours.participant p
    WHERE p.version_id = ANY (%(versions)s) AND p.finished_at IS NULL"""
OF_JOURNEY = "SELECT count(*) FROM parcours.participant p WHERE p.journey_id = %(j)s"
FIRST_MOVES = f"""SELECT min(m.at) FROM parcours.passage m
    WHERE {BUCKETS} AND m.journey_id = %(j)s AND m.path <> '{{}}' AND m.at >= %(at)s AND NOT m.entered
      AND m.profile_id::text || ' ' || m.entry_no = ANY (%(whom)s)
    GROUP BY m.profile_id, m.entry_no ORDER BY 1"""
UNSETTLED = """SELECT count(*) FROM parcours.fence f, jsonb_array_elements(f.rights) r
    WHERE f.journey_id = %(j)s
      AND (r ->> 'task' IS NOT NULL OR jsonb_array_length(coalesce(r -> 'chores', '[]')) > 0)"""
NAMES = ("everything", "moves", "queue", "admissions")  # in the order of Given.counts
PACE = 40  # of the row with catch_up


@dataclass
class Judge:
    """What one command promised, in one lane."""

    lane: Lane
    row: Row
    given: Given

    @property
    def ids(self) -> list[int]:
        """The versions that were published before the command."""
        return [version.version_id for version in self.given.concerned]

    @property
    def alive(self) -> list[Version]:
        """Those of them in which something could still happen."""
        return [version for version in self.given.concerned if version.status in ALIVE]

    # Silence -------------------------------------------------------------------------------------------------

    async def silence(self, silences: Collection[Silence]) -> None:
        """Compare what there is now with what there was at the commit."""
        given = self.given
        counts, _, _ = await self.lane.here_now(given.concerned)
        for place, name in enumerate(NAMES):
            if name in silences:
                for version in given.concerned:
                    before, after = (
                        given.counts[version.version_id][place],
                        counts[version.version_id][place],
                    )
                    removed = self.row.command == "delete" and after < before  # rows go behind it
                    if after != before and not removed:
                        raise Broken(
                            f"{name} in version {version.number}: {before} at the commit, {after} later"
                        )
        if "everything" in silences:
            late = await self.one(LATE, versions=self.ids, at=given.answered_at)
            if late:
                raise Broken(f"{late} passages behind the answer")
        if "hand_overs" in silences or "any_mail" in silences:
            await self.no_mails(any_mail="any_mail" in silences)

    async def no_mails(self, *, any_mail: bool, until: float | None = None) -> None:
        """Nothing arrived but what was in the mail server's hands, and that before the answer, where it is waited for."""
        given, here = self.given, self.lane.here
        late = here.sink.arrivals[given.arrivals :]
        if not any_mail:
            late = [
                a for a in late if lane_of(a) == self.lane.key and a.subject.split()[0] in given.generations
            ]
        if until is not None:
            late = [a for a in late if a.at < until]
        late = [a for a in late if a.at > given.committed]
        known = {m: (v, s) for m, v, s in await here.rows(SENT_BY, messages=[a.message_id for a in late])}
        for arrival in late:
            version, state = known.get(arrival.message_id, (None, None))
            if self.row.command == "restart" and version is not None and version not in self.ids:
                continue  # the new version has the same mails
            waits = self.row.command in ("pause", "close", "stop", "delete", "hold") and not self.row.later
            if arrival.message_id not in given.claimed:
                raise Broken(f"{said(arrival, given)} was not in anybody's hands at the commit")
            if waits and arrival.at > given.answered and state != "uncertain":
                raise Broken(f"{said(arrival, given)} arrived behind the answer")

    # Changes -------------------------------------------------------------------------------------------------

    async def change(self, name: Change) -> None:
        """Wait until it has come about."""
        lane, given = self.lane, self.given
        match name:
            case "moves":
                await lane.until("those who were due have gone on", self.due_have_moved)
            case "released":
                await lane.until("the queue is let in", self.is_zero, QUEUED, self.ids, given.at)
            case "cancelled" | "carried":
                await lane.until("nobody is inside", self.is_zero, INSIDE, self.ids, given.at)
            case "over":
                await lane.until("the version is finished", self.finished)
            case "admissions":
                await lane.until("somebody is admitted", self.admitted)
            case "mails":
                count = len(lane.here.sink.arrivals)
                await lane.until("mails leave", self.mails_leave, count)
            case "draft":
                await self.a_draft()
            case "gone":
                await lane.until("the rows are removed", self.removed)
            case "extended":
                await self.extended()
            case "paced":
                await self.paced()

    async def due_have_moved(self) -> bool:
        """Whoever was due within two seconds of the commit stands elsewhere now, or has left."""
        soon = self.given.at + timedelta(seconds=2)
        due = {key for key, wake_at in self.given.waiting.items() if wake_at <= soon}
        standing = {tuple(row[:4]) for row in await self.lane.here.rows(STANDING, j=self.given.journey_id)}
        return not due & standing

    async def is_zero(self, text: str, versions: list[int], at: datetime) -> bool:
        return bool(await self.one(text, versions=versions, at=at) == 0)

    async def finished(self) -> bool:
        acted = {v.version_id for v in self.alive}
        return all(v.status == "finished" for v in await self.lane.versions() if v.version_id in acted)

    async def admitted(self) -> bool:
        """Somebody is admitted by the version that admits now, behind the commit."""
        found = [v for v in await self.lane.versions() if v.entry_open and v.status == "live"]
        counts, _, _ = await self.lane.here_now(tuple(found))
        return any(
            counts[v.version_id][3] > self.given.counts.get(v.version_id, (0, 0, 0, 0))[3] for v in found
        )

    async def mails_leave(self, before: int) -> bool:
        return len(self.lane.here.sink.arrivals) > before

    async def a_draft(self) -> None:
        drafts = [v for v in await self.lane.versions() if v.status == "draft"]
        if len(drafts) != 1:
            raise Broken(f"{len(drafts)} drafts")
        if await self.one(INSIDE, versions=[drafts[0].version_id]):
            raise Broken("somebody is inside a draft")

    async def removed(self) -> bool:
        """Nothing is left of the journey's people; its key may be another journey's by now."""
        return bool(await self.one(OF_JOURNEY, j=self.given.journey_id) == 0)

    # Pauses that end -----------------------------------------------------------------------------------------

    async def extended(self) -> None:
        """Resume; whoever waited when the pause began waits longer by its length."""
        lane, given = self.lane, self.given
        result, at = await lane.resume()
        if result.refused:
            raise Broken(f"resume was refused: {result.refused}")
        await lane.until("the resume is written down", self.settled)
        length = at - given.at
        rows = await lane.here.rows(STANDING, j=given.journey_id)
        now = {tuple(row[:4]): row[4] for row in rows}
        for key, before in given.waiting.items():
            if key in now and before > given.at and now[key] != before + length:
                raise Broken(f"due at {before}, and behind a pause of {length} at {now[key]}")

    async def settled(self) -> bool:
        return bool(await self.one(UNSETTLED, j=self.given.journey_id) == 0)

    async def paced(self) -> None:
        """Resume; the n-th of those who are set free goes no earlier than n-1 turns behind it."""
        lane, given = self.lane, self.given
        result, at = await lane.resume()
        if result.refused:
            raise Broken(f"resume was refused: {result.refused}")
        whom = [f"{person} {entry_no}" for _, person, entry_no, _ in lane.overdue]
        self.given = replace(given, waiting=dict(lane.overdue), at=at)
        await lane.until("everybody is set free", self.overdue_have_moved, at)
        moves = await lane.here.rows(FIRST_MOVES, j=given.journey_id, at=at, whom=whom)
        for number, (moved,) in enumerate(moves):
            earliest = at + number * timedelta(seconds=1) / PACE - timedelta(milliseconds=1)
            if moved < earliest:
                raise Broken(f"number {number + 1} went {moved - at} behind the resume, at {PACE} a second")

    async def overdue_have_moved(self, at: datetime) -> bool:
        due = {key for key, wake_at in self.given.waiting.items() if wake_at <= at}
        standing = {tuple(row[:4]) for row in await self.lane.here.rows(STANDING, j=self.given.journey_id)}
        return not due & standing

    async def until_it_ends(self, until: datetime, until_monotonic: float) -> None:
        """The pause holds until its instant; then it ends by itself, as it was told."""
        given, row = self.given, self.row
        before = sum(counts[1] for counts in given.counts.values())
        await self.lane.until(f"it is {row.then}", self.has_become, row.then)
        early = await self.one(EARLY, versions=self.ids, at=until)
        if early != before:
            raise Broken(f"{before} moves at the commit, {early} before {until}")
        await self.no_mails(any_mail=False, until=until_monotonic)
        if row.then == "stopped":
            await self.from_now_on(("everything", "hand_overs"))

    async def given_for_later(self) -> None:
        """It is carried out at its instant; from then on it promises what it does when it is given at once."""
        await self.lane.until(f"it is {self.row.to}", self.has_become, self.row.to)
        await self.from_now_on(self.row.silences)

    async def has_become(self, status: str) -> bool:
        newest = [v for v in await self.lane.versions() if v.version_id in self.ids][-1]
        return newest.status == status or (status == "closed" and newest.status == "finished")

    async def from_now_on(self, silences: Collection[Silence]) -> None:
        """Look at what there is now, and see whether it stays so."""
        lane = self.lane
        arrivals = len(lane.here.sink.arrivals)
        counts, claimed, waiting = await lane.here_now(self.given.concerned)
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.given = replace(
            self.given, counts=counts, claimed=claimed, waiting=waiting, committed=now, answered=now,
            answered_at=lane.here.clock.now(), arrivals=arrivals,
        )  # fmt: skip
        await lane.meanwhile()
        await self.silence(silences)

    async def one(self, text: str, **given: Any) -> Any:
        return await self.lane.here.one(text, **given)


def said(arrival: Arrival, given: Given) -> str:
    """Say which mail it was, and when it came."""
    return (
        f"mail {arrival.subject!r} ({arrival.message_id}), {arrival.at - given.committed:.3f} s behind the commit "
        f"and {arrival.at - given.answered:.3f} s behind the answer,"
    )
