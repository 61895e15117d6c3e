"""Imports."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from parcours.api.models.common import Closed, Instant
from parcours.api.sentences import Sentence

__all__ = ["Import", "ImportChecked", "ImportWanted"]


class ImportWanted(Closed):
    """An import that is announced."""

    name: str = Field(
        default="", max_length=200, description="what it is called in lists", examples=["people.csv"]
    )
    mode: Literal["state", "live", "history"] = Field(
        default="state",
        description="`state`: attributes and memberships act, events are history; `live`: events trigger, too; `history`: "
        "nothing triggers",
    )
    bytes: int | None = Field(default=None, ge=0, le=2**53, description="size of the file, for the progress")


class BadLine(BaseModel):
    """A line that was left out."""

    place: str = Field(examples=["import 7:12 timestamp"])
    code: str = Field(examples=["bad_timestamp"])
    message: Sentence
    hint: Sentence


class Import(BaseModel):
    """An import, and how far it is."""

    id: int
    name: str
    mode: str
    actor: str
    state: Literal["waiting", "loading", "done", "broken"] = Field(
        description="`broken`: it ended half-way and can be filled again; what was loaded is recognised"
    )
    created_at: Instant
    begun_at: Instant | None
    seen_at: Instant | None
    ended_at: Instant | None
    bytes: int | None
    bytes_read: int
    stored: int
    repeated: int = Field(description="lines that were there before")
    bad: int
    kinds: dict[str, int] = Field(description="good lines, by what they are", examples=[{"identify": 100}])
    errors: list[BadLine] = Field(description="the first thousand bad lines")


class LineSeen(BaseModel):
    """A good line, as it would be taken."""

    kind: str = Field(examples=["identify"])
    user_id: str
    name: str | None = Field(examples=["Signed Up"])
    data: dict[str, Any] = Field(examples=[{"city": "Lund"}])


class ImportChecked(BaseModel):
    """What a file would bring. Nothing was kept of it."""

    good: int
    bad: int
    whole: bool = Field(description="false: only the first 200,000 lines were looked at")
    kinds: dict[str, int] = Field(description="good lines, by what they are", examples=[{"identify": 100}])
    people: int = Field(description="how many different people the good lines name")
    errors: list[BadLine] = Field(description="the first thousand bad lines")
    sample: list[LineSeen] = Field(description="the first good lines")
