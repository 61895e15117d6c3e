"""/api/invitations: links by which people make their own account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from parcours.api.routing import InTransaction, Router
from parcours.api.security import caller_of, installed_of, links_base, require
from parcours.api.session import SessionBegun, Token, answer_session
from parcours.domain.access import Principal, Role
from parcours.domain.accounts import Language
from parcours.service.access.invitations import accept, invite, list_invitations, look, withdraw

__all__ = ["router"]

router = Router("/invitations", "invitations")
Admin = Annotated[Principal, Depends(require("admin"))]
Anybody = Annotated[None, Depends(require("public"))]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Invitation(BaseModel):
    """An invitation, without its link."""

    id: int
    email: str
    role: Role
    language: Language
    created_at: datetime
    created_by: str
    expires_at: datetime
    accepted_at: datetime | None
    withdrawn_at: datetime | None


class InvitationWanted(BaseModel):
    """Somebody to be invited."""

    email: str = Field(max_length=254, examples=["bo@example.com"])
    role: Role
    language: Language = "en"


class InvitationMade(BaseModel):
    """An invitation just made. Its link is shown this once."""

    id: int
    email: str
    role: Role
    link: str = Field(examples=["https://journeys.example.com/invitation/yHcTzJ…"])
    expires_at: datetime


class Invited(BaseModel):
    """Whom an invitation is for."""

    email: str
    role: Role
    language: Language
    created_by: str
    expires_at: datetime


class Accepted(Token):
    """What one makes of an invitation."""

    password: str = Field(max_length=1000)
    name: str = Field(default="", max_length=254)


@router.get("")
async def invitations(_who: Admin, work: InTransaction) -> list[Invitation]:
    """List the latest 500 invitations, newest first."""
    return [Invitation(id=row["invitation_id"], **row) for row in await list_invitations(work.connection)]


@router.post("", status_code=201)
async def make_invitation(
    request: Request, who: Admin, work: InTransaction, wanted: InvitationWanted
) -> InvitationMade:
    """Invite somebody; a former invitation of the same address holds no longer. Hand on the link yourself."""
    made = await invite(
        work.connection, wanted.email, wanted.role, links_base(request), at=work.now, actor=who.actor,
        language=wanted.language,
    )  # fmt: skip
    return InvitationMade(
        id=made.invitation_id, email=made.email, role=wanted.role, link=made.link, expires_at=made.expires_at
    )


@router.delete("/{invitation_id}", status_code=204)
async def end_invitation(who: Admin, work: InTransaction, invitation_id: Id) -> None:
    """Withdraw an open invitation."""
    await withdraw(work.connection, invitation_id, at=work.now, actor=who.actor)


@router.post("/look")
async def look_at_invitation(_who: Anybody, work: InTransaction, wanted: Token) -> Invited:
    """Tell whom an invitation is for."""
    return Invited(**await look(work.connection, wanted.token, work.now))


@router.post("/accept", status_code=201, response_model=SessionBegun)
async def accept_invitation(request: Request, _who: Anybody, wanted: Accepted) -> Response:
    """Make the account of an invitation, and sign in."""
    installed = installed_of(request)
    begun = await accept(
        installed.database, installed.clock, caller_of(request), token=wanted.token, password=wanted.password,
        name=wanted.name,
    )  # fmt: skip
    return answer_session(request, begun)
