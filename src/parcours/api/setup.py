"""/api/setup: the first administrator of an installation, made in the browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from parcours.api.routing import InTransaction, Router
from parcours.api.security import caller_of, installed_of, require
from parcours.api.session import SessionBegun, answer_session
from parcours.domain.accounts import Language
from parcours.service.access.setup import needs_setup, set_up

__all__ = ["router"]

router = Router("/setup", "session")
Anybody = Annotated[None, Depends(require("public"))]


class Setup(BaseModel):
    """Whether the first administrator is still to be made."""

    needed: bool


class FirstAdmin(BaseModel):
    """The first administrator."""

    code: str = Field(
        max_length=200,
        description="printed by `parcours serve` at its start, and by `parcours user setup-link`, behind #",
        examples=["yHcTzJ…"],
    )
    email: str = Field(max_length=254, examples=["anna@example.com"])
    password: str = Field(max_length=1000, examples=["four words that differ"])
    name: str = Field(default="", max_length=254, examples=["Anna Berg"])
    language: Language = "en"


@router.get("")
async def setup(_who: Anybody, work: InTransaction) -> Setup:
    """Tell whether nobody works here yet, so that the first administrator is to be made."""
    return Setup(needed=await needs_setup(work.connection))


@router.post("", status_code=201, response_model=SessionBegun)
async def make_first_admin(request: Request, _who: Anybody, wanted: FirstAdmin) -> Response:
    """Make the first administrator and sign in; refused for ever once somebody works here."""
    installed = installed_of(request)
    begun = await set_up(
        installed.database, installed.clock, caller_of(request), code=wanted.code, email=wanted.email,
        password=wanted.password, name=wanted.name, language=wanted.language,
    )  # fmt: skip
    return answer_session(request, begun)
