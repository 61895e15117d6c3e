"""Steps out of their document: each by its kind, with `next` filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parcours.domain.graph import ways
from parcours.domain.journey import (
    Email,
    EmailDefaults,
    End,
    Jump,
    Step,
    UpdateProfile,
    Wait,
    Webhook,
)
from parcours.domain.keys import STEP_KINDS
from parcours.domain.names import step_id
from parcours.domain.parse_kinds import LIST_KINDS, MAPPING_KINDS, Frame, not_one
from parcours.domain.reading import Reading, Section
from parcours.domain.values import (
    line,
    text,
)

__all__ = ["steps"]

_END: Final = "end"
_MAX_NOTE: Final = 10_000


def steps(reading: Reading, document: Section, defaults: EmailDefaults) -> dict[str, Step]:
    """Read the steps in file order; the end that the last one falls through to is added where it is needed.

    A step that cannot be read is kept as one that does nothing, so that what points to it stays good.
    """
    given = [(name, value, at) for name, value, at in document.entries("steps") if step_id(reading, name, at)]
    if not given and not reading.problems:
        reading.error("no_steps", "steps", "The journey has no steps.", "Add at least one step.")
    found: dict[str, Step] = {}
    for (name, value, at), following in zip(given, [*(n for n, _, _ in given[1:]), _END], strict=False):
        found[name] = _step(reading, name, value, at, following)
    _fall_through(reading, given, found)
    targets = {way.target for step in found.values() for way in ways(step, defaults)}
    if _END not in found and (not found or Jump(_END) in targets):
        found[_END] = End(id=_END)
    return found


def _fall_through(reading: Reading, given: list[tuple[str, object, str]], found: Mapping[str, Step]) -> None:
    """Report a last step that falls through to an `end` that is none."""
    taken = found.get(_END)
    if taken is None or isinstance(taken, End):
        return
    name, value, at = given[-1]
    falls = (
        isinstance(value, dict)
        and "next" not in value
        and any(kind in value for kind, own in STEP_KINDS.items() if own)
    )
    if falls and isinstance(found[name], Email | Wait | Webhook | UpdateProfile):
        message = "The last step goes on to an end named `end`, but `end` is another kind of step."
        reading.error("end_taken", at, message, "Rename that step, or write `next`.")


def _step(reading: Reading, name: str, value: object, place: str, following: str) -> Step:
    nothing = UpdateProfile(id=name, next=following)
    section = reading.section(value, place, "step")
    if section is None:
        return nothing
    kinds = [kind for kind in STEP_KINDS if kind in section.data]
    after = section.get("next", step_id)
    if len(kinds) != 1:
        not_one(section, kinds, tuple(STEP_KINDS), "kind of step")
        return nothing
    kind = kinds[0]
    if section.has("next") and not STEP_KINDS[kind]:
        hint = "Remove it." if kind == "end" else "Write it on each branch."
        reading.error("unknown_key", section.at("next"), f"`{kind}` has no `next` of its own.", hint)
    frame = Frame(
        name,
        section.get("label", line()) or "",
        section.get("note", text(_MAX_NOTE)) or "",
        after or following,
        section,
    )
    if kind in LIST_KINDS:
        return LIST_KINDS[kind](frame, reading.items(section.data[kind], section.at(kind)))
    inner = reading.section(section.data[kind], section.at(kind), kind)
    return nothing if inner is None else MAPPING_KINDS[kind](frame, inner)
