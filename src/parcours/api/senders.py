"""/api/senders: who mails come from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal
from parcours.domain.senders import Sender as Kept
from parcours.service.editing.sender_changes import delete_sender, save_sender
from parcours.service.editing.senders import read_senders

__all__ = ["router"]

router = Router("/senders", "senders")
Admin = Annotated[Principal, Depends(require("admin"))]
Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["news"])]
Reason = Annotated[str | None, Query(max_length=1000, description="why; kept in the audit")]


class SenderWanted(BaseModel):
    """Who mails come from."""

    name: str = Field("", max_length=200, description="what readers see", examples=["Anna at the shop"])
    address: str = Field(max_length=254, examples=["news@example.com"])
    reply_to: str | None = Field(
        None,
        max_length=254,
        description="where answers go; null: to the address",
        examples=["anna@example.com"],
    )
    default: bool = Field(
        default=False, description="whether mails of journeys that name nobody come from it"
    )


class Sender(SenderWanted):
    """A sender that is known."""

    key: str = Field(examples=["news"])
    created_at: datetime | None


@router.get("", dependencies=[Depends(require("viewer"))])
async def senders(work: InTransaction) -> list[Sender]:
    """List the senders."""
    return [Sender(**one.as_dict()) for one in await read_senders(work.connection)]


@router.put("/{key}")
async def put_sender(
    who: Admin, work: InTransaction, key: Key, wanted: SenderWanted, reason: Reason = None
) -> Sender:
    """Make a sender known, or change it; published journeys go on as they are."""
    sender = Kept(key, wanted.address, wanted.name, wanted.reply_to, wanted.default)
    await save_sender(work.connection, sender, at=work.now, actor=who.actor, reason=reason)
    saved = next(one for one in await read_senders(work.connection) if one.key == key)
    return Sender(**saved.as_dict())


@router.delete("/{key}", status_code=204)
async def remove_sender(who: Admin, work: InTransaction, key: Key, reason: Reason = None) -> None:
    """Forget a sender; refused while mails of published journeys come from it."""
    await delete_sender(work.connection, key, at=work.now, actor=who.actor, reason=reason)
