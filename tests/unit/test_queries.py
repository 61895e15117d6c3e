"""Query files: the form that is kept, and what happens when it is not."""

from __future__ import annotations

import pytest

from parcours.store.queries import QueryFileError, all_queries, collect, parse, query

GOOD = """-- Bookkeeping.

-- name: count_people
-- scope: bucket
-- Count the people of a bucket.
SELECT count(*)
-- only those
FROM parcours.profile WHERE bucket = %(bucket)s;

-- name: list_keys
-- scope: shared
-- List the keys.
SELECT key FROM parcours.setting
"""


def test_reads_name_scope_purpose_and_text() -> None:
    first, second = parse("some.sql", GOOD)
    assert (first.name, first.scope, first.purpose) == (
        "count_people",
        "bucket",
        "Count the people of a bucket.",
    )
    assert first.text == "SELECT count(*)\n-- only those\nFROM parcours.profile WHERE bucket = %(bucket)s"
    assert (second.name, second.scope, second.text) == (
        "list_keys",
        "shared",
        "SELECT key FROM parcours.setting",
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1;\n" + GOOD, "in front of the first"),
        ("-- name: a\n-- Purpose.\nSELECT 1", "a needs `-- scope"),
        ("-- name: a\n-- scope: some\n-- Purpose.\nSELECT 1", "a needs `-- scope"),
        ("-- name: a\n-- scope: all\nSELECT 1", "purpose"),
        ("-- name: a\n-- scope: all\n--\nSELECT 1", "purpose"),
        ("-- name: a\n-- scope: all\n-- Purpose.\n", "no SQL"),
        ("-- name: a\n", "a needs `-- scope"),
        ("-- name: CamelCase\n-- scope: all\n-- Purpose.\nSELECT 1", "snake_case"),
    ],
)
def test_refuses_what_breaks_the_form(text: str, complaint: str) -> None:
    with pytest.raises(QueryFileError, match=complaint):
        parse("some.sql", text)


def test_refuses_the_same_name_twice() -> None:
    with pytest.raises(QueryFileError, match=r"two\.sql: count_people is also in one\.sql"):
        collect([("one.sql", GOOD), ("two.sql", GOOD)])


def test_every_shipped_query_is_found_by_name() -> None:
    assert all(query(name) == item.text for name, item in all_queries().items())
    assert "pg_advisory_xact_lock" in query("lock_schema")
    with pytest.raises(KeyError):
        query("no_such_query")


def test_no_shipped_query_is_longer_than_its_budget() -> None:
    assert {item.name for item in all_queries().values() if len(item.text.splitlines()) > 60} == set()
