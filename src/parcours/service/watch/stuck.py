"""People who should move and do not: who, since when and why; and what a person can do about one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from psycopg.rows import dict_row

from parcours.domain.errors import ParcoursError
from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.timing import format_instant
from parcours.service.commands.trail import record
from parcours.service.intake.taking import remove_people
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["LATE", "Mend", "MendOrder", "Stuck", "find_failed", "find_stuck", "mend"]

Row: TypeAlias = dict[str, Any]
Mend = Literal["retry", "skip", "drop_out"]

LATE: Final = timedelta(minutes=5)  # lifecycle.md, Ledger: overdue by more than this is stuck
STALE: Final = timedelta(seconds=90)  # a unit in trouble is tried again each minute, and writes that down
LISTS: Final = ("stuck_timers", "stuck_queued", "stuck_claimed", "stuck_arrivals")


@dataclass(frozen=True, slots=True)
class Stuck:
    """One person inside who does not move. `kind`: timer, queued, claimed (messages) or arrival."""

    kind: str
    journey: str
    version: int
    user_id: str
    entry_no: int
    step: str | None
    since: datetime
    why: str
    bucket: int
    person: UUID = field(repr=False)
    seq: int = field(repr=False)
    message_id: UUID | None = field(repr=False)

    def as_dict(self) -> Row:
        """Return the wire form."""
        names = ("kind", "journey", "version", "user_id", "entry_no", "step", "why", "bucket")
        return {"since": format_instant(self.since), **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class MendOrder:
    """What somebody does about one stuck person. `step` guards against one who moved meanwhile."""

    journey: str
    user_id: str
    mend: Mend
    step: str | None = None
    reason: str | None = None
    actor: str = "cli"


async def find_stuck(
    connection: Connection, now: datetime, *, key: str | None = None, late: timedelta = LATE, limit: int = 100,
    person: UUID | None = None,
) -> list[Stuck]:  # fmt: skip
    """Return the people who have been due for longer than `late`, those longest due first, at most `limit`."""
    given = {"late": now - late, "key": key, "n": limit, "person": person}
    rows: list[Row] = []
    for name in LISTS:
        rows += await _rows(connection, name, given)
    rows = sorted(rows, key=lambda row: (row["since"], row["profile_id"]))[:limit]
    names = await _user_ids(connection, rows)
    reasons = await _reasons(connection, now)
    return [
        Stuck(
            row["kind"], row["journey_key"], row["version_no"], names.get(row["profile_id"], ""), row["entry_no"],
            row["step"], row["since"], _why(row, reasons), row["bucket"], row["profile_id"], row["seq"],
            row["message_id"],
        )
        for row in rows
    ]  # fmt: skip


async def find_failed(
    connection: Connection, since: datetime, *, key: str | None = None, limit: int = 20
) -> list[Row]:
    """Return who fell out of a journey with `step_failed` since then, the latest first, with the reason."""
    rows = await _rows(connection, "failed_lately", {"since": since, "key": key, "n": limit})
    return [{**row, "finished_at": format_instant(row["finished_at"])} for row in rows]


async def mend(
    connection: Connection, order: MendOrder, now: datetime, *, buckets: int, late: timedelta = LATE
) -> Stuck:
    """Do something about one stuck person, in the caller's transaction; return who it was.

    `retry` lets a message be tried at once, and everything else be looked at again. `skip` goes on as if the
    message was sent: a queued one is cancelled, one without an answer becomes uncertain. `drop_out` takes the
    person out (`removed_by_user`). Raises ParcoursError `unknown_journey`, `not_stuck`, `step_differs`,
    `nothing_to_skip`, `maybe_sent`.
    """
    journey = await (await connection.execute(query("find_journey"), {"key": order.journey})).fetchone()
    if journey is None:
        raise ParcoursError("unknown_journey", f"there is no journey {order.journey}")
    person = profile_id(order.user_id)
    where = {"b": bucket_of(person, buckets), "j": journey[0], "at": now}
    await connection.execute(query("hold_fence"), where)
    found = await find_stuck(connection, now, key=order.journey, late=late, person=person)
    if not found:
        raise ParcoursError(
            "not_stuck", f"{order.user_id} is not stuck in {order.journey}",
            hint=f"`parcours why {order.user_id} {order.journey}` says what is waited for.",
        )  # fmt: skip
    # A message tells more than what came in meanwhile.
    one = next((stuck for stuck in found if stuck.message_id is not None), found[0])
    if order.step is not None and order.step != one.step:
        raise ParcoursError("step_differs", f"{order.user_id} stands at {one.step}", hint="Look again.")
    if order.mend == "drop_out":
        # At the instant at which a timer was due it comes before that timer.
        at = min(one.since, now)
        await remove_people(connection, order.journey, [order.user_id], buckets=buckets, at=at)
    else:
        await _change(connection, order.mend, one, {**where, "m": one.message_id})
    await _audit(connection, order, one, now)
    return one


async def _change(connection: Connection, what: Mend, one: Stuck, given: Mapping[str, Any]) -> None:
    if what == "retry":
        if one.kind == "claimed":
            raise ParcoursError(
                "maybe_sent", "The message may have been sent: nobody recorded an answer",
                hint="Sending it again could reach the person twice; --skip goes on as if it was sent.",
            )  # fmt: skip
        if one.message_id is not None:
            await connection.execute(query("retry_message"), given)
        return
    if one.message_id is None:
        raise ParcoursError(
            "nothing_to_skip", "No message holds the person up",
            hint="What is due happens as soon as a worker can: --retry, or --drop-out.",
        )  # fmt: skip
    await connection.execute(query("skip_message" if one.kind == "queued" else "give_up_message"), given)
    at = format_instant(given["at"])
    rows = [{"message_id": str(one.message_id), "exit": "sent", "at": at, "detail": None}]
    await connection.execute(query("report_outcomes"), {"b": given["b"], "rows": json.dumps(rows)})


async def _reasons(connection: Connection, now: datetime) -> dict[tuple[int, str | None], str]:
    """Return what stands in the way of whole buckets (journey None) and of units."""
    found: dict[tuple[int, str | None], str] = {}
    for row in await _rows(connection, "bucket_holders", {"now": now, "stale": now - STALE}):
        if row["free"]:
            found[row["bucket"], None] = "no worker has the bucket"
        if row["code"]:
            since = format_instant(row["since"])
            found[row["bucket"], row["journey_key"]] = (
                f"the unit fails since {since}, {row['tries']} times: {row['message']}"
            )
    return found


def _why(row: Row, reasons: Mapping[tuple[int, str | None], str]) -> str:
    said = {
        "timer": "its timer is due",
        "queued": f"its message was tried {row['attempts']} times"
        if row["attempts"]
        else "its message is due",
        "claimed": "nobody recorded what became of its message",
        "arrival": f"{row['detail']} wait to be applied",
    }[row["kind"]]
    if row["kind"] == "queued" and row["detail"]:
        said = f"{said}: {row['detail']}"
    if row["next_at"] is not None:
        said = f"{said}; the next try is at {format_instant(row['next_at'])}"
    keys = ((row["bucket"], None), (row["bucket"], row["journey_key"]))
    return "; ".join([said, *(reasons[key] for key in keys if key in reasons)])


async def _user_ids(connection: Connection, rows: Sequence[Row]) -> dict[UUID, str]:
    people = [{"bucket": row["bucket"], "profile_id": str(row["profile_id"])} for row in rows]
    found = await _rows(connection, "stuck_people", {"rows": json.dumps(people)})
    return {row["profile_id"]: row["user_id"] for row in found}


async def _audit(connection: Connection, order: MendOrder, one: Stuck, at: datetime) -> None:
    """Write it down; workers look again at a journey that was commanded."""
    options = {"user_id": order.user_id, "step": one.step, "entry_no": one.entry_no}
    await record(
        connection, at, actor=order.actor, key=order.journey, command=order.mend, version_no=one.version,
        options=options, reason=order.reason, counts={"people": 1},
    )  # fmt: skip
    await connection.execute(query("notify_workers"), {"journey": order.journey})


async def _rows(connection: Connection, name: str, given: Mapping[str, Any]) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(name), given)
        return await cursor.fetchall()
