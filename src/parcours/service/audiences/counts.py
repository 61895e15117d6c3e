"""Any count can become an audience: who entered, stands at a step, got a message, was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, get_args

from psycopg.types.numeric import Int4

from parcours.clock import Clock
from parcours.domain.errors import ParcoursError
from parcours.domain.lifecycle import MESSAGE_STATES
from parcours.domain.reading import nearest
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant
from parcours.service.audiences.from_files import refuse_condition
from parcours.service.audiences.noting import note_audience
from parcours.service.intake.taking import take
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["COUNTS", "Count", "CountKind", "FromCount", "audience_from_count", "people_of_count"]

CountKind: TypeAlias = Literal["entered", "inside", "at", "passed", "left", "message", "refused", "listed"]
COUNTS: Final[tuple[CountKind, ...]] = get_args(CountKind)
REACTIONS: Final = {"opened": "Email Opened", "clicked": "Email Link Clicked"}
LEFT: Final = ("completed", "succeeded", "dropped_out", "cancelled")
BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """The people whom a number means.

    `entered` the journey; are `inside`; stand `at` a step; came to a step (`passed`); `left` with a status, of
    dropped-out people perhaps a `reason`; whose `message` of a step had an `outcome` (`sent`, …, `opened`, `clicked`);
    were `refused`, perhaps for a `reason`; stand in the list of participants (`listed`) where it is narrowed to some
    `statuses`, `steps`, and a `search`. In `[since, until)`: of the entrance, the leaving, the passage, the hand-out.
    """

    journey: str
    kind: CountKind
    step: str | None = None
    status: str | None = None
    outcome: str | None = None
    reason: str | None = None
    version: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    statuses: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    search: str | None = None


@dataclass(frozen=True, slots=True)
class FromCount:
    """How many people a count meant, and how many of them came into the list by it."""

    key: str
    people: int
    added: int


async def people_of_count(connection: Connection, count: Count, bucket: int) -> list[str]:
    """Return the people of a bucket whom a count means, by user_id; deleted ones left out.

    Raises ParcoursError `bad_count`, `unknown_journey`, `unknown_version`.
    """
    _check(count)
    row = await (
        await connection.execute(query("counted_journey"), {"key": count.journey, "version": count.version})
    ).fetchone()
    if row is None:
        raise ParcoursError("unknown_journey", f"there is no journey {count.journey}", place="journey")
    if count.version is not None and row[1] is None:
        raise ParcoursError(
            "unknown_version", f"{count.journey} has no version {count.version}", place="version"
        )
    given: dict[str, Any] = {
        "b": Int4(bucket), "j": Int4(row[0]), "v": row[1] if count.version is not None else None, "key": count.journey,
        "step": count.step, "status": count.status, "outcome": count.outcome, "reason": count.reason,
        "since": count.since, "until": count.until, "ended": count.kind == "left",
    }  # fmt: skip
    match count.kind:
        case "entered" | "inside" | "at" | "left":
            name = "counted_passages"
            given["status"] = "active" if count.kind in ("inside", "at") else count.status
        case "passed":
            name = "counted_steps"
        case "listed":
            name = "counted_listed"
            given |= {
                "statuses": list(count.statuses) or None, "steps": list(count.steps) or None,
                "search": count.search or None,
            }  # fmt: skip
        case "message" if count.outcome in REACTIONS:
            name, given["event"] = "counted_reactions", REACTIONS[count.outcome]
        case "message":
            name = "counted_messages"
        case _:
            name = "counted_refusals"
    rows = await (await connection.execute(query(name), given)).fetchall()
    return sorted(user_id for (user_id,) in rows)


async def audience_from_count(
    database: Database, clock: Clock, key: str, count: Count, *, buckets: int, actor: str, name: str = "",
    dry_run: bool = False, reason: str | None = None, on_batch: Callable[[int], None] = lambda _: None,
) -> FromCount:  # fmt: skip
    """Put the people of a count into a list of members, made where it is new; journeys hear of who comes in.

    Bucket by bucket, in transactions of 1,000 people; done again it adds who is missing. Raises ParcoursError as
    `people_of_count`, and `audience_kind_changed` where the key is that of a condition.
    """
    _check(count)
    people = added = 0
    for bucket in range(buckets):
        async with database.transaction() as connection:
            if bucket == 0:
                await refuse_condition(connection, key)
                if not dry_run:
                    given = {"rows": json.dumps([{"name": key}]), "at": clock.now()}
                    await connection.execute(query("create_audience"), given)
                    if name:
                        await connection.execute(query("rename_audience"), {"key": key, "name": name})
                    # Before the first comes in; how many did is told at the end.
                    told = {
                        word: _word(value) for word, value in asdict(count).items() if value not in (None, ())
                    }
                    await note_audience(
                        connection,
                        "begin_audience_from",
                        key,
                        told,
                        at=clock.now(),
                        actor=actor,
                        reason=reason,
                    )
            found = await people_of_count(connection, count, bucket)
        people += len(found)
        if not dry_run:
            for first in range(0, len(found), BATCH):
                added += await _add(database, clock, key, found[first : first + BATCH], buckets)
                on_batch(people)
    if not dry_run:
        async with database.transaction() as connection:
            counts = {"people": people, "added": added}
            await note_audience(
                connection, "audience_from", key, at=clock.now(), actor=actor, reason=reason, counts=counts
            )
    return FromCount(key, people, added)


async def _add(database: Database, clock: Clock, key: str, people: Sequence[str], buckets: int) -> int:
    async with database.transaction() as connection:
        at = clock.now()
        before = await _members(connection, key)
        stamp = format_instant(at)
        lines = [FeedLine("audience", one, at, f"count {key} {one} {stamp}", name=key) for one in people]
        await take(connection, lines, buckets=buckets, received_at=at, mode="state")
        after = await _members(connection, key)
        await notify_workers(connection)
    return after - before


def _word(value: object) -> object:
    return format_instant(value) if isinstance(value, datetime) else value


async def _members(connection: Connection, key: str) -> int:
    row = await (await connection.execute(query("count_members"), {"key": key})).fetchone()
    return int(row[0]) if row else 0


def _check(count: Count) -> None:
    """Raise ParcoursError `bad_count` where it does not say what it needs."""
    if count.kind not in COUNTS:
        raise _bad(
            f"there is no count {count.kind}",
            nearest(count.kind, COUNTS) or f"There are {', '.join(COUNTS)}.",
        )
    if count.kind in ("at", "passed", "message") and not count.step:
        raise _bad(f"`{count.kind}` needs a step", "Name the step by its id.")
    if count.kind == "left" and count.status not in (None, *LEFT):
        raise _bad(f"nobody leaves with {count.status}", f"There are {', '.join(LEFT)}.")
    outcomes = (*MESSAGE_STATES, *REACTIONS)
    if count.kind == "message" and count.outcome not in outcomes:
        raise _bad(f"`{count.outcome}` is no outcome of a message", f"There are {', '.join(outcomes)}.")


def _bad(message: str, hint: str) -> ParcoursError:
    return ParcoursError("bad_count", message, place="count", hint=hint)
