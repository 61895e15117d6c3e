"""/api/sending: one switch over the sending of every journey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request

from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.domain.access import Principal
from parcours.service.commands.holding import hold_sending, read_hold, release_sending, wait_for_providers
from parcours.service.watch.reports import notify_workers

__all__ = ["router"]

router = Router("/sending", "sending")
Admin = Annotated[Principal, Depends(require("admin"))]


class Held(BaseModel):
    """Since when all sending is held."""

    since: str
    by: str = Field(examples=["user:anna@example.com"])
    reason: str | None


class Sending(BaseModel):
    """Whether messages leave: `held` is null where they do."""

    held: Held | None


class Switch(BaseModel):
    """How to throw the switch."""

    reason: str | None = Field(default=None, max_length=1000, description="kept in the audit")
    dry_run: bool = Field(default=False, description="only say what would happen")
    wait: bool = Field(default=True, description="wait for messages that a provider holds already")


class Switched(Sending):
    """What happened."""

    before: Literal["sending", "held"]
    changed: bool
    dry_run: bool
    messages: int = Field(description="that wait, or that are free to leave")
    due_within_hour: int
    settled: dict[str, int] = Field(description="what a provider had in its hands, and what became of it")


@router.get("")
async def sending(_who: Annotated[Principal, Depends(require("viewer"))], work: InTransaction) -> Sending:
    """Tell whether all sending is held."""
    held = await read_hold(work.connection)
    return Sending(held=Held(**held.as_dict()) if held else None)


@router.post("/hold")
async def hold(request: Request, who: Admin, wanted: Switch) -> Switched:
    """Hold all sending: after the answer no message of any journey is handed over until the release."""
    return await _switch(request, who, wanted, hold_sending, hold=True)


@router.post("/release")
async def release(request: Request, who: Admin, wanted: Switch) -> Switched:
    """Let messages leave again."""
    return await _switch(request, who, wanted, release_sending, hold=False)


async def _switch(
    request: Request, who: Principal, wanted: Switch, command: Callable[..., Any], *, hold: bool
) -> Switched:
    installed = installed_of(request)
    async with installed.database.transaction() as connection:
        result = await command(
            connection, at=installed.clock.now(), actor=who.actor, reason=wanted.reason, dry_run=wanted.dry_run
        )  # fmt: skip
        if not wanted.dry_run:
            await notify_workers(connection)
        held = await read_hold(connection)
    settled: dict[str, int] = {}
    if hold and wanted.wait and not wanted.dry_run:
        settled = await wait_for_providers(installed.database, installed.clock)
    return Switched(
        held=Held(**held.as_dict()) if held else None,
        before=result.from_status,
        changed=result.from_status != result.to_status and not wanted.dry_run,
        dry_run=wanted.dry_run,
        messages=result.counts["messages"],
        due_within_hour=result.counts["due_within_hour"],
        settled=settled,
    )
