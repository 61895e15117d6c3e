"""What the server answers with about audiences, what needs somebody, and the installation itself, as plain data."""

from __future__ import annotations

from typing import Any, TypedDict

__all__ = [
    "Audience",
    "AudienceDetail",
    "Counted",
    "Erasure",
    "Kept",
    "Key",
    "MemberPage",
    "Recent",
    "Sender",
    "Sending",
    "Setting",
    "Source",
    "Stuck",
    "StuckPeople",
    "Subscription",
    "Suppressed",
    "Use",
    "User",
]


class Use(TypedDict):
    """One place that names something: in a version of a journey, or in the condition of an audience."""

    place: str
    journey: str | None
    version: int | None
    status: str | None
    audience: str | None


class Audience(TypedDict):
    """An audience; `asked` is the share of people asked its condition so far."""

    key: str
    name: str
    kind: str
    members: int
    asked: float
    where: dict[str, Any] | None
    created_at: str


class AudienceDetail(Audience):
    """An audience, and where it is used."""

    used: list[Use]


class Counted(TypedDict):
    """How many people a condition means; where not `exact`, an estimate between `low` and `high` 19 times of 20."""

    people: int
    exact: bool
    low: int
    high: int
    looked_at: int
    matched: int
    sample: list[str]
    problems: list[dict[str, Any]]


class MemberPage(TypedDict):
    """Some members; `next` continues behind them, None at the end."""

    members: list[dict[str, Any]]
    next: str | None


class Stuck(TypedDict):
    """One person inside who has been due for too long; `mends` are what can be done about it."""

    kind: str
    journey: str
    version: int
    user_id: str
    entry_no: int
    step: str | None
    why: str
    bucket: int
    since: str
    mends: list[str]


class StuckPeople(TypedDict):
    """Who does not move, and who fell out lately."""

    stuck: list[Stuck]
    failed: list[dict[str, Any]]


class Sending(TypedDict, total=False):
    """Whether all sending is held (`held` is None where messages leave), and what a switch did."""

    held: dict[str, Any] | None
    before: str
    changed: bool
    dry_run: bool
    messages: int
    due_within_hour: int
    settled: dict[str, int]


class Setting(TypedDict):
    """One setting of the installation."""

    name: str
    value: bool | int
    default: bool | int
    type: str
    least: int | None
    most: int | None
    meaning: str


class User(TypedDict):
    """Somebody who works here."""

    email: str
    name: str
    role: str
    language: str
    has_password: bool
    created_at: str
    created_by: str
    signed_in_at: str | None
    disabled_at: str | None
    sessions: int
    keys: list[str]


class Key(TypedDict):
    """An API key, without its secret."""

    name: str
    prefix: str
    scopes: list[str]
    person: str
    created_at: str
    created_by: str
    expires_at: str | None
    used_at: str | None
    revoked_at: str | None
    revoked_by: str | None


class Source(TypedDict):
    """Whoever sends people and events, without the write key."""

    name: str
    key: str
    enabled: bool
    created_at: str
    revoked_at: str | None
    seen_at: str | None


class Recent(TypedDict):
    """One that came over HTTP lately, and what it caused."""

    feed_no: str
    at: str
    happened_at: str | None
    source: str
    type: str
    name: str | None
    user_id: str | None
    now_known_as: str | None
    result: str
    code: str | None
    place: str | None
    message: str | None
    hint: str | None
    caused: list[dict[str, Any]]
    data: dict[str, Any]


class Subscription(TypedDict):
    """A declared kind of mail; `default` is what holds for whoever said nothing."""

    key: str
    default: str
    names: dict[str, str]
    descriptions: dict[str, str]
    created_at: str | None


class Sender(TypedDict):
    """Who mails come from; `reply_to` None: answers go to the address."""

    key: str
    name: str
    address: str
    reply_to: str | None
    default: bool
    created_at: str | None


class Suppressed(TypedDict):
    """An address that is written to no more."""

    address: str | None
    reason: str
    detail: str | None
    added_by: str
    added_at: str
    key: str


class Erasure(TypedDict):
    """How it stands with forgetting a person."""

    person: str
    asked_at: str | None
    done_at: str | None
    counts: dict[str, int]
    new: bool
    dry_run: bool


class Kept(TypedDict):
    """For how many days things are kept (None: for ever), and who looks further back."""

    events: int | None
    passages: int | None
    messages: int | None
    warnings: list[str]
