"""What a person is called, as lists show it: texts alone, a whole name before its parts."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, None),
        ({"name": "Anna Berg", "first_name": "Bo"}, "Anna Berg"),
        ({"first_name": "Anna", "last_name": "Berg"}, "Anna Berg"),
        ({"firstName": "Anna", "lastName": ""}, "Anna"),
        ({"first_name": "", "firstName": "Anna"}, "Anna"),
        ({"name": "", "first_name": ""}, None),
        ({"name": {"given": "Anna"}, "first_name": 5, "last_name": ["Berg"]}, None),
    ],
)
def test_a_name_is_text(database_url: str, attributes: dict[str, Any], name: str | None) -> None:
    with psycopg.connect(database_url) as connection:
        asked = connection.execute("SELECT parcours.person_name(%s::jsonb)", [json.dumps(attributes)])
        assert asked.fetchone() == (name,)
