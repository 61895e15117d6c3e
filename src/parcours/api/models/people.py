"""Participants, messages, refusals; profiles and what they have done."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field

from parcours.api.models.common import Instant
from parcours.api.sentences import Sentence, Spoken
from parcours.domain.lifecycle import MessageState, ParticipantStatus

__all__ = [
    "EventLine",
    "Membership",
    "MessageLine",
    "ParticipantLine",
    "PassageLine",
    "PersonMessage",
    "Profile",
    "ProfileLine",
    "RefusalLine",
    "Why",
]

# What a person is called, where its attributes say it.
Name: TypeAlias = Annotated[
    str | None, Field(description="what the person is called", examples=["Anna Berg"])
]


class ParticipantLine(BaseModel):
    """One passage of one person through a journey."""

    user_id: str = Field(examples=["anna"])
    name: Name
    entry_no: int = Field(description="counts the person's passages", examples=[1])
    version: int | None
    status: ParticipantStatus
    reason: str | None = Field(examples=["wait_timeout"])
    said: Sentence | None = Field(description="the reason in words")
    step: str | None = Field(
        description="where it stands, or stood; `entry` while queued", examples=["breathe"]
    )
    entered_at: Instant
    entered_step_at: Instant
    wake_at: Instant | None = Field(description="when a timer lets it go on")
    left_at: Instant | None
    goal_met_at: Instant | None


class MessageLine(BaseModel):
    """One message of one participant."""

    user_id: str
    name: Name
    message_id: str
    entry_no: int
    version: int | None
    step: str = Field(examples=["hello"])
    channel: str = Field(examples=["email"])
    state: MessageState
    queued_at: Instant
    due_at: Instant | None
    handed_at: Instant | None
    settled_at: Instant | None
    attempts: int
    recipient: str | None = Field(examples=["anna@example.com"])
    subject: str | None
    reason: str | None
    detail: str | None


class RefusalLine(BaseModel):
    """Why somebody was refused: the latest of each reason."""

    user_id: str
    name: Name
    reason: str = Field(examples=["filter"])
    said: Sentence | None = Field(description="the reason in words")
    version: int | None
    trigger: str = Field(examples=["Signed Up"])
    times: int
    first_at: Instant
    last_at: Instant
    seen: dict[str, Any] | None = Field(
        description="the values compared", examples=[{"profile.country": "DK"}]
    )


class Why(BaseModel):
    """Everything about one person in one journey: passages with moves and messages, refusals, and what holds now."""

    user_id: str
    journey: str
    known: bool
    deleted_at: Instant | None
    passages: list[Spoken]
    refusals: list[Spoken]
    notes: list[Sentence]
    entrance: Spoken | None = Field(description="what each trigger and each rule of admission says now")


class ProfileLine(BaseModel):
    """A person."""

    user_id: str = Field(examples=["anna"])
    name: Name
    attributes: dict[str, Any] = Field(examples=[{"first_name": "Anna", "country": "SE"}])
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None


class Membership(BaseModel):
    """An audience to which somebody belongs."""

    audience: str
    name: str
    since: Instant


class Profile(ProfileLine):
    """A person with audiences."""

    audiences: list[Membership]


class EventLine(BaseModel):
    """Something that a person has done."""

    name: str = Field(examples=["Order Completed"])
    happened_at: Instant
    received_at: Instant
    historical: bool
    properties: dict[str, Any]


class PassageLine(BaseModel):
    """A passage of a person through one of the journeys."""

    journey: str
    name: str
    version: int | None
    entry_no: int
    status: ParticipantStatus
    reason: str | None
    step: str | None
    entered_at: Instant
    left_at: Instant | None
    wake_at: Instant | None


class PersonMessage(BaseModel):
    """A message to a person from one of the journeys."""

    journey: str
    entry_no: int
    step: str
    channel: str
    state: MessageState
    queued_at: Instant
    handed_at: Instant | None
    settled_at: Instant | None
    recipient: str | None
    subject: str | None
    reason: str | None
    detail: str | None
