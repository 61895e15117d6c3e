"""/api/sources: the sites, apps and servers that may send people and events, each with a write key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal
from parcours.service.intake.write_keys import add_source, list_sources, revoke_source

__all__ = ["router"]

router = Router("/sources", "keys")
Admin = Annotated[Principal, Depends(require("admin"))]


class Source(BaseModel):
    """Whoever sends, without the key."""

    name: str = Field(examples=["website"])
    key: str = Field(description="how its write key ends", examples=["x9_Q"])
    enabled: bool
    created_at: datetime
    revoked_at: datetime | None
    seen_at: datetime | None = Field(description="when something came last, to the minute")


class SourceWanted(BaseModel):
    """A source to be made."""

    name: str = Field(max_length=64, examples=["website"])


class SourceMade(BaseModel):
    """A source just made. The write key is shown this once."""

    name: str
    write_key: str = Field(examples=["pwk_3fT9x_q…"])


@router.get("")
async def sources(_who: Admin, work: InTransaction) -> list[Source]:
    """List sources by name, with the end of each write key."""
    return [Source(**row) for row in await list_sources(work.connection)]


@router.post("", status_code=201)
async def make_source(who: Admin, work: InTransaction, wanted: SourceWanted) -> SourceMade:
    """Make a source; its write key is in this answer and nowhere else."""
    key = await add_source(work.connection, wanted.name, at=work.now, actor=who.actor)
    return SourceMade(name=wanted.name, write_key=key)


@router.delete("/{name}", status_code=204)
async def end_source(who: Admin, work: InTransaction, name: str) -> None:
    """Take the write key of a source back: within two seconds nothing that comes with it is taken any more."""
    await revoke_source(work.connection, name, at=work.now, actor=who.actor)
