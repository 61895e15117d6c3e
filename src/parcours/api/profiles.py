"""/api/profiles: people, with attributes, audiences, events, passages and messages."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Query

from parcours.api.models.common import Cursor, Limit, Page, PersonId
from parcours.api.models.people import EventLine, PassageLine, PersonMessage, Profile, ProfileLine
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.service.browsing.paging import Row
from parcours.service.browsing.profiles import (
    ProfileFilter,
    browse_events,
    browse_passages,
    browse_person_messages,
    browse_profiles,
    show_profile,
)

__all__ = ["router"]

router = Router("", "people")
VIEWER: Final = (Depends(require("viewer")),)


@router.get("/profiles", response_model=Page[ProfileLine], dependencies=VIEWER)
async def profiles(
    work: InTransaction, *,
    search: Annotated[
        str | None, Query(max_length=200, description="a user_id, or a part of user_id, email, phone or a name")
    ] = None,
    audience: Annotated[str | None, Query(max_length=64, description="who belongs to this list or condition")] = None,
    deleted: Annotated[bool, Query(description="deleted ones, too")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Row:  # fmt: skip
    """List people, or find them; in no order that means anything."""
    asked = ProfileFilter(search, audience, deleted)
    buckets = work.installed.buckets
    page = await browse_profiles(work.connection, asked, buckets=buckets, limit=limit, cursor=cursor)
    return page.as_dict()


@router.get("/profiles/{user_id:path}/events", response_model=Page[EventLine], dependencies=VIEWER)
async def events(
    work: InTransaction, user_id: PersonId, *,
    name: Annotated[str | None, Query(max_length=200, description="only events of this name")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Row:  # fmt: skip
    """List what a person has done, the latest first."""
    buckets = work.installed.buckets
    await show_profile(work.connection, user_id, buckets=buckets)
    page = await browse_events(
        work.connection, user_id, buckets=buckets, name=name, limit=limit, cursor=cursor
    )
    return page.as_dict()


@router.get("/profiles/{user_id:path}/passages", response_model=list[PassageLine], dependencies=VIEWER)
async def passages(work: InTransaction, user_id: PersonId) -> list[Row]:
    """List the passages of a person through all journeys, the latest first."""
    await show_profile(work.connection, user_id, buckets=work.installed.buckets)
    return await browse_passages(work.connection, user_id, buckets=work.installed.buckets)


@router.get("/profiles/{user_id:path}/messages", response_model=list[PersonMessage], dependencies=VIEWER)
async def messages(work: InTransaction, user_id: PersonId) -> list[Row]:
    """List the messages of all journeys to a person, the latest first."""
    await show_profile(work.connection, user_id, buckets=work.installed.buckets)
    return await browse_person_messages(work.connection, user_id, buckets=work.installed.buckets)


@router.get("/profiles/{user_id:path}", response_model=Profile, dependencies=VIEWER)
async def profile(work: InTransaction, user_id: PersonId) -> Row:
    """Show one person."""
    return await show_profile(work.connection, user_id, buckets=work.installed.buckets)
