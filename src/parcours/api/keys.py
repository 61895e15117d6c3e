"""/api/keys: API keys, made, listed and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal, Scope
from parcours.service.access.keys import add_key, list_keys, revoke_key

__all__ = ["router"]

router = Router("/keys", "keys")
Admin = Annotated[Principal, Depends(require("admin"))]


class Key(BaseModel):
    """An API key, without its secret."""

    name: str = Field(examples=["shop"])
    prefix: str = Field(description="how it begins", examples=["pk_3fT9x_q"])
    scopes: list[Scope]
    person: str = Field(description="who stands behind it", examples=["anna@example.com"])
    created_at: datetime
    created_by: str = Field(examples=["user:anna@example.com"])
    expires_at: datetime | None
    used_at: datetime | None = Field(description="to the minute")
    revoked_at: datetime | None
    revoked_by: str | None


class KeyWanted(BaseModel):
    """A key to be made."""

    name: str = Field(max_length=64, examples=["shop"])
    scopes: list[Scope] = Field(min_length=1, examples=[["ingest"]])
    expires_at: AwareDatetime | None = None


class KeyMade(BaseModel):
    """A key just made. The secret is shown this once."""

    name: str
    scopes: list[Scope]
    secret: str = Field(examples=["pk_3fT9x_q…"])


@router.get("")
async def keys(_who: Admin, work: InTransaction) -> list[Key]:
    """List every key, those in force first."""
    return [Key(**row) for row in await list_keys(work.connection)]


@router.post("", status_code=201)
async def make_key(who: Admin, work: InTransaction, wanted: KeyWanted) -> KeyMade:
    """Make a key; its secret is in this answer and nowhere else."""
    made = await add_key(
        work.connection, wanted.name, wanted.scopes, at=work.now, actor=who.actor, person=who.person,
        expires_at=wanted.expires_at,
    )  # fmt: skip
    return KeyMade(name=made.name, scopes=list(made.scopes), secret=made.secret)


@router.delete("/{name}", status_code=204)
async def end_key(who: Admin, work: InTransaction, name: str) -> None:
    """Revoke a key, at once and for good."""
    await revoke_key(work.connection, name, at=work.now, actor=who.actor)
