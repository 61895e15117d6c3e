"""Random journeys that mean something: reachable steps, ways out, circles with a wait in them."""

from __future__ import annotations

from hypothesis import strategies as st

from support.strategies_consent import mail_kinds, own_kinds
from support.strategies_runs import memberships, schedules, waves
from support.strategies_values import (
    ATTRIBUTES,
    AUDIENCES,
    CLOCKS,
    EVENTS,
    RULE,
    Document,
    conditions,
    durations,
    event_tests,
    field_tests,
    instants,
    slot,
    values_of,
)
from support.strategies_webhooks import webhooks

__all__ = ["Plan", "bodies", "events_of", "goals", "journeys", "steps_of", "windows"]

KINDS = (
    "email",
    "wait",
    "wait",
    "until",
    "wait_for",
    "wait_for",
    "split",
    "split",
    "update_profile",
    "experiment",
    "webhook",
    "until_field",
    "until_time",
)
ROOTS = ("profile", "event", "participant")
SUBJECTS = (
    "Hello",
    "Hi {{ profile.name | default: 'friend' }}",
    "{{ profile.name }}!",
    "For {{ profile.user_id }}",
)
TEXTS = (
    "Text.",
    "Dear {{ profile.name }}",
    "{% if profile.plan == 'pro' %}{{ 1 | divided_by: 0 }}{% endif %}",
)
SAVED = "order"


class Plan:
    """What the steps of one journey may name: their own ids in order, ends, emails."""

    def __init__(self, kinds: list[str], ends: list[str], ids: list[str] | None = None) -> None:
        self.ids = ids or [f"{kind[0]}{number}" for number, kind in enumerate(kinds)]
        self.kinds = dict(zip(self.ids, kinds, strict=True))
        self.ends = ends
        self.emails = tuple(step for step in self.ids if self.kinds[step] in ("email", "webhook"))
        self.saves = "wait_for" in kinds or "webhook" in kinds

    def ahead(self, step: str) -> list[str]:
        """Return the steps behind this one, and the ends."""
        return self.ids[self.ids.index(step) + 1 :] + self.ends

    def following(self, step: str) -> str:
        """Return the step directly behind this one: some way must lead there."""
        return self.ahead(step)[0]

    def back(self, step: str, *, slow: bool) -> list[str]:
        """Return the steps one may go back to: from a slow way all of them, else waits only."""
        earlier = self.ids[: self.ids.index(step) + 1]
        return [one for one in earlier if slow or (self.kinds[one] == "wait" and one != step)]

    def roots(self) -> tuple[str, ...]:
        return (*ROOTS, SAVED) if self.saves else ROOTS


@st.composite
def journeys(draw: st.DrawFn, key: str, *, first: str | None = None) -> Document:
    """Draw the document of a journey without errors; `first` is the kind of its first step."""
    kinds = [draw(st.sampled_from(KINDS)) for _ in range(draw(st.integers(1, 7)))]
    if first is not None or draw(st.integers(0, 2)) == 0:
        kinds[0] = first or "wait_for"
    plan = Plan(kinds, draw(st.sampled_from((["end"], ["end"], ["done", "end"]))))
    document: Document = {
        "journey": key,
        "timezone": draw(st.sampled_from(("UTC", "UTC", "Europe/Stockholm"))),
        "entry": draw(_entries()),
        "email": {"from": "anna@example.com", "reply_to": "help@example.com", **draw(mail_kinds())},
        "steps": {step: draw(bodies(plan, step)) for step in plan.ids},
    }
    document["steps"] |= {end: {"end": {}} for end in plan.ends}
    if draw(st.integers(0, 5)) == 0:
        document["email"]["on_skip"] = draw(st.sampled_from(("next", "drop_out", "end")))
    if draw(st.integers(0, 3)) == 0:
        document["lifetime"] = draw(st.sampled_from(("1h", "2h", "4h", "6h")))
    if draw(st.integers(0, 3)) == 0:
        document["profile_timezone"] = True
    if draw(st.integers(0, 2)) == 0:
        document["window"] = draw(windows())
    return document | draw(goals(plan))


@st.composite
def goals(draw: st.DrawFn, plan: Plan) -> Document:
    """Draw goal and exit rules, where there are any."""
    found: Document = {}
    inside = st.one_of(event_tests(), event_tests(), conditions(plan.roots(), plan.emails))
    goal = draw(st.sampled_from((None, None, "leave", "remember")))
    if goal == "leave":
        found["goal"] = draw(inside)
    elif goal == "remember":
        found["goal"] = {"when": draw(inside), "leave": False}
    if draw(st.integers(0, 2)) == 0:
        found["exit"] = draw(st.lists(st.one_of(st.just({"event": "Bye"}), inside), min_size=1, max_size=2))
    return found


@st.composite
def _entries(draw: st.DrawFn) -> Document:
    entry: Document = {"triggers": [{"event": "Go"}]}
    if draw(st.integers(0, 2)) == 0:
        entry["triggers"] = draw(st.lists(_triggers(), min_size=1, max_size=2))
    if draw(st.integers(0, 3)) == 0:
        entry["filter"] = draw(conditions())
    if draw(st.integers(0, 3)) == 0:
        excluded = st.sampled_from((*AUDIENCES, RULE))
        entry["exclude"] = draw(st.lists(excluded, min_size=1, max_size=2, unique=True))
    if any("schedule" in trigger for trigger in entry["triggers"]) and draw(st.integers(0, 2)) == 0:
        entry["waves"] = draw(waves)
    mode = draw(st.sampled_from((None, "once", "after_exit", "always", "always")))
    if mode is not None:
        entry["reentry"] = {"mode": mode}
        if mode == "after_exit":
            entry["reentry"]["min_interval"] = draw(durations)
    if draw(st.integers(0, 9)) == 0:
        entry["cap"] = draw(st.integers(1, 4))
    if draw(st.integers(0, 9)) == 0:
        entry["rate"] = draw(st.sampled_from(("1/h", "2/h", "100/s", "1/d")))
    if draw(st.integers(0, 7)) == 0:
        entry["start"] = slot(draw(st.integers(0, 10)))
    if draw(st.integers(0, 7)) == 0:
        entry["end"] = slot(draw(st.integers(11, 24)))
        entry["at_end"] = draw(st.sampled_from(("close", "stop")))
    return entry


@st.composite
def _triggers(draw: st.DrawFn) -> Document:
    kind = draw(st.integers(0, 9))
    if kind >= 8:
        return draw(memberships())
    if kind == 0:
        return {"manual": True}
    if kind in (1, 2):
        return draw(schedules())
    trigger: Document = {"event": draw(st.sampled_from(("Go", "Go", *EVENTS)))}
    asked = draw(st.integers(0, 6))
    if asked == 0:
        trigger["when"] = draw(conditions())
    elif asked in (1, 2, 3):  # of its own properties alone: asked on the way into the inbox
        trigger["when"] = draw(field_tests(("event",)))
    return trigger


@st.composite
def _targets(draw: st.DrawFn, plan: Plan, step: str, *, slow: bool = False) -> Document:
    """Draw where a branch leads: mostly ahead, sometimes back, sometimes out."""
    way = draw(st.sampled_from(("ahead", "ahead", "ahead", "back", "out")))
    if way == "out":
        return {"drop_out": True}
    back = plan.back(step, slow=slow)
    return {"next": draw(st.sampled_from(back if way == "back" and back else plan.ahead(step)))}


@st.composite
def bodies(draw: st.DrawFn, plan: Plan, step: str) -> Document:
    """Draw what a step says, by its kind."""
    match plan.kinds[step]:
        case "email":
            return draw(_emails(plan, step))
        case "webhook":
            return draw(webhooks(plan.ahead(step), SAVED))
        case "wait":
            return {"wait": {"for": draw(durations)}}
        case "until":
            return {"wait": {"until": draw(instants(-2, 24)).removesuffix("z")}}
        case "until_field":
            return {"wait": draw(_field_waits(plan, step))}
        case "until_time":
            return {"wait": draw(_time_waits())}
        case "wait_for":
            return {"wait_for": draw(_alternatives(plan, step))}
        case "split":
            inside = conditions(plan.roots(), plan.emails)
            branches = [
                {"when": draw(inside), **draw(_targets(plan, step))} for _ in range(draw(st.integers(1, 2)))
            ]
            return {"split": [*branches, {"else": True, "next": plan.following(step)}]}
        case "experiment":
            return {"experiment": draw(_arms(plan, step))}
        case _:
            return {"update_profile": draw(_updates())}


@st.composite
def _emails(draw: st.DrawFn, plan: Plan, step: str) -> Document:
    rare_text = draw(st.integers(0, 5)) == 0
    email: Document = {
        "subject": draw(st.sampled_from(SUBJECTS)),
        "text": draw(st.sampled_from(TEXTS)) if rare_text else TEXTS[0],
    }
    for route in ("on_skip", "on_error"):
        if draw(st.integers(0, 2)) == 0:
            email[route] = draw(st.sampled_from(["next", "drop_out", *plan.ahead(step)]))
    if draw(st.integers(0, 3)) == 0:
        email["expires"] = draw(durations)
    return {"email": email | draw(own_kinds())}


@st.composite
def _alternatives(draw: st.DrawFn, plan: Plan, step: str) -> list[Document]:
    found: list[Document] = []
    for number in range(draw(st.integers(1, 3))):
        awaited: Document = {"event": draw(st.sampled_from(EVENTS))}
        if draw(st.integers(0, 3)) == 0:
            awaited["when"] = draw(conditions(plan.roots(), plan.emails))
        if draw(st.booleans()):
            awaited["save_as"] = SAVED
        target = {"next": plan.following(step)} if number == 0 else draw(_targets(plan, step, slow=True))
        found.append({**awaited, **target})
    if draw(st.integers(0, 4)):
        found.append({"timeout": draw(durations), **draw(_targets(plan, step, slow=True))})
    return found


@st.composite
def windows(draw: st.DrawFn) -> Document:
    """Draw times at which messages may leave."""
    window: Document = {"from": draw(st.sampled_from(CLOCKS))}
    if draw(st.integers(0, 3)):
        window["to"] = draw(st.sampled_from(CLOCKS))
    if draw(st.integers(0, 2)) == 0:
        window["days"] = draw(st.sampled_from((["mon"], ["sun"], ["mon", "sun"], ["tue", "mon"])))
    return window


@st.composite
def _field_waits(draw: st.DrawFn, plan: Plan, step: str) -> Document:
    fields = [f"{root}.due" for root in plan.roots() if root != "participant"]
    wait: Document = {
        "until_field": draw(st.sampled_from([*fields, "profile.plan", "participant.entered_at"]))
    }
    if draw(st.booleans()):
        wait["offset"] = draw(st.sampled_from(("30m", "2h", "-30m", "-4h", "36500d", "-36500d")))
    if draw(st.booleans()):
        wait["on_missing"] = draw(st.sampled_from(["next", "drop_out", *plan.ahead(step)]))
    return wait


@st.composite
def _time_waits(draw: st.DrawFn) -> Document:
    wait: Document = {"until_time": draw(st.sampled_from(CLOCKS))}
    if draw(st.integers(0, 2)) == 0:
        wait["weekdays"] = draw(st.sampled_from((["mon"], ["sun"], ["mon", "sun"], ["tue", "mon"])))
    return wait


@st.composite
def _arms(draw: st.DrawFn, plan: Plan, step: str) -> list[Document]:
    shares = draw(st.sampled_from(((50, 50), (33.3, 33.3, 33.4), (0, 99.9, 0.1), (100,), (20, 0, 80))))
    arms: list[Document] = []
    for number, share in enumerate(shares):
        target = {"next": plan.following(step)} if number == 0 else draw(_targets(plan, step))
        arms.append({"name": f"arm {number}", "share": share, **target})
    return arms


@st.composite
def _updates(draw: st.DrawFn) -> Document:
    update: Document = {}
    names = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 3)):
        update["set"] = {name: draw(values_of(name)) for name in names}
    else:
        update["unset"] = names
    for verb in ("add_to", "remove_from"):
        if draw(st.integers(0, 3)) == 0:
            update[verb] = [draw(st.sampled_from((*AUDIENCES, *AUDIENCES, RULE)))]
    return update


def events_of(document: Document) -> list[str]:
    """Return the names of the events that the waits of a journey await."""
    waits = [body["wait_for"] for body in document["steps"].values() if "wait_for" in body]
    return [one["event"] for wait in waits for one in wait if "event" in one]


def steps_of(document: Document, kind: str) -> list[str]:
    """Return the ids of the steps of one kind."""
    return [step for step, body in document["steps"].items() if kind in body]
