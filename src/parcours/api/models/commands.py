"""Commands: what is asked for, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from parcours.api.models.common import Closed, Instant, ProblemFound
from parcours.api.sentences import Sentence, Spoken
from parcours.domain.lifecycle import Entrants, Inside, Timers

__all__ = [
    "BulkAnswer",
    "BulkWanted",
    "CommandAnswer",
    "CommandWanted",
    "DeleteWanted",
    "DuplicateWanted",
    "NewVersionWanted",
    "PauseWanted",
    "PeopleAnswer",
    "PeopleWanted",
    "PlanWanted",
    "PublishPlan",
    "PublishWanted",
    "ResumePreview",
    "ResumeWanted",
    "Scheduled",
]

MANY = 10_000
Key = Annotated[str, Field(min_length=1, max_length=64)]
UserId = Annotated[str, Field(min_length=1, max_length=256)]


class Said(Closed):
    """What every command may be given."""

    dry_run: bool = Field(default=False, description="only say what would happen")
    reason: str | None = Field(
        default=None, max_length=1000, description="kept in the audit", examples=["wrong price"]
    )


class CommandWanted(Said):
    """A command without choices of its own."""

    version: int | None = Field(default=None, ge=1, le=1_000_000, description="act on this version only")
    at: str | None = Field(
        default=None, max_length=64, examples=["2026-12-04T18:00:00"],
        description="keep it until then; without an offset in the journey's time zone. Of publish, pause, resume, close, "
        "stop",
    )  # fmt: skip
    wait: bool = Field(
        default=True,
        description="answer when what a provider holds already has ended; of pause, close, stop, delete",
    )


class PublishOptions(Closed):
    """The choices of a publication."""

    people: str | None = Field(
        default=None, description="those inside: stay (default) or move", examples=["move"]
    )
    answers: dict[str, Any] | None = Field(
        default=None, description="whither people of a removed step go",
        examples=[{"old_mail": {"to": "new_mail"}, "gift": {"drop_out": True}}],
    )  # fmt: skip
    backfill: str | None = Field(
        default=None, max_length=40, description="also those who did it in the last", examples=["7d"]
    )


class PauseOptions(Closed):
    """The choices of a pause."""

    entrants: Entrants | None = None
    inside: Inside | None = None
    timers: Timers | None = None
    until: Any = Field(
        default=None, description="an instant, `none`, or {at, then}", examples=["2026-12-01T08:00:00Z"]
    )
    then: str | None = Field(default=None, description="resume, close or stop", examples=["close"])
    catch_up: Any = Field(
        default=None, description="people a second behind the resume, or `none`", examples=["50/s"]
    )


class ResumeOptions(Closed):
    """The choices of a resume."""

    with_changes: bool | None = Field(default=None, description="publish the draft and move everybody to it")
    answers: dict[str, Any] | None = None
    backfill: str | None = Field(
        default=None,
        max_length=40,
        description="with changes: also those who did it in the last",
        examples=["7d"],
    )


class DeleteOptions(Closed):
    """The choices of a deletion."""

    stop_first: bool | None = Field(
        default=None, description="a paused one too: everybody inside is cancelled"
    )


class DuplicateOptions(Closed):
    """The choices of a duplicate."""

    key: str | None = Field(default=None, max_length=64, examples=["welcome-sweden"])


class NewVersionOptions(Closed):
    """The choices of a new version."""

    source: int | None = Field(
        default=None,
        alias="from",
        ge=1,
        le=1_000_000,
        description="the version to take it from",
        examples=[1],
    )


class PublishWanted(CommandWanted):
    """Put a draft live."""

    options: PublishOptions = PublishOptions()


class PauseWanted(CommandWanted):
    """Pause."""

    options: PauseOptions = PauseOptions()


class ResumeWanted(CommandWanted):
    """Resume."""

    options: ResumeOptions = ResumeOptions()


class DeleteWanted(CommandWanted):
    """Delete."""

    options: DeleteOptions = DeleteOptions()


class DuplicateWanted(CommandWanted):
    """Duplicate."""

    options: DuplicateOptions = DuplicateOptions()


class NewVersionWanted(CommandWanted):
    """Make a new version."""

    options: NewVersionOptions = NewVersionOptions()


class Settled(BaseModel):
    """How the messages ended that a provider held."""

    sent: int
    uncertain: int


class CommandAnswer(BaseModel):
    """What a command did, or would do (`dry_run`). A refusal is an answer of 409 with `code`, unless in a dry run."""

    journey: str = Field(examples=["welcome"])
    version: int | None = Field(description="the newest one acted on", examples=[2])
    command: str = Field(examples=["pause"])
    from_status: str | None = Field(examples=["live"])
    to_status: str | None = Field(examples=["paused"])
    counts: dict[str, int] = Field(
        description="of before, and in a dry run what becomes of each",
        examples=[{"inside": 312, "queued": 0, "messages": 4}],
    )
    refused: str | None = Field(description="the code, in a dry run")
    message: Sentence
    hint: Sentence
    in_flight: int = Field(description="messages that a provider held at the commit")
    dry_run: bool
    warnings: list[Sentence] = Field(description="what it breaks elsewhere")
    changed: int = Field(default=0, description="number of versions acted on")
    settled: Settled | None = Field(default=None, description="how these ended, where it was waited for")
    shuts: dict[str, Any] | None = Field(
        default=None, description="the version whose entry a publication shuts"
    )
    plan: Spoken | None = Field(default=None, description="the publish plan, in a dry run")
    preview: list[dict[str, Any]] | None = Field(
        default=None, description="what a resume sets free, in a dry run"
    )
    scheduled_id: int | None = Field(default=None, description="by which a command for later is taken back")
    at: Instant | None = Field(default=None, description="when a command for later is carried out")


class BulkWanted(Said):
    """One command to several journeys, each by itself."""

    journeys: list[Key] = Field(min_length=1, max_length=500, examples=[["welcome", "winback"]])
    options: dict[str, Any] = Field(default={}, description="of a pause or a resume")
    wait: bool = False


class BulkOne(BaseModel):
    """What one journey answered."""

    journey: str
    status: int = Field(description="as the command alone would have been answered", examples=[200])
    code: str | None = Field(description="of a refusal")
    detail: Sentence | None
    hint: Sentence | None
    answer: CommandAnswer | None


class BulkAnswer(BaseModel):
    """What each journey answered, in the order of the request."""

    results: list[BulkOne]


class PlanWanted(Closed):
    """A publication that is looked at beforehand."""

    people: str | None = Field(default=None, description="stay (default) or move", examples=["move"])
    answers: dict[str, Any] | None = None


class Later(BaseModel):
    """People who become due at a step in an hour to come, and messages that wait there until then."""

    step: str
    hour: int = Field(description="how many whole hours from now, from 0")
    people: int
    messages: int


class PublishPlan(BaseModel):
    """What publishing the draft would change, and for whom."""

    journey: str
    version: int
    people: str
    versions: list[dict[str, Any]]
    changes: list[Spoken] = Field(description="the difference of the two definitions, in words")
    steps: list[dict[str, Any]] = Field(description="for each step who stands there and what becomes of them")
    inside: int
    queued: int
    messages: int
    messages_cancelled: int
    in_flight: int
    kept: int
    matching: dict[str, int] | None = Field(
        description="who meets a new rule now, by reason; null: not counted"
    )
    hours: int = Field(description="those behind the publication that `later` is about")
    later: list[Later] = Field(
        description="who is moved, keeps a deadline and becomes due within these hours"
    )
    problems: list[ProblemFound]
    refused: str | None
    message: Sentence
    hint: Sentence
    answers: dict[str, str]


class ResumePreview(BaseModel):
    """What a resume of one version would set free now."""

    version: int
    hours: int
    catch_up: float | None
    kept: list[dict[str, Any]]
    now: dict[str, int]
    queue: int
    messages: dict[str, int]
    later: list[Later]


class Scheduled(BaseModel):
    """A command given for later."""

    scheduled_id: int
    journey: str
    version: int | None
    command: str
    at: Instant
    actor: str
    given_at: Instant
    options: dict[str, Any]
    reason: str | None
    done_at: Instant | None
    outcome: str | None
    refused: str | None
    said: Sentence | None


class PeopleWanted(Said):
    """People to be suggested, or taken out."""

    user_ids: list[UserId] = Field(min_length=1, max_length=MANY, examples=[["anna", "bo"]])
    version: int | None = Field(
        default=None, ge=1, le=1_000_000, description="take them out of this version only"
    )


class PeopleAnswer(BaseModel):
    """What was done with people. Who was suggested is admitted or refused by a worker, a moment later."""

    journey: str
    version: int | None
    command: str
    from_status: str | None
    to_status: str | None
    counts: dict[str, int] = Field(examples=[{"added": 2, "unknown": 0}])
    refused: str | None
    message: Sentence
    hint: Sentence
    dry_run: bool
    unknown: list[str] = Field(description="no such person")
    outside: list[str] = Field(description="not inside")
