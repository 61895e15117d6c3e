"""/api/session and /api/me: signing in and out, who one is, one's sessions and password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from parcours.api.routing import InTransaction, Router
from parcours.api.security import caller_of, drop_session, installed_of, keep_session, require
from parcours.domain.access import Principal, Role, Scope
from parcours.domain.accounts import Language
from parcours.domain.timing import format_instant
from parcours.service.access.sessions import (
    SignedIn,
    end_session,
    end_sessions,
    list_sessions,
    sign_in,
    sign_in_by_link,
)
from parcours.service.access.users import change_password, change_user, show_user

__all__ = ["SessionBegun", "answer_session", "router"]

router = Router("", "session")
Anybody = Annotated[None, Depends(require("public"))]
Person = Annotated[Principal, Depends(require("person"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


class SignIn(BaseModel):
    """What one signs in with."""

    email: str = Field(max_length=254, examples=["anna@example.com"])
    password: str = Field(max_length=1000, examples=["four words that differ"])


class Token(BaseModel):
    """The token of a link: what stands behind its last slash."""

    token: str = Field(max_length=200, examples=["yHcTzJ…"])


class SessionBegun(BaseModel):
    """A session that has begun; its cookie comes with the answer."""

    email: str = Field(examples=["anna@example.com"])
    expires_at: datetime


class Me(BaseModel):
    """Who calls."""

    kind: str = Field(description="`user` or `key`", examples=["user"])
    name: str = Field(
        description="the address of a user, or the name of a key", examples=["anna@example.com"]
    )
    role: Role | None = Field(description="null for a key that may only send people and events")
    scopes: list[Scope] = Field(description="of a key")
    full_name: str = Field(description="of a user", examples=["Anna Berg"])
    language: Language | None = Field(description="of a user")


class MeChanged(BaseModel):
    """What one may change of oneself."""

    name: str | None = Field(default=None, max_length=254)
    language: Language | None = None


class NewPassword(BaseModel):
    """Another password. The present one is not needed within 15 minutes of coming in by a link."""

    password: str = Field(max_length=1000)
    current: str | None = Field(default=None, max_length=1000)


class Session(BaseModel):
    """A browser that one signed in with."""

    id: int
    current: bool
    way: str = Field(description="password, link, invitation or setup")
    created_at: datetime
    seen_at: datetime = Field(description="to the minute")
    expires_at: datetime
    address: str = Field(examples=["192.0.2.7"])
    agent: str = Field(examples=["Mozilla/5.0 …"])


@router.post("/session", status_code=201, response_model=SessionBegun)
async def begin_session(request: Request, _who: Anybody, wanted: SignIn) -> Response:
    """Sign in with a password; the answer sets the cookie of the session."""
    installed = installed_of(request)
    begun = await sign_in(
        installed.database, wanted.email, wanted.password, installed.clock, caller_of(request)
    )
    return answer_session(request, begun)


@router.post("/session/link", status_code=201, response_model=SessionBegun)
async def begin_session_by_link(
    request: Request, _who: Anybody, work: InTransaction, wanted: Token
) -> Response:  # fmt: skip
    """Sign in with a one-time link, which is used up by it."""
    begun = await sign_in_by_link(work.connection, wanted.token, work.now, caller_of(request))
    return answer_session(request, begun)


@router.delete("/session", status_code=204)
async def leave(request: Request, who: Person, work: InTransaction) -> Response:
    """Sign out: this session is over."""
    assert who.session_id is not None
    await end_session(work.connection, who.name, who.session_id, at=work.now, actor=who.actor)
    answer = Response(status_code=204)
    drop_session(request, answer)
    return answer


@router.get("/me")
async def me(who: Annotated[Principal, Depends(require("known"))], work: InTransaction) -> Me:
    """Tell who calls, and with which role."""
    return await _me(who, work)


@router.patch("/me")
async def change_me(who: Person, work: InTransaction, wanted: MeChanged) -> Me:
    """Change one's name or language."""
    changes = wanted.model_dump(exclude_none=True)
    await change_user(work.connection, who.name, changes, at=work.now, actor=who.actor)
    return await _me(who, work)


@router.post("/me/password", status_code=204)
async def take_password(request: Request, who: Person, wanted: NewPassword) -> None:
    """Take another password; one's other sessions are over."""
    installed = installed_of(request)
    await change_password(installed.database, who, wanted.password, wanted.current, installed.clock)


@router.get("/me/sessions")
async def sessions(who: Person, work: InTransaction) -> list[Session]:
    """List one's sessions, the one used last first."""
    rows = await list_sessions(work.connection, who.name, work.now)
    return [Session(id=row["session_id"], current=row["session_id"] == who.session_id, **row) for row in rows]


@router.delete("/me/sessions", status_code=204)
async def leave_everywhere(request: Request, who: Person, work: InTransaction) -> Response:
    """Sign out everywhere, here too."""
    await end_sessions(work.connection, who.name, at=work.now, actor=who.actor)
    answer = Response(status_code=204)
    drop_session(request, answer)
    return answer


@router.delete("/me/sessions/{session_id}", status_code=204)
async def leave_there(who: Person, work: InTransaction, session_id: Id) -> None:
    """End one of one's sessions."""
    await end_session(work.connection, who.name, session_id, at=work.now, actor=who.actor)


def answer_session(request: Request, begun: SignedIn) -> Response:
    """Return the answer to somebody who came in, with the cookie."""
    wire = {"email": begun.email, "expires_at": format_instant(begun.expires_at)}
    answer = JSONResponse(wire, 201)
    keep_session(request, answer, begun)
    return answer


async def _me(who: Principal, work: InTransaction) -> Me:
    scopes = sorted(who.scopes)
    if who.kind == "key":
        return Me(kind="key", name=who.name, role=who.role, scopes=scopes, full_name="", language=None)
    row = await show_user(work.connection, who.name, work.now)
    return Me(
        kind="user", name=who.name, role=row["role"], scopes=scopes, full_name=row["name"], language=row["language"]
    )  # fmt: skip
