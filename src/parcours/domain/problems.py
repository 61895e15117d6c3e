"""Problems of a definition: one type, all of them at once (lifecycle: Validation)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Problem", "Severity", "has_errors"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `place` is the path in the file, such as `steps.bought.wait_for[1].when`."""

    severity: Severity
    code: str
    place: str
    message: str
    hint: str = ""
    step_id: str | None = None
    section: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the wire form."""
        return asdict(self)


def has_errors(problems: list[Problem]) -> bool:
    """Tell whether some problem blocks publishing."""
    return any(p.severity == "error" for p in problems)
