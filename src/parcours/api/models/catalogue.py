"""What is known of people and events."""

from __future__ import annotations

from pydantic import BaseModel, Field

from parcours.api.models.common import Instant

__all__ = ["Known", "ValueSeen"]


class FieldKnown(BaseModel):
    """An attribute, or a property of an event, with the types of JSON seen in it."""

    name: str = Field(examples=["country"])
    types: list[str] = Field(examples=[["string"]])


class EventKnown(BaseModel):
    """An event that some people have done."""

    name: str = Field(examples=["Order Completed"])
    times: int = Field(description="in the sample")
    latest: Instant
    properties: list[FieldKnown]


class AudienceKnown(BaseModel):
    """An audience."""

    name: str = Field(examples=["vip"])
    condition: bool = Field(description="whether a condition decides who belongs to it")


class Known(BaseModel):
    """What conditions and templates can name; of people and events a sample is looked at."""

    fields: list[FieldKnown]
    events: list[EventKnown]
    audiences: list[AudienceKnown]
    journeys: list[str]


class ValueSeen(BaseModel):
    """A value, and how often it was seen in the sample."""

    value: str | float | int | bool = Field(examples=["SE"])
    times: int
