from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from parcours.domain.condition import AudienceTest
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
    Timeout,
    UpdateProfile,
    Wait,
    WaitFor,
    Webhook,
)
from parcours.domain.parse import parse_journey

VIP = {"audience": "vip"}


def read(**steps: Any) -> dict[str, Step]:
    parsed, problems = parse_journey({"journey": "j", "timezone": "Europe/Stockholm", "steps": steps})
    assert problems == []
    assert parsed is not None
    return dict(parsed.steps)


def found(**steps: Any) -> list[tuple[str, str]]:
    return [(p.code, p.place) for p in parse_journey({"journey": "j", "steps": steps})[1]]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {
                "email": {
                    "subject": "Hi",
                    "html": "<p>",
                    "from": "a@b.c",
                    "on_skip": "drop_out",
                    "on_error": "s",
                }
            },
            Email(
                id="s",
                next="end",
                subject="Hi",
                html="<p>",
                from_="a@b.c",
                on_skip=DropOut(),
                on_error=Jump("s"),
            ),
        ),
        ({"email": {}, "label": "L", "note": "N"}, Email(id="s", next="end", label="L", note="N")),
        ({"wait": {"for": "2d"}}, Wait(id="s", next="end", duration=timedelta(days=2))),
        ({"wait": {}}, Wait(id="s", next="end")),
        (
            {"wait": {"until": "2026-07-01"}},
            Wait(id="s", next="end", until=datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ),
        (
            {"wait": {"until_field": "profile.trial.ends", "offset": "-2d", "on_missing": "drop_out"}},
            Wait(
                id="s",
                next="end",
                until_field=("profile", ("trial", "ends")),
                offset=timedelta(days=-2),
                on_missing=DropOut(),
            ),
        ),
        (
            {"wait": {"until_time": "09:00", "weekdays": ["mon"]}},
            Wait(id="s", next="end", until_time=time(9), weekdays=frozenset({1})),
        ),
        (
            {
                "wait_for": [
                    {"event": "A", "when": VIP, "save_as": "a", "next": "s"},
                    {"timeout": "1d", "drop_out": True},
                ]
            },
            WaitFor(
                id="s",
                events=(Awaited("A", Jump("s"), AudienceTest("vip"), "a"),),
                timeout=Timeout(timedelta(days=1), DropOut()),
            ),
        ),
        (
            {"split": [{"when": VIP, "next": "s"}, {"else": True, "drop_out": True}]},
            Split(id="s", branches=(Branch(AudienceTest("vip"), Jump("s")),), otherwise=DropOut()),
        ),
        (
            {
                "experiment": [
                    {"name": "A", "share": 33.3, "next": "s"},
                    {"name": "B", "share": 66.7, "drop_out": True},
                ]
            },
            Experiment(id="s", shares=(Share("A", 33.3, Jump("s")), Share("B", 66.7, DropOut()))),
        ),
        (
            {"webhook": {"url": "https://a.b", "headers": {"X-A": "1"}, "body": {"a": [None]}, "retries": 0}},
            Webhook(
                id="s", next="end", url="https://a.b", headers={"X-A": "1"}, body={"a": [None]}, retries=0
            ),
        ),
        (
            {"update_profile": {"set": {"a": None, "b": {"c": 1}}, "unset": ["d"], "add_to": ["x"]}},
            UpdateProfile(id="s", next="end", set={"a": None, "b": {"c": 1}}, unset=("d",), add_to=("x",)),
        ),
        ({"end": {"start": "other", "if": "succeeded"}}, End(id="s", start="other", start_if="succeeded")),
    ],
)
def test_every_kind_is_read(document: dict[str, Any], expected: Step) -> None:
    assert read(s=document)["s"] == expected


def test_next_left_out_is_the_step_that_follows_and_then_an_end() -> None:
    steps = read(a={"wait": {"for": "1d"}}, b={"update_profile": {}})
    assert [(s.id, getattr(s, "next", None)) for s in steps.values()] == [
        ("a", "b"),
        ("b", "end"),
        ("end", None),
    ]


def test_no_end_is_added_where_nothing_leads_to_it() -> None:
    assert list(read(a={"wait": {"for": "1d"}, "next": "z"}, z={"end": {}})) == ["a", "z"]
    assert list(read(a={"wait": {"for": "1d"}, "next": "end"}, z={"end": {}})) == ["a", "z", "end"]


def test_an_end_that_is_there_is_used() -> None:
    steps = read(end={"end": {}, "label": "Bye"}, a={"wait": {"for": "1d"}})
    assert list(steps) == ["end", "a"]
    assert steps["end"].label == "Bye"


def test_an_end_that_is_no_end_is_reported() -> None:
    assert found(end={"wait": {"for": "1d"}}) == [("end_taken", "steps.end")]
    assert found(end={"update_profile": {}}, b={"update_profile": {}}) == [("end_taken", "steps.b")]
    assert found(end={"update_profile": {}, "next": "z"}, z={"end": {}}) == []


@pytest.mark.parametrize(
    ("document", "code", "place"),
    [
        ({}, "missing_key", "steps.s"),
        ([], "wrong_type", "steps.s"),
        ({"email": None}, "wrong_type", "steps.s.email"),
        ({"email": {}, "wait": {"for": "1d"}}, "several_choices", "steps.s"),
        ({"end": {}, "label": "a\nb"}, "bad_text", "steps.s.label"),
        ({"wait": {"for": "1d", "until": "2026-01-01"}}, "several_choices", "steps.s.wait"),
        ({"wait": {"for": "1d", "weekdays": ["mon"]}}, "unknown_key", "steps.s.wait.weekdays"),
        ({"wait": {"for": 2}}, "wrong_type", "steps.s.wait.for"),
        ({"wait_for": {}}, "wrong_type", "steps.s.wait_for"),
        ({"wait_for": [{"next": "s"}]}, "missing_key", "steps.s.wait_for[0]"),
        ({"wait_for": [{"event": "A"}]}, "missing_target", "steps.s.wait_for[0]"),
        (
            {"wait_for": [{"event": "A", "timeout": "1d", "next": "s"}]},
            "unknown_key",
            "steps.s.wait_for[0].timeout",
        ),
        (
            {"wait_for": [{"event": "A", "next": "s", "drop_out": True}]},
            "several_choices",
            "steps.s.wait_for[0]",
        ),
        ({"wait_for": [{"event": "A", "drop_out": False}]}, "wrong_value", "steps.s.wait_for[0].drop_out"),
        (
            {"wait_for": [{"event": "A", "save_as": "profile", "next": "s"}]},
            "bad_key",
            "steps.s.wait_for[0].save_as",
        ),
        (
            {"split": [{"else": True, "next": "s"}, {"when": VIP, "next": "s"}]},
            "else_not_last",
            "steps.s.split[0]",
        ),
        ({"split": [{"next": "s"}, {"else": True, "next": "s"}]}, "missing_key", "steps.s.split[0]"),
        ({"split": []}, "split_without_else", "steps.s.split"),
        ({"split": [{"else": True, "next": "s"}], "next": "s"}, "unknown_key", "steps.s.next"),
        (
            {"experiment": [{"name": "A", "share": 120, "next": "s"}]},
            "wrong_value",
            "steps.s.experiment[0].share",
        ),
        ({"webhook": {"url": "https://a.b", "method": "post"}}, "wrong_value", "steps.s.webhook.method"),
        ({"webhook": {"url": "https://a.b", "headers": {"X": 1}}}, "wrong_type", "steps.s.webhook.headers.X"),
        ({"update_profile": {"set": {"a.b": 1}}}, "bad_field", "steps.s.update_profile.set.a.b"),
        ({"update_profile": {"add_to": "x"}}, "wrong_type", "steps.s.update_profile.add_to"),
        ({"end": {"if": "success"}}, "wrong_value", "steps.s.end.if"),
    ],
)
def test_bad_steps_are_named(document: Any, code: str, place: str) -> None:
    assert (code, place) in found(s=document)


def test_two_time_outs_and_two_names_are_refused() -> None:
    timeout = {"timeout": "1d", "drop_out": True}
    assert found(s={"wait_for": [{"event": "A", "next": "s"}, timeout, timeout]}) == [
        ("several_choices", "steps.s.wait_for[2]")
    ]
    arm = {"name": "A", "share": 50, "next": "s"}
    assert found(s={"experiment": [arm, arm]}) == [("duplicate_name", "steps.s.experiment[1]")]
