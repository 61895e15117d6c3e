"""Parts that the models of several subjects share."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from fastapi import Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from parcours.api.sentences import Sentence

__all__ = [
    "CSV",
    "Closed",
    "Cursor",
    "IdempotencyKey",
    "Instant",
    "JourneyKey",
    "Limit",
    "Page",
    "PersonId",
    "ProblemFound",
    "Version",
    "VersionNumber",
]

T = TypeVar("T")

Instant: TypeAlias = Annotated[str, Field(description="an instant, UTC", examples=["2026-12-01T08:00:00Z"])]
JourneyKey: TypeAlias = Annotated[
    str, Path(description="key of a journey", max_length=64, pattern=r"^[A-Za-z0-9_-]+$", examples=["welcome"])
]  # fmt: skip
PersonId: TypeAlias = Annotated[
    str, Path(description="user_id of a person", min_length=1, max_length=256, examples=["anna"])
]
Version: TypeAlias = Annotated[int, Path(description="number of a version", ge=1, le=1_000_000)]
VersionNumber: TypeAlias = Annotated[int | None, Query(description="only this version", ge=1, le=1_000_000)]
Limit: TypeAlias = Annotated[int, Query(description="items of a page", ge=1, le=1000)]
Cursor: TypeAlias = Annotated[str | None, Query(description="`next` of the page before", max_length=2000)]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 200 printable ASCII characters; whoever repeats a request with its key within 24 hours gets "
        "the first answer again, with `Idempotency-Replayed: true`",
        max_length=200,
    ),
]

CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As JSON; as a table with `Accept: text/csv`.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class Closed(BaseModel):
    """A body in which nothing may stand that is not known."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """A page of a list. `next` is what to give as `cursor` to get the next one; null where nothing follows."""

    items: list[T]
    next: str | None = None


class ProblemFound(BaseModel):
    """One thing wrong with a definition."""

    severity: str = Field(
        description="error or warning; errors stand in the way of publishing", examples=["error"]
    )
    code: str = Field(examples=["unknown_step"])
    place: str = Field(description="the path in the file", examples=["steps.bought.wait_for[1].next"])
    message: Sentence = Field(examples=["There is no step `thank`."])
    hint: Sentence = Field(examples=["Did you mean `thanks`?"])
    step_id: str | None = Field(examples=["bought"])
    section: str | None
