"""/api/alerts, ledger, stuck, where-used: what needs somebody, and what hangs together."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from parcours.api.models.common import JourneyKey
from parcours.api.models.reports import LedgerOne
from parcours.api.models.watching import Alert, EntrantsWatched, FoundUse, MendWanted, Stuck, StuckPeople
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal
from parcours.domain.uses import UseKind
from parcours.service.browsing.paging import Row, find_journey_id, limit_time
from parcours.service.editing.where_used import where_used
from parcours.service.watch.alerts import alerts as list_alerts
from parcours.service.watch.alerts import read_watch, watch_entrants
from parcours.service.watch.ledger import read_ledgers
from parcours.service.watch.stuck import MendOrder, find_failed, find_stuck
from parcours.service.watch.stuck import Stuck as Found
from parcours.service.watch.stuck import mend as mend_one

__all__ = ["router"]

router = Router("", "watching")
VIEWER: Final = (Depends(require("viewer")),)
Publisher = Annotated[Principal, Depends(require("publisher"))]
OfJourney = Annotated[str | None, Query(max_length=64, description="only of this journey")]
LATELY: Final = timedelta(days=1)


@router.get("/alerts", response_model=list[Alert], dependencies=VIEWER)
async def alerts(
    work: InTransaction,
    journey: OfJourney = None,
    past: Annotated[bool, Query(description="those that are over, too")] = False,  # noqa: FBT002
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Row]:
    """List the alerts that stand, the gravest first."""
    return await list_alerts(work.connection, journey, past=past, limit=limit)


@router.get("/ledger", response_model=list[LedgerOne], dependencies=VIEWER)
async def ledger(work: InTransaction, journey: OfJourney = None) -> list[Row]:
    """Hold the counters of every published version against the people there are; for many people it takes a while."""
    return [one.as_dict() for one in await read_ledgers(work.connection, journey)]


@router.get("/stuck", response_model=StuckPeople, dependencies=VIEWER)
async def stuck(
    work: InTransaction,
    journey: OfJourney = None,
    minutes: Annotated[float, Query(ge=0, le=10_000, description="due for longer than this")] = 5,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Row:
    """List who has been due for too long, why, and what can be done; and who fell out with an error in the last day."""
    if journey is not None:
        await find_journey_id(work.connection, journey)
    await limit_time(work.connection)
    late = timedelta(minutes=minutes)
    found = await find_stuck(work.connection, work.now, key=journey, late=late, limit=limit)
    failed = await find_failed(work.connection, work.now - LATELY, key=journey)
    return {"stuck": [_stuck(one) for one in found], "failed": failed}


@router.post("/stuck/mend", response_model=Stuck)
async def mend(who: Publisher, work: InTransaction, wanted: MendWanted) -> Row:
    """Do something about one stuck person: retry, skip the message, or take the person out."""
    order = MendOrder(wanted.journey, wanted.user_id, wanted.mend, wanted.step, wanted.reason, who.actor)
    late = timedelta(minutes=wanted.minutes)
    return _stuck(await mend_one(work.connection, order, work.now, buckets=work.installed.buckets, late=late))


@router.put("/journeys/{key}/entrants-watch", status_code=204)
async def watch(who: Publisher, work: InTransaction, key: JourneyKey, wanted: EntrantsWatched) -> None:
    """Ask of a journey that somebody enters within a time; where nobody does, an alert is raised."""
    await watch_entrants(work.connection, key, read_watch(wanted.within), at=work.now, actor=who.actor)


@router.get("/where-used", response_model=list[FoundUse], dependencies=VIEWER)
async def used(
    work: InTransaction, kind: UseKind, name: Annotated[str, Query(min_length=1, max_length=320)]
) -> list[Row]:
    """List every place that names a journey, an audience, a sender, a template, an event, a field, a subscription."""
    return [one.as_dict() for one in await where_used(work.connection, kind, name)]


def _stuck(one: Found) -> Row:
    mends = ["retry", "drop_out"] if one.message_id is None else ["retry", "skip", "drop_out"]
    if one.kind == "claimed":
        mends.remove("retry")
    return one.as_dict() | {"mends": mends}
