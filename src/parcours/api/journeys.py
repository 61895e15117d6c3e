"""/api/journeys: the list, one journey, its words, its problems, and what happens to it by itself."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import Field

from parcours.api.models.common import Cursor, JourneyKey, Limit, Page, VersionNumber
from parcours.api.models.journeys import (
    Facets,
    JourneyDetail,
    JourneyLine,
    Overview,
    Upcoming,
    VersionProblems,
    WordsWanted,
)
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal
from parcours.domain.lifecycle import Status
from parcours.service.browsing.journeys import (
    JourneyFilter,
    Sort,
    browse_journeys,
    change_words,
    facets,
    show_one,
)
from parcours.service.browsing.paging import Row
from parcours.service.commands.deleting import list_deleted
from parcours.service.editing.definitions import journey_problems
from parcours.service.watch.overview import read_overview
from parcours.service.watch.upcoming import what_happens_next

__all__ = ["router"]

router = Router("", "journeys")
VIEWER: Final = (Depends(require("viewer")),)
Editor = Annotated[Principal, Depends(require("editor"))]
Text = Annotated[str | None, Query(max_length=200)]
Tag = Annotated[str, Field(max_length=200)]


@router.get("/journeys", response_model=Page[JourneyLine], dependencies=VIEWER)
async def list_journeys(
    work: InTransaction, *,
    search: Annotated[str | None, Query(max_length=200, description="in key, name, description, tags, owner")] = None,
    status: Annotated[list[Status] | None, Query(description="shown ones; several may be named")] = None,
    folder: Annotated[str | None, Query(max_length=200, description="with those below it")] = None,
    tag: Annotated[list[Tag] | None, Query(max_length=20, description="all of those named")] = None,
    owner: Text = None,
    problems: Annotated[bool | None, Query(description="only those that have some, or have none")] = None,
    sort: Annotated[Sort, Query(description="by name and key from A on, else from the greatest down")] = "name",
    only_legal: Annotated[
        bool, Query(description="of the commands only those that can be given now, so the answer is a fraction")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Row:  # fmt: skip
    """List journeys with status, numbers, problems, and what can be done with each."""
    asked = JourneyFilter(
        search, tuple(status) if status else None, folder, tuple(tag) if tag else None, owner, problems
    )
    page = await browse_journeys(
        work.connection, asked, sort=sort, limit=limit, cursor=cursor, only_legal=only_legal
    )
    return page.as_dict()


@router.get("/journey-facets", response_model=Facets, dependencies=VIEWER)
async def list_facets(work: InTransaction) -> dict[str, list[Row]]:
    """List the folders, tags and owners there are."""
    return await facets(work.connection)


@router.get("/deleted-journeys", dependencies=VIEWER)
async def deleted_journeys(work: InTransaction) -> list[Row]:
    """List the journeys and versions that were deleted, with the totals that are left of them."""
    return await list_deleted(work.connection)


@router.get("/journeys/{key}", response_model=JourneyDetail, dependencies=VIEWER)
async def show_journey(work: InTransaction, key: JourneyKey) -> Row:
    """Show a journey with its versions and what happens next by itself."""
    return await _detail(work, key)


@router.get("/journeys/{key}/overview", response_model=Overview, dependencies=VIEWER)
async def overview(work: InTransaction, key: JourneyKey) -> Row:
    """Show everything about a journey at once; its people are counted, so for many it takes a while."""
    return (await read_overview(work.connection, key, work.now)).as_dict()


@router.patch("/journeys/{key}", response_model=JourneyDetail)
async def change_journey(who: Editor, work: InTransaction, key: JourneyKey, words: WordsWanted) -> Row:
    """Change name, description, folder, tags or owner, whatever the status."""
    changes = words.model_dump(exclude_none=True)
    await change_words(work.connection, key, changes, work.now, actor=who.actor)
    return await _detail(work, key)


@router.get("/journeys/{key}/upcoming", response_model=list[Upcoming], dependencies=VIEWER)
async def upcoming(work: InTransaction, key: JourneyKey) -> list[Row]:
    """Tell what will happen by itself: by instant, then what has none."""
    return [one.as_dict() for one in await what_happens_next(work.connection, key, work.now)]


@router.get("/journeys/{key}/problems", response_model=list[VersionProblems], dependencies=VIEWER)
async def problems_of(work: InTransaction, key: JourneyKey, version: VersionNumber = None) -> list[Row]:
    """Tell what is wrong with the draft and what goes on, or with one version, as a command would find it now."""
    found = await journey_problems(work.connection, key, work.now, version)
    return [one.as_dict() for one in found]


async def _detail(work: InTransaction, key: str) -> Row:
    line = await show_one(work.connection, key)
    coming = await what_happens_next(work.connection, key, work.now)
    return line | {"upcoming": [one.as_dict() for one in coming]}
