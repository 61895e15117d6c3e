"""/api/journeys/KEY/report: numbers as JSON, or as a table with `Accept: text/csv`."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Query
from pydantic import AwareDatetime
from starlette.requests import Request

from parcours.api.models.common import CSV, JourneyKey, VersionNumber
from parcours.api.models.reports import Branch, Day, MessageDay, MessageStep, ReasonLine, Report
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.api.tables import as_table, wants_table
from parcours.domain.catalogue_reasons import DROPPING_OUT
from parcours.service.browsing.numbers import (
    branches,
    days,
    message_days,
    message_totals,
    read_scope,
    report,
    walked,
)
from parcours.service.browsing.paging import Row

__all__ = ["router"]

router = Router("/journeys/{key}/report", "reports")
VIEWER: Final = (Depends(require("viewer")),)
Since = Annotated[AwareDatetime | None, Query(alias="from", description="inclusive")]
Until = Annotated[AwareDatetime | None, Query(alias="to", description="exclusive")]
LEFT: Final = ("completed", "succeeded", "dropped_out", "cancelled")
STATES: Final = ("queued", "claimed", "sent", "skipped", "rejected", "cancelled", "uncertain")


@router.get("", response_model=Report, responses=CSV, dependencies=VIEWER)
async def totals(
    request: Request, work: InTransaction, key: JourneyKey, version: VersionNumber = None
) -> Any:
    """Totals, drop-outs by reason, and each step; as CSV the steps. All from what is counted with every move."""
    found = await report(work.connection, await read_scope(work.connection, key, version))
    if wants_table(request):
        return as_table(found["steps"], ("step", "kind", "label", "in", "here", "out"), f"{key}-steps")
    return found


@router.get("/days", response_model=list[Day], responses=CSV, dependencies=VIEWER)
async def per_day(
    request: Request, work: InTransaction, key: JourneyKey, version: VersionNumber = None, since: Since = None,
    until: Until = None,
) -> Any:  # fmt: skip
    """Who entered and who left how, by day of the journey's time zone; days without anything are left out."""
    scope = await read_scope(work.connection, key, version)
    found = await days(work.connection, scope, since, until)
    if wants_table(request):
        return as_table(found, ("day", "entered", *LEFT, "inside"), f"{key}-days")
    return found


@router.get("/reasons", response_model=list[ReasonLine], responses=CSV, dependencies=VIEWER)
async def per_reason(
    request: Request, work: InTransaction, key: JourneyKey, version: VersionNumber = None
) -> Any:
    """Who dropped out, by reason, the most frequent first."""
    found = await report(work.connection, await read_scope(work.connection, key, version))
    entered = found["totals"]["entered"]
    rows: list[Row] = [
        {
            "reason": reason,
            "said": DROPPING_OUT.get(reason),
            "people": n,
            "share": n / entered if entered else None,
        }
        for reason, n in sorted(found["reasons"].items(), key=lambda one: (-one[1], one[0]))
    ]
    if wants_table(request):
        return as_table(rows, ("reason", "said", "people", "share"), f"{key}-reasons")
    return rows


@router.get("/branches", response_model=list[Branch], responses=CSV, dependencies=VIEWER)
async def per_branch(
    request: Request, work: InTransaction, key: JourneyKey, version: VersionNumber = None
) -> Any:
    """How many took each branch of splits, experiments and waits: from the moves, so it takes a moment for many."""
    scope = await read_scope(work.connection, key, version)
    edges, _ = await walked(work.connection, scope.journey_id, {})
    found = branches(scope, edges)
    if wants_table(request):
        return as_table(
            found, ("step", "branch", "label", "to", "taken", "share", "shared", "reason"), f"{key}-branches"
        )
    return found


@router.get("/messages", response_model=list[MessageStep], responses=CSV, dependencies=VIEWER)
async def messages(
    request: Request, work: InTransaction, key: JourneyKey, version: VersionNumber = None
) -> Any:
    """Messages by step and outcome."""
    found = await message_totals(work.connection, await read_scope(work.connection, key, version))
    if wants_table(request):
        return as_table(found, ("step", "channel", *STATES, "reasons"), f"{key}-messages")
    return found


@router.get("/messages/days", response_model=list[MessageDay], responses=CSV, dependencies=VIEWER)
async def messages_per_day(
    request: Request, work: InTransaction, key: JourneyKey, version: VersionNumber = None, since: Since = None,
    until: Until = None,
) -> Any:  # fmt: skip
    """Messages by day, step and outcome."""
    scope = await read_scope(work.connection, key, version)
    found = await message_days(work.connection, scope, since, until)
    if wants_table(request):
        return as_table(found, ("day", "step", *STATES), f"{key}-message-days")
    return found
