"""/api/journeys/KEY/participants: who is or was in a journey, one person's timeline, messages, refusals."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from parcours.api.commands import answer_of
from parcours.api.models.commands import PeopleAnswer, PeopleWanted
from parcours.api.models.common import (
    CSV,
    Cursor,
    IdempotencyKey,
    JourneyKey,
    Limit,
    Page,
    PersonId,
    VersionNumber,
)
from parcours.api.models.people import MessageLine, ParticipantLine, RefusalLine, Why
from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.api.tables import stream_table, wants_table
from parcours.domain.access import Principal
from parcours.domain.lifecycle import MessageState, ParticipantStatus
from parcours.service.browsing.answers import Asked
from parcours.service.browsing.commanding import give_people
from parcours.service.browsing.paging import Row, find_journey_id
from parcours.service.browsing.people import (
    MessageFilter,
    ParticipantFilter,
    browse_messages,
    browse_participants,
    browse_refusals,
    every_participant,
)
from parcours.service.commands.people import Change, PeopleOrder
from parcours.service.explaining.why import read_why

__all__ = ["router"]

router = Router("", "participants")
VIEWER: Final = (Depends(require("viewer")),)
Publisher = Annotated[Principal, Depends(require("publisher"))]
Word = Annotated[str, Field(max_length=64)]
Words = Annotated[list[Word] | None, Query(max_length=200)]
OnePerson = Annotated[str | None, Query(max_length=256, description="only this person")]
COLUMNS: Final = (
    "user_id", "entry_no", "version", "status", "reason", "step", "entered_at", "entered_step_at", "wake_at",
    "left_at", "goal_met_at", "name",
)  # fmt: skip


@router.get(
    "/journeys/{key}/participants", response_model=Page[ParticipantLine], responses=CSV, dependencies=VIEWER
)
async def participants(
    request: Request, work: InTransaction, key: JourneyKey, *,
    version: VersionNumber = None,
    status: Annotated[list[ParticipantStatus] | None, Query(description="several may be named")] = None,
    reason: Words = None,
    step: Annotated[list[Word] | None, Query(max_length=200, description="`entry` is the queue")] = None,
    entered_from: Annotated[AwareDatetime | None, Query(description="inclusive")] = None,
    entered_to: Annotated[AwareDatetime | None, Query(description="exclusive")] = None,
    search: Annotated[str | None, Query(max_length=256, description="the beginning of a user_id")] = None,
    user_id: OnePerson = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:  # fmt: skip
    """List participants, the latest entered first; as CSV all of them, person by person."""
    asked = ParticipantFilter(
        version, _all(status), _all(reason), _all(step), entered_from, entered_to, search, user_id
    )
    installed = installed_of(request)
    if wants_table(request):
        await find_journey_id(work.connection, key)
        chunks = every_participant(installed.database.transaction, key, asked)
        return stream_table(chunks, COLUMNS, f"{key}-participants")
    page = await browse_participants(
        work.connection, key, asked, buckets=installed.buckets, limit=limit, cursor=cursor
    )
    return page.as_dict()


@router.post("/journeys/{key}/participants/add", response_model=PeopleAnswer)
async def add(
    request: Request,
    who: Publisher,
    key: JourneyKey,
    wanted: PeopleWanted,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Suggest people to a journey by hand; the entrance rules still decide."""
    return await _change(request, who, key, "add_people", wanted, idempotency_key)


@router.post("/journeys/{key}/participants/remove", response_model=PeopleAnswer)
async def remove(
    request: Request,
    who: Publisher,
    key: JourneyKey,
    wanted: PeopleWanted,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take people out of a journey by hand, wherever they stand."""
    return await _change(request, who, key, "remove_people", wanted, idempotency_key)


@router.get("/journeys/{key}/participants/{user_id:path}", response_model=Why, dependencies=VIEWER)
async def why(work: InTransaction, key: JourneyKey, user_id: PersonId) -> Row:
    """Tell everything about one person in this journey, also where he or she never entered, and why."""
    found = await read_why(work.connection, user_id, key, buckets=work.installed.buckets, now=work.now)
    return found.as_dict()


@router.get("/journeys/{key}/messages", response_model=Page[MessageLine], dependencies=VIEWER)
async def messages(
    work: InTransaction, key: JourneyKey, *,
    version: VersionNumber = None,
    step: Words = None,
    state: Annotated[list[MessageState] | None, Query(description="several may be named")] = None,
    reason: Words = None,
    user_id: OnePerson = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Row:  # fmt: skip
    """List the messages of a journey, the latest first."""
    asked = MessageFilter(version, _all(step), _all(state), _all(reason), user_id)
    return (await browse_messages(work.connection, key, asked, limit=limit, cursor=cursor)).as_dict()


@router.get("/journeys/{key}/refusals", response_model=Page[RefusalLine], dependencies=VIEWER)
async def refusals(
    work: InTransaction, key: JourneyKey, *, reason: Words = None, user_id: OnePerson = None, limit: Limit = 50,
    cursor: Cursor = None,
) -> Row:  # fmt: skip
    """List who was refused at the entrance and why, the latest first."""
    page = await browse_refusals(
        work.connection, key, reasons=_all(reason), user_id=user_id, limit=limit, cursor=cursor
    )
    return page.as_dict()


async def _change(
    request: Request,
    who: Principal,
    key: str,
    change: Change,
    wanted: PeopleWanted,
    idempotency_key: str | None,
) -> Response:
    installed = installed_of(request)
    order = PeopleOrder(
        key, change, tuple(wanted.user_ids), wanted.version, wanted.reason, who.actor, wanted.dry_run
    )
    asked = None
    if idempotency_key is not None:
        asked = Asked.of(who.actor, idempotency_key, request.url.path, wanted.model_dump())
    answered = await give_people(
        installed.database, installed.clock, order, buckets=installed.buckets, asked=asked
    )
    return answer_of(answered, PeopleAnswer)


def _all(values: list[Any] | None) -> tuple[Any, ...] | None:
    return tuple(values) if values else None
