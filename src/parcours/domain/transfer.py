"""What a transfer needs to know before it begins: at which steps people stand, and whither those go whose step is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from parcours.domain.difference import kind_of
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import DropOut, Experiment, Journey, Jump, Split, Target

__all__ = ["Needs", "needs_of", "read_answers"]

DECIDING: Final = (Split, Experiment)  # nobody stands there but for an instant


@dataclass(frozen=True, slots=True)
class Needs:
    """Steps that people may stand at and the next definition lacks, or knows as another kind: their former kinds."""

    removed: Mapping[str, str] = field(default_factory=dict)
    kind_changed: Mapping[str, str] = field(default_factory=dict)


def needs_of(after: Journey, before: Iterable[Journey]) -> Needs:
    """Return what is in the way of taking people of these definitions over to another one."""
    removed: dict[str, str] = {}
    changed: dict[str, str] = {}
    for journey in before:
        for step in journey.steps.values():
            kind, now = kind_of(step), after.steps.get(step.id)
            if now is None:
                removed[step.id] = kind
            elif kind_of(now) != kind:
                changed[step.id] = kind
    return Needs(removed, changed)


def read_answers(given: Any, after: Journey, known: Collection[str]) -> dict[str, Target]:
    """Read answers as commands write them: `{STEP: {to: STEP} | {drop_out: true}}`.

    `known` are the steps of all versions that were ever published.

    Raises ParcoursError `bad_option`, `unknown_answer`.
    """
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ParcoursError(
            "bad_option", "answers name a step and whither its people go", place="options.answers",
            hint="Write {STEP: {to: STEP}} or {STEP: {drop_out: true}}.",
        )  # fmt: skip
    return {step: _answer(step, answer, after, known) for step, answer in given.items()}


def _answer(step: str, answer: Any, after: Journey, known: Collection[str]) -> Target:
    place = f"options.answers.{step}"
    if step in after.steps:
        raise ParcoursError(
            "unknown_answer", f"step {step} stays, so its people stay there", place=place,
            hint="Leave this answer out.",
        )  # fmt: skip
    if step not in known:
        raise ParcoursError(
            "unknown_answer", f"no version has a step {step}", place=place,
            hint="`parcours journey publish KEY --people move --dry-run` names the steps that need one.",
        )  # fmt: skip
    match answer:
        case {"drop_out": True} if len(answer) == 1:
            return DropOut()
        case {"to": str(target)} if len(answer) == 1:
            if target in after.steps:
                return Jump(target)
            raise ParcoursError(
                "unknown_answer", f"the new version has no step {target}", place=f"{place}.to",
                hint=f"It has {', '.join(after.steps)}.",
            )  # fmt: skip
        case _:
            raise ParcoursError(
                "bad_option", "an answer is a step to go to, or to drop out", place=place,
                hint="Write {to: STEP} or {drop_out: true}.",
            )  # fmt: skip
