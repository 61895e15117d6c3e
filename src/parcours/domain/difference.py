"""What differs between two definitions of a journey, in words: the first half of a publish plan.

Both are compared as documents, so everything that a file can say is compared, and what is left out and what is
written as the default are the same. Layout, labels, notes and names are told apart: nobody inside is affected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, Literal, TypeAlias

from parcours.domain.graph import ways
from parcours.domain.journey import Journey, Jump, Step
from parcours.domain.serialise import journey_document
from parcours.domain.serialise_steps import step_document

__all__ = ["Change", "difference", "kind_of"]

ChangeKind: TypeAlias = Literal[
    "step_added", "step_removed", "kind_changed", "step_changed", "route_changed", "changed"
]

SILENT: Final = ("name", "description", "folder", "tags", "layout")  # nobody inside is affected
SILENT_IN_STEPS: Final = ("label", "note")
ROUTES: Final = ("next", "drop_out", "on_skip", "on_error", "on_missing")
LISTS: Final[Mapping[str, str]] = {
    "wait_for": "alternative",
    "split": "branch",
    "experiment": "arm",
    "triggers": "trigger",
    "exit": "exit rule",
}
PLURALS: Final[Mapping[str, str]] = {"branch": "branches"}
LONG: Final = 60  # characters of a value that are shown


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. `place` is its path in the file; `people` tells whether anybody inside is affected.

    `before` and `after` are the values as a file has them, None where there is none.
    """

    kind: ChangeKind
    place: str
    text: str
    step: str | None = None
    before: Any = None
    after: Any = None
    people: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {name: getattr(self, name) for name in self.__slots__}


def difference(before: Journey, after: Journey) -> list[Change]:
    """Return every change from one definition to another: the journey's settings, then its steps, then what is silent."""
    old, new = journey_document(before), journey_document(after)
    changes = [*_settings(old, new), *_first(before, after)]
    for step_id in dict.fromkeys([*before.steps, *after.steps]):
        changes += _step(step_id, before, after)
    changes += _templates(before, after)
    return sorted(changes, key=lambda change: not change.people)


def kind_of(step: Step) -> str:
    """Return the kind of a step as a file names it."""
    named = step_document(step, None)
    return next(name for name in named if name not in (*SILENT_IN_STEPS, "next"))


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name in ("steps", "journey"):
            continue
        if name in ("entry", "email"):
            yield from _within(name, old.get(name) or {}, new.get(name) or {})
        elif old.get(name) != new.get(name):
            silent = name in SILENT
            yield from _values(name, old.get(name), new.get(name), people=not silent)


def _within(section: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            # Who enters is decided anew; nobody inside is asked again, but for the list that evicts.
            people = section != "entry" or name == "exclude"
            yield from _values(f"{section}.{name}", old.get(name), new.get(name), people=people)


def _values(place: str, old: Any, new: Any, *, people: bool) -> Iterator[Change]:
    name = place.rpartition(".")[2]
    if name in LISTS:
        yield from _lists("changed", place, LISTS[name], old or [], new or [], people=people)
    elif name == "layout":
        yield Change("changed", place, "the drawing is arranged differently", people=people)
    else:
        yield Change(
            "changed", place, _words(place, old, new), before=old, after=new, people=people
        )  # fmt: skip


def _first(before: Journey, after: Journey) -> Iterator[Change]:
    if before.first_step != after.first_step:
        text = f"people who enter come to `{after.first_step}` first, not to `{before.first_step}`"
        yield Change("route_changed", "steps", text, None, before.first_step, after.first_step)


def _step(step_id: str, before: Journey, after: Journey) -> Iterator[Change]:
    old, new, place = before.steps.get(step_id), after.steps.get(step_id), f"steps.{step_id}"
    if old is None:
        assert new is not None
        came = [other.id for other in after.steps.values() if _leads_to(other, step_id)]
        behind = f", behind {_names(came)}" if came else ""
        yield Change(
            "step_added", place, f"`{step_id}` is new: {kind_of(new)}{behind}", step_id, after=kind_of(new)
        )
        return
    if new is None:
        yield Change(
            "step_removed", place, f"`{step_id}` is removed: {kind_of(old)}", step_id, before=kind_of(old)
        )
        return
    kind, now = kind_of(old), kind_of(new)
    if kind != now:
        text = f"`{step_id}` was {_article(kind)} and is {_article(now)}"
        yield Change("kind_changed", place, text, step_id, kind, now)
        return
    one, other = step_document(old, None), step_document(new, None)
    yield from _keys(step_id, place, one, other, but=kind)
    below = f"{place}.{kind}"
    if isinstance(one[kind], list):
        yield from _lists("step_changed", below, LISTS[kind], one[kind], other[kind], step_id=step_id)
    else:
        yield from _keys(step_id, below, one[kind], other[kind])


def _keys(
    step_id: str, place: str, old: Mapping[str, Any], new: Mapping[str, Any], *, but: str = ""
) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name), new.get(name)
        if name == but or was == now:
            continue
        kind: ChangeKind = "route_changed" if name in ROUTES else "step_changed"
        if name == "next":
            text = f"`{step_id}` goes on to `{now}`, not to `{was}`"
        else:
            text = f"`{step_id}`: {_words(name, was, now)}"
        silent = name in SILENT_IN_STEPS
        yield Change(kind, f"{place}.{name}", text, step_id, was, now, people=not silent)


def _lists(
    kind: ChangeKind, place: str, word: str, old: list[Any], new: list[Any], *, step_id: str | None = None,
    people: bool = True,
) -> Iterator[Change]:  # fmt: skip
    """Compare alternatives: those that are the same but for their place are one change of order."""
    subject = f"`{step_id}`: " if step_id else ""
    if sorted(map(_text, old)) == sorted(map(_text, new)):
        if old != new:
            text = f"{subject}the same {PLURALS.get(word, f'{word}s')} in another order"
            yield Change(kind, place, text, step_id, old, new, people)
        return
    left, come = [one for one in old if one not in new], [one for one in new if one not in old]
    for was, now in _pairs(left, come):
        at = new.index(now) if now is not None else old.index(was)
        named = f"{subject}{word} {at + 1}"
        if was is None:
            yield Change(kind, f"{place}[{at}]", f"{named} is new: {_shown(now)}", step_id, None, now, people)
        elif now is None:
            yield Change(
                kind, f"{place}[{at}]", f"{named} is removed: {_shown(was)}", step_id, was, None, people
            )
        elif isinstance(was, dict) and isinstance(now, dict) and _core(was) == _core(now):
            text = f"{named} ({_shown(_core(now))}) goes {_whither(now)}, not {_whither(was)}"
            route: ChangeKind = "route_changed" if kind == "step_changed" else kind
            yield Change(route, f"{place}[{at}]", text, step_id, was, now, people)
        else:
            text = f"{named} was {_shown(was)}, is {_shown(now)}"
            yield Change(kind, f"{place}[{at}]", text, step_id, was, now, people)


def _pairs(left: list[Any], come: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair what has gone with what has come: by what it is about, then in order."""
    about = {_about(one): one for one in reversed(come)}
    paired = []
    for one in left:
        found = about.pop(_about(one), None)
        if found is not None:
            paired.append((one, found))
    yield from paired
    yield from zip_longest(
        [one for one in left if all(one is not a for a, _ in paired)],
        [one for one in come if all(one is not b for _, b in paired)],
    )


def _about(one: Any) -> str:
    """Return what an alternative is about: its event, name or audience; else its condition."""
    if not isinstance(one, dict):
        return _text(one)
    for name in ("event", "timeout", "else", "name", "audience", "manual"):
        if name in one:
            return f"{name} {one[name]}" if name not in ("timeout", "else") else name
    return _text(_core(one))


def _core(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in ("next", "drop_out")}


def _whither(one: Mapping[str, Any]) -> str:
    return f"to `{one['next']}`" if "next" in one else "out"


def _templates(before: Journey, after: Journey) -> Iterator[Change]:
    for step in after.steps.values():
        name = getattr(step, "template", None)
        old = before.steps.get(step.id)
        if name is None or old is None or getattr(old, "template", None) != name:
            continue
        was, now = before.templates.get(name), after.templates.get(name)
        if was != now:
            text = f"`{step.id}`: the text of {name} {_lengths(was, now)}"
            yield Change("step_changed", f"steps.{step.id}.email.template", text, step.id, name, name)


def _leads_to(step: Step, target: str) -> bool:
    return any(isinstance(way.target, Jump) and way.target.step == target for way in ways(step))


def _names(ids: list[str]) -> str:
    return ", ".join(f"`{one}`" for one in ids)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _words(name: str, was: Any, now: Any) -> str:
    name = name.replace("_", " ") if "." not in name else name
    if was is None:
        return f"{name} is new: {_shown(now)}"
    if now is None:
        return f"{name} is removed: {_shown(was)}"
    if isinstance(was, str) and isinstance(now, str) and max(len(was), len(now)) > LONG:
        return f"{name} {_lengths(was, now)}"
    return f"{name} was {_shown(was)}, is {_shown(now)}"


def _lengths(was: str | None, now: str | None) -> str:
    return f"changed ({len(was or ''):,} characters before, {len(now or ''):,} now)"


def _shown(value: Any) -> str:
    text = _flow(value)
    return text if len(text) <= LONG * 3 else f"{text[: LONG * 3]}…"


def _flow(value: Any) -> str:
    """Write a value as a file does, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return f'"{value}"' if not value or " " in value else value
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
