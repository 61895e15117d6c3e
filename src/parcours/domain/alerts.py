"""What alerts there are: how grave, what each means, and what to do. docs/operations.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

__all__ = ["ALERTS", "AlertKind", "Cause", "Severity"]

Severity: TypeAlias = Literal["warning", "critical"]
AlertKind: TypeAlias = Literal[
    "engine_stopped", "engine_late", "buckets_free", "ledger", "units_failing", "send_failures", "resume_blocked",
    "command_refused", "no_entrants",
]  # fmt: skip

# Kind -> severity, meaning, remedy.
ALERTS: Final[Mapping[AlertKind, tuple[Severity, str, str]]] = MappingProxyType(
    {
        "engine_stopped": (
            "critical",
            "Something has been due for long, and nobody moved since.",
            "Start `parcours work`, or look at the workers' logs; `parcours doctor` says more.",
        ),
        "engine_late": (
            "warning",
            "Something has been due for long, while people do move: there is more work than is done.",
            "Start more workers or give them more lanes; for messages, look at their channel.",
        ),
        "buckets_free": (
            "critical",
            "No worker holds some of the buckets, so nobody in them moves.",
            "Start `parcours work`, or look at the workers' logs.",
        ),
        "ledger": (
            "critical",
            "An equation of the ledger does not hold: people were counted wrongly, or lost.",
            "Keep the output of `parcours ledger --json`, and report it: it is a fault of the program.",
        ),
        "units_failing": (
            "critical",
            "Units of work of a journey fail and are tried again, and their people wait.",
            "`parcours doctor` shows the reason; if it is no fault of the database, report it.",
        ),
        "send_failures": (
            "warning",
            "Too many messages of a journey could not be handed over.",
            "See to the mail server, or the webhook's other side; pause the journey where it should not go on so.",
        ),
        "resume_blocked": (
            "warning",
            "A pause should have ended by itself, and the definition has errors: it goes on.",
            "`parcours journey problems KEY` shows them; mend them, then resume.",
        ),
        "command_refused": (
            "warning",
            "A command that somebody gave for later was refused at its instant.",
            "`parcours journey scheduled KEY --past` says why; give it again, or do it now.",
        ),
        "no_entrants": (
            "warning",
            "Nobody has entered a live journey for longer than is usual for it.",
            "See whether its events arrive (`parcours why USER KEY`), and whether its filter still lets people in.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Cause:
    """One alert that stands now. `part` tells apart several of one kind and journey."""

    kind: AlertKind
    said: str
    journey: str | None = None
    part: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes it the same alert when it is seen again."""
        return "/".join(part for part in (self.kind, self.journey, self.part) if part)

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return ALERTS[self.kind][0]

    @property
    def remedy(self) -> str:
        """What to do."""
        return ALERTS[self.kind][2]
