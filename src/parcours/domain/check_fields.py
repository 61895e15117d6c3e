"""Problems of what conditions and templates read: fields that nothing has, types that never compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from parcours.domain.condition import FieldTest, Operator, Value
from parcours.domain.graph import reached_from
from parcours.domain.journey import EventTrigger, Journey, Step, UpdateProfile, WaitFor, Webhook
from parcours.domain.known import Known
from parcours.domain.names import ROOTS
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at

__all__ = ["Fields", "saved_by"]

PARTICIPANT: Final = frozenset(("entry_no", "entered_at", "version", "step"))
JOURNEY: Final = frozenset(("key", "name"))
PLAIN: Final = frozenset(
    ("now", "today", "unsubscribe_url", "preferences_url")
)  # variables of templates that have no parts
ALWAYS: Final = frozenset(("user_id",))  # what every profile has
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"string": "text", "number": "a number", "boolean": "true or false", "array": "a list", "object": "a mapping"}
)  # fmt: skip
_ON_TEXT: Final[tuple[Operator, ...]] = (
    "starts_with", "ends_with", "matches", "before", "after", "within_last", "within_next",
)  # fmt: skip


@dataclass(frozen=True)
class Fields:
    """What the conditions and templates of one journey may read."""

    journey: Journey
    known: Known

    @cached_property
    def saves(self) -> dict[str, list[str]]:
        """The steps that save something, by the name under which they do."""
        found: dict[str, list[str]] = {}
        for step in self.journey.steps.values():
            for name in saved_by(step):
                found.setdefault(name, []).append(step.id)
        return found

    @cached_property
    def attributes(self) -> frozenset[str] | None:
        """The attributes that some profile has, or will have by this journey; None where nothing is known."""
        if self.known.fields is None:
            return None
        steps = self.journey.steps.values()
        written = {name for step in steps if isinstance(step, UpdateProfile) for name in step.set}
        return self.known.fields | written | ALWAYS

    @cached_property
    def entry_events(self) -> tuple[str, ...] | None:
        """The events that bring people in; None where something else may, too."""
        triggers = self.journey.entry.triggers
        names = [trigger.event for trigger in triggers if isinstance(trigger, EventTrigger)]
        return tuple(names) if names and len(names) == len(triggers) else None

    def test(self, test: FieldTest, place: str, step: str | None, event: str | None) -> Iterator[Problem]:
        """Yield what is wrong with a test of a field in a step, or outside of any; `event` is the one under test."""
        found = self.path(test.root, test.path, step, event)
        if found is not None:
            yield problem_at("warning", "unknown_field", f"{place}.field", *found)
        elif test.root == "profile" and len(test.path) == 1:
            yield from self.types(test, place)

    def variables(self, names: Iterable[str], place: str, step: str) -> Iterator[Problem]:
        """Yield what is wrong with the variables of a template: dotted paths."""
        for name in sorted(names):
            root, *path = name.split(".")
            if root in PLAIN:
                continue
            found = self.variable(root, tuple(path), step)
            if found is not None:
                yield problem_at("warning", "unknown_variable", place, *found)

    def variable(self, root: str, path: tuple[str, ...], step: str) -> tuple[str, str] | None:
        """Return what is wrong with one variable, and a hint."""
        if root == "journey":
            known = tuple(sorted(JOURNEY))
            return None if not path or path[0] in JOURNEY else _no("journey", path[0], known)
        if root not in ROOTS and root not in self.saves:
            message = f"There is no variable `{'.'.join((root, *path))[:80]}`: it stays empty."
            if self.attributes is not None and root in self.attributes:
                return message, f"Did you mean `profile.{root}`?"
            roots = (*ROOTS, "journey", *sorted(PLAIN), *self.saves)
            return message, nearest(root, roots[:50]) or f"Known: {', '.join(roots)[:200]}."
        return self.path(root, path, step, None)

    def path(
        self, root: str, path: tuple[str, ...], step: str | None, event: str | None
    ) -> tuple[str, str] | None:
        """Return what is wrong with a field, and a hint; None where nothing is known to be."""
        if root == "profile":
            if not path or self.attributes is None or path[0] in self.attributes:
                return None
            hint = nearest(path[0], self.attributes) or "It is missing until some profile has it."
            return f"No profile is known to have `{path[0]}`.", hint
        if root == "participant":
            good = not path or path[0] in PARTICIPANT
            return None if good else _no("participant", path[0], tuple(sorted(PARTICIPANT)))
        if root == "event":
            return self.property(path, event)
        if root not in self.saves:
            roots = (*ROOTS, *self.saves)
            hint = nearest(root, roots[:50]) or f"Known: {', '.join(roots)[:200]}."
            return f"No step saves anything as `{root}`.", hint
        return self.saved(root, step)

    def property(self, path: tuple[str, ...], event: str | None) -> tuple[str, str] | None:
        """Return what is wrong with a property of the event under test, else of the entry event (R10)."""
        triggers = self.journey.entry.triggers
        if event is None and triggers and not any(isinstance(t, EventTrigger) for t in triggers):
            message = "Nobody enters by an event here, so `event` is missing."
            return message, "Read the profile instead, or add a trigger by event."
        events = (event,) if event is not None else self.entry_events
        seen = self.known.events
        if not path or seen is None or not events or not all(seen.get(name) for name in events):
            return None
        properties = frozenset().union(*(seen[name] for name in events))
        if path[0] in properties:
            return None
        names = " or ".join(f"`{name}`" for name in events)
        hint = nearest(path[0], properties) or "It is missing until some event has it."
        return f"No event {names} is known to have `{path[0]}`.", hint

    def saved(self, root: str, step: str | None) -> tuple[str, str] | None:
        """Return what is wrong with reading in a step what only later steps save."""
        if step is None or step not in self.journey.steps:
            return None
        if any(saving == step or step in reached_from(self.journey, saving) for saving in self.saves[root]):
            return None
        steps = ", ".join(f"`{saving}`" for saving in self.saves[root])
        return f"No step on the way saves anything as `{root}`; {steps} does.", "Put it behind that step."

    def types(self, test: FieldTest, place: str) -> Iterator[Problem]:
        """Yield where a test compares what the attribute never is (R26)."""
        seen = self.known.types.get(test.path[0], frozenset()) - {"null"}
        wanted = _wanted(test.op, test.value)
        if not seen or wanted is None or seen & wanted:
            return
        is_, asks = (
            " or ".join(_TYPES[t] for t in sorted(seen)),
            " or ".join(_TYPES[t] for t in sorted(wanted)),
        )
        message = f"`profile.{test.path[0]}` is {is_} as far as it is known; the test asks for {asks}."
        hint = "Nothing is converted: 10 is not '10'. Write the value in the type that the field has."
        yield problem_at("warning", "field_of_other_type", f"{place}.{test.op}", message, hint)


def saved_by(step: Step) -> Iterator[str]:
    """Yield the names under which a step saves something."""
    match step:
        case WaitFor(events=events):
            yield from (event.save_as for event in events if event.save_as)
        case Webhook(save_as=str(name)):
            yield name
        case _:
            return


def _no(root: str, name: str, known: tuple[str, ...]) -> tuple[str, str]:
    return f"There is no `{root}.{name}`.", nearest(name, known) or f"Known: {', '.join(known)}."


def _wanted(op: Operator, value: Value) -> frozenset[str] | None:
    """Return the types of a field at which a test may hold; None where it may at any."""
    if op in _ON_TEXT:
        return frozenset(("string",))
    values = value if isinstance(value, tuple) else (value,)
    if op in ("is", "in", "gt", "gte", "lt", "lte", "between"):
        return frozenset(map(_type, values)) or None
    if op == "contains":
        return frozenset(("string", "array")) if isinstance(value, str) else frozenset(("array",))
    return None


def _type(value: object) -> str:
    return "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
