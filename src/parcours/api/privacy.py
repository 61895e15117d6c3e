"""/api/people/…/export and erasure, /api/retention: what people may ask for, and for how long things are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.api.sentences import Sentence
from parcours.domain.access import Principal
from parcours.domain.errors import ParcoursError
from parcours.domain.identity import profile_id
from parcours.service.privacy.erasing import erase_person, read_erasure
from parcours.service.privacy.export import export_person, note_export
from parcours.service.privacy.retaining import Retention, looks_further_back, read_retention, save_retention
from parcours.service.watch.reports import notify_workers

__all__ = ["person", "retention"]

person = Router("/people/{user_id:path}", "privacy")
retention = Router("/retention", "privacy")

Admin = Annotated[Principal, Depends(require("admin"))]
Reason = Annotated[str | None, Query(max_length=1000, description="why; kept in the audit")]
Days = Annotated[int | None, Field(ge=1, le=36_500, description="null: for ever")]


class Forgotten(BaseModel):
    """How it stands with forgetting a person."""

    person: str = Field(description="the hash of the key: all that is kept of it")
    asked_at: datetime | None
    done_at: datetime | None = Field(description="null: what journeys hold of the person is still going")
    counts: dict[str, int]
    new: bool
    dry_run: bool


class Kept(BaseModel):
    """For how many days things are kept."""

    events: Days = None
    passages: Days = Field(None, description="the moves of a passage, behind its end; null: for ever")
    messages: Days = Field(None, description="behind the end of their passage; null: for ever")


class KeptSaid(Kept):
    """For how many days things are kept, and who looks further back."""

    warnings: list[Sentence]


@person.get("/export")
async def export(request: Request, who: Admin, user_id: str, reason: Reason = None) -> dict[str, Any]:
    """Return all that is known of a person."""
    installed = installed_of(request)
    now = installed.clock.now()
    async with installed.database.transaction() as connection:
        found = await export_person(connection, user_id, buckets=installed.buckets, at=now)
    async with installed.database.transaction() as connection:
        await note_export(connection, user_id, at=now, actor=who.actor, reason=reason)
    return found


@person.post("/erasure")
async def erase(
    who: Admin,
    work: InTransaction,
    user_id: str,
    *,
    suppress: Annotated[bool, Query(description="keep advertising from the address in future, too")] = True,
    dry_run: bool = False,
    reason: Reason = None,
) -> Forgotten:
    """Forget a person, for good. Asked for already, it says how that stands."""
    asked = await erase_person(
        work.connection, user_id, buckets=work.installed.buckets, at=work.now, actor=who.actor, reason=reason,
        suppress=suppress, dry_run=dry_run,
    )  # fmt: skip
    if not dry_run:
        await notify_workers(work.connection)
    return Forgotten(**asked.as_dict())


@person.get("/erasure")
async def erasure(who: Admin, work: InTransaction, user_id: str) -> Forgotten:  # noqa: ARG001
    """Say how it stands with forgetting a person."""
    found = await read_erasure(work.connection, profile_id(user_id), buckets=work.installed.buckets)
    if found is None:
        raise ParcoursError(
            "unknown_person", f"nobody asked to forget {user_id}", hint="POST here to ask for it."
        )
    return Forgotten(**found.as_dict())


@retention.get("")
async def kept(who: Admin, work: InTransaction) -> KeptSaid:  # noqa: ARG001
    """Say for how long things are kept."""
    found = await read_retention(work.connection)
    return KeptSaid(**found.as_dict(), warnings=await looks_further_back(work.connection, found))


@retention.put("")
async def keep(
    who: Admin, work: InTransaction, wanted: Kept, *, dry_run: bool = False, reason: Reason = None
) -> KeptSaid:
    """Settle for how long things are kept; what is older goes within a day."""
    days = {kind: None if n is None else timedelta(days=n) for kind, n in wanted.model_dump().items()}
    asked = Retention(**days)
    if not dry_run:
        await save_retention(work.connection, asked, at=work.now, actor=who.actor, reason=reason)
    return KeptSaid(**asked.as_dict(), warnings=await looks_further_back(work.connection, asked))
