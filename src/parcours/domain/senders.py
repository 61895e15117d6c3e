"""Senders: who mails come from, and what a journey that names nobody is given (decision 0058)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from parcours.domain.journey import Email, Journey
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at
from parcours.domain.timing import format_instant

__all__ = ["Sender", "sender_problems", "spec_of", "with_senders"]

_SPECIAL: Final = re.compile(r'[",;:<>@()\[\]\\.]')


@dataclass(frozen=True, slots=True)
class Sender:
    """An address that mails come from. `usual`: of journeys that name none. `reply_to` None: the address itself."""

    key: str
    address: str
    name: str = ""
    reply_to: str | None = None
    usual: bool = False
    created_at: datetime | None = None

    @property
    def header(self) -> str:
        """Return it as `from` of a journey says it."""
        if not self.name:
            return self.address
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"' if _SPECIAL.search(self.name) else self.name
        return f"{name} <{self.address}>"

    @property
    def answers(self) -> str:
        """Return where answers go."""
        return self.reply_to or self.address

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "key": self.key, "name": self.name, "address": self.address, "reply_to": self.reply_to,
            "default": self.usual, "created_at": format_instant(self.created_at) if self.created_at else None,
        }  # fmt: skip


def spec_of(address: str) -> str:
    """Return the address alone, in the form by which senders are compared; empty where there is none."""
    return parseaddr(address)[1].strip().lower()


def with_senders(journey: Journey, senders: Sequence[Sender] | None) -> Journey:
    """Return a journey with what it leaves to its senders.

    Mails without `from` come from the usual sender; mails without `reply_to` take that of the sender they come from.
    What a journey says stays.
    """
    if not senders or not any(isinstance(step, Email) for step in journey.steps.values()):
        return journey
    known = {spec_of(one.address): one for one in senders}
    usual = next((one for one in senders if one.usual), None)
    given, said = journey.email, journey.email.reply_to
    mails = {key: step for key, step in journey.steps.items() if isinstance(step, Email)}
    if given.from_ is None and usual is not None and any(step.from_ is None for step in mails.values()):
        given = replace(given, from_=usual.header)
    steps = dict(journey.steps)
    if said is None:
        left = {key: step for key, step in mails.items() if step.reply_to is None}
        answers = {key: _answers(step.from_ or given.from_, known) for key, step in left.items()}
        # Written for all under `email:` it would answer for mails of strangers, too.
        if None not in answers.values() and any(step.from_ is None for step in left.values()):
            given = replace(given, reply_to=_answers(given.from_, known))
        for key, step in left.items():
            if step.from_ is not None or given.reply_to is None:
                steps[key] = replace(step, reply_to=answers[key])
    return replace(journey, email=given, steps=steps)


def sender_problems(journey: Journey, senders: Sequence[Sender] | None) -> Iterator[Problem]:
    """Yield a warning for each sender that is none of the known ones; nothing where none is known at all."""
    if not senders:
        return
    known = {spec_of(one.address): one.address for one in senders}
    places = [("email.from", journey.email.from_)]
    places += [
        (f"steps.{step.id}.email.from", step.from_)
        for step in journey.steps.values()
        if isinstance(step, Email)
    ]
    for place, address in places:
        if address and spec_of(address) not in known:
            message = f"`{spec_of(address) or address}` is not one of the known senders."
            hint = nearest(spec_of(address), tuple(known)) or "Use one of them, or add it to the senders."
            yield problem_at("warning", "unknown_sender", place, message, hint)


def _answers(address: str | None, known: Mapping[str, Sender]) -> str | None:
    sender = known.get(spec_of(address or ""))
    return sender.answers if sender is not None else None
