"""Random cases for the reference and the engine: journeys, people, feeds and commands on one coarse grid.

Times stand on half hours, so that an event and a deadline, a command and a line, often share an instant. All
of a case is plain JSON: `runner.write_files` turns a failing one into files for the command line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from support.runner import Case
from support.strategies_commands import command, commands
from support.strategies_consent import consents
from support.strategies_journeys import events_of, journeys, steps_of
from support.strategies_merging import OTHERS, merging_cases, with_other_names
from support.strategies_pauses import pause_options
from support.strategies_runs import memberships, other_rules, rules
from support.strategies_transfer import transfer_cases
from support.strategies_values import (
    ATTRIBUTES,
    AUDIENCES,
    EVENTS,
    HISTORY,
    LAST,
    RULE,
    Document,
    json_values,
    slot,
    values_of,
)

__all__ = ["cases", "member_cases", "merged_cases", "moved_cases", "paused_cases"]

KEYS = ("a", "B", "c")  # by code point B comes first
PEOPLE = ("u1", "u10", "u2", "U3", "é4", "u 5")
BAD_LINES: tuple[Any, ...] = (
    {},
    {"type": "track", "userId": "u1", "timestamp": slot(3)},
    {"type": "track", "userId": "u1", "event": "Go", "timestamp": "tomorrow"},
    {"type": "track", "userId": "", "event": "Go", "timestamp": slot(3)},
    {"type": "tracked", "userId": "u1", "event": "Go", "timestamp": slot(3)},
    {"type": "identify", "userId": "u1", "traits": ["plan"], "timestamp": slot(3)},
    {"type": "audience", "userId": "u1", "audience": "staff", "op": "flip", "timestamp": slot(3)},
)
slots = st.integers(HISTORY, LAST)


@st.composite
def cases(draw: st.DrawFn, *, max_journeys: int = 3, with_commands: bool = True) -> Case:
    """Draw a whole case."""
    keys = KEYS[: min(max_journeys, draw(st.sampled_from((1, 1, 2, 2, 3))))]
    documents = draw(_linked([draw(journeys(key)) for key in keys]))
    people = PEOPLE[: draw(st.sampled_from((1, 1, 2, 2, 3, len(PEOPLE))))]
    lines = _lines(people, documents)
    feed = draw(_beginnings(people)) + [draw(lines) for _ in range(draw(st.integers(0, 25)))]
    given: list[Document] = []
    files: dict[str, Document] = {}
    if with_commands:
        files = {f"{key}2.json": draw(journeys(key)) for key in keys if draw(st.integers(0, 2)) == 0}
        groups = commands(people, documents, files)
        given = [line for _ in range(draw(st.integers(0, 4))) for line in draw(groups)]
    audiences = tuple(
        {"audience": key, "members": draw(st.lists(st.sampled_from(people), max_size=2, unique=True))}
        for key in AUDIENCES
        if draw(st.integers(0, 2)) == 0
    )
    if draw(st.integers(0, 2)):
        audiences += (draw(rules()),)
    if draw(st.integers(0, 2)) == 0:
        audiences += (draw(other_rules()),)
    return Case(
        journeys=tuple(documents),
        feed=tuple(feed),
        commands=tuple(given),
        audiences=audiences,
        files=files,
        start=slot(0),
        to=slot(draw(st.sampled_from((LAST, LAST + 12, LAST + 12, 12)))),
    )


@st.composite
def _linked(draw: st.DrawFn, documents: list[Document]) -> list[Document]:
    """Let ends start journeys further on in the list, and entries take people out of any other."""
    for number, document in enumerate(documents):
        later = [other["journey"] for other in documents[number + 1 :]]
        for step in document["steps"].values():
            if "end" in step and later and draw(st.integers(0, 3)) == 0:
                step["end"] = {"start": draw(st.sampled_from(later))}
                if draw(st.booleans()):
                    step["end"]["if"] = draw(st.sampled_from(("succeeded", "completed", "any")))
        others = [other["journey"] for other in documents if other is not document]
        if others and draw(st.integers(0, 5)) == 0:
            document["entry"]["removes_from"] = [draw(st.sampled_from(others))]
    return documents


@st.composite
def member_cases(draw: st.DrawFn) -> Case:
    """Draw a case in which people come in by coming into audiences, and going out of them."""
    case = draw(cases(max_journeys=2))
    for document in case.journeys:
        if draw(st.integers(0, 3)):
            document["entry"]["triggers"] = draw(st.lists(memberships(), min_size=1, max_size=2))
            document["entry"]["reentry"] = {"mode": "always"}
    given = {audience["audience"] for audience in case.audiences}
    more = tuple(rule for rule in (draw(rules()), draw(other_rules())) if rule["audience"] not in given)
    return replace(case, audiences=(*case.audiences, *more))


@st.composite
def paused_cases(draw: st.DrawFn) -> Case:
    """Draw a case about one pause: people wait for events, which happen while they are frozen."""
    document = draw(journeys("a", first="wait_for"))
    document["entry"] = {"triggers": [{"event": "Go"}], "reentry": {"mode": "always"}}
    people = PEOPLE[: draw(st.integers(1, 2))]
    begins, ends = draw(st.integers(2, 6)), draw(st.integers(7, 12))
    feed = draw(_beginnings(people))
    for person in people:
        at = draw(st.integers(0, begins + 2))
        feed.append({"type": "track", "userId": person, "event": "Go", "timestamp": slot(at)})
    names = events_of(document)
    for _ in range(draw(st.integers(1, 8))):
        line: Document = {"type": "track", "userId": draw(st.sampled_from(people))}
        line |= {"event": draw(st.sampled_from(names)), "properties": draw(_properties())}
        feed.append({**line, "timestamp": slot(draw(st.integers(begins, ends + 1)))})
    lines = _lines(people, [document])
    feed += [draw(lines) for _ in range(draw(st.integers(0, 6)))]
    given = [command(begins, "a", "pause", **draw(pause_options(begins))), command(ends, "a", "resume")]
    if draw(st.integers(0, 3)) == 0:
        given.insert(
            1, command(draw(st.integers(begins, ends)), "a", draw(st.sampled_from(("close", "stop"))))
        )
    return Case((document,), tuple(feed), tuple(given), start=slot(0), to=slot(LAST))


def moved_cases() -> st.SearchStrategy[Case]:
    """Draw cases in which people are transferred to new versions."""
    return transfer_cases(_lines, _beginnings, PEOPLE)


def merged_cases() -> st.SearchStrategy[Case]:
    """Draw cases in which people have several names."""
    return merging_cases(_lines, _beginnings)


@st.composite
def _beginnings(draw: st.DrawFn, people: tuple[str, ...]) -> list[Document]:
    """Draw what is known about people at the beginning, and the event that brings most of them in."""
    lines = []
    for person in people:
        traits: Document = {}
        address = draw(st.sampled_from(("good", "good", "good", "bad", None)))
        if address is not None:
            good = f"p{(*PEOPLE, *OTHERS).index(person)}@example.com"
            traits["email"] = good if address == "good" else draw(st.sampled_from(("nobody", "@", 7, None)))
        if draw(st.booleans()):
            traits["name"] = draw(st.sampled_from(("Eva", "Åsa", "", None)))
        for name in ("plan", "score", "due", "timezone"):
            if draw(st.booleans()):
                traits[name] = draw(values_of(name))
        if traits:
            at = slot(draw(st.sampled_from((-4, -4, -1, 0, 2))))
            lines.append({"type": "identify", "userId": person, "traits": traits, "timestamp": at})
        if draw(st.integers(0, 4)):
            at = slot(draw(st.integers(0, 8)))
            properties = draw(_properties())
            lines.append(
                {"type": "track", "userId": person, "event": "Go", "properties": properties, "timestamp": at}
            )
    return lines


@st.composite
def _lines(draw: st.DrawFn, people: tuple[str, ...], documents: list[Document]) -> Any:
    """Draw one line of the feed."""
    kind = draw(
        st.sampled_from(("track",) * 8 + ("identify",) * 4 + ("audience", "consent") * 2 + ("other",))
    )
    if kind == "consent":
        return draw(consents(draw(st.sampled_from(people))))
    line: Document = {"userId": draw(st.sampled_from(people)), "timestamp": slot(draw(slots))}
    awaited = [name for document in documents for name in events_of(document)]
    if kind == "track":
        line |= {
            "type": "track",
            "event": draw(st.sampled_from(("Go", "Go", *EVENTS, *awaited))),
            "properties": draw(_properties()),
        }
    elif kind == "identify":
        line |= {"type": "identify", "traits": draw(_properties())}
    elif kind == "audience":
        op = draw(st.sampled_from(("add", "add", "remove")))
        line |= {
            "type": "audience",
            "audience": draw(st.sampled_from((*AUDIENCES, *AUDIENCES, RULE))),
            "op": op,
        }
    else:
        return draw(_others(line, documents))
    if kind != "audience" and draw(st.integers(0, 9)) == 0:
        line["context"] = {"historical": draw(st.sampled_from((True, True, False)))}
    if draw(st.integers(0, 6)) == 0:
        line["messageId"] = draw(st.sampled_from(("m1", "m2", "m3")))
    return line


@st.composite
def _properties(draw: st.DrawFn) -> Document:
    names = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=2, unique=True))
    found = {name: draw(values_of(name)) for name in names}
    if draw(st.integers(0, 9)) == 0:
        found["misc"] = draw(json_values)
    return found


@st.composite
def _others(draw: st.DrawFn, line: Document, documents: list[Document]) -> Any:
    """Draw a line that is rarely seen."""
    kind = draw(
        st.sampled_from(("opened", "opened", "page", "screen", "group", "anonymous", "joined", "bad"))
    )
    if kind == "bad":
        return draw(st.sampled_from(BAD_LINES))
    if kind in {"page", "screen"}:
        named = draw(st.sampled_from((*EVENTS, "", None)))
        return {**line, "type": kind, "name": named}
    if kind == "group":
        return {**line, "type": "group", "groupId": "g1", "traits": {"plan": "pro"}}
    if kind == "joined":
        return draw(with_other_names(line, (line["userId"], PEOPLE[0])))
    if kind == "anonymous":
        nobody = {"anonymousId": line["userId"], "timestamp": line["timestamp"]}
        return {**nobody, "type": "track", "event": draw(st.sampled_from(EVENTS))}
    document = draw(st.sampled_from(documents))
    steps = [*steps_of(document, "email"), "none"]
    about = {"journey": document["journey"], "step": draw(st.sampled_from(steps))}
    name = draw(st.sampled_from(("Email Opened", "Email Link Clicked")))
    return {**line, "type": "track", "event": name, "properties": about}
