"""EXPLAIN guards of audiences: among 200,000 memberships, who is due and who belongs are found by an index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.numeric import Int4, Int8

from parcours.compiler.audiences import compile_audiences
from parcours.domain.parse import parse_condition
from parcours.store.queries import query
from support.postgres import Server

NOW = "2026-03-02 12:00:00+00"
FIRST = "00000000-0000-0000-0000-000000000000"
FILL = """
INSERT INTO parcours.profile (bucket, profile_id, user_id, created_at, updated_at)
    SELECT 0, lpad(to_hex(n), 32, '0')::uuid, 'u' || n, %(now)s, %(now)s FROM generate_series(1, 100000) n;
INSERT INTO parcours.belonging (bucket, profile_id, audience_key, member, since, recheck_at)
    SELECT 0, lpad(to_hex(n), 32, '0')::uuid, k, n %% 2 = 0, %(now)s,
        CASE WHEN n %% 10 = 0 THEN %(now)s::timestamptz + make_interval(secs => n - 1000) END
    FROM generate_series(1, 100000) n, unnest(ARRAY['a', 'b']) k;
INSERT INTO parcours.event (bucket, profile_id, name, happened_at, feed_no, received_at)
    SELECT 0, lpad(to_hex(n), 32, '0')::uuid, 'Order', %(now)s, n, %(now)s FROM generate_series(1, 100000) n;
INSERT INTO parcours.membership (bucket, profile_id, audience_key, since)
    SELECT 0, lpad(to_hex(n), 32, '0')::uuid, k, %(now)s FROM generate_series(1, 100000) n, unnest(ARRAY['l', 'm']) k
"""
QUERIES: dict[str, tuple[dict[str, Any], str]] = {
    "rechecks_due": ({"keys": ["a", "b"], "until": NOW, "n": Int8(1000)}, "belonging_due"),
    "next_recheck": ({"keys": ["a", "b"]}, "belonging_due"),
    "members_by_condition": (
        {"key": "a", "bucket": Int4(0), "after": FIRST, "n": Int8(100)},
        "belonging_member",
    ),
    "members_of_list": ({"key": "l", "bucket": Int4(0), "after": FIRST, "n": Int8(100)}, "membership_member"),
}


@pytest.fixture(scope="module")
def crowd(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """One bucket with two conditions and two lists of many people."""
    with postgres.clone() as url:
        options = "-c jit=off -c TimeZone=UTC"
        with psycopg.connect(url, autocommit=True, prepare_threshold=None, options=options) as connection:
            with psycopg.ClientCursor(connection) as cursor:
                for part in FILL.split(";\n"):
                    cursor.execute(part.encode(), {"now": NOW})
            connection.execute("ANALYZE")
            yield connection


def plan(connection: psycopg.Connection[Any], text: str, given: dict[str, Any]) -> str:
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(("EXPLAIN " + text).encode(), given)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("name", list(QUERIES))
def test_what_is_asked_of_memberships_goes_by_an_index(crowd: psycopg.Connection[Any], name: str) -> None:
    given, index = QUERIES[name]
    found = plan(crowd, query(name), {"b": Int4(0), **given})
    assert index in found, found
    assert "Seq Scan" not in found, found


def test_one_change_looks_at_one_person(crowd: psycopg.Connection[Any]) -> None:
    where, _ = parse_condition({"event": "Order", "at_least": 3, "within": "30d"})
    assert where is not None
    [(_, statement)] = compile_audiences({"a": where}, ["a"]).ask
    rows = json.dumps([{"profile_id": FIRST[:-1] + "1", "at": NOW, "asked": [0]}])
    found = plan(crowd, statement.text, {**statement.constants, "b": Int4(0), "now": NOW, "rows": rows})
    for table in ("profile", "belonging", "event_default"):
        assert f"Seq Scan on {table}" not in found, found
