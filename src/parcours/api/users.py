"""/api/users: who works here, and with which role."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request

from parcours.api.routing import InTransaction, Router
from parcours.api.security import links_base, require
from parcours.domain.access import Principal, Role
from parcours.domain.accounts import Language
from parcours.service.access.sessions import end_sessions
from parcours.service.access.users import add_user, change_user, list_users, make_link, show_user

__all__ = ["Link", "router"]

router = Router("/users", "users")
Admin = Annotated[Principal, Depends(require("admin"))]


class User(BaseModel):
    """Somebody who works here."""

    email: str = Field(examples=["anna@example.com"])
    name: str = Field(examples=["Anna Berg"])
    role: Role
    language: Language
    has_password: bool = Field(description="false: comes in by links only")
    created_at: datetime
    created_by: str
    signed_in_at: datetime | None
    disabled_at: datetime | None
    sessions: int = Field(description="that have not expired")
    keys: list[str] = Field(description="the API keys in force that this user stands behind")


class UserWanted(BaseModel):
    """Somebody to be added; a link lets that person in."""

    email: str = Field(max_length=254, examples=["anna@example.com"])
    role: Role
    name: str = Field(default="", max_length=254)
    language: Language = "en"


class UserChanged(BaseModel):
    """What may change; what is left out stays."""

    name: str | None = Field(default=None, max_length=254)
    role: Role | None = None
    language: Language | None = None
    disabled: bool | None = Field(default=None, description="true signs out everywhere, and lets nobody in")
    reason: str | None = Field(default=None, max_length=1000, description="kept in the audit")


class Link(BaseModel):
    """A link for one person. It is shown this once."""

    link: str = Field(examples=["https://journeys.example.com/link/yHcTzJ…"])
    expires_at: datetime


class Ended(BaseModel):
    """How many sessions were ended."""

    sessions: int


@router.get("")
async def users(_who: Admin, work: InTransaction) -> list[User]:
    """List everybody who works here."""
    return [User(**row) for row in await list_users(work.connection, work.now)]


@router.post("", status_code=201)
async def make_user(who: Admin, work: InTransaction, wanted: UserWanted) -> User:
    """Add somebody, without a password: make a link next, or invite people instead."""
    email = await add_user(
        work.connection, wanted.email, wanted.role, at=work.now, actor=who.actor, name=wanted.name,
        language=wanted.language,
    )  # fmt: skip
    return User(**await show_user(work.connection, email, work.now))


@router.get("/{email}")
async def user(_who: Admin, work: InTransaction, email: str) -> User:
    """Show one of them."""
    return User(**await show_user(work.connection, email, work.now))


@router.patch("/{email}")
async def alter_user(who: Admin, work: InTransaction, email: str, wanted: UserChanged) -> User:
    """Change the name, role or language of somebody, or disable or enable that person."""
    changes = wanted.model_dump(exclude_none=True, exclude={"reason"})
    row = await change_user(
        work.connection, email, changes, at=work.now, actor=who.actor, reason=wanted.reason
    )
    return User(**row)


@router.post("/{email}/link", status_code=201)
async def make_user_link(request: Request, who: Admin, work: InTransaction, email: str) -> Link:
    """Make a link that signs somebody in once, and lets that person take another password."""
    link, expires_at = await make_link(
        work.connection, email, links_base(request), at=work.now, actor=who.actor
    )
    return Link(link=link, expires_at=expires_at)


@router.delete("/{email}/sessions")
async def end_user_sessions(who: Admin, work: InTransaction, email: str) -> Ended:
    """Sign somebody out everywhere."""
    found = await show_user(work.connection, email, work.now)
    ended = await end_sessions(work.connection, found["email"], at=work.now, actor=who.actor)
    return Ended(sessions=ended)
