"""Our SQL keeps the rules of portable SQL, and the lint that says so finds what breaks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parcours.compiler import compile_journey
from parcours.domain.parse import parse_journey
from parcours.service.editing.files import load_documents
from parcours.store.migrate import migrations
from parcours.store.queries import all_queries
from support.portable_sql import RULES, lint, lint_migration

EVERYTHING: dict[str, Any] = {
    "journey": "everything",
    "entry": {
        "triggers": [
            {"event": "Signed Up", "when": {"field": "event.plan", "is": "pro"}},
            {"audience": "vip", "on": "enter"},
            {"field": "plan"},
        ],
        "filter": {"event": "Order Completed", "count": {"min": 2}, "within": "30d"},
        "exclude": ["staff"],
        "reentry": {"mode": "after_exit", "min_interval": "1d"},
    },
    "goal": {"event": "Order Completed"},
    "exit": [{"audience": "gone"}],
    "email": {"from": "a@example.com", "reply_to": "a@example.com", "transactional": True},
    "steps": {
        "mail": {"email": {"subject": "S", "text": "T"}},
        "wait": {"wait": {"for": "2d"}},
        "react": {"wait_for": [{"event": "Opened", "next": "which"}, {"timeout": "7d", "next": "which"}]},
        "which": {"split": [{"when": {"audience": "vip"}, "next": "write"}, {"else": True, "next": "out"}]},
        "write": {"update_profile": {"set": {"seen": True}, "add_to": ["vip"], "remove_from": ["new"]}},
        "out": {"end": {}},
    },
}

PEOPLE = frozenset(
    table for migration in migrations() for table, place in migration.placements if place == "person(bucket)"
)


def rules(text: str, scope: str = "bucket") -> list[str]:
    return [fault.rule for fault in lint(text, scope, PEOPLE)]


@pytest.mark.parametrize("file", sorted({query.file for query in all_queries().values()}))
def test_every_query_keeps_the_rules(file: str) -> None:
    faults = {
        query.name: found
        for query in all_queries().values()
        # Simulations run in a scratch database of their own, which is never spread.
        if query.file == file and not query.name.startswith("simulation_")
        if (found := lint(query.text, query.scope, PEOPLE))
    }
    assert faults == {}


def test_every_migration_keeps_the_rules() -> None:
    assert [fault for migration in migrations() for fault in lint_migration(migration.text, PEOPLE)] == []


def compiled() -> list[Path]:
    root = Path(__file__).parents[1]
    journeys = [*root.glob("golden/*.journey.yaml"), *root.glob("../src/parcours/demo/journeys/*.yaml")]
    return sorted(journeys)


@pytest.mark.parametrize("file", compiled(), ids=lambda file: file.name)
def test_what_journeys_are_compiled_to_keeps_the_rules(file: Path) -> None:
    journeys = [
        journey
        for one in load_documents([file])
        if isinstance(one.document, dict) and "journey" in one.document
        for journey, _ in [parse_journey(one.document)]
        if journey is not None
    ]
    faults = {
        (journey.key, name): found
        for journey in journeys
        for name, statement in compile_journey(journey, 1).statements.items()
        if (found := lint(statement.text, "bucket", PEOPLE))
    }
    assert faults == {}


def test_a_journey_of_every_step_keeps_the_rules() -> None:
    """Conditions of every kind read the past and audiences: each reading is held to the bucket."""
    journey, problems = parse_journey(EVERYTHING)
    assert journey is not None, problems
    program = compile_journey(journey, 1)
    assert {
        "inside",
        "due",
        "admit",
        "refuse",
        "announce",
        "write",
        "join",
        "quit",
    } <= program.statements.keys()
    faults = {n: found for n, s in program.statements.items() if (found := lint(s.text, "bucket", PEOPLE))}
    assert faults == {}


# The lint finds what it is there for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1 FROM parcours.profile", "bound-bucket"),
        ("SELECT 1 FROM parcours.profile WHERE bucket = 3", "bound-bucket"),
        ("SELECT 1 FROM parcours.profile p WHERE p.bucket = %(other)s", "bound-bucket"),
        (
            "SELECT 1 FROM parcours.profile p JOIN parcours.event e USING (profile_id) WHERE p.bucket = %(b)s",
            "bound-bucket",
        ),
        (
            (
                "SELECT 1 FROM parcours.profile p WHERE p.bucket = %(b)s"
                " AND EXISTS (SELECT 1 FROM parcours.event e WHERE e.profile_id = p.profile_id)"
            ),
            "bound-bucket",
        ),
        ("UPDATE parcours.profile SET user_id = 'a' WHERE profile_id = %(p)s", "bound-bucket"),
        ("DELETE FROM parcours.inbox WHERE journey_id = %(j)s", "bound-bucket"),
        ("INSERT INTO parcours.seen (profile_id) VALUES (%(p)s)", "bound-bucket"),
        ("INSERT INTO parcours.seen (bucket, profile_id) VALUES (%(c)s, %(p)s)", "bound-bucket"),
        ("SELECT now()", "bound-now"),
        ("SELECT CURRENT_TIMESTAMP", "bound-now"),
        ("SELECT clock_timestamp() + %(a)s", "bound-now"),
        (
            "WITH a AS (INSERT INTO parcours.setting (key) VALUES ('a') RETURNING key) SELECT * FROM a",
            "insert-in-cte",
        ),
        (
            (
                "WITH a AS (UPDATE parcours.setting SET value = 'a' RETURNING key)"
                " SELECT * FROM a JOIN parcours.setting USING (key)"
            ),
            "read-modified",
        ),
        ("UPDATE parcours.setting SET value = to_jsonb(key)", "immutable"),
        ("UPDATE parcours.setting SET value = key RETURNING jsonb_build_object('a', key)", "immutable"),
        ("UPDATE parcours.version SET ends_at = ends_at + %(d)s::interval", "immutable"),
        ("INSERT INTO parcours.setting (key) SELECT gen_random_uuid()::text", "volatile"),
        ("SELECT nextval('a')", "volatile"),
        ("SELECT random()", "volatile"),
        ("CREATE TRIGGER a AFTER INSERT ON parcours.seen EXECUTE FUNCTION b()", "trigger"),
    ],
)
def test_what_breaks_a_rule_is_found(text: str, expected: str) -> None:
    assert rules(text) == [expected]


def test_locks_are_for_one_bucket() -> None:
    text = "SELECT 1 FROM parcours.lease WHERE bucket = %(b)s FOR NO KEY UPDATE"
    assert rules(text) == []
    assert rules(text, "all") == ["lock-in-all"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM parcours.profile WHERE bucket = %(b)s",
        "SELECT 1 FROM parcours.profile p JOIN parcours.event e USING (bucket, profile_id) WHERE p.bucket = %(b)s",
        "SELECT 1 FROM parcours.profile p JOIN parcours.event e ON e.bucket = p.bucket WHERE p.bucket = %(b)s",
        (
            "SELECT 1 FROM parcours.profile p WHERE p.bucket = %(b)s"
            " AND EXISTS (SELECT 1 FROM parcours.event e WHERE e.bucket = p.bucket)"
        ),
        "UPDATE parcours.inbox i SET name = 'a' FROM parcours.profile p WHERE i.bucket = %(b)s AND p.bucket = %(b)s",
        (
            "INSERT INTO parcours.seen (bucket, profile_id) SELECT bucket, profile_id FROM parcours.profile"
            " WHERE bucket = %(b)s"
        ),
        "INSERT INTO parcours.seen (bucket, profile_id) VALUES (%(b)s, %(p)s)",
        "WITH a AS (DELETE FROM parcours.inbox WHERE bucket = %(b)s RETURNING name) SELECT name FROM a",
    ],
)
def test_what_keeps_the_rules_is_let_through(text: str) -> None:
    assert rules(text) == []


def test_an_exemption_has_a_reason_and_something_to_exempt() -> None:
    assert rules("-- exempt bound-now: this is where it is asked for\nSELECT now()") == []
    assert rules("-- exempt bound-now:\nSELECT now()") == ["bound-now"]
    assert rules("-- exempt bound-now: this is where it is asked for\nSELECT 1") == ["exempt"]
    assert rules("-- exempt anything: this is where it is asked for\nSELECT 1") == ["exempt"]
    assert "bound-now" in RULES


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("CREATE TABLE parcours.seen (\n    profile_id uuid PRIMARY KEY\n);", "bound-bucket"),
        (
            (
                "CREATE TABLE parcours.seen (\n    bucket integer,\n    at timestamptz DEFAULT now(),\n"
                "    PRIMARY KEY (bucket)\n);"
            ),
            "volatile",
        ),
        (
            (
                "CREATE TABLE parcours.seen (\n    bucket integer,\n    v integer REFERENCES parcours.version,\n"
                "    PRIMARY KEY (bucket, v)\n);"
            ),
            "bound-bucket",
        ),
        ("CREATE TRIGGER a AFTER INSERT ON parcours.seen EXECUTE FUNCTION b();", "trigger"),
        ("CREATE UNIQUE INDEX a ON parcours.seen (profile_id);", "bound-bucket"),
    ],
)
def test_a_migration_that_breaks_a_rule_is_found(text: str, rule: str) -> None:
    assert [fault.rule for fault in lint_migration(text, PEOPLE)] == [rule]
