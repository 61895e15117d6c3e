"""Captured delivery: messages are rendered and answered where they stand, and nothing leaves the house (R4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from parcours.channels.template import Renderer, TemplateFailed
from parcours.engine.content import Claimed, render
from parcours.engine.delivery import Settled
from parcours.engine.versions import Version

__all__ = ["Stub", "Stubs", "captured"]


@dataclass(frozen=True, slots=True)
class Stub:
    """What a message step answers instead of `sent`."""

    outcome: str
    reason: str | None = None


@dataclass(slots=True)
class Stubs:
    """Stubs by (journey, step, person or None for everybody)."""

    known: dict[tuple[str, str, str | None], Stub] = field(default_factory=dict)

    def find(self, journey: str, step: str, user_id: str) -> Stub | None:
        """Return the stub for a person, else the one for everybody (P48)."""
        return self.known.get((journey, step, user_id)) or self.known.get((journey, step, None))


def captured(claimed: Claimed, version: Version, renderer: Renderer, stubs: Stubs) -> Settled:
    """Render a message and answer it at the instant of its walk."""
    try:
        subject = render(claimed, version, renderer).subject
    except TemplateFailed as error:
        return Settled(claimed, "rejected", claimed.at, "step_failed", error.message)
    stub = stubs.find(version.journey.key, claimed.step, claimed.user_id)
    if stub is None or stub.outcome in ("sent", "uncertain"):
        unsure = stub is not None and stub.outcome == "uncertain"
        return Settled(
            claimed, "uncertain" if unsure else "sent", claimed.at, subject=subject, handed_at=claimed.at
        )
    if stub.outcome == "skipped":
        return Settled(claimed, "skipped", claimed.at, stub.reason or "suppressed")
    return Settled(claimed, "rejected", claimed.at, "send_failed", subject=subject)
