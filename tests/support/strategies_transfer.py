"""Random cases about transfers: second versions made from the first by a few edits, and people inside all the while."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.runner import Case
from support.strategies_commands import command
from support.strategies_journeys import KINDS, Plan, bodies, goals, journeys, steps_of, windows
from support.strategies_values import LAST, Document, slot

__all__ = ["changed", "transfer_cases"]

WAITS = ("wait", "until", "until_field", "until_time")
ENDS = ("end", "done")


@st.composite
def changed(draw: st.DrawFn, document: Document, mark: str) -> Document:
    """Draw another version of a journey: steps gone, come, moved, of another kind, or with other settings.

    `mark` makes the ids of its new steps.
    """
    former = {step: body for step, body in document["steps"].items() if step not in ENDS}
    kinds = {step: _kind(body) for step, body in former.items()}
    ids = [step for step in former if draw(st.integers(0, 4)) or len(former) == 1]
    for number in range(draw(st.sampled_from((0, 0, 1, 2)))):
        step = f"{mark}{number}"
        kinds[step] = draw(st.sampled_from(KINDS))
        ids.insert(draw(st.integers(0, len(ids))), step)
    if not ids:
        ids = list(former)[:1]
    if draw(st.integers(0, 4)) == 0:
        ids = draw(st.permutations(ids))
    if draw(st.integers(0, 6)) == 0:
        kinds[draw(st.sampled_from(ids))] = draw(st.sampled_from(KINDS))
    plan = Plan([kinds[step] for step in ids], [end for end in document["steps"] if end in ENDS], list(ids))
    steps = {}
    for step in ids:
        body = former.get(step)
        kept = body is not None and kinds[step] == _kind(body) and _leads_ahead(body, step, plan)
        steps[step] = body if kept and draw(st.booleans()) else draw(bodies(plan, step))
    new = {**document, "steps": {**steps, **{end: {"end": {}} for end in plan.ends}}}
    if draw(st.integers(0, 2)) == 0:
        new = {name: value for name, value in new.items() if name not in ("goal", "exit")} | draw(goals(plan))
    new = draw(_settings(new))
    if new["email"].get("on_skip") not in (None, "next", "drop_out", *steps, *plan.ends):
        new["email"] = {name: value for name, value in new["email"].items() if name != "on_skip"}
    return new


@st.composite
def _settings(draw: st.DrawFn, document: Document) -> Document:
    """Change a setting of the journey now and then."""
    what = draw(st.sampled_from(("", "", "", "window", "lifetime", "timezone", "start", "end", "cap")))
    new = {**document, "entry": {**document["entry"]}}
    match what:
        case "window" if "window" in new:
            del new["window"]
        case "window":
            new["window"] = draw(windows())
        case "lifetime" if "lifetime" in new:
            del new["lifetime"]
        case "lifetime":
            new["lifetime"] = draw(st.sampled_from(("1h", "2h", "4h")))
        case "timezone":
            new["timezone"] = draw(st.sampled_from(("UTC", "Europe/Stockholm", "America/New_York")))
        case "start":
            new["entry"]["start"] = slot(draw(st.integers(4, 18)))
        case "end":
            new["entry"]["end"] = slot(draw(st.integers(8, 24)))
            new["entry"]["at_end"] = draw(st.sampled_from(("close", "stop")))
        case "cap":
            new["entry"]["cap"] = draw(st.integers(1, 3))
    return new


def _kind(body: Document) -> str:
    return next(name for name in body if name in {*KINDS, "wait"})


def _leads_ahead(body: Document, step: str, plan: Plan) -> bool:
    """Tell whether what a step said before makes sense where it stands now."""
    return all(target in plan.ahead(step) for target in _targets(body))


def _targets(body: Any) -> list[str]:
    if isinstance(body, list):
        return [target for one in body for target in _targets(one)]
    if not isinstance(body, dict):
        return []
    own = [
        value
        for name, value in body.items()
        if name in ("next", "on_skip", "on_error", "on_missing") and value not in ("next", "drop_out")
    ]
    return own + [target for value in body.values() for target in _targets(value)]


@st.composite
def transfer_cases(draw: st.DrawFn, lines: Any, beginnings: Any, people: tuple[str, ...]) -> Case:
    """Draw a case: a journey, its next two versions, and people who are moved to them, from a pause or not."""
    document = draw(
        journeys("a", first=draw(st.sampled_from((None, "wait_for", "wait_for", "wait", "email"))))
    )
    if draw(st.integers(0, 4)):
        document["entry"] = {"triggers": [{"event": "Go"}], "reentry": {"mode": "always"}}
    second = draw(changed(document, "n"))
    third = draw(changed(second, "m"))
    some = people[: draw(st.integers(1, 4))]
    at = draw(st.integers(1, 8))
    feed = draw(beginnings(some))
    for person in some:
        for _ in range(draw(st.integers(1, 3))):
            begins = slot(draw(st.integers(max(0, at - 1), at)))
            feed.append({"type": "track", "userId": person, "event": "Go", "timestamp": begins})
    feed += [draw(lines(some, [document, second])) for _ in range(draw(st.integers(0, 14)))]
    given: list[Document] = []
    paused = draw(st.booleans())
    if paused:
        inside = draw(st.sampled_from((None, None, None, "hold", "discard", "freeze")))
        choices = {} if inside is None else {"inside": inside}
        given.append(command(draw(st.integers(max(0, at - 2), at)), "a", "pause", **choices))
    if draw(st.integers(0, 2)) == 0:
        given += draw(_stubs([document, second]))
    former = [document]
    for name, new in (("a2.json", second), ("a3.json", third))[: draw(st.sampled_from((1, 1, 2)))]:
        given.append(command(draw(st.integers(max(0, at - 2), at)), "a", "apply", file=name))
        given.append(draw(_publication(at, former, new, paused=paused)))
        former = [*former, new]
        at = min(LAST, at + draw(st.integers(0, 6)))
        if draw(st.integers(0, 2)) == 0:
            order = draw(st.sampled_from(("pause", "resume", "pause", "close", "stop")))
            given.append(command(draw(st.integers(max(0, at - 3), at)), "a", order))
    if draw(st.booleans()):
        given.append(command(draw(st.integers(at, LAST)), "a", draw(st.sampled_from(("resume", "stop")))))
    if draw(st.integers(0, 3)) == 0:
        given.append(command(draw(st.integers(0, at)), "a", "add_people", user_ids=list(some)))
    files = {"a2.json": second, "a3.json": third}
    return Case((document,), tuple(feed), tuple(given), files=files, start=slot(0), to=slot(LAST + 12))


@st.composite
def _publication(
    draw: st.DrawFn, at: int, former: list[Document], new: Document, *, paused: bool
) -> Document:
    """Draw the command that moves people; its answers are mostly what is needed, sometimes not."""
    gone = {step for document in former for step in document["steps"]} - set(new["steps"])
    answers: Document = {}
    for step in sorted(gone):
        if draw(st.integers(0, 8)):
            to = draw(st.sampled_from(list(new["steps"])))
            answers[step] = draw(st.sampled_from(({"to": to}, {"drop_out": True})))
    if draw(st.integers(0, 30)) == 0:
        answers[draw(st.sampled_from(("nowhere", *new["steps"])))] = {"drop_out": True}
    options: Document = {"answers": answers} if answers else {}
    match draw(st.sampled_from(("move",) * 7 + ("with_changes",) * (5 if paused else 1) + ("stay",))):
        case "move":
            return command(at, "a", "publish", people="move", **options)
        case "with_changes":
            return command(at, "a", "resume", with_changes=True, **options)
        case _:
            return command(at, "a", "publish", people="stay")


@st.composite
def _stubs(draw: st.DrawFn, documents: list[Document]) -> list[Document]:
    steps = [
        step for document in documents for kind in ("email", "webhook") for step in steps_of(document, kind)
    ]
    if not steps:
        return []
    outcome = draw(st.sampled_from(("rejected", "skipped", "uncertain")))
    return [command(0, "a", "stub", step=draw(st.sampled_from(steps)), outcome=outcome)]
