"""The Program: what a version runs, parameterised SQL with its constants and a fingerprint, stored with the version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Program", "Statement"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement: text with named placeholders, and the constants bound to some of them."""

    text: str
    constants: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Program:
    """Statements by name (`inside keep due admit refuse announce write join quit call`) and what the engine must know.

    `message_steps` maps a step to its channel; `awaited` maps each wait_for to the event names it listens for;
    `listeners` are (kind, name) pairs that route rows to the journey; `sieves`, by event, what a row must meet on the way.
    """

    statements: Mapping[str, Statement]
    message_steps: Mapping[str, str]
    awaited: Mapping[str, tuple[str, ...]]
    listeners: tuple[tuple[str, str], ...]
    step_ids: tuple[str, ...]
    sieves: Mapping[str, Statement] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Tell whether some step writes profiles or memberships."""
        return "write" in self.statements

    @property
    def calls(self) -> bool:
        """Tell whether passages start other journeys or take people out of them."""
        return "call" in self.statements

    def as_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "statements": {
                n: {"text": s.text, "constants": dict(s.constants)} for n, s in self.statements.items()
            },
            "message_steps": dict(self.message_steps),
            "awaited": {step: list(names) for step, names in self.awaited.items()},
            "listeners": [list(pair) for pair in self.listeners],
            "step_ids": list(self.step_ids),
        } | ({"sieves": {name: _sieve(s) for name, s in self.sieves.items()}} if self.sieves else {})

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Program:
        """Read the stored form."""
        return Program(
            statements={n: Statement(s["text"], s["constants"]) for n, s in stored["statements"].items()},
            message_steps=dict(stored["message_steps"]),
            awaited={step: tuple(names) for step, names in stored["awaited"].items()},
            listeners=tuple((kind, name) for kind, name in stored["listeners"]),
            step_ids=tuple(stored["step_ids"]),
            sieves={n: Statement(s["text"], s["constants"]) for n, s in stored.get("sieves", {}).items()},
        )

    def fingerprint(self) -> str:
        """Return 16 hex digits that change with any statement or constant."""
        text = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sieve(statement: Statement) -> dict[str, Any]:
    """Return the stored form, with an `id` that equal ones share."""
    asked = {"text": statement.text, "constants": dict(statement.constants)}
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return {"id": hashlib.sha256(text.encode()).hexdigest()[:16], **asked}
