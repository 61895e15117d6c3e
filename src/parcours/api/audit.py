"""/api/audit: who did what, when, why, with which choices and effect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.api.sentences import Sentence, said
from parcours.domain.access import Principal, may
from parcours.domain.catalogue import CATALOGUE
from parcours.domain.refusals import REFUSED_COMMANDS
from parcours.service.access.audit import AuditPage, read_page

__all__ = ["for_reader", "router"]

router = Router("/audit", "audit")

# What a code means; of those in several families what it means of a command.
MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {code: entry.meaning for (_, code), entry in CATALOGUE.items()}
    | {code: meaning for code, (meaning, _) in REFUSED_COMMANDS.items()}
)


class Filter(BaseModel):
    """Which part of the audit."""

    model_config = ConfigDict(extra="forbid")

    key: str | None = Field(
        default=None,
        max_length=300,
        description="a journey; `*` for what concerns all; `@settings`, `@users/ADDRESS`, `@keys/NAME` for an admin",
    )
    actor: str | None = Field(
        default=None, max_length=300, description="user:ADDRESS, key:NAME, or the part behind the colon"
    )
    command: str | None = Field(default=None, max_length=100)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    refused: bool = Field(default=False, description="only what was refused")
    before: int | None = Field(default=None, ge=1, le=2**63 - 1, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=500)


class Line(BaseModel):
    """One thing that was done."""

    id: int
    at: datetime
    actor: str = Field(examples=["user:anna@example.com"])
    key: str = Field(examples=["welcome"])
    version: int | None
    command: str = Field(examples=["pause"])
    options: dict[str, Any]
    reason: str | None = Field(description="what somebody wrote; of the engine a sentence, for the reader")
    from_status: str | None
    to_status: str | None
    refused: str | None = Field(description="the code, where nothing happened")
    said: Sentence | None = Field(description="why it was refused", examples=["This version is paused."])
    counts: dict[str, int]


class Page(BaseModel):
    """Lines, newest first; `next` is what `before` takes for the page behind, null on the last one."""

    lines: list[Line]
    next: int | None


@router.get("")
async def audit(
    who: Annotated[Principal, Depends(require("viewer"))],
    work: InTransaction,
    chosen: Annotated[Filter, Query()],
) -> Page:
    """Read the audit. What concerns users, keys and settings is shown to admins only."""
    page = AuditPage(**chosen.model_dump(), everything=may(who, "admin"))
    rows = await read_page(work.connection, page)
    lines = [
        Line(
            id=row.pop("audit_id"),
            key=row.pop("journey_key"),
            version=row.pop("version_no"),
            said=MEANINGS.get(row["refused"] or ""),
            **for_reader(row),
        )
        for row in rows
    ]
    return Page(lines=lines, next=lines[-1].id if len(lines) == chosen.limit else None)


def for_reader(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with the engine's reason in the reader's language; what people wrote stays as it is."""
    if row["actor"] != "engine" or row["reason"] is None:
        return row
    return {**row, "reason": said(row["reason"])}
