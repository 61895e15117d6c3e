"""All mails of a journey to one address, with one person's data: rendered as for that person, and marked as a test.

Nothing is stored: no participant, no message, no count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from parcours.channels.attachment import attach
from parcours.channels.template import Renderer, variables
from parcours.compiler import Program
from parcours.domain.check_fields import saved_by
from parcours.domain.errors import ParcoursError
from parcours.domain.identity import profile_id
from parcours.domain.journey import Email, Journey
from parcours.engine.composing import Composed, compose_email
from parcours.engine.content import Claimed, context_of
from parcours.engine.versions import Version
from parcours.service.editing.template_checks import texts_of
from parcours.service.explaining.person_copy import Person

__all__ = ["MARK", "TrialMail", "mails_for"]

MARK: Final = "[Test] "
_FILLED: Final = ("unsubscribe_url", "preferences_url")  # what the program fills in when a mail is on its way


@dataclass(frozen=True, slots=True)
class TrialMail:
    """One mail made ready; `composed` is None where it cannot be rendered, `error` then says why.

    `missing` are the variables that are empty for this person, `placeholders` those for which something stands that says
    what will: the event at the entry where none is known, and what steps on the way save.
    """

    step: str
    label: str
    composed: Composed | None = None
    error: str | None = None
    missing: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    outcome: str = "not sent"
    detail: str = ""

    @property
    def subject(self) -> str | None:
        """The subject as it is sent."""
        return None if self.composed is None else self.composed.subject

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "step": self.step,
            "label": self.label,
            "subject": self.subject,
            "outcome": self.outcome,
            "detail": self.detail or None,
            "error": self.error,
            "missing": list(self.missing),
            "placeholders": list(self.placeholders),
        }


@dataclass
class _Values:
    """What templates may name, with placeholders where a passage would have something of its own."""

    plain: Mapping[str, Any]
    saved: set[str]
    filled: dict[str, Any] = field(default_factory=dict)
    placeholders: list[str] = field(default_factory=list)

    def fill(self, name: str) -> None:
        """Put a placeholder where a variable stands for something that is not known yet."""
        root, *path = name.split(".")
        if root not in self.saved and root != "event" and root not in _FILLED:
            return
        if not path:
            if root in _FILLED:
                self.filled[root] = f"[{root}]"
                self.placeholders.append(name)
            return
        if root == "event" and self.plain["event"]:
            return
        place = self.filled.setdefault(root, {})
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                return
        place.setdefault(path[-1], f"[{name}]")
        self.placeholders.append(name)


def mails_for(
    journey: Journey, version_no: int, person: Person, *, to: str, event: Mapping[str, Any] | None, at: datetime,
    steps: Iterable[str] | None = None,
) -> list[TrialMail]:  # fmt: skip
    """Make every mail of a journey ready, or those of some steps, in file order.

    `event` are the properties of the event at the entry; None where none is known.
    """
    wanted = [step for step in journey.steps.values() if isinstance(step, Email)]
    if steps is not None:
        chosen = set(steps)
        wanted = [step for step in wanted if step.id in chosen]
    trial = _Trial(journey, version_no, person, to, event, at)
    return [trial.mail(step) for step in wanted]


@dataclass(frozen=True)
class _Trial:
    """What all mails of one trial have in common."""

    journey: Journey
    version_no: int
    person: Person
    to: str
    event: Mapping[str, Any] | None
    at: datetime

    def mail(self, step: Email) -> TrialMail:
        """Make one mail ready."""
        claimed, version = self.claimed(step), self.version(step)
        saved = {name for other in self.journey.steps.values() for name in saved_by(other)}
        values = _Values(context_of(claimed, version), saved)
        names = sorted({name for _, text in texts_of(step, self.journey) for name in variables(text)})
        for name in names:
            values.fill(name)
        given = {name: value for name, value in values.filled.items() if name != "event"}
        claimed = replace(claimed, saved=given, event=values.filled.get("event", claimed.event))
        context = context_of(claimed, version)
        missing = tuple(name for name in names if _is_missing(context, name))
        mail = TrialMail(step.id, step.label, missing=missing, placeholders=tuple(values.placeholders))
        try:
            return replace(mail, composed=compose_email(claimed, version, Renderer(), mark=MARK))
        except ParcoursError as error:
            return replace(mail, error=error.message)

    def claimed(self, step: Email) -> Claimed:
        """Return the message as if the person had come to the step now, on the first passage."""
        event = None if self.event is None else dict(self.event)
        return Claimed(
            0, uuid4(), 0, profile_id(self.person.user_id), 1, step.id, self.to, 0, self.at,
            dict(self.person.attributes), self.person.user_id, event, {}, self.at,
        )  # fmt: skip

    def version(self, step: Email) -> Version:
        """Return what a mail needs of the version, compiled or not."""
        files = self.journey.attachments
        attached = {}
        if step.attachments and all(name in files for name in step.attachments):
            attached[step.id] = attach([(name, files[name]) for name in step.attachments])
        program = Program({}, {step.id: "email"}, {}, (), tuple(self.journey.steps))
        return Version(0, self.version_no, 0, self.journey, program, attached=attached)


def _is_missing(context: Mapping[str, Any], name: str) -> bool:
    value: Any = context
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return True
        value = value.get(part)
    return value is None or value == ""
