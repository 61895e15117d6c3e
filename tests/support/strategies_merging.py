"""Random cases in which people have several names: anonymous lines, identify with both, alias.

Under each of them they say something of being written to, and come onto lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from support.runner import Case
from support.strategies_commands import command
from support.strategies_consent import consent_commands, consents
from support.strategies_journeys import journeys
from support.strategies_runs import memberships, rules
from support.strategies_values import AUDIENCES, LAST, Document, slot

__all__ = ["OTHERS", "merging_cases", "with_other_names"]

OTHERS = ("a1", "a2", "null")


@st.composite
def with_other_names(draw: st.DrawFn, line: Document, people: tuple[str, ...]) -> Document:
    """Draw a line that joins names: an alias, or an identify with two."""
    names = st.sampled_from((*OTHERS, *OTHERS, *people))
    given = {key: value for key, value in line.items() if key in ("timestamp", "messageId")}
    given["userId"] = line.get("userId", line.get("anonymousId"))
    if draw(st.booleans()):
        return {**given, "type": "alias", "previousId": draw(names)}
    traits = draw(st.sampled_from(({}, {"plan": "pro"}, {"plan": None, "score": 7})))
    return {**given, "type": "identify", "anonymousId": draw(names), "traits": traits}


@st.composite
def merging_cases(
    draw: st.DrawFn,
    lines: Callable[..., st.SearchStrategy[Any]],
    beginnings: Callable[..., st.SearchStrategy[Any]],
) -> Case:
    """Draw a case in which people come under one name, and are known by another one later."""
    documents = [draw(journeys(key)) for key in ("a", "B")[: draw(st.integers(1, 2))]]
    for document in documents:
        if draw(st.booleans()):
            document["entry"] = {"triggers": [{"event": "Go"}], "reentry": {"mode": "always"}}
        if draw(st.integers(0, 3)) == 0:
            document["entry"]["triggers"] = draw(st.lists(memberships(), min_size=1, max_size=2))
    people = ("u1", "u2")[: draw(st.integers(1, 2))]
    everybody = (*people, *OTHERS[:2])
    feed = draw(beginnings(everybody))
    for name in OTHERS[:2]:
        feed.append(
            {"type": "track", "anonymousId": name, "event": "Go", "timestamp": slot(draw(st.integers(-1, 5)))}
        )
        joins = {"timestamp": slot(draw(st.integers(2, 12))), "userId": draw(st.sampled_from(people))}
        feed.append(draw(with_other_names(joins, (name, name, *people))))
    for _ in range(draw(st.integers(0, 14))):
        line: Any = draw(lines(everybody, documents))
        known = isinstance(line, dict) and isinstance(line.get("userId"), str)
        kind = draw(st.sampled_from(("as it is", "as it is", "anonymous", "joined"))) if known else "as it is"
        if kind == "anonymous":
            line = {key: value for key, value in line.items() if key != "userId"} | {
                "anonymousId": line["userId"]
            }
        feed.append(draw(with_other_names(line, people)) if kind == "joined" else line)
    for _ in range(draw(st.integers(0, 5))):
        feed.append(draw(_said(everybody)))
    given: list[Document] = []
    if draw(st.integers(0, 2)) == 0:
        begins = draw(st.integers(2, 8))
        given = [command(begins, "a", "pause"), command(begins + draw(st.integers(1, 6)), "a", "resume")]
    elif draw(st.integers(0, 2)) == 0:
        given = [
            command(
                draw(st.integers(2, 10)), None, "delete_profile", user_id=draw(st.sampled_from(everybody))
            )
        ]
    given += [line for _ in range(draw(st.integers(0, 2))) for line in draw(consent_commands())]
    audiences = ({"audience": "staff", "members": [draw(st.sampled_from(everybody))]}, draw(rules()))
    return Case(tuple(documents), tuple(feed), tuple(given), audiences, start=slot(0), to=slot(LAST))


@st.composite
def _said(draw: st.DrawFn, names: tuple[str, ...]) -> Document:
    """Draw what is said under a name, or that it comes onto a list, or goes off it."""
    name = draw(st.sampled_from(names))
    if draw(st.booleans()):
        return draw(consents(name))
    line: Document = {"type": "audience", "audience": draw(st.sampled_from(AUDIENCES)), "userId": name}
    return {
        **line,
        "op": draw(st.sampled_from(("add", "add", "remove"))),
        "timestamp": slot(draw(st.integers(-2, 10))),
    }
