"""What a definition names outside itself, each with its place: what is looked for when something is to go away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from parcours.domain.condition import AudienceTest, Condition, EventTest, FieldTest
from parcours.domain.journey import (
    Audience,
    AudienceTrigger,
    Email,
    End,
    EventTrigger,
    Journey,
    ScheduleTrigger,
    UpdateProfile,
    Wait,
    WaitFor,
)
from parcours.domain.walk import parts, parts_of

__all__ = ["USE_KINDS", "Use", "UseKind", "uses_of_audience", "uses_of_journey"]

UseKind: TypeAlias = Literal["journey", "audience", "sender", "template", "event", "field", "subscription"]
USE_KINDS: Final[tuple[UseKind, ...]] = get_args(UseKind)


@dataclass(frozen=True, slots=True)
class Use:
    """One place that names something: a journey by its key, a field of the profile by its top-level name, and so on."""

    kind: UseKind
    name: str
    place: str


def uses_of_journey(journey: Journey) -> Iterator[Use]:
    """Yield what a journey names, in the order of the file's sections; templates are not looked into."""
    yield from _entry(journey)
    for place, part in parts_of(journey):
        yield from _condition(part, place)
    for name in ("from_", "reply_to"):
        if address := getattr(journey.email, name):
            yield Use("sender", address, f"email.{name.rstrip('_')}")
    if journey.email.subscription:
        yield Use("subscription", journey.email.subscription, "email.subscription")
    for step in journey.steps.values():
        place = f"steps.{step.id}"
        match step:
            case Email():
                yield from _email(step, f"{place}.email")
            case WaitFor():
                for n, awaited in enumerate(step.events):
                    yield Use("event", awaited.event, f"{place}.wait_for[{n}].event")
            case Wait(until_field=("profile", path)):
                yield Use("field", path[0], f"{place}.wait.until_field")
            case UpdateProfile():
                yield from _update(step, f"{place}.update_profile")
            case End(start=str(key)):
                yield Use("journey", key, f"{place}.end.start")
            case _:
                pass


def uses_of_audience(audience: Audience) -> Iterator[Use]:
    """Yield what the condition of an audience names."""
    if audience.where is not None:
        for place, part in parts(audience.where, "where"):
            yield from _condition(part, place)


def _entry(journey: Journey) -> Iterator[Use]:
    entry = journey.entry
    for n, trigger in enumerate(entry.triggers):
        if isinstance(trigger, EventTrigger):
            yield Use("event", trigger.event, f"entry.triggers[{n}].event")
        elif isinstance(trigger, AudienceTrigger | ScheduleTrigger):
            yield Use("audience", trigger.audience, f"entry.triggers[{n}].audience")
    for n, audience in enumerate(entry.exclude):
        yield Use("audience", audience, f"entry.exclude[{n}]")
    for n, key in enumerate(entry.removes_from):
        yield Use("journey", key, f"entry.removes_from[{n}]")


def _condition(part: Condition, place: str) -> Iterator[Use]:
    match part:
        case FieldTest(root="profile", path=path):
            yield Use("field", path[0], f"{place}.field")
        case EventTest(name=name):
            yield Use("event", name, f"{place}.event")
        case AudienceTest(audience=audience):
            yield Use("audience", audience, f"{place}.audience")
        case _:
            return


def _email(step: Email, place: str) -> Iterator[Use]:
    for name in ("from_", "reply_to"):
        if address := getattr(step, name):
            yield Use("sender", address, f"{place}.{name.rstrip('_')}")
    if step.subscription:
        yield Use("subscription", step.subscription, f"{place}.subscription")
    if step.template:
        yield Use("template", step.template, f"{place}.template")
    for n, file in enumerate(step.attachments):
        yield Use("template", file, f"{place}.attachments[{n}]")


def _update(step: UpdateProfile, place: str) -> Iterator[Use]:
    for name in step.set:
        yield Use("field", name, f"{place}.set.{name}")
    for n, name in enumerate(step.unset):
        yield Use("field", name, f"{place}.unset[{n}]")
    for key, audiences in (("add_to", step.add_to), ("remove_from", step.remove_from)):
        for n, audience in enumerate(audiences):
            yield Use("audience", audience, f"{place}.{key}[{n}]")
