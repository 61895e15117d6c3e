"""Journeys and their versions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from parcours.api.models.common import Closed, Instant, ProblemFound
from parcours.api.models.reports import LedgerOne
from parcours.api.models.watching import Alert
from parcours.api.sentences import Sentence
from parcours.domain.actions import ActionName
from parcours.domain.lifecycle import Status

__all__ = [
    "Action",
    "Facet",
    "Facets",
    "JourneyDetail",
    "JourneyLine",
    "Overview",
    "Upcoming",
    "VersionLine",
    "VersionProblems",
    "WordsWanted",
]


class ProblemCount(BaseModel):
    """How many problems there are."""

    errors: int
    warnings: int


class Action(BaseModel):
    """A command, and whether it can be given now."""

    command: ActionName
    state: Literal["legal", "unchanged", "refused"] = Field(
        description="`unchanged`: it would change nothing"
    )
    code: str | None = Field(description="of the refusal", examples=["closed_is_final"])
    message: Sentence = Field(
        examples=["A closed version does not open again; the people inside go on to the end."]
    )
    hint: Sentence = Field(
        description="the legal way", examples=["Publish a new version, or duplicate the journey."]
    )
    stop_first: bool = Field(description="a deletion needs this option")


class Cause(BaseModel):
    """Why a journey is not running."""

    kind: Literal["never_started", "stopped", "finished"]
    at: Instant | None
    by: str | None = Field(examples=["user:anna@example.com"])
    reason: str | None


class OlderInside(BaseModel):
    """An older version that still has people inside."""

    version: int
    status: Status
    inside: int


class VersionLine(BaseModel):
    """A version, with its numbers."""

    version: int
    status: Status
    entry_open: bool
    settling: bool = Field(description="the latest command is still being written down")
    settling_left: int = Field(description="people of whom that is still to be written down", examples=[0])
    created_at: Instant
    published_at: Instant | None
    starts_at: Instant | None
    ends_at: Instant | None
    paused_at: Instant | None
    stopped_at: Instant | None
    finished_at: Instant | None
    pause: dict[str, Any] | None = Field(description="the choices of the present pause")
    fingerprint: str | None
    entered: int
    inside: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    transferred_in: int
    transferred_out: int
    problems: ProblemCount


class JourneyLine(BaseModel):
    """A journey as the list shows it. Numbers are of all versions together; `version` is the newest published one."""

    journey: str = Field(examples=["welcome"])
    name: str = Field(examples=["Welcome new customers"])
    description: str
    folder: str = Field(examples=["Onboarding"])
    tags: list[str]
    owner: str
    created_at: Instant
    version: int | None
    status: Status | None
    entry_open: bool
    since: Instant | None = Field(description="since when it has this status")
    settling: bool
    settling_left: int = Field(description="people of whom that is still to be written down", examples=[0])
    draft: int | None = Field(description="number of the draft, where one stands")
    cause: Cause | None = Field(description="why it is not running; null where some version is")
    older_inside: list[OlderInside]
    entered: int
    inside: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    success_rate: float | None = Field(description="succeeded of entered", examples=[0.25])
    triggers: list[dict[str, Any]] = Field(description="as the definition has them")
    changed_at: Instant | None
    changed_by: str | None
    changed_command: str | None
    alerts: list[str] = Field(description="kinds of alerts that stand")
    problems: ProblemCount
    actions: list[Action]


class Upcoming(BaseModel):
    """One thing that will happen by itself."""

    kind: str = Field(examples=["timers"])
    said: Sentence = Field(examples=["the next timer is due; 12 people due within the hour"])
    at: Instant | None
    version: int | None
    count: int | None
    command: str | None
    scheduled_id: int | None


class JourneyDetail(JourneyLine):
    """A journey with its versions, newest first, and what happens next by itself."""

    versions: list[VersionLine]
    upcoming: list[Upcoming]


class Facet(BaseModel):
    """A folder, tag or owner, and how many journeys have it."""

    name: str
    journeys: int


class Facets(BaseModel):
    """What lists can be filtered by."""

    folders: list[Facet]
    tags: list[Facet]
    owners: list[Facet]


class WordsWanted(Closed):
    """What belongs to a journey and not to a version; what is left out stays."""

    name: str | None = Field(default=None, max_length=200, examples=["Welcome"])
    description: str | None = Field(default=None, max_length=4000)
    folder: str | None = Field(default=None, max_length=200, examples=["Onboarding/Sweden"])
    tags: list[str] | None = Field(default=None, max_length=50)
    owner: str | None = Field(default=None, max_length=200, examples=["anna@example.com"])


class VersionProblems(BaseModel):
    """What is wrong with one version now."""

    version: int
    status: Status
    problems: list[ProblemFound]


class Overview(BaseModel):
    """Everything about a journey, as `parcours journey show --json` prints it."""

    journey: str = Field(examples=["welcome"])
    name: str
    description: str
    folder: str
    tags: list[str]
    standing: str = Field(examples=["Running, version 2, since 2026-12-01T08:00:00Z"])
    versions: list[dict[str, Any]] = Field(description="newest first")
    totals: dict[str, Any] = Field(description="of all versions together")
    ledgers: list[LedgerOne] = Field(description="where everybody who entered is, by version")
    upcoming: list[Upcoming]
    problems: list[VersionProblems]
    messages: list[dict[str, Any]] = Field(description="numbers by version, step, state and reason")
    refusals: list[dict[str, Any]] = Field(description="people and times by reason")
    alerts: list[Alert]
