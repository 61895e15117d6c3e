"""What the server answers with, as types of plain data: what comes over the wire, and nothing else."""

from __future__ import annotations

from typing import Any, TypedDict

__all__ = [
    "Alert",
    "AuditLine",
    "Checked",
    "CommandAnswer",
    "Draft",
    "Event",
    "Import",
    "Journey",
    "JourneyDetail",
    "Mail",
    "MailLine",
    "Message",
    "Participant",
    "Passage",
    "PeopleAnswer",
    "Problem",
    "Profile",
    "PublishPlan",
    "ResumePreview",
    "Scheduled",
    "Upcoming",
    "Version",
    "VersionProblems",
    "Why",
]


class Problem(TypedDict):
    """One thing wrong with a definition; `place` is the path in the file."""

    severity: str
    code: str
    place: str
    message: str
    hint: str
    step_id: str | None
    section: str | None


class Upcoming(TypedDict):
    """One thing that will happen by itself."""

    kind: str
    said: str
    at: str | None
    version: int | None
    count: int | None
    command: str | None
    scheduled_id: int | None


class Version(TypedDict):
    """A version with its numbers."""

    version: int
    status: str
    entry_open: bool
    settling: bool
    created_at: str
    published_at: str | None
    paused_at: str | None
    stopped_at: str | None
    finished_at: str | None
    pause: dict[str, Any] | None
    entered: int
    inside: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int


class Journey(TypedDict):
    """A line of the list; numbers are of all versions together, `version` is the newest published one."""

    journey: str
    name: str
    description: str
    folder: str
    tags: list[str]
    owner: str
    version: int | None
    status: str | None
    entry_open: bool
    since: str | None
    draft: int | None
    older_inside: list[dict[str, Any]]
    entered: int
    inside: int
    completed: int
    succeeded: int
    dropped_out: int
    cancelled: int
    success_rate: float | None
    alerts: list[str]
    problems: dict[str, int]
    actions: list[dict[str, Any]]


class JourneyDetail(Journey):
    """A journey with its versions, newest first, and what happens next by itself."""

    versions: list[Version]
    upcoming: list[Upcoming]


class VersionProblems(TypedDict):
    """What is wrong with one version now."""

    version: int
    status: str
    problems: list[Problem]


class Draft(TypedDict):
    """A saved definition; `etag` is what saving it again needs."""

    journey: str
    version: int
    status: str
    definition: dict[str, Any]
    templates: dict[str, str]
    attachments: list[dict[str, Any]]
    etag: str


class Checked(TypedDict):
    """What is wrong with a definition; `journey` is its key, None where it cannot be read."""

    journey: str | None
    publishable: bool
    problems: list[Problem]


class CommandAnswer(TypedDict):
    """What a command did, or would do; `refused` is the code of a refusal, in a dry run."""

    journey: str
    version: int | None
    command: str
    from_status: str | None
    to_status: str | None
    counts: dict[str, int]
    refused: str | None
    message: str
    hint: str
    in_flight: int
    dry_run: bool
    warnings: list[str]
    changed: int
    settled: dict[str, int] | None
    shuts: dict[str, Any] | None
    plan: dict[str, Any] | None
    preview: list[dict[str, Any]] | None
    scheduled_id: int | None
    at: str | None


class PeopleAnswer(TypedDict):
    """What was done with people; `unknown` and `outside` name those with whom nothing could be done."""

    journey: str
    version: int | None
    command: str
    from_status: str | None
    to_status: str | None
    counts: dict[str, int]
    refused: str | None
    message: str
    hint: str
    dry_run: bool
    unknown: list[str]
    outside: list[str]


class PublishPlan(TypedDict):
    """What publishing the draft would change, and for whom."""

    journey: str
    version: int
    people: str
    versions: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    inside: int
    problems: list[Problem]
    refused: str | None
    message: str
    hint: str


class ResumePreview(TypedDict):
    """What a resume of one version would set free now."""

    version: int
    hours: int
    catch_up: float | None
    kept: list[dict[str, Any]]
    now: dict[str, int]
    queue: int
    messages: dict[str, int]
    later: list[dict[str, Any]]


class Scheduled(TypedDict):
    """A command given for later."""

    scheduled_id: int
    journey: str
    version: int | None
    command: str
    at: str
    actor: str
    given_at: str
    options: dict[str, Any]
    reason: str | None
    done_at: str | None
    outcome: str | None
    refused: str | None
    said: str | None


class Participant(TypedDict):
    """One passage of one person through a journey."""

    user_id: str
    name: str | None
    entry_no: int
    version: int | None
    status: str
    reason: str | None
    said: str | None
    step: str | None
    entered_at: str
    entered_step_at: str
    wake_at: str | None
    left_at: str | None
    goal_met_at: str | None


class Why(TypedDict):
    """Everything about one person in one journey: passages with moves and messages, refusals, and what holds now."""

    user_id: str
    journey: str
    known: bool
    deleted_at: str | None
    passages: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
    notes: list[str]
    entrance: dict[str, Any] | None


class Profile(TypedDict):
    """A person with audiences."""

    user_id: str
    name: str | None
    attributes: dict[str, Any]
    created_at: str
    updated_at: str
    deleted_at: str | None
    audiences: list[dict[str, Any]]


class Event(TypedDict):
    """Something that a person has done."""

    name: str
    happened_at: str
    received_at: str
    historical: bool
    properties: dict[str, Any]


class Passage(TypedDict):
    """A passage of a person through one of the journeys."""

    journey: str
    name: str
    version: int | None
    entry_no: int
    status: str
    reason: str | None
    step: str | None
    entered_at: str
    left_at: str | None
    wake_at: str | None


class Message(TypedDict):
    """A message to a person from one of the journeys."""

    journey: str
    entry_no: int
    step: str
    channel: str
    state: str
    queued_at: str


class Import(TypedDict):
    """An import, and how far it is: `state` is waiting, loading, done or broken."""

    id: int
    name: str
    mode: str
    state: str
    bytes: int | None
    bytes_read: int
    stored: int
    repeated: int
    bad: int
    kinds: dict[str, int]
    errors: list[dict[str, str]]


class MailLine(TypedDict):
    """A mail that the built-in mailbox caught."""

    number: int
    at: str
    to: list[str]
    sender: str
    subject: str
    bytes: int


class Mail(MailLine):
    """A mail with its content."""

    headers: list[list[str]]
    text: str | None
    html: str | None
    files: list[dict[str, Any]]


class AuditLine(TypedDict):
    """One thing that was done, or refused."""

    id: int
    at: str
    actor: str
    key: str
    version: int | None
    command: str
    options: dict[str, Any]
    reason: str | None
    from_status: str | None
    to_status: str | None
    refused: str | None
    counts: dict[str, int]


class Alert(TypedDict):
    """Something that deserves attention, and what to do."""

    id: int
    key: str
    kind: str
    severity: str
    journey: str | None
    since: str
    seen_at: str
    details: dict[str, Any]
    said: str
    remedy: str
    cleared_at: str | None
