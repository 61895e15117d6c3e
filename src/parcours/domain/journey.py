"""The journey: what a marketer drew, as immutable values (journey-file format, docs/journey-file.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal, TypeAlias

from parcours.domain.condition import Condition

__all__ = [
    "Audience",
    "AudienceTrigger",
    "Awaited",
    "Branch",
    "DropOut",
    "Email",
    "EmailDefaults",
    "End",
    "Entry",
    "EventTrigger",
    "Experiment",
    "Goal",
    "Journey",
    "Json",
    "Jump",
    "ManualTrigger",
    "Reentry",
    "ScheduleTrigger",
    "Share",
    "Split",
    "Step",
    "StepKind",
    "Target",
    "Timeout",
    "Trigger",
    "UpdateProfile",
    "Wait",
    "WaitFor",
    "Waves",
    "Webhook",
    "Window",
]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
StepKind: TypeAlias = Literal[
    "email", "wait", "wait_for", "split", "experiment", "webhook", "update_profile", "end"
]


@dataclass(frozen=True, slots=True)
class Jump:
    """Go to this step."""

    step: str


@dataclass(frozen=True, slots=True)
class DropOut:
    """Leave the journey here."""


Target: TypeAlias = Jump | DropOut


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """Suggest whoever does this event, where `when` holds (`event.X` is this event)."""

    event: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class AudienceTrigger:
    """Suggest whoever enters or leaves an audience."""

    audience: str
    on: Literal["enter", "leave", "both"] = "enter"
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class ScheduleTrigger:
    """Suggest the members of an audience at occurrences: a cron text, `now`, or one instant."""

    audience: str
    cron: str | None = None
    once: datetime | None = None
    now: bool = False
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class ManualTrigger:
    """People are added by hand."""


Trigger: TypeAlias = EventTrigger | AudienceTrigger | ScheduleTrigger | ManualTrigger


@dataclass(frozen=True, slots=True)
class Reentry:
    """Whether a person may come again; `min_interval` counts from the previous `entered_at` (R13)."""

    mode: Literal["once", "after_exit", "always"] = "once"
    min_interval: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Waves:
    """Spread a scheduled run over `parts`, one `every` so often."""

    parts: int
    every: timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """Who is suggested, admitted, and when. Instants are UTC, already read in the journey's zone (R20)."""

    triggers: tuple[Trigger, ...] = ()
    filter: Condition | None = None
    exclude: tuple[str, ...] = ()
    reentry: Reentry = Reentry()
    cap: int | None = None
    rate: float | None = None  # participants per second
    waves: Waves | None = None
    removes_from: tuple[str, ...] = ()
    start: datetime | None = None  # inclusive
    end: datetime | None = None  # exclusive
    at_end: Literal["close", "stop"] = "close"


@dataclass(frozen=True, slots=True)
class Goal:
    """Success: `leave` at once, or be remembered until an end is reached (R16)."""

    when: Condition
    leave: bool = True


@dataclass(frozen=True, slots=True)
class EmailDefaults:
    """What every email step of the journey takes where it says nothing itself."""

    from_: str | None = None
    reply_to: str | None = None
    subscription: str | None = None
    transactional: bool | None = None
    on_skip: Target | Literal["next"] | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Local times at which messages may leave, `[start, until)` on ISO weekdays (R21)."""

    weekdays: frozenset[int] | None
    start: time | None
    until: time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    id: str
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(_Step):
    """Send one email, rest until its outcome. Fields left None come from EmailDefaults."""

    next: str
    subject: str = ""
    template: str | None = None  # file beside the journey file
    html: str | None = None
    text: str | None = None
    preheader: str | None = None
    from_: str | None = None
    reply_to: str | None = None
    subscription: str | None = None
    transactional: bool | None = None
    attachments: tuple[str, ...] = ()
    on_skip: Target | Literal["next"] | None = None  # None: by reason, see lifecycle
    on_error: Target | Literal["next"] | None = None  # None: drop out, send_failed
    expires: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(_Step):
    """Rest for a duration, or until an instant, a field's instant, or a local time of day (R19)."""

    next: str
    duration: timedelta | None = None  # `for`
    until: datetime | None = None
    until_field: tuple[str, tuple[str, ...]] | None = None  # root, path
    offset: timedelta | None = None
    on_missing: Target | Literal["next"] = "next"
    until_time: time | None = None
    weekdays: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """One alternative of a wait: this event, meeting `when`, goes to `target`."""

    event: str
    target: Target
    when: Condition | None = None
    save_as: str | None = None


@dataclass(frozen=True, slots=True)
class Timeout:
    """The alternative that time takes."""

    after: timedelta
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor(_Step):
    """Rest until the first awaited event or the time-out."""

    events: tuple[Awaited, ...]
    timeout: Timeout | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of a split."""

    when: Condition
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(_Step):
    """Go to the first branch that is true, else to `otherwise`. Never rests."""

    branches: tuple[Branch, ...]
    otherwise: Target


@dataclass(frozen=True, slots=True)
class Share:
    """One arm of an experiment; `share` in percent."""

    name: str
    share: float
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(_Step):
    """Go to an arm by hash of journey, step and person (R28). Never rests."""

    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(_Step):
    """Call a URL, rest until its outcome."""

    next: str
    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    timeout: timedelta | None = None
    retries: int | None = None
    save_as: str | None = None
    on_error: Target | Literal["next"] | None = None
    expires: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile(_Step):
    """Write attributes (top-level names) and static memberships; steps behind it read them (R15)."""

    next: str
    set: Mapping[str, Json] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    add_to: tuple[str, ...] = ()
    remove_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End(_Step):
    """Finish the passage; `start` suggests the person to another journey."""

    start: str | None = None
    start_if: Literal["succeeded", "completed", "any"] = "any"


Step: TypeAlias = Email | Wait | WaitFor | Split | Experiment | Webhook | UpdateProfile | End


@dataclass(frozen=True, slots=True)
class Journey:
    """One definition. `steps` keeps file order; `next` left out in the file is already filled in.

    Where the last step falls through, an `End` with id `end` has been added.
    """

    key: str
    steps: Mapping[str, Step]
    name: str = ""
    description: str = ""
    folder: str = ""
    tags: tuple[str, ...] = ()
    timezone: str = "UTC"
    profile_timezone: bool = False
    entry: Entry = Entry()
    goal: Goal | None = None
    exits: tuple[Condition, ...] = ()
    lifetime: timedelta | None = None
    email: EmailDefaults = EmailDefaults()
    window: Window | None = None
    layout: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)  # file name -> its text
    attachments: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # file name -> its content

    @property
    def first_step(self) -> str:
        """The id of the step that every entrant meets first."""
        return next(iter(self.steps))

    def is_transactional(self, step: Email) -> bool:
        """Tell whether a mail is no advertising: nobody is asked for consent then."""
        own = self.email.transactional if step.transactional is None else step.transactional
        return bool(own)

    def subscription_of(self, step: Email) -> str:
        """Return the type of subscription by which a mail goes; empty where the definition names none."""
        return step.subscription or self.email.subscription or ""


@dataclass(frozen=True, slots=True)
class Audience:
    """A named set of people: given members, or a condition."""

    key: str
    name: str = ""
    members: tuple[str, ...] = ()
    where: Condition | None = None
