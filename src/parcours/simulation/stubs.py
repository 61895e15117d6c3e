"""What messages answer in a simulation, where commands say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from parcours.channels.answer import kept
from parcours.compiler.plan import SKIP_REASONS
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Json

__all__ = ["Stub", "Stubs", "read_stub"]

_OUTCOMES: Final = ("sent", "skipped", "rejected", "uncertain")


@dataclass(frozen=True, slots=True)
class Stub:
    """What a message step answers instead of `sent`; `body` is what the server of a webhook says."""

    outcome: str
    reason: str | None = None
    body: Json = None


@dataclass(slots=True)
class Stubs:
    """Stubs by (journey, step, person or None for everybody)."""

    known: dict[tuple[str, str, str | None], Stub] = field(default_factory=dict)

    def find(self, journey: str, step: str, user_id: str) -> Stub | None:
        """Return the stub for a person, else the one for everybody (P48)."""
        return self.known.get((journey, step, user_id)) or self.known.get((journey, step, None))


def read_stub(options: Mapping[str, Any]) -> Stub:
    """Read the options of a `stub` command (P48, P54). Raises ParcoursError `bad_option`."""
    outcome, status, reason = options.get("outcome"), options.get("status"), options.get("reason")
    if outcome is not None and status is not None:
        raise ParcoursError("bad_option", "both outcome and status are given", hint="Give one of them.")
    if status is not None:
        if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:  # noqa: PLR2004
            raise ParcoursError(
                "bad_option", f"status is {status!r}", hint="Give a status of HTTP, such as 404."
            )
        outcome = "sent" if 200 <= status < 300 else "rejected"  # noqa: PLR2004
    outcome = "sent" if outcome is None else outcome
    if outcome not in _OUTCOMES:
        raise ParcoursError(
            "bad_option", f"outcome is {outcome!r}", hint="Use sent, skipped, rejected or uncertain."
        )
    if outcome == "skipped" and reason is not None and reason not in SKIP_REASONS:
        raise ParcoursError(
            "bad_option", f"reason is {reason!r}", hint=f"Use one of {', '.join(SKIP_REASONS)}."
        )
    return Stub(str(outcome), reason, kept(options.get("body", {})))
