"""Alerts, stuck people, where things are used; the mailbox."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from parcours.api.models.common import Closed, Instant
from parcours.api.sentences import Sentence

__all__ = [
    "Alert",
    "EntrantsWatched",
    "Failed",
    "FoundUse",
    "Mail",
    "MailLine",
    "MendWanted",
    "Stuck",
    "StuckPeople",
]


class Alert(BaseModel):
    """Something that needs somebody."""

    id: int
    key: str
    kind: str = Field(examples=["no_worker"])
    severity: Literal["warning", "critical"]
    journey: str | None
    said: Sentence
    remedy: Sentence
    details: dict[str, Any]
    since: Instant
    seen_at: Instant
    cleared_at: Instant | None


class Stuck(BaseModel):
    """One person inside who has been due for too long."""

    kind: Literal["timer", "queued", "claimed", "arrival"]
    journey: str
    version: int
    user_id: str
    entry_no: int
    step: str | None
    why: Sentence
    bucket: int
    since: Instant
    mends: list[Literal["retry", "skip", "drop_out"]] = Field(description="what can be done about it")


class Failed(BaseModel):
    """Somebody who fell out with `step_failed` lately."""

    journey: str
    version: int
    user_id: str
    entry_no: int
    step: str | None
    finished_at: Instant
    detail: str | None = None


class StuckPeople(BaseModel):
    """Who does not move, and who fell out."""

    stuck: list[Stuck]
    failed: list[dict[str, Any]]


class MendWanted(Closed):
    """What is to be done about one stuck person."""

    journey: str = Field(max_length=64, examples=["welcome"])
    user_id: str = Field(min_length=1, max_length=256, examples=["anna"])
    mend: Literal["retry", "skip", "drop_out"]
    step: str | None = Field(default=None, max_length=64, description="only while the person stands here")
    minutes: float = Field(default=5, ge=0, le=10_000, description="due for longer than this")
    reason: str | None = Field(default=None, max_length=1000)


class EntrantsWatched(Closed):
    """When somebody should have entered."""

    within: str | None = Field(
        default=None, max_length=20, examples=["24h"],
        description="an alert where nobody enters for so long; `off`: never; null: as for all journeys",
    )  # fmt: skip


class FoundUse(BaseModel):
    """One place that names something."""

    place: str = Field(examples=["steps.done.end.start"])
    journey: str | None
    version: int | None
    status: str | None
    audience: str | None


class MailLine(BaseModel):
    """A mail in the mailbox."""

    number: int
    at: Instant
    to: list[str]
    sender: str = Field(examples=["Anna <anna@example.com>"])
    subject: str
    bytes: int


class MailFile(BaseModel):
    """A file that a mail carries."""

    name: str
    type: str
    bytes: int


class Mail(MailLine):
    """A mail, taken apart."""

    headers: list[tuple[str, str]]
    text: str | None
    html: str | None
    files: list[MailFile]
