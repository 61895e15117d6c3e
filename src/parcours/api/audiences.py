"""/api/audiences: who belongs to what: shown, counted before saving, saved, changed, exported, made from counts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request

from parcours.api.models.common import CSV, ProblemFound
from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.api.tables import stream_table, wants_table
from parcours.domain.access import Principal
from parcours.domain.lifecycle import ParticipantStatus
from parcours.domain.serialise_condition import condition_document
from parcours.service.audiences.changing import MOST, change_members, save_audience
from parcours.service.audiences.counts import Count, CountKind, audience_from_count
from parcours.service.audiences.from_files import apply_document
from parcours.service.audiences.members import (
    delete_audience,
    list_audiences,
    member_chunks,
    members_page,
    relations,
    rename_audience,
    show_audience,
)
from parcours.service.audiences.size import read_where, size_of
from parcours.service.editing.condition_text import read_condition_text

__all__ = ["router", "uses"]

router = Router("/audiences", "audiences")
uses = Router("/audience-uses", "audiences")
Viewer = Annotated[Principal, Depends(require("viewer"))]
Editor = Annotated[Principal, Depends(require("editor"))]
Publisher = Annotated[Principal, Depends(require("publisher"))]
Key = Annotated[str, Path(max_length=64, examples=["regulars"])]
Reason = Annotated[str | None, Query(max_length=1000, description="why; kept in the audit")]
WHERE: dict[str, Any] = {"event": "Order Completed", "at_least": 3, "within": "30d"}


class Audience(BaseModel):
    """An audience. While a new condition is being asked of everybody, `asked` is below 1 and `members` still grows."""

    key: str = Field(examples=["regulars"])
    name: str
    kind: Literal["list", "condition"]
    members: int
    asked: float = Field(description="the share of people asked the condition so far", examples=[1.0])
    where: dict[str, Any] | None = Field(examples=[WHERE])
    created_at: datetime


class UsedAt(BaseModel):
    """A place that names the audience: in a version of a journey, or in the condition of another audience."""

    place: str = Field(examples=["entry.triggers[0].audience"])
    journey: str | None
    version: int | None
    status: str | None
    audience: str | None


class AudienceInFull(Audience):
    """An audience, and where it is used."""

    used: list[UsedAt]


class AudienceUses(BaseModel):
    """Who uses an audience, and where its members came from."""

    key: str = Field(examples=["regulars"])
    used: list[UsedAt]
    filled_from: list[str] = Field(description="journeys whose counts filled it", examples=[["welcome"]])


class AudienceWanted(BaseModel):
    """An audience to be saved: with `where` by condition, else a list, whose members are added by themselves."""

    name: str = Field(default="", max_length=200, examples=["Who orders often"])
    where: dict[str, Any] | None = Field(default=None, examples=[WHERE])


class Renamed(BaseModel):
    """Another name; the key stays."""

    name: str = Field(max_length=200, examples=["Our regulars"])


class Deleted(BaseModel):
    """What is gone, or would be."""

    key: str
    members: int
    dry_run: bool


class FileWanted(BaseModel):
    """What an audience file holds beside its key: `members` or `where`."""

    model_config = ConfigDict(extra="allow")  # what is wrong with it is told as of a file

    name: str = Field(default="", max_length=200)
    members: list[str] | None = Field(default=None, max_length=1_000_000, examples=[["u1", "u2"]])
    where: dict[str, Any] | None = None


class Applied(BaseModel):
    """How many came and went, and how many belong now; `members` is null where a condition decides."""

    audience: str
    added: int
    removed: int
    members: int | None
    warnings: list[str] = Field(description="what it means for journeys that use the audience")
    dry_run: bool


class Asked(BaseModel):
    """A condition to be counted: `where`, or as `text` in YAML or JSON."""

    where: dict[str, Any] | None = Field(default=None, examples=[WHERE])
    text: str | None = Field(
        default=None, max_length=100_000, examples=["{event: Order Completed, at_least: 3}"]
    )
    sample: int = Field(default=10, ge=0, le=50)
    seconds: float = Field(default=2.0, ge=0.05, le=10, description="how long to count before estimating")


class Counted(BaseModel):
    """How many people match; where not `exact`, an estimate between `low` and `high` 19 times of 20."""

    people: int
    exact: bool
    low: int
    high: int
    looked_at: int
    matched: int
    sample: list[str]
    problems: list[ProblemFound]
    where: dict[str, Any] = Field(description="the condition as a file writes it", examples=[WHERE])


class Member(BaseModel):
    """Somebody who belongs."""

    user_id: str
    since: datetime | None


class Members(BaseModel):
    """A page of members; `next` continues behind it."""

    members: list[Member]
    next: str | None = Field(examples=["3.00112233-4455-6677-8899-aabbccddeeff"])


class Change(BaseModel):
    """People to be added to a list, or taken out of it."""

    add: list[str] = Field(default_factory=list, max_length=MOST, examples=[["u1", "u2"]])
    remove: list[str] = Field(default_factory=list, max_length=MOST, examples=[["u3"]])


class Changed(BaseModel):
    """How many came and went: who was there already, or was not, is not counted. `bad` were no good user_ids."""

    added: int
    removed: int
    bad: list[dict[str, str]]


class CountWanted(BaseModel):
    """The people whom a number means."""

    journey: str = Field(examples=["welcome"])
    kind: CountKind = Field(examples=["message"])
    step: str | None = Field(default=None, examples=["hello"])
    status: str | None = None
    outcome: str | None = Field(default=None, examples=["sent"])
    reason: str | None = None
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    statuses: list[ParticipantStatus] = Field(default=[], description="of `listed`")
    steps: list[Annotated[str, Field(max_length=64)]] = Field(
        default=[], max_length=200, description="of `listed`; `entry` is the queue"
    )
    search: str | None = Field(default=None, max_length=256, description="of `listed`: begins the user_id")
    name: str = Field(default="", max_length=200)
    dry_run: bool = False


class FromCount(BaseModel):
    """How many people the count meant, and how many of them came into the list by it."""

    key: str
    people: int
    added: int


@router.get("")
async def audiences(who: Viewer, work: InTransaction) -> list[Audience]:  # noqa: ARG001
    """List every audience, by key."""
    return [Audience(**one.as_dict()) for one in await list_audiences(work.connection)]


@uses.get("")
async def audience_uses(who: Viewer, work: InTransaction) -> list[AudienceUses]:  # noqa: ARG001
    """Say of every audience who uses it, and from the counts of which journeys it was filled."""
    return [
        AudienceUses(
            key=one.key, used=[UsedAt(**used.as_dict()) for used in one.used], filled_from=list(one.filled_from)
        )
        for one in await relations(work.connection)
    ]  # fmt: skip


@router.post("/preview")
async def preview(who: Viewer, work: InTransaction, asked: Asked) -> Counted:  # noqa: ARG001
    """Count whom a condition means, and name some of them, before it is saved."""
    where = read_where(asked.where) if asked.text is None else read_condition_text(asked.text)
    size = await size_of(work.connection, where, work.now, seconds=asked.seconds, sample=asked.sample)
    return Counted(**size.as_dict(), where=condition_document(where))


@router.get("/{key}")
async def audience(who: Viewer, work: InTransaction, key: Key) -> AudienceInFull:  # noqa: ARG001
    """Show an audience, and where it is used."""
    shown, used = await show_audience(work.connection, key)
    return AudienceInFull(**shown.as_dict(), used=[UsedAt(**one.as_dict()) for one in used])


@router.put("/{key}")
async def save(
    who: Editor, work: InTransaction, key: Key, wanted: AudienceWanted, reason: Reason = None
) -> Audience:
    """Save an audience: a new one, or another condition or name of one that there is."""
    shown = await save_audience(
        work.connection, key, wanted.name, wanted.where, at=work.now, actor=who.actor, reason=reason
    )
    return Audience(**shown.as_dict())


@router.patch("/{key}")
async def rename(
    who: Editor, work: InTransaction, key: Key, wanted: Renamed, reason: Reason = None
) -> Audience:
    """Give an audience another name."""
    await rename_audience(work.connection, key, wanted.name, at=work.now, actor=who.actor, reason=reason)
    shown, _ = await show_audience(work.connection, key)
    return Audience(**shown.as_dict())


@router.delete("/{key}")
async def delete(
    who: Editor, work: InTransaction, key: Key, *, dry_run: bool = False, reason: Reason = None
) -> Deleted:
    """Delete an audience that nothing uses, members and all."""
    gone = await delete_audience(
        work.connection, key, at=work.now, actor=who.actor, reason=reason, dry_run=dry_run
    )
    return Deleted(key=key, members=gone.members, dry_run=dry_run)


@router.post("/{key}/apply")
async def apply(
    who: Publisher, work: InTransaction, key: Key, wanted: FileWanted, *, dry_run: bool = False, reason: Reason = None
) -> Applied:  # fmt: skip
    """Make an audience what a file says: exactly these members, or this condition; journeys hear of each change."""
    document = {"audience": key, **wanted.model_dump(exclude_unset=True)}
    return Applied(
        **await apply_document(
            work.connection, document, buckets=work.installed.buckets, at=work.now, actor=who.actor, reason=reason,
            dry_run=dry_run,
        ),
        dry_run=dry_run,
    )  # fmt: skip


@router.get("/{key}/members", response_model=Members, responses=CSV)
async def members(
    request: Request,
    who: Viewer,  # noqa: ARG001
    work: InTransaction,
    key: Key,
    after: Annotated[str | None, Query(max_length=64, description="the `next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Any:
    """Show who belongs, page by page; as CSV all of them."""
    if wants_table(request):
        await show_audience(work.connection, key)
        chunks = member_chunks(installed_of(request).database.transaction, key)
        return stream_table(chunks, ("user_id", "since"), f"{key}-members")
    page = await members_page(work.connection, key, after=after, limit=limit)
    return Members(members=[Member(user_id=m.user_id, since=m.since) for m in page.members], next=page.next)


@router.post("/{key}/members")
async def change(
    who: Publisher, work: InTransaction, key: Key, wanted: Change, reason: Reason = None
) -> Changed:
    """Add people to a list, or take them out of it; journeys hear of it."""
    done = await change_members(
        work.connection,
        key,
        add=wanted.add,
        remove=wanted.remove,
        buckets=work.installed.buckets,
        at=work.now,
        actor=who.actor,
        reason=reason,
    )
    return Changed(added=done.added, removed=done.removed, bad=list(done.bad))


@router.post("/{key}/from")
async def from_count(
    who: Publisher, work: InTransaction, key: Key, wanted: CountWanted, reason: Reason = None
) -> FromCount:
    """Make a list of the people behind a count, or add them to it; journeys hear of who comes in."""
    said = wanted.model_dump(exclude={"name", "dry_run", "statuses", "steps"})
    count = Count(**said, statuses=tuple(wanted.statuses), steps=tuple(wanted.steps))
    installed = work.installed
    done = await audience_from_count(
        installed.database, installed.clock, key, count, buckets=installed.buckets, actor=who.actor,
        name=wanted.name, dry_run=wanted.dry_run, reason=reason,
    )  # fmt: skip
    return FromCount(key=done.key, people=done.people, added=done.added)
