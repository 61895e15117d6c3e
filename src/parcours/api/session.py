"""/api/me and /api/session: who one is, signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from parcours.api.routing import Router
from parcours.api.security import require
from parcours.domain.access import Principal, Role, Scope

__all__ = ["router"]

router = Router("", "session")


class Me(BaseModel):
    """Who calls."""

    kind: str = Field(description="user or key", examples=["user"])
    name: str = Field(
        description="the address of a person, or the name of a key", examples=["anna@example.com"]
    )
    role: Role | None = Field(description="null for a key that may only send people and events")
    scopes: list[Scope] = Field(description="of a key")


@router.get("/me")
async def me(who: Annotated[Principal, Depends(require("viewer"))]) -> Me:
    """Tell who calls, and with which role."""
    return Me(kind=who.kind, name=who.name, role=who.role, scopes=sorted(who.scopes))
