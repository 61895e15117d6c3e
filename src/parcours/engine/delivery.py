"""Claims and what became of them: messages leave only under a claim, and outcomes come back through the inbox."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg.types.numeric import Int4, Int8

from parcours.channels.address import ADDRESS_PATTERN
from parcours.channels.channel import Answer
from parcours.domain.fence import FenceVersion
from parcours.domain.timing import format_instant
from parcours.engine.content import Claimed
from parcours.engine.handing import limits_of
from parcours.engine.versions import Version
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["BEGIN_WITHIN", "Room", "Settled", "claim", "claim_overdue", "settle", "settle_buckets"]

# A hand-over begins within this after its claim, or not at all: what a pause waits for at most, with the time-out.
BEGIN_WITHIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Room:
    """What a channel can take now: how many messages, and for how long one of them at most."""

    messages: int
    hand_over: timedelta


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one claimed message. `queued` puts it back; `due_at` says until when at the earliest."""

    claimed: Claimed
    state: Literal["sent", "skipped", "rejected", "uncertain", "queued"]
    at: datetime
    reason: str | None = None
    detail: str | None = None
    subject: str | None = None
    handed_at: datetime | None = None
    due_at: datetime | None = None
    tried: bool = True
    recipient: str | None = None  # of a webhook: its URL, which is known when it is rendered
    bounced: bool = False  # there is nobody at the address
    answer: Answer | None = None  # of a webhook: what the other side said, for `save_as`

    @property
    def exit(self) -> str | None:
        """The way out of the step that this outcome opens; None where the message waits for another try."""
        if self.state == "queued":
            return None
        if self.state in ("sent", "uncertain"):
            return "sent"
        return f"{'skipped' if self.state == 'skipped' else 'failed'}:{self.reason}"


async def claim(
    connection: Connection, bucket: int, journey_id: int, fence: Sequence[FenceVersion], *,
    now: datetime | None, until: datetime, rooms: Mapping[str, Room], versions: Mapping[int, Version],
    opened_by: datetime | None = None,
) -> list[Claimed]:  # fmt: skip
    """Claim messages that are due, in the unit's transaction. Those that a gate refuses are settled here.

    `rooms` are those of the channels: what one is slow to take does not keep another one waiting. `opened_by` is the
    latest opening of a window that counts, `until` unless given: a virtual clock comes to openings last (R5).
    """
    sending = [v for v in fence if v.claims and not v.busy]
    free = {channel: room for channel, room in rooms.items() if room.messages > 0}
    if not sending or not free:
        return []
    given = {
        "b": Int4(bucket), "j": Int4(journey_id), "sending": [v.version_id for v in sending], "until": until, "now": now,
        "opened_by": opened_by or until, "limits": limits_of(sending, versions),
        "channels": list(free), "room": [Int8(room.messages) for room in free.values()],
        "hand_over": [room.hand_over for room in free.values()],
        "address": ADDRESS_PATTERN, "begin_within": BEGIN_WITHIN,
    }  # fmt: skip
    cursor = await connection.execute(query("claim_messages"), given, prepare=True)
    claimed: list[tuple[datetime, Claimed]] = []
    refused: list[dict[str, Any]] = []
    for row in await cursor.fetchall():
        (message_id, version_id, profile_id, entry_no, step, verdict, reason, recipient, attempts, at, due_at, attributes,
         user_id, event, saved, entered_at) = row  # fmt: skip
        if verdict == "claimed":
            one = Claimed(bucket, message_id, version_id, profile_id, entry_no, step, recipient, attempts, at, attributes,
                          user_id, event, saved, entered_at)  # fmt: skip
            claimed.append((due_at, one))
        elif verdict == "skipped":
            refused.append(
                {"message_id": str(message_id), "exit": f"skipped:{reason}", "at": _text(at), "detail": None}
            )
    if refused:
        await connection.execute(query("report_outcomes"), {"b": Int4(bucket), "rows": json.dumps(refused)})
    claimed.sort(key=lambda pair: (pair[0], pair[1].message_id))
    return [one for _, one in claimed]


async def settle(connection: Connection, bucket: int, outcomes: Sequence[Settled]) -> int:
    """Record outcomes of one bucket as facts and bring them back as inbox rows; the caller's transaction.

    Returns how many were still claimed: one whose time ran out was settled as uncertain before.
    """
    return await settle_buckets(connection, {bucket: outcomes})


async def settle_buckets(connection: Connection, outcomes: Mapping[int, Sequence[Settled]]) -> int:
    """Do the same for several buckets at once: one statement and one commit, however many there are."""
    rows = [
        {
            "bucket": bucket, "message_id": str(o.claimed.message_id), "state": o.state, "reason": o.reason,
            "detail": o.detail, "subject": o.subject, "handed_at": _text(o.handed_at), "settled_at": _text(o.at),
            "tried": int(o.tried), "due_at": _text(o.due_at), "exit": o.exit, "recipient": o.recipient,
            "answer": None if o.answer is None else {"body": o.answer.body},
        }
        for bucket, some in outcomes.items()
        for o in some
    ]  # fmt: skip
    if not rows:
        return 0
    cursor = await connection.execute(query("settle_messages"), {"rows": json.dumps(rows)}, prepare=True)
    row = await cursor.fetchone()
    assert row is not None
    gone = [o for some in outcomes.values() for o in some if o.bounced]
    if gone:
        listed = [
            {"address": o.claimed.recipient, "reason": "bounce", "detail": o.detail, "added_by": "engine"}
            for o in gone
        ]
        given = {"rows": json.dumps(listed), "at": max(o.at for o in gone)}
        await connection.execute(query("suppress_addresses"), given)
    return int(row[0])


async def claim_overdue(
    connection: Connection, bucket: int, journey_id: int, now: datetime, grace: timedelta
) -> int:
    """Settle claims that nobody settled in time as uncertain: they go on as sent, shown apart (R30)."""
    given = {"b": Int4(bucket), "j": Int4(journey_id), "now": now, "overdue": now - grace}
    cursor = await connection.execute(query("overdue_claims"), given)
    rows = [
        {"message_id": message_id, "exit": "sent", "at": format_instant(now), "detail": None}
        for (message_id,) in await cursor.fetchall()
    ]
    if rows:
        await connection.execute(query("report_outcomes"), {"b": Int4(bucket), "rows": json.dumps(rows)})
    return len(rows)


def _text(at: datetime | None) -> str | None:
    return format_instant(at) if at is not None else None
