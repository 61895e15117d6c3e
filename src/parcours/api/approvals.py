"""/api/approvals: what waits for a second person before it goes live."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal
from parcours.service.access.approval import list_approvals, withdraw_approval

__all__ = ["router"]

router = Router("/approvals", "approvals")


class Approval(BaseModel):
    """A publish that somebody asked for. Somebody else agrees by publishing with the same choices."""

    id: int
    journey: str = Field(examples=["welcome"])
    version: int
    options: dict[str, Any] = Field(examples=[{"people": "move"}])
    reason: str | None
    asked_at: datetime
    asked_by: str = Field(examples=["user:anna@example.com"])
    person: str = Field(
        description="who stands behind it, and cannot agree with it", examples=["anna@example.com"]
    )


@router.get("")
async def approvals(
    _who: Annotated[Principal, Depends(require("viewer"))], work: InTransaction,
    journey: Annotated[str | None, Query(max_length=64)] = None,
) -> list[Approval]:  # fmt: skip
    """List what waits for a second person, the oldest first."""
    rows = await list_approvals(work.connection, journey)
    return [
        Approval(id=row["approval_id"], journey=row["journey_key"], version=row["version_no"], **row) for row in rows
    ]  # fmt: skip


@router.delete("/{approval_id}", status_code=204)
async def end_approval(
    who: Annotated[Principal, Depends(require("publisher"))], work: InTransaction,
    approval_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
) -> None:  # fmt: skip
    """Take back what was asked for: nothing goes live by it."""
    await withdraw_approval(work.connection, approval_id, at=work.now, actor=who.actor)
