"""The eight kinds of steps out of their documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal, cast

from parcours.domain.journey import (
    Awaited,
    Branch,
    DropOut,
    Email,
    End,
    Experiment,
    Jump,
    Share,
    Split,
    Step,
    Target,
    Timeout,
    UpdateProfile,
    Wait,
    WaitFor,
    Webhook,
)
from parcours.domain.keys import ALTERNATIVES, WAIT_KINDS
from parcours.domain.names import address, attribute, field_path, key, keys, root, route
from parcours.domain.parse_condition import ANYTHING, condition_at
from parcours.domain.reading import Reading, Section
from parcours.domain.values import (
    choice,
    clock,
    count,
    duration,
    flag,
    instant,
    json_value,
    line,
    lines,
    listed,
    number,
    offset,
    text,
    weekdays,
    yes,
)

__all__ = ["LIST_KINDS", "MAPPING_KINDS", "Frame", "not_one"]

_MAX_CONTENT: Final = 500_000
_MAX_NOTE: Final = 10_000
_MAX_URL: Final = 2_000
_MAX_HEADER: Final = 4_000
_MAX_RETRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """What every kind of step takes from around it."""

    id: str
    label: str
    note: str
    next: str
    section: Section

    @property
    def reading(self) -> Reading:
        """Return the reading of the document."""
        return self.section.reading


def _email(frame: Frame, inner: Section) -> Step:
    return Email(
        id=frame.id, label=frame.label, note=frame.note, next=frame.next,
        subject=inner.get("subject", line(1_000)) or "",
        template=inner.get("template", line(empty=False)),
        html=inner.get("html", text(_MAX_CONTENT)),
        text=inner.get("text", text(_MAX_CONTENT)),
        preheader=inner.get("preheader", line(1_000)),
        from_=inner.get("from", address),
        reply_to=inner.get("reply_to", address),
        subscription=inner.get("subscription", key),
        transactional=inner.get("transactional", flag),
        attachments=inner.get("attachments", lines()) or (),
        on_skip=inner.get("on_skip", route),
        on_error=inner.get("on_error", route),
        expires=inner.get("expires", duration()),
    )  # fmt: skip


def _wait(frame: Frame, inner: Section) -> Step:
    given = [kind for kind in WAIT_KINDS if inner.has(kind)]
    if len(given) > 1:
        not_one(inner, given, WAIT_KINDS, "wait")
    for option, needed in (
        ("offset", "until_field"),
        ("on_missing", "until_field"),
        ("weekdays", "until_time"),
    ):
        if inner.has(option) and not inner.has(needed):
            message = f"`{option}` goes with `{needed}` only."
            inner.reading.error("unknown_key", inner.at(option), message, "Remove it.")
    return Wait(
        id=frame.id, label=frame.label, note=frame.note, next=frame.next,
        duration=inner.get("for", duration(timedelta(0))),
        until=inner.get("until", instant),
        until_field=inner.get("until_field", field_path),
        offset=inner.get("offset", offset),
        on_missing=inner.get("on_missing", route) or "next",
        until_time=inner.get("until_time", clock),
        weekdays=inner.get("weekdays", weekdays),
    )  # fmt: skip


def _wait_for(frame: Frame, items: list[tuple[object, str]]) -> Step:
    events: list[Awaited] = []
    timeouts: list[Timeout] = []
    for value, place in items:
        kind = next((name for name in ALTERNATIVES if isinstance(value, dict) and name in value), None)
        if kind is None and isinstance(value, dict):
            message, hint = "An alternative needs event or timeout.", "Write {event: NAME, next: STEP}."
            frame.reading.error("missing_key", place, message, hint)
            continue
        section = frame.reading.section(value, place, ALTERNATIVES[kind or "event"])
        if section is None:
            continue
        if kind == "event":
            when = condition_at(section, "when")
            name = section.get("event", line(empty=False)) if section.need("event") else None
            events.append(Awaited(name or "", _target(section), when, section.get("save_as", root)))
        else:
            after = section.get("timeout", duration()) if section.need("timeout") else None
            timeouts.append(Timeout(after or timedelta(days=1), _target(section)))
            if len(timeouts) > 1:
                frame.reading.error("several_choices", place, "More than one time-out.", "Keep the shortest.")
    return WaitFor(
        id=frame.id, label=frame.label, note=frame.note,
        events=tuple(events), timeout=timeouts[0] if timeouts else None,
    )  # fmt: skip


def _split(frame: Frame, items: list[tuple[object, str]]) -> Step:
    branches: list[Branch] = []
    otherwise: Target | None = None
    for n, (value, place) in enumerate(items):
        last = isinstance(value, dict) and "else" in value
        section = frame.reading.section(value, place, "otherwise" if last else "branch")
        if section is None:
            continue
        if not last:
            when = condition_at(section, "when") if section.need("when", "Or write else: true.") else None
            branches.append(Branch(when or ANYTHING, _target(section)))
            continue
        section.get("else", yes)
        if otherwise is not None or n < len(items) - 1:
            frame.reading.error("else_not_last", place, "`else` is one, and the last.", "Move it to the end.")
        otherwise = otherwise or _target(section)
    if otherwise is None:
        hint = "Add {else: true, next: STEP}."
        frame.reading.error("split_without_else", frame.section.at("split"), "The split has no `else`.", hint)
    return Split(
        id=frame.id, label=frame.label, note=frame.note,
        branches=tuple(branches), otherwise=otherwise or DropOut(),
    )  # fmt: skip


def _experiment(frame: Frame, items: list[tuple[object, str]]) -> Step:
    shares: list[Share] = []
    for value, place in items:
        section = frame.reading.section(value, place, "share")
        if section is None:
            continue
        name = section.get("name", line(empty=False)) if section.need("name") else None
        share = section.get("share", number(0, 100)) if section.need("share") else None
        if name in {other.name for other in shares}:
            frame.reading.error(
                "duplicate_name", place, f"The name `{name}` is taken.", "Choose another name."
            )
        shares.append(Share(name or "", float(share or 0), _target(section)))
    return Experiment(id=frame.id, label=frame.label, note=frame.note, shares=tuple(shares))


def _webhook(frame: Frame, inner: Section) -> Step:
    return Webhook(
        id=frame.id, label=frame.label, note=frame.note, next=frame.next,
        url=inner.get("url", line(_MAX_URL)) or "",
        method=inner.get("method", choice("GET", "POST", "PUT", "PATCH", "DELETE")) or "POST",
        headers=_texts(inner, "headers"),
        query=_texts(inner, "query"),
        body=inner.get("body", json_value),
        timeout=inner.get("timeout", duration()),
        retries=inner.get("retries", count(0, _MAX_RETRIES)),
        save_as=inner.get("save_as", root),
        on_error=inner.get("on_error", route),
        expires=inner.get("expires", duration()),
    )  # fmt: skip


def _update_profile(frame: Frame, inner: Section) -> Step:
    given = inner.entries("set")
    return UpdateProfile(
        id=frame.id, label=frame.label, note=frame.note, next=frame.next,
        set={n: json_value(inner.reading, v, at) for n, v, at in given if attribute(inner.reading, n, at)},
        unset=inner.get("unset", listed(attribute)) or (),
        add_to=inner.get("add_to", keys) or (),
        remove_from=inner.get("remove_from", keys) or (),
    )  # fmt: skip


def _end(frame: Frame, inner: Section) -> Step:
    start_if = inner.get("if", choice("succeeded", "completed", "any")) or "any"
    return End(
        id=frame.id, label=frame.label, note=frame.note,
        start=inner.get("start", key),
        start_if=cast("Literal['succeeded', 'completed', 'any']", start_if),
    )  # fmt: skip


LIST_KINDS: Final[Mapping[str, Callable[[Frame, list[tuple[object, str]]], Step]]] = MappingProxyType(
    {"wait_for": _wait_for, "split": _split, "experiment": _experiment}
)
MAPPING_KINDS: Final[Mapping[str, Callable[[Frame, Section], Step]]] = MappingProxyType(
    {"email": _email, "wait": _wait, "webhook": _webhook, "update_profile": _update_profile, "end": _end}
)


def _target(section: Section) -> Target:
    """Read where a branch goes: `next: STEP` or `drop_out: true`, one of them."""
    jump, out = section.get("next", key), section.get("drop_out", yes)
    if section.has("next") and section.has("drop_out"):
        message = "A branch goes on or drops out, not both."
        section.reading.error("several_choices", section.place, message, "Keep `next` or `drop_out`.")
    elif not section.has("next") and not section.has("drop_out"):
        message = "The branch leads nowhere."
        section.reading.error("missing_target", section.place, message, "Write next: STEP or drop_out: true.")
    return Jump(jump) if jump and not out else DropOut()


def _texts(section: Section, name: str) -> dict[str, str]:
    """Read a mapping of text to text."""
    found = ((n, line(_MAX_HEADER)(section.reading, v, at)) for n, v, at in section.entries(name))
    return {n: v for n, v in found if v is not None}


def not_one(section: Section, given: list[str], known: tuple[str, ...], what: str) -> None:
    """Report that none, or more than one, of some keys is given."""
    if given:
        message = f"More than one {what}: {', '.join(given)}."
        section.reading.error("several_choices", section.place, message, "Keep one of them.")
    else:
        section.reading.error(
            "missing_key", section.place, f"The {what} is missing.", f"One of {', '.join(known)}."
        )
