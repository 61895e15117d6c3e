"""The subset of `matches` means the same in PostgreSQL and in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcours.domain.patterns import MAX_BOUND, MAX_SIZE, pattern_fault, python_pattern
from support.patterns import PATTERNS

TEXTS = st.text("ab-_.$]^\\ \n1å", max_size=8)


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        yield connection


def matches(connection: psycopg.Connection[Any], text: str, pattern: str) -> bool:
    row = connection.execute('SELECT %s COLLATE "C" ~ %s', (text, pattern)).fetchone()
    assert row is not None
    return bool(row[0])


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATTERNS, TEXTS)
def test_a_pattern_matches_the_same(connection: psycopg.Connection[Any], pattern: str, text: str) -> None:
    assert matches(connection, text, pattern) == (python_pattern(pattern).search(text) is not None)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(r"ab[](){}|*+?^$\dws-,.:=&123", max_size=14), TEXTS)
def test_any_text_that_is_accepted_matches_the_same(
    connection: psycopg.Connection[Any], pattern: str, text: str
) -> None:
    if not pattern_fault(pattern):
        assert matches(connection, text, pattern) == (python_pattern(pattern).search(text) is not None)


@pytest.mark.parametrize(
    "pattern",
    [
        f"(a{{{MAX_BOUND}}}){{{MAX_SIZE // MAX_BOUND - 1}}}",
        f"(.*[a-z]{{0,{MAX_BOUND}}}){{0,{MAX_SIZE // MAX_BOUND - 2}}}",
        f"(\\w{{1,{MAX_BOUND}}}|å){{1,{MAX_SIZE // MAX_BOUND - 2}}}",
        "(" * 32 + "a" + ")*" * 32,
    ],
)
def test_the_largest_patterns_are_not_too_complex(connection: psycopg.Connection[Any], pattern: str) -> None:
    assert pattern_fault(pattern) == ""
    matches(connection, "ab" * 100, pattern)
