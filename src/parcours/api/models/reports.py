"""Reports and live numbers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from parcours.api.sentences import Sentence
from parcours.domain.lifecycle import Status

__all__ = ["Branch", "Day", "LedgerOne", "LiveNumbers", "MessageDay", "MessageStep", "ReasonLine", "Report"]


class Totals(BaseModel):
    """The numbers of some versions. `entered` + `transferred_in` = everything else added up."""

    entered: int = Field(examples=[1200])
    inside: int = Field(examples=[312])
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    transferred_in: int
    transferred_out: int
    success_rate: float | None = Field(description="succeeded of entered; null where nobody entered")


class VersionTotals(Totals):
    """The numbers of one version."""

    version: int
    status: Status


class StepNumbers(BaseModel):
    """Who came to a step, is there now, and went on or left. `entry` is the queue."""

    step: str = Field(examples=["breathe"])
    kind: str | None = Field(examples=["wait"])
    label: str
    entered: int = Field(alias="in", serialization_alias="in")
    here: int
    out: int


class Report(BaseModel):
    """The totals of a journey, by version, reason and step."""

    journey: str
    timezone: str = Field(description="in which days begin")
    totals: Totals
    versions: list[VersionTotals]
    reasons: dict[str, int] = Field(description="who dropped out, by reason", examples=[{"wait_timeout": 40}])
    steps: list[StepNumbers]


class Day(BaseModel):
    """One day of the journey's time zone."""

    day: str = Field(examples=["2026-12-01"])
    entered: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    inside: int | None = Field(
        description="at its end; null in a report that does not begin at the beginning"
    )
    reasons: dict[str, int]


class ReasonLine(BaseModel):
    """Who dropped out for one reason."""

    reason: str
    said: Sentence | None
    people: int
    share: float | None = Field(description="of those who entered")


class Outcomes(BaseModel):
    """Messages by state."""

    queued: int
    claimed: int
    sent: int
    skipped: int
    rejected: int
    cancelled: int
    uncertain: int


class MessageStep(Outcomes):
    """The messages of one step."""

    step: str
    channel: str
    reasons: dict[str, int] = Field(description="why they were not sent")


class MessageDay(Outcomes):
    """The messages of one step on one day."""

    day: str
    step: str


class Branch(BaseModel):
    """One branch of a step that parts people."""

    step: str = Field(examples=["which"])
    branch: int = Field(description="its place in the file, from 0")
    label: str = Field(examples=["else"])
    to: str | None = Field(description="null: drops out")
    taken: int | None = Field(description="null: left out, where others leave with the same reason")
    share: float | None = Field(description="of those who took one of its branches")
    shared: bool = Field(description="another branch leads to the same place: both are counted together")
    reason: str | None = Field(description="with which people drop out by it")


class LiveNumbers(BaseModel):
    """What the live stream tells, whenever it has changed."""

    journey: str
    version: int | None
    status: Status
    entry_open: bool
    settling: bool
    sending_held: bool
    totals: Totals
    versions: list[VersionTotals]
    reasons: dict[str, int]
    steps: list[StepNumbers]
    branches: list[Branch]


class LedgerOne(BaseModel):
    """The ledger of one version, held against the people there are."""

    journey: str
    version: int
    status: Status
    entered: int
    active: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    settling: int = Field(description="still to be written down")
    transferred_in: int
    transferred_out: int
    reasons: dict[str, int]
    success_rate: float | None
    steps: dict[str, dict[str, int]]
    balances: bool = Field(description="whether every equation holds in every bucket")
    mismatches: list[dict[str, Any]]
