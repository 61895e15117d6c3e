from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from parcours.domain.keys import CONDITIONS, STEP_KINDS, TABLES, TRIGGERS
from parcours.domain.parse import parse_journey
from parcours.domain.schema import audience_schema, journey_schema
from parcours.domain.serialise import journey_document
from support.documents import JOURNEYS, Document
from support.json_schema import is_valid

SCHEMA = journey_schema()


def test_the_schema_has_the_keys_of_the_parser() -> None:
    for name, table in TABLES.items():
        definition = SCHEMA["$defs"][name]
        assert set(definition["properties"]) == set(table)
        assert definition["additionalProperties"] is False
        assert set(definition.get("required", ())) <= set(table)


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(SCHEMA)
    named = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert named <= set(SCHEMA["$defs"])
    unused = set(SCHEMA["$defs"]) - named
    assert unused == {"audience"}


def test_every_form_has_a_table() -> None:
    assert set(CONDITIONS.values()) | set(TRIGGERS.values()) <= set(TABLES)
    assert {"label", "note", "next", *STEP_KINDS} == set(TABLES["step"])


@given(JOURNEYS)
def test_what_the_parser_takes_and_writes_is_valid(document: Document) -> None:
    assert is_valid(SCHEMA, document)
    journey, _ = parse_journey(document)
    assert journey is not None
    assert is_valid(SCHEMA, journey_document(journey))


STEP: Document = {"s": {"end": {}}}


@pytest.mark.parametrize(
    "document",
    [
        {"journey": "j"},
        {"steps": STEP},
        {"journey": "j", "steps": {}},
        {"journey": "j j", "steps": STEP},
        {"journey": "j", "steps": STEP, "nmae": "x"},
        {"journey": "j", "steps": {"entry": {"end": {}}}},
        {"journey": "j", "steps": {"s": {}}},
        {"journey": "j", "steps": {"s": {"end": {}, "wait": {"for": "1d"}}}},
        {"journey": "j", "steps": {"s": {"wait": {"for": "1 day"}}}},
        {"journey": "j", "steps": {"s": {"wait_for": [{"event": "A"}]}}},
        {"journey": "j", "steps": {"s": {"wait_for": [{"event": "A", "next": "s", "drop_out": True}]}}},
        {"journey": "j", "steps": STEP, "goal": {"field": "profile.x", "is": None}},
        {"journey": "j", "steps": STEP, "goal": {"field": "profile.x", "gt": True}},
        {"journey": "j", "steps": STEP, "goal": {"field": "profile.x", "gt": 1, "lt": 2}},
        {"journey": "j", "steps": STEP, "goal": {"when": {"event": "A"}, "leave": "no"}},
        {"journey": "j", "steps": STEP, "entry": {"triggers": [{"manual": False}]}},
    ],
)
def test_what_the_parser_refuses_is_not_valid(document: Any) -> None:
    assert not is_valid(SCHEMA, document)
    assert parse_journey(document)[1]


def test_audience_files() -> None:
    assert is_valid(audience_schema(), {"audience": "vip", "members": ["u1"]})
    assert is_valid(audience_schema(), {"audience": "vip", "where": {"field": "profile.plan", "is": "pro"}})
    assert not is_valid(audience_schema(), {"audience": "vip", "member": []})
