from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from parcours.domain.journey import End, Journey
from parcours.domain.parse import parse_audience, parse_condition, parse_journey
from parcours.domain.serialise import audience_document, journey_document
from parcours.domain.serialise_condition import condition_document
from support.documents import CONDITIONS, JOURNEYS, Document


def read(document: object) -> Journey:
    journey, problems = parse_journey(document)
    assert problems == []
    assert journey is not None
    return journey


@given(JOURNEYS)
def test_export_then_import_is_the_identity(document: Document) -> None:
    journey = read(document)
    exported = journey_document(journey)
    again = read(exported)
    assert again == journey
    assert list(again.steps) == list(journey.steps)
    assert journey_document(again) == exported


@given(CONDITIONS)
def test_conditions_come_back_as_they_went(document: Document) -> None:
    condition, problems = parse_condition(document)
    assert problems == []
    assert condition is not None
    assert parse_condition(condition_document(condition)) == (condition, [])


def test_next_is_written_only_where_it_is_not_the_step_that_follows() -> None:
    steps = {
        "a": {"update_profile": {}, "next": "b"},
        "b": {"update_profile": {}, "next": "d"},
        "c": {"update_profile": {}},
        "d": {"update_profile": {}},
    }
    journey = read({"journey": "j", "steps": steps})
    assert journey.steps["end"] == End(id="end")
    assert journey_document(journey)["steps"] == {
        "a": {"update_profile": {}},
        "b": {"update_profile": {}, "next": "d"},
        "c": {"update_profile": {}},
        "d": {"update_profile": {}},
        "end": {"end": {}},
    }


@pytest.mark.parametrize(
    ("rate", "per_second"), [("100/s", 100), ("7/m", 7 / 60), ("5000/h", 5000 / 3600), ("0.5/s", 0.5)]
)
def test_rates_keep_their_value(rate: str, per_second: float) -> None:
    journey = read({"journey": "j", "entry": {"rate": rate}, "steps": {"a": {"end": {}}}})
    assert journey.entry.rate == per_second
    assert read(journey_document(journey)) == journey


def test_times_are_written_in_utc_and_durations_as_text() -> None:
    document: dict[str, Any] = {
        "journey": "j",
        "timezone": "Europe/Stockholm",
        "entry": {"start": "2026-12-01T08:00:00"},
        "lifetime": "1w36h",
        "steps": {"a": {"wait": {"for": "90m"}}},
    }
    exported = journey_document(read(document))
    assert exported["entry"]["start"] == "2026-12-01T07:00:00Z"
    assert exported["lifetime"] == "8d12h"
    assert exported["steps"]["a"]["wait"] == {"for": "1h30m"}


@pytest.mark.parametrize(
    "document",
    [
        {"audience": "vip", "members": ["u1", "u2"]},
        {"audience": "vip", "members": []},
        {"audience": "vip", "name": "Best", "where": {"field": "profile.plan", "is": "pro"}},
    ],
)
def test_audiences_come_back_as_they_went(document: Document) -> None:
    audience, problems = parse_audience(document)
    assert problems == []
    assert audience is not None
    assert audience_document(audience) == document
