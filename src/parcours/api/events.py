"""/api/events: the latest that came over HTTP, and what each caused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.api.sentences import Sentence
from parcours.domain.access import Principal
from parcours.service.intake.recent import read_recent

__all__ = ["router"]

router = Router("/events", "intake")
Viewer = Annotated[Principal, Depends(require("viewer"))]
Result = Literal["taken", "repeated", "refused"]


class Caused(BaseModel):
    """What an event did in a journey; null where the journey is not known yet."""

    journey: str | None = Field(examples=["welcome"])
    did: Literal["entered", "moved", "left", "refused", "waiting"]
    reason: str | None = None
    from_: str | None = Field(default=None, serialization_alias="from", validation_alias="from")
    to: str | None = None
    status: str | None = None
    at: datetime | None = None


class RecentEvent(BaseModel):
    """One that came lately."""

    feed_no: str = Field(
        description="its place in the feed; pass the newest as `after`", examples=["890123456789"]
    )
    at: datetime = Field(description="when it came")
    happened_at: datetime | None
    source: str = Field(examples=["website"])
    type: str = Field(examples=["track"])
    name: str | None = Field(examples=["Signed Up"])
    user_id: str | None = Field(examples=["anna"])
    now_known_as: str | None = Field(description="the person that it was merged into")
    result: Result
    code: str | None
    place: str | None
    message: Sentence | None
    hint: Sentence | None
    caused: list[Caused]
    data: dict[str, Any] = Field(description="as it was sent, without context")


@router.get("")
async def events(
    who: Viewer,  # noqa: ARG001
    work: InTransaction,
    *,
    user_id: Annotated[str | None, Query(max_length=256)] = None,
    after: Annotated[str | None, Query(pattern=r"^\d{1,18}$")] = None,
    result: Result | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> list[RecentEvent]:
    """List the latest that came over HTTP, the newest first, each with what it caused."""
    rows = await read_recent(
        work.connection,
        user_id=user_id,
        after=None if after is None else int(after),
        result=result,
        limit=limit,
    )
    return [RecentEvent.model_validate({**row, "feed_no": str(row["feed_no"])}) for row in rows]
