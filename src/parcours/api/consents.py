"""/api/subscriptions, /api/suppressions, /api/people/…/consents: who may be written to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from parcours.api.models.common import CSV
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.api.tables import as_table, wants_table
from parcours.domain.access import Principal
from parcours.service.consent.said import count_said, read_consents_under, say_for
from parcours.service.consent.suppression import read_suppressed, suppress, unsuppress
from parcours.service.consent.types import SubscriptionType, delete_type, read_types, save_type
from parcours.service.intake.taking import feed_numbers

__all__ = ["counts", "people", "subscriptions", "suppressions"]

subscriptions = Router("/subscriptions", "consent")
suppressions = Router("/suppressions", "consent")
people = Router("/people/{user_id:path}/consents", "consent")
counts = Router("/consent-counts", "consent")

MOST: Final = 200_000  # rows of a table
Viewer = Annotated[Principal, Depends(require("viewer"))]
Publisher = Annotated[Principal, Depends(require("publisher"))]
Admin = Annotated[Principal, Depends(require("admin"))]
State = Literal["in", "out"]
Text = Annotated[str, Field(max_length=200)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Reason = Annotated[str | None, Query(max_length=1000, description="why; kept in the audit")]


class Texts(BaseModel):
    """A text in each language that the pages for readers speak."""

    en: Text = ""
    sv: Text = ""
    fr: Text = ""


class TypeWanted(BaseModel):
    """A kind of mail."""

    default: State = Field("out", description="what holds for whoever said nothing")
    names: Texts = Field(Texts(), examples=[{"en": "News", "sv": "Nyheter", "fr": "Actualités"}])
    descriptions: Texts = Texts()


class Type(TypeWanted):
    """A declared kind of mail."""

    key: str = Field(examples=["news"])
    created_at: datetime | None


class Listed(BaseModel):
    """An address that is written to no more."""

    address: str | None = Field(description="null where its person was erased: only the hash is kept then")
    reason: Literal["bounce", "complaint", "manual", "erased"]
    detail: str | None
    added_by: str
    added_at: datetime
    key: str = Field(description="the hash of the address")


class ListWanted(BaseModel):
    """Addresses to be put on the list, or taken off it."""

    addresses: list[str] = Field(min_length=1, max_length=10_000, examples=[["anna@example.com"]])
    reason: Literal["bounce", "complaint", "manual"] | None = Field(
        None, description="what happened; manual unless given. Taking off: only for this"
    )
    detail: str | None = Field(None, max_length=1000)
    dry_run: bool = Field(default=False, description="only say what would happen")


class ListChanged(BaseModel):
    """How many entries there are more, or less."""

    changed: int


class ConsentCount(BaseModel):
    """How many people said what of a type, or of all advertising (`*`)."""

    subscription: str = Field(examples=["news"])
    state: State
    people: int


class Consent(BaseModel):
    """What a person said last, of a type or of all advertising (`*`)."""

    subscription: str = Field(examples=["news"])
    state: State
    at: datetime
    by: str = Field(examples=["page"])
    source: str | None


class ConsentSaid(BaseModel):
    """What a person says now."""

    subscription: str = Field("*", pattern=r"^([A-Za-z0-9_-]{1,64}|\*)$", examples=["news"])
    state: State
    source: str | None = Field(None, max_length=200, examples=["checkout"])


@subscriptions.get("")
async def subscription_types(who: Viewer, work: InTransaction) -> list[Type]:  # noqa: ARG001
    """List the kinds of mail."""
    return [Type(**one.as_dict()) for one in await read_types(work.connection)]


@subscriptions.put("/{key}")
async def declare(
    who: Admin, work: InTransaction, key: Key, wanted: TypeWanted, reason: Reason = None
) -> Type:
    """Declare a kind of mail, or change it."""
    names = {name: text for name, text in wanted.names.model_dump().items() if text}
    about = {name: text for name, text in wanted.descriptions.model_dump().items() if text}
    await save_type(
        work.connection, SubscriptionType(key, wanted.default, names, about), at=work.now, actor=who.actor,
        reason=reason,
    )  # fmt: skip
    saved = next(one for one in await read_types(work.connection) if one.key == key)
    return Type(**saved.as_dict())


@subscriptions.delete("/{key}", status_code=204)
async def forget(who: Admin, work: InTransaction, key: Key, reason: Reason = None) -> None:
    """Forget a kind of mail. What people said of it is kept, and counts."""
    await delete_type(work.connection, key, at=work.now, actor=who.actor, reason=reason)


@suppressions.get("", response_model=list[Listed], responses=CSV)
async def suppressed(
    request: Request,
    who: Viewer,  # noqa: ARG001
    work: InTransaction,
    address: Annotated[
        str | None, Query(max_length=320, description="only this, however it is written")
    ] = None,
    reason: Literal["bounce", "complaint", "manual", "erased"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Any:
    """Show addresses that are written to no more, the latest first; as CSV all of them, up to 200,000."""
    if wants_table(request):
        rows = await read_suppressed(work.connection, address=address, why=reason, limit=MOST)
        columns = ("address", "reason", "detail", "added_by", "added_at", "key")
        return as_table([one.as_dict() for one in rows], columns, "suppressions")
    found = await read_suppressed(work.connection, address=address, why=reason, limit=limit)
    return [Listed(**one.as_dict()) for one in found]


@suppressions.post("")
async def add(who: Publisher, work: InTransaction, wanted: ListWanted, reason: Reason = None) -> ListChanged:
    """Put addresses on the list: complaints and bounces that others tell of, or by hand."""
    n = await suppress(
        work.connection, wanted.addresses, at=work.now, actor=who.actor, why=wanted.reason or "manual",
        detail=wanted.detail, reason=reason, dry_run=wanted.dry_run,
    )  # fmt: skip
    return ListChanged(changed=n)


@suppressions.post("/remove")
async def remove(
    who: Publisher, work: InTransaction, wanted: ListWanted, reason: Reason = None
) -> ListChanged:
    """Take addresses off the list."""
    n = await unsuppress(
        work.connection, wanted.addresses, at=work.now, actor=who.actor, why=wanted.reason, reason=reason,
        dry_run=wanted.dry_run,
    )  # fmt: skip
    return ListChanged(changed=n)


@people.get("")
async def consents(who: Viewer, work: InTransaction, user_id: str) -> list[Consent]:  # noqa: ARG001
    """Show what a person said about being written to."""
    said = await read_consents_under(work.connection, user_id, buckets=work.installed.buckets)
    return [Consent(**one.as_dict()) for one in said]


@people.post("", status_code=204, response_class=Response)
async def keep(who: Publisher, work: InTransaction, user_id: str, said: ConsentSaid) -> None:
    """Keep what a person says now."""
    await say_for(
        work.connection, user_id, said.subscription, said.state, buckets=work.installed.buckets, at=work.now,
        number=feed_numbers(1)[0], actor=who.actor, source=said.source,
    )  # fmt: skip


@counts.get("")
async def consent_counts(who: Viewer, work: InTransaction) -> list[ConsentCount]:  # noqa: ARG001
    """Count how many people said what of each kind of mail, whether it is declared or not."""
    found = await count_said(work.connection)
    return [ConsentCount(subscription=key, state=state, people=n) for (key, state), n in found.items()]
