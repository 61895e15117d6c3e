"""One command as a program gives it: now or for later, once however often it is repeated, with all that follows from it.

The command is one transaction; behind its commit it waits for what a provider holds already, where it is asked to.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from parcours.clock import Clock
from parcours.domain.errors import ParcoursError
from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant
from parcours.service.browsing.answers import Asked, Stored, forget_answers, keep_answer, take_key
from parcours.service.browsing.paging import Row
from parcours.service.commands.answering import Order
from parcours.service.commands.lifecycle import execute
from parcours.service.commands.people import PeopleOrder, change_people
from parcours.service.commands.preview import preview_resume
from parcours.service.commands.publish_plan import plan_of
from parcours.service.commands.scheduling import give_for_later, read_when
from parcours.service.commands.versions import lock_family
from parcours.service.commands.waiting import InFlight, find_in_flight, settle_in_flight
from parcours.service.watch.reports import admitting_version, notify_workers
from parcours.store.database import Connection, Database

__all__ = ["Answered", "Wanted", "give_command", "give_people"]

WAITS: Final = ("pause", "close", "stop", "delete")
DONE, LATER, REFUSED = 200, 202, 409


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: 200 done, 202 kept for later, 409 refused. `again`: it was given before."""

    status: int
    body: Row
    again: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command that is asked for.

    `at`: an instant to come; `wait`: for what a provider holds; `drafts_only`: whoever asks may delete nothing else.
    """

    order: Order
    at: str | None = None
    wait: bool = True
    drafts_only: bool = False
    asked: Asked | None = None


async def give_command(database: Database, clock: Clock, wanted: Wanted) -> Answered:
    """Carry out a command, or keep it for later; with `dry_run` only say what it would do.

    Given again with its key and `wait` it waits for what a provider held the first time, and tells how that ended.
    Raises ParcoursError `unknown_journey`, `unknown_version`, `bad_option`, `past_instant`, `not_for_later`,
    `not_allowed`, `idempotency_key_reused`, and those of the command.
    """
    asked = None if wanted.order.dry_run else wanted.asked
    if asked is not None:
        await forget_answers(database, clock.now())
    versions: tuple[int, ...] = ()
    async with database.transaction() as connection:
        now = clock.now()
        if asked is not None and (stored := await take_key(connection, asked, now)) is not None:
            answered = _again(stored)
        else:
            answered, versions = await _carry_out(connection, wanted, now)
            if asked is not None:
                await keep_answer(connection, asked, answered.status, answered.body)
    if answered.again:
        held = _held_then(answered) if wanted.wait else None
    else:
        held = await find_in_flight(database, versions) if versions else None
    if held is None:
        return answered
    body = {**answered.body, "in_flight": len(held.messages), "held": asdict(held)}
    if wanted.wait and held.messages:
        body["settled"] = await settle_in_flight(database, held.version_ids, clock, held=held)
    if asked is not None:
        async with database.transaction() as connection:
            await keep_answer(connection, asked, answered.status, body)
    return replace(answered, body=body)


def _held_then(answered: Answered) -> InFlight | None:
    """Return what a provider held when the command was given; None where it is known how that ended."""
    held = answered.body.get("held")
    if not held or not held["messages"] or answered.body.get("settled") is not None:
        return None
    messages = tuple((bucket, message) for bucket, message in held["messages"])
    return InFlight(held["journey_id"], tuple(held["version_ids"]), messages)


async def _carry_out(
    connection: Connection, wanted: Wanted, now: datetime
) -> tuple[Answered, tuple[int, ...]]:
    """Return the answer, and the versions of which a provider may hold messages that are to be waited for."""
    order = wanted.order
    if wanted.drafts_only:
        await _only_drafts(connection, order, later=wanted.at is not None)
    if wanted.at is not None:
        return await _later(connection, order, wanted.at, now), ()
    answered, result = await _now(connection, order, now)
    is_over = order.dry_run or order.command not in WAITS
    return answered, () if is_over else tuple(result.changed)


async def give_people(
    database: Database, clock: Clock, order: PeopleOrder, *, buckets: int, asked: Asked | None = None
) -> Answered:
    """Suggest people to a journey, or take them out of it. Raises ParcoursError as `change_people` does."""
    asked = None if order.dry_run else asked
    if asked is not None:
        await forget_answers(database, clock.now())
    async with database.transaction() as connection:
        now = clock.now()
        if asked is not None and (stored := await take_key(connection, asked, now)) is not None:
            return _again(stored)
        changed = await change_people(connection, order, buckets=buckets, at=now)
        if not order.dry_run:
            await notify_workers(connection, order.journey)
        result = changed.result
        body = _body(result) | {"unknown": list(changed.unknown), "outside": list(changed.outside)}
        answered = Answered(_status(result), body)
        if asked is not None:
            await keep_answer(connection, asked, answered.status, body)
    return answered


async def _now(connection: Connection, order: Order, now: datetime) -> tuple[Answered, CommandResult]:
    order = await _in_zone(connection, order)
    body: Row = {}
    if order.command in ("publish", "restart") and order.options.get("people") != "move":
        body["shuts"] = await admitting_version(connection, order.journey)
    plan = await plan_of(connection, order, now) if order.dry_run else None
    result = await execute(connection, order, now)
    if not order.dry_run:
        await notify_workers(connection, order.journey)
    if plan is not None:
        body["plan"] = plan.as_dict()
    elif order.dry_run and order.command == "resume" and result.changed:
        found = await preview_resume(connection, order.journey, result.changed, now)
        body["preview"] = [one.as_dict() for one in found]
    if not result.changed:
        body.pop("shuts", None)
    return Answered(_status(result), _body(result) | body), result


async def _later(connection: Connection, order: Order, text: str, now: datetime) -> Answered:
    at = await read_when(connection, order.journey, text, "at")
    scheduled = await give_for_later(connection, await _in_zone(connection, order), at, now)
    if not order.dry_run:
        await notify_workers(connection, order.journey)
    body = _body(scheduled.would) | {"scheduled_id": scheduled.scheduled_id, "at": format_instant(at)}
    return Answered(DONE if order.dry_run else LATER, body)


async def _in_zone(connection: Connection, order: Order) -> Order:
    """Read an `until` without an offset in the time zone of the journey, as `at` is read."""
    until = order.options.get("until")
    if order.command != "pause" or not isinstance(until, str) or until == "none":
        return order
    at = await read_when(connection, order.journey, until, "options.until")
    return replace(order, options={**order.options, "until": format_instant(at)})


async def _only_drafts(connection: Connection, order: Order, *, later: bool) -> None:
    if later:
        raise ParcoursError(
            "not_allowed", "This needs the role publisher: until then, a draft may have been published",
            hint="Delete the draft now, or ask somebody with that role.",
        )  # fmt: skip
    family = await lock_family(connection, order.journey)
    asked = family.versions if order.version_no is None else [family.find(order.version_no)]
    if any(version.status != "draft" for version in asked):
        raise ParcoursError(
            "not_allowed", "This needs the role publisher: not everything that would be deleted is a draft",
            hint="Name the draft by its version, or ask somebody with that role.",
        )  # fmt: skip


def _status(result: CommandResult) -> int:
    return REFUSED if result.refused is not None and not result.dry_run else DONE


def _body(result: CommandResult) -> Row:
    return result.as_dict() | {"changed": len(result.changed)}


def _again(stored: Stored) -> Answered:
    return Answered(stored.status, stored.body, again=True)
