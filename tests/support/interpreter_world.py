"""What the reference interpreter remembers: people, journeys, passages and the lines it will print."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from parcours.domain.choices import Choices
from parcours.domain.journey import Audience, Email, Journey, Webhook
from support.conditions import Happening, Scene, holds

__all__ = [
    "Caused",
    "Family",
    "Message",
    "Move",
    "Participant",
    "Profile",
    "Refusal",
    "Run",
    "Transfer",
    "Version",
    "Waiting",
    "World",
    "instant_text",
    "next_at_gate",
    "zone_of",
]


def instant_text(at: datetime | None) -> str | None:
    """Write an instant as the outputs do: YYYY-MM-DDTHH:MM:SS[.ffffff]Z."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@dataclass
class Profile:
    """A person: attributes, stored events in order of arrival, static memberships."""

    user_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)
    audiences: set[str] = field(default_factory=set)
    belongs: set[str] = field(default_factory=set)  # to audiences by condition, when last asked
    deleted: bool = False
    consents: dict[str, str] = field(default_factory=dict)  # subscription, or * -> in | out


@dataclass(frozen=True)
class Run:
    """One part of one occurrence of schedules."""

    occurrence: datetime
    part: int
    at: datetime
    triggers: list[int]


@dataclass(eq=False)
class Version:
    """One version of a journey. `started` is false before its start date."""

    number: int
    journey: Journey
    status: str = "draft"
    entry_open: bool = False
    started: bool = False
    coming: dict[int, datetime] = field(
        default_factory=dict
    )  # next occurrences, by the number of the trigger
    runs: list[Run] = field(default_factory=list)  # still to come
    choices: Choices = field(default_factory=Choices)  # of the present pause
    rate: float | None = None  # people a second, behind a resume
    next_free: datetime | None = None  # when the next of those who wait is set free
    paused_at: datetime | None = None
    sending_held: bool = False  # of all journeys

    @property
    def drops(self) -> bool:
        """Whether a pause refuses those who would enter."""
        return self.status == "paused" and self.choices.entrants == "drop"

    @property
    def inside(self) -> str | None:
        """What a pause does to those inside; None without a pause."""
        return self.choices.inside if self.status == "paused" else None

    @property
    def may_move(self) -> bool:
        """Whether people go on: not frozen by a pause, not before the start date (P5, P36)."""
        going = self.status in {"live", "closed"} or self.inside in {"hold", "discard"}
        return going and self.started

    @property
    def lets_in(self) -> bool:
        """Whether people come to the first step: in no pause, not before the start date."""
        return self.may_move and self.status != "paused"


@dataclass(eq=False)
class Waiting:
    """Somebody who would be admitted, at the gate."""

    at: datetime
    profile: Profile
    trigger: str
    event: Mapping[str, Any] | None
    silent: str | None


@dataclass(eq=False)
class Family:
    """A journey with its versions, oldest first; `waiting` at its gate, oldest first."""

    key: str
    versions: list[Version] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    last_through: datetime | None = None  # by the entry rate
    name: str = ""
    deleted: list[Version] = field(default_factory=list)  # of those that were published

    @property
    def next_number(self) -> int:
        """The number of the version that is made next; those of deleted ones that were published are not given again."""
        return max((version.number for version in [*self.versions, *self.deleted]), default=0) + 1

    @property
    def published(self) -> list[Version]:
        """The versions that are not drafts."""
        return [version for version in self.versions if version.status != "draft"]

    @property
    def draft(self) -> Version | None:
        """The draft, where there is one."""
        return next((version for version in self.versions if version.status == "draft"), None)

    @property
    def admitting(self) -> Version | None:
        """The version whose entry is open, where there is one."""
        return next((version for version in self.versions if version.entry_open), None)


@dataclass(eq=False)
class Participant:
    """One passage of a person. Queued: active, and `step` is None."""

    family: Family
    version: Version
    profile: Profile
    entry_no: int
    entered_at: datetime
    admitted_number: int  # events with a greater number belong to this passage
    event: Mapping[str, Any] | None  # properties of the entry event
    place: tuple[Any, ...] | None = None  # among those who wait to be set free
    freed_at: datetime | None = None  # from the queue
    extended: timedelta = timedelta()  # by which pauses moved its lifetime
    status: str = "active"
    reason: str | None = None
    left_at: datetime | None = None
    step: str | None = None
    deadline: datetime | None = None
    reached_at: datetime | None = None  # when the walk came to the message step at which it stands
    goal_met: bool = False
    kept: list[Happening] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)
    outcomes: list[tuple[str, str]] = field(default_factory=list)  # (step, outcome) of its messages
    entered_in: Version = field(init=False)  # the version that admitted it

    def __post_init__(self) -> None:
        self.entered_in = self.version

    @property
    def active(self) -> bool:
        """Whether it is still inside."""
        return self.status == "active"

    @property
    def ends_at(self) -> datetime | None:
        """The end of its lifetime (R25)."""
        lifetime = self.version.journey.lifetime
        return None if lifetime is None else self.entered_at + lifetime + self.extended

    @property
    def due_at(self) -> datetime | None:
        """The instant of its next timer, while it is inside: of its step or of its lifetime.

        A message that a pause holds has none, nor has any while all sending is held; nor has the queue in a pause.
        """
        held = self.version.sending_held and self.version.inside != "discard"
        return self.due(held=held)

    def due(self, *, held: bool) -> datetime | None:
        """Return the instant of its next timer, where messages are `held` or not."""
        inside = self.version.inside
        if not self.active or self.place is not None or (self.queued and inside is not None):
            return None
        if self.queued and self.freed_at is not None:
            return self.freed_at
        deadline = None if (inside == "hold" or held) and self.at_message else self.deadline
        return min((at for at in (deadline, self.ends_at) if at is not None), default=None)

    @property
    def at_message(self) -> bool:
        """Whether it stands at a step that makes a message."""
        step = None if self.step is None else self.version.journey.steps.get(self.step)
        return isinstance(step, Email | Webhook)

    @property
    def waits_to_send(self) -> bool:
        """Whether it stands at a message step until its window opens (R21), or its pause is over."""
        return self.active and self.at_message and self.deadline is not None

    @property
    def queued(self) -> bool:
        """Whether it waits before the first step."""
        return self.active and self.step is None


@dataclass(frozen=True)
class Move:
    """One edge travelled (P1)."""

    participant: Participant
    version: int
    source: str | None
    target: str | None
    at: datetime


@dataclass(frozen=True)
class Transfer:
    """Somebody taken from one version to another, standing at a step, or queued."""

    participant: Participant
    source: Version
    target: Version
    step: str | None


@dataclass(frozen=True)
class Message:
    """One attempt with a final outcome."""

    participant: Participant
    version: int
    step: str
    channel: str
    at: datetime
    to: str | None
    subject: str | None
    outcome: str
    reason: str | None


@dataclass(frozen=True)
class Refusal:
    """One suggestion turned down."""

    family: Family
    version: int
    user_id: str
    trigger: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Caused:
    """A line that a walk placed directly behind (R3): a changed person, a started journey, one to be left."""

    kind: Literal["changed", "start", "remove"]
    profile: Profile
    origin: Family
    target: str = ""
    fields: frozenset[str] = frozenset()  # that changed
    joined: frozenset[str] = frozenset()
    quitted: frozenset[str] = frozenset()


@dataclass
class World:
    """Everything there is, and the clock."""

    now: datetime
    audiences: Mapping[str, Audience]
    files: Mapping[str, Journey]
    has_errors: Callable[[Journey], bool]
    profiles: dict[str, Profile] = field(default_factory=dict)
    families: dict[str, Family] = field(default_factory=dict)
    gone: list[Family] = field(default_factory=list)  # deleted, in the order of their making for one key
    participants: list[Participant] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    command_lines: list[dict[str, Any]] = field(default_factory=list)
    stubs: dict[tuple[str, str, str | None], tuple[str, str | None, Any]] = field(default_factory=dict)
    sending_held: bool = False
    usual: dict[str, str] = field(default_factory=dict)  # of subscription types, for who said nothing
    suppressed: dict[str, set[str]] = field(default_factory=dict)  # address -> reasons
    seen: set[tuple[str, str]] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)  # name → user_id of the one that stayed
    number: int = 0  # of the latest arrival
    caused: deque[Caused] = field(default_factory=deque)  # lines that walks placed behind

    def by_key(self) -> Iterator[Family]:
        """Yield the journeys in order of key (R3)."""
        for key in sorted(self.families):
            yield self.families[key]

    def family(self, key: str) -> Family:
        """Return the journey, made where it is new."""
        return self.families.setdefault(key, Family(key))

    def profile(self, user_id: str) -> Profile:
        """Return the person, made where new."""
        return self.profiles.setdefault(user_id, Profile(user_id))

    def who(self, name: str) -> str:
        """Return the user_id of whom a name means by now (R12)."""
        while name in self.merged:
            name = self.merged[name]
        return name

    def inside(self, *versions: Version) -> list[Participant]:
        """Return the active participants of these versions, oldest first, ties by user_id (R22)."""
        found = [p for p in self.participants if p.active and p.version in versions]
        return sorted(found, key=lambda p: (p.entered_at, p.profile.user_id))

    def passages(self, family: Family, profile: Profile) -> list[Participant]:
        """Return all passages of a person in a journey, over all versions, the first one first."""
        return [p for p in self.participants if p.family is family and p.profile is profile]

    def current(self, family: Family, profile: Profile) -> Participant | None:
        """Return the active passage of a person in a journey."""
        return next((p for p in self.passages(family, profile) if p.active), None)

    def is_member(self, profile: Profile, audience: str) -> bool:
        """Tell whether the person belongs to an audience, static or by condition, as it is now."""
        definition = self.audiences.get(audience)
        if definition is None or definition.where is None:
            return audience in profile.audiences
        return holds(definition.where, self.scene(profile, profile.events, zone=ZoneInfo("UTC")))

    def scene(
        self,
        profile: Profile,
        events: Sequence[Happening],
        *,
        zone: ZoneInfo,
        event: Mapping[str, Any] | None = None,
        participant: Participant | None = None,
        blind: bool = False,
    ) -> Scene:
        """Return what a condition sees."""
        roots: dict[str, Mapping[str, Any]] = {"profile": {**profile.attributes, "user_id": profile.user_id}}
        if event is not None:
            roots["event"] = event
        if participant is not None:
            roots |= participant.saved
            roots["participant"] = {
                "entry_no": participant.entry_no,
                "entered_at": instant_text(participant.entered_at),
                "step": participant.step,
                "version": participant.version.number,
            }
        return Scene(
            now=self.now,
            roots=roots,
            zone=zone,
            events=events,
            is_member=lambda audience: self.is_member(profile, audience),
            had_outcome=lambda step, outcome: (
                participant is not None and had_outcome(participant, step, outcome)
            ),
            blind=blind,
        )

    def scene_of_history(
        self,
        journey: Journey,
        profile: Profile,
        *,
        event: Mapping[str, Any] | None = None,
        participant: Participant | None = None,
    ) -> Scene:
        """Return the scene of triggers, filters and splits: events of the whole history (R9)."""
        zone = zone_of(journey, profile)
        return self.scene(profile, profile.events, zone=zone, event=event, participant=participant)

    def scene_of_passage(
        self, participant: Participant, *, event: Mapping[str, Any] | None = None, blind: bool = False
    ) -> Scene:
        """Return the scene of goals, exits and waits: events of this passage only (R9)."""
        zone = zone_of(participant.version.journey, participant.profile)
        return self.scene(
            participant.profile,
            events_of_passage(participant),
            zone=zone,
            event=participant.event if event is None else event,
            participant=participant,
            blind=blind,
        )


def next_at_gate(family: Family) -> datetime | None:
    """Return when the oldest at the gate may go by the rate; None where nobody waits or there is no rate."""
    version = family.admitting
    if not family.waiting or version is None or version.drops or version.journey.entry.rate is None:
        return None
    arrived = family.waiting[0].at
    if family.last_through is None:
        return arrived
    return max(arrived, family.last_through + timedelta(seconds=1 / version.journey.entry.rate))


def events_of_passage(participant: Participant) -> list[Happening]:
    """Return the person's events after admission, imported history left out (R9, R11)."""
    return [
        event
        for event in participant.profile.events
        if event.number > participant.admitted_number and not event.historical
    ]


def had_outcome(participant: Participant, step: str, outcome: str) -> bool:
    """Tell whether a message of a step had this outcome in this passage (P11)."""
    if outcome in {"sent", "bounced"}:
        wanted = {"sent", "uncertain"} if outcome == "sent" else {"rejected"}
        return any(at == step and had in wanted for at, had in participant.outcomes)
    name = "Email Opened" if outcome == "opened" else "Email Link Clicked"
    return any(
        event.name == name
        and event.properties.get("journey") == participant.family.key
        and event.properties.get("step") == step
        for event in events_of_passage(participant)
    )


def zone_of(journey: Journey, profile: Profile) -> ZoneInfo:
    """Return the zone in which local times are read for this person."""
    own = profile.attributes.get("timezone")
    if journey.profile_timezone and isinstance(own, str) and own in _zone_names():
        return ZoneInfo(own)
    return ZoneInfo(journey.timezone)


@cache
def _zone_names() -> set[str]:
    return available_timezones()
