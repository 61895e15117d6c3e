"""The difference of two definitions, in words: everything a file can say, and what affects nobody told apart."""

from __future__ import annotations

from typing import Any

from parcours.domain.difference import difference, kind_of
from parcours.domain.journey import Journey
from parcours.domain.parse import parse_journey

STEPS: dict[str, Any] = {
    "hello": {"email": {"subject": "Hello", "text": "Text."}},
    "breathe": {"wait": {"for": "2d"}},
    "bought": {"wait_for": [{"event": "Order", "next": "thanks"}, {"timeout": "7d", "next": "which"}]},
    "which": {
        "split": [
            {"when": {"field": "profile.plan", "is": "pro"}, "next": "thanks"},
            {"else": True, "next": "sorry"},
        ]
    },
    "thanks": {"end": {}},
    "sorry": {"end": {}},
}  # fmt: skip


def read(steps: dict[str, Any] | None = None, **more: Any) -> Journey:
    document = {"journey": "j", "entry": {"triggers": [{"event": "Go"}]}, "steps": steps or STEPS, **more}
    journey, problems = parse_journey(document)
    assert journey is not None, problems
    return journey


def texts(before: Journey, after: Journey, *, people: bool = True) -> list[str]:
    return [change.text for change in difference(before, after) if change.people is people]


def test_nothing_differs() -> None:
    assert difference(read(), read()) == []


def test_what_is_left_out_and_what_is_the_default_are_the_same() -> None:
    written = {**STEPS, "breathe": {"wait": {"for": "48h"}, "next": "bought"}}
    assert difference(read(), read(written, timezone="UTC")) == []


def test_steps_added_and_removed() -> None:
    new = {k: v for k, v in STEPS.items() if k != "breathe"} | {
        "late": {"wait": {"for": "1h"}, "next": "sorry"}
    }
    assert texts(read(), read(new)) == [
        "`hello` goes on to `bought`, not to `breathe`",
        "`breathe` is removed: wait",
        "`late` is new: wait",
    ]


def test_a_step_put_between_two_others_says_behind_which() -> None:
    new = {
        "hello": STEPS["hello"],
        "more": {"wait": {"for": "1h"}},
        **{k: v for k, v in STEPS.items() if k != "hello"},
    }
    assert texts(read(), read(new)) == [
        "`hello` goes on to `more`, not to `breathe`",
        "`more` is new: wait, behind `hello`",
    ]


def test_settings_of_a_step() -> None:
    new = {
        **STEPS,
        "breathe": {"wait": {"for": "3d"}},
        "hello": {"email": {"subject": "Hello again", "text": "Text."}},
    }
    assert texts(read(), read(new)) == [
        '`hello`: subject was Hello, is "Hello again"',
        "`breathe`: for was 2d, is 3d",
    ]


def test_a_wait_that_becomes_another_sort_of_wait_keeps_its_kind() -> None:
    new = {**STEPS, "breathe": {"wait": {"until": "2026-12-01T08:00:00Z"}}}
    changes = difference(read(), read(new))
    assert [change.kind for change in changes] == ["step_changed", "step_changed"]
    assert texts(read(), read(new))[0] == "`breathe`: for is removed: 2d"


def test_an_id_that_changes_its_kind() -> None:
    new = {**STEPS, "breathe": {"email": {"subject": "Now", "text": "T"}}}
    [change] = difference(read(), read(new))
    assert (change.kind, change.before, change.after) == ("kind_changed", "wait", "email")
    assert change.text == "`breathe` was a wait and is an email"


def test_alternatives_of_a_wait_and_branches_of_a_split() -> None:
    new = {
        **STEPS,
        "bought": {
            "wait_for": [
                {"event": "Order", "next": "sorry"},
                {"event": "Call", "next": "thanks"},
                {"timeout": "3d", "next": "which"},
            ]
        },
        "which": {
            "split": [
                {"when": {"field": "profile.plan", "is": "team"}, "next": "thanks"},
                {"else": True, "drop_out": True},
            ]
        },
    }  # fmt: skip
    assert texts(read(), read(new)) == [
        "`bought`: alternative 1 ({event: Order}) goes to `sorry`, not to `thanks`",
        "`bought`: alternative 3 was {timeout: 7d, next: which}, is {timeout: 3d, next: which}",
        "`bought`: alternative 2 is new: {event: Call, next: thanks}",
        "`which`: branch 2 ({else: true}) goes out, not to `sorry`",
        (
            "`which`: branch 1 was {when: {field: profile.plan, is: pro}, next: thanks}, "
            "is {when: {field: profile.plan, is: team}, next: thanks}"
        ),
    ]


def test_another_order_of_branches_is_one_change() -> None:
    more = {"when": {"field": "profile.plan", "is": "team"}, "next": "sorry"}
    [first, other] = STEPS["which"]["split"]
    one, two = {"split": [first, more, other]}, {"split": [more, first, other]}
    assert texts(read({**STEPS, "which": one}), read({**STEPS, "which": two})) == [
        "`which`: the same branches in another order"
    ]


def test_settings_of_the_journey() -> None:
    new = read(
        goal={"event": "Order"},
        exit=[{"event": "Bye"}],
        lifetime="91d",
        timezone="Europe/Stockholm",
        email={"from": "Anna <anna@example.com>"},
    )
    assert texts(read(), new) == [
        "timezone was UTC, is Europe/Stockholm",
        "goal is new: {event: Order}",
        "exit rule 1 is new: {event: Bye}",
        "lifetime is new: 91d",
        'email.from is new: "Anna <anna@example.com>"',
    ]


def test_the_entrance_concerns_nobody_inside_but_for_the_exclusion_list() -> None:
    entry = {"triggers": [{"event": "Start"}], "exclude": ["staff"], "cap": 10}
    assert texts(read(), read(entry=entry)) == ["entry.exclude is new: [staff]"]
    assert texts(read(), read(entry=entry), people=False) == [
        "trigger 1 was {event: Go}, is {event: Start}",
        "entry.cap is new: 10",
    ]


def test_names_notes_and_drawing_affect_nobody() -> None:
    new = read(
        {**STEPS, "breathe": {"label": "Two days", "note": "why?", "wait": {"for": "2d"}}},
        name="Welcome",
        layout={"hello": [1, 2]},
    )
    assert texts(read(), new) == []
    assert texts(read(), new, people=False) == [
        "name is new: Welcome",
        "the drawing is arranged differently",
        '`breathe`: label is new: "Two days"',
        "`breathe`: note is new: why?",
    ]  # fmt: skip


def test_another_first_step() -> None:
    new = {"breathe": STEPS["breathe"], **{k: v for k, v in STEPS.items() if k != "breathe"}}
    assert "people who enter come to `breathe` first, not to `hello`" in texts(read(), read(new))


def test_the_text_of_a_template() -> None:
    steps = {"hello": {"email": {"subject": "Hello", "template": "hello.mjml"}}}
    before, _ = parse_journey({"journey": "j", "steps": steps}, templates={"hello.mjml": "short"})
    after, _ = parse_journey({"journey": "j", "steps": steps}, templates={"hello.mjml": "a longer one"})
    assert before is not None
    assert after is not None
    assert texts(before, after) == ["`hello`: the text of hello.mjml changed (5 characters before, 12 now)"]


def test_the_wire_form() -> None:
    [change] = difference(read(), read({**STEPS, "breathe": {"wait": {"for": "3d"}}}))
    assert change.as_dict() == {
        "kind": "step_changed",
        "place": "steps.breathe.wait.for",
        "text": "`breathe`: for was 2d, is 3d",
        "step": "breathe",
        "before": "2d",
        "after": "3d",
        "people": True,
    }


def test_kind_of_every_step() -> None:
    assert [kind_of(step) for step in read().steps.values()] == [
        "email",
        "wait",
        "wait_for",
        "split",
        "end",
        "end",
    ]
