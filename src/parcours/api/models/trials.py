"""Mails tried with somebody's data, and simulations."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

from parcours.api.models.common import Closed, Instant

__all__ = ["MailShown", "MailTried", "PreviewWanted", "Simulated", "SimulationWanted", "TestMailsWanted"]


class PreviewWanted(Closed):
    """Mails to be looked at."""

    user_id: str = Field(min_length=1, max_length=256, description="whose data is taken", examples=["anna"])
    steps: list[str] | None = Field(
        default=None, max_length=200, description="all unless named", examples=[["hello"]]
    )
    version: int | None = Field(default=None, ge=1, le=1_000_000, description="the draft, or the newest one")
    event: dict[str, Any] | None = Field(
        default=None,
        description="properties of the event at the entry; that of the latest entry unless given",
    )


class TestMailsWanted(PreviewWanted):
    """Mails to be sent to one address."""

    to: str = Field(min_length=3, max_length=320, examples=["me@example.com"])


class MailTried(BaseModel):
    """One mail, and what came of it."""

    step: str
    label: str
    subject: str | None
    outcome: str = Field(examples=["sent"])
    detail: str | None
    error: str | None = Field(description="why it cannot be rendered")
    missing: list[str] = Field(description="variables that are empty for this person")
    placeholders: list[str] = Field(description="variables that are not known yet")


class MailShown(MailTried):
    """One mail as it will look."""

    sender: str | None
    text: str | None
    html: str | None
    attachments: list[str]


class SimulationWanted(Closed):
    """A simulation of one journey: over a feed, or over what some real people did. Nothing is sent."""

    start: AwareDatetime = Field(alias="from", examples=["2026-12-01T00:00:00Z"])
    to: AwareDatetime = Field(examples=["2027-01-01T00:00:00Z"])
    version: int | None = Field(default=None, ge=1, le=1_000_000, description="the draft, or the newest one")
    feed: list[dict[str, Any]] = Field(
        default=[], max_length=20_000, description="messages in the form of the feed",
        examples=[[{"type": "track", "userId": "anna", "event": "Signed Up", "timestamp": "2026-12-01T09:00:00Z"}]],
    )  # fmt: skip
    people: int = Field(
        default=0, ge=0, le=2_000, description="copies of so many real people, with what they did"
    )
    commands: list[dict[str, Any]] = Field(
        default=[], max_length=1000, description="as `simulate --commands` takes"
    )
    moves: bool = False


class SimulatedDay(BaseModel):
    """What happened on one day."""

    day: str
    counts: dict[str, int] = Field(examples=[{"entered": 12, "completed": 3, "message_sent": 24}])


class Simulated(BaseModel):
    """What came of a simulation; the lists have the lines of docs/simulation.md."""

    journey: str
    version: int
    start: Instant = Field(alias="from", serialization_alias="from")
    to: Instant
    lines: int = Field(description="of the feed that were played")
    bad: list[dict[str, Any]] = Field(description="lines that were left out")
    days: list[SimulatedDay]
    commands: list[dict[str, Any]]
    participants: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    ledgers: list[dict[str, Any]]
