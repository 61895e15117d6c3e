"""Journey and audience files, as plain data, become values; every problem is found in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from parcours.domain.journey import Audience, EmailDefaults, Entry, Goal, Journey, Window
from parcours.domain.keys import CONDITIONS
from parcours.domain.names import address, key, route
from parcours.domain.parse_condition import condition, condition_at, conditions, parse_condition
from parcours.domain.parse_entry import entry
from parcours.domain.parse_steps import steps
from parcours.domain.problems import Problem
from parcours.domain.reading import Reading, Section, clean, nearest
from parcours.domain.timing import find_zone, zone_names
from parcours.domain.values import clock, duration, flag, line, lines, number, text, weekdays

__all__ = ["parse_audience", "parse_condition", "parse_journey"]

_NO_TEMPLATES: Final[Mapping[str, str]] = MappingProxyType({})
_MAX_USER_ID: Final = 500
_MAX_MEMBERS: Final = 100_000
_MAX_PIXELS: Final = 10**9


def parse_journey(
    document: object, *, templates: Mapping[str, str] = _NO_TEMPLATES, file: str = ""
) -> tuple[Journey | None, list[Problem]]:
    """Read a journey out of JSON-like data, with all its problems.

    What is good is kept where something else is bad; None only without a mapping or without a usable key.
    `templates` are the texts of template files by name; `file` goes before each place, as `FILE: PLACE`.
    """
    reading = Reading()
    journey = _journey(reading, clean(reading, document), templates)
    return journey, _in_file(reading.problems, file)


def parse_audience(document: object, *, file: str = "") -> tuple[Audience | None, list[Problem]]:
    """Read an audience out of JSON-like data, with all its problems; instants without offset are UTC."""
    reading = Reading()
    section = reading.section(clean(reading, document), "", "audience")
    found = section.get("audience", key) if section and section.need("audience") else None
    audience = None
    if section is not None and found:
        if section.has("members") and section.has("where"):
            message = "An audience has members or a condition, not both."
            reading.error("several_choices", "", message, "Keep `members` or `where`.")
        where = condition_at(section, "where")
        members = section.get("members", lines(_MAX_USER_ID, items=_MAX_MEMBERS)) or ()
        audience = Audience(found, section.get("name", line()) or "", members, where)
    return audience, _in_file(reading.problems, file)


def _journey(reading: Reading, document: object, templates: Mapping[str, str]) -> Journey | None:
    section = reading.section(document, "", "journey")
    if section is None:
        return None
    zone = section.get("timezone", _zone) or "UTC"
    reading.zone = find_zone(zone) or reading.zone
    found = section.get("journey", key) if section.need("journey", "Write journey: KEY.") else None
    inner = section.section("entry", "entry")
    defaults = _defaults(section.section("email", "email_defaults"))
    goal = section.get("goal", _goal)
    journey = Journey(
        key=found or "",
        steps=steps(reading, section, defaults),
        name=section.get("name", line()) or "",
        description=section.get("description", text(10_000)) or "",
        folder=section.get("folder", line()) or "",
        tags=section.get("tags", lines()) or (),
        timezone=zone,
        profile_timezone=section.get("profile_timezone", flag) or False,
        entry=entry(inner) if inner else Entry(),
        goal=goal,
        exits=section.get("exit", conditions) or (),
        lifetime=section.get("lifetime", duration()),
        email=defaults,
        window=_window(section),
        layout=dict(filter(None, (_position(reading, *item) for item in section.entries("layout")))),
        templates=dict(templates),
    )
    return journey if found else None


def _zone(reading: Reading, value: object, place: str) -> str | None:
    name = line()(reading, value, place)
    if name is None or find_zone(name):
        return name
    hint = nearest(name, zone_names()) or "Write an IANA name such as Europe/Stockholm."
    reading.error("bad_timezone", place, f"`{name[:80]}` is not a time zone.", hint)
    return None


def _goal(reading: Reading, value: object, place: str) -> Goal | None:
    """Read a condition, or `{when: CONDITION, leave: BOOLEAN}`."""
    if isinstance(value, dict) and "leave" in value and any(kind in value for kind in CONDITIONS):
        hint = "Write goal: {when: CONDITION, leave: false}."
        reading.error("unknown_key", f"{place}.leave", "`leave` stands beside `when`.", hint)
        value = {name: item for name, item in value.items() if name != "leave"}
    if not isinstance(value, dict) or "when" not in value or any(kind in value for kind in CONDITIONS):
        return Goal(condition(reading, value, place))
    section = reading.section(value, place, "goal_with")
    when = condition_at(section, "when") if section and section.need("when") else None
    leave = section.get("leave", flag) if section else None
    return Goal(when, leave is not False) if when else None


def _defaults(section: Section | None) -> EmailDefaults:
    if section is None:
        return EmailDefaults()
    return EmailDefaults(
        from_=section.get("from", address),
        reply_to=section.get("reply_to", address),
        subscription=section.get("subscription", key),
        transactional=section.get("transactional", flag),
        on_skip=section.get("on_skip", route),
    )


def _window(section: Section) -> Window | None:
    inner = section.section("window", "window")
    if inner is None:
        return None
    if not any(map(inner.has, ("days", "from", "to"))):
        inner.reading.error("missing_key", inner.place, "One of days, from, to is needed.")
    if not section.has("timezone"):
        message, hint = (
            "A window needs a time zone.",
            "Add timezone: to the journey, such as Europe/Stockholm.",
        )
        inner.reading.error("window_without_timezone", inner.place, message, hint)
    return Window(inner.get("days", weekdays), inner.get("from", clock), inner.get("to", clock))


def _position(
    reading: Reading, name: str, value: object, place: str
) -> tuple[str, tuple[float, float]] | None:
    items = reading.items(value, place)
    found = [number(-_MAX_PIXELS, _MAX_PIXELS)(reading, item, at) for item, at in items]
    if isinstance(value, list) and len(found) != 2:  # noqa: PLR2004 (x and y)
        reading.wrong_type(value, place, "a list of two numbers", "Write [x, y].")
        return None
    if len(found) != 2 or found[0] is None or found[1] is None:  # noqa: PLR2004
        return None
    return name, (float(found[0]), float(found[1]))


def _in_file(problems: list[Problem], file: str) -> list[Problem]:
    return (
        [replace(p, place=f"{file}: {p.place}" if p.place else file) for p in problems] if file else problems
    )
