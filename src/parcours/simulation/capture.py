"""Captured delivery: messages are rendered and answered where they stand, and nothing leaves the house (R4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from parcours.channels.channel import Answer
from parcours.channels.template import Renderer, TemplateFailed
from parcours.engine.calling import Forms
from parcours.engine.content import Claimed, render
from parcours.engine.delivery import Settled
from parcours.engine.versions import Version
from parcours.simulation.stubs import Stub, Stubs

__all__ = ["Capture"]

USUAL = Stub("sent", body={})  # a webhook without a stub answers 200 and an empty object


@dataclass(slots=True)
class Capture:
    """Answers messages by their stubs."""

    stubs: Stubs = field(default_factory=Stubs)
    renderer: Renderer = field(default_factory=Renderer)
    forms: Forms = field(default_factory=Forms)

    def answer(self, claimed: Claimed, version: Version) -> Settled:
        """Render a message and answer it at the instant of its walk."""
        at = claimed.at
        stub = self.stubs.find(version.journey.key, claimed.step, claimed.user_id) or USUAL
        if stub.outcome == "skipped":  # as by a gate, which asks before anything is rendered
            return Settled(claimed, "skipped", at, stub.reason or "suppressed")
        try:
            known = self.rendered(claimed, version)
        except TemplateFailed as error:
            return Settled(claimed, "rejected", at, "step_failed", error.message)
        match stub.outcome:
            case "sent":
                return Settled(
                    claimed, "sent", at, handed_at=at, answer=_answer(claimed, version, stub), **known
                )
            case "uncertain":
                return Settled(claimed, "uncertain", at, handed_at=at, **known)
            case _:
                return Settled(claimed, "rejected", at, "send_failed", **known)

    def rendered(self, claimed: Claimed, version: Version) -> dict[str, Any]:
        """Return what is kept of a message: the subject of a mail, the URL of a webhook. Raises TemplateFailed."""
        if version.channel(claimed.step) == "webhook":
            return {"recipient": self.forms.request(claimed, version).shown}
        return {"subject": render(claimed, version, self.renderer).subject}


def _answer(claimed: Claimed, version: Version, stub: Stub) -> Answer | None:
    if version.channel(claimed.step) != "webhook" or version.webhook(claimed.step).save_as is None:
        return None
    return Answer(stub.body)
