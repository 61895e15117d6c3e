"""The schema and the queries keep the promises of the tables in the domain: statuses, buckets, scopes, time."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from parcours.domain.lifecycle import MESSAGE_STATES, PARTICIPANT_STATUSES, STATUSES
from parcours.store.database import Database
from parcours.store.queries import Query, all_queries

TABLE = re.compile(r"^-- table (\w+): (shared|person\(bucket\))$", re.MULTILINE)
VOLATILE = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|gen_random_uuid|uuidv7)\s*\("
    r"|\bcurrent_(timestamp|date|time)\b|\blocal(time|timestamp)\b",
    re.IGNORECASE,
)
ALIASED = re.compile(
    r"(?:FROM|JOIN|UPDATE|USING|INTO)\s+parcours\.(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE
)
WORDS = {
    "set",
    "where",
    "on",
    "values",
    "select",
    "using",
    "order",
    "limit",
    "cross",
    "join",
    "left",
    "default",
}


def declared() -> dict[str, str]:
    """Tables as the migrations declare them: shared, or of people in buckets."""
    folder = files("parcours.store") / "migrations"
    texts = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")]
    return {name: kind for text in texts for name, kind in TABLE.findall(text)}


PERSON_TABLES = {name for name, kind in declared().items() if kind != "shared"}
QUERIES = list(all_queries().values())


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("version_status", STATUSES),
        ("participant_status", PARTICIPANT_STATUSES),
        ("message_state", MESSAGE_STATES),
    ],
)
async def test_the_checks_list_the_words_of_the_domain(
    database: Database, constraint: str, words: tuple[str, ...]
) -> None:
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
        )
        row = await cursor.fetchone()
    assert row is not None
    assert tuple(re.findall(r"'(\w+)'", row[0])) == words


async def test_every_table_is_declared_and_people_are_kept_by_bucket(database: Database) -> None:
    async with database.transaction() as connection:
        cursor = await connection.execute(
            """SELECT c.relname, a.attname
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'parcours'
            LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"""
        )
        leading = dict(await cursor.fetchall())
    known = declared()
    assert {name for name in leading if name not in known} <= {"migration", "schema_migration"}
    assert {name for name in PERSON_TABLES if leading[name] != "bucket"} == set()


def uses(text: str) -> list[tuple[str, str]]:
    """Return (table, the name by which the query knows it) for every person table."""
    found = []
    for table, alias in ALIASED.findall(text):
        if table in PERSON_TABLES:
            found.append((table, table if not alias or alias.lower() in WORDS else alias))
    return found


def is_bound(text: str, alias: str) -> bool:
    """Tell whether a table is bound to one bucket: by the parameter, or as the only table by a bare column."""
    own = re.search(rf"\b{alias}\.bucket = %\(b\)s", text)
    bare = re.search(r"(?<![.\w])bucket = %\(b\)s", text)
    return bool(own or bare)


def inserts(text: str, table: str) -> bool:
    return re.search(rf"INSERT INTO parcours\.{table}\b", text) is not None


@pytest.mark.parametrize("item", [q for q in QUERIES if q.scope == "bucket"], ids=lambda q: q.name)
def test_a_query_of_a_bucket_names_it_for_every_table_of_people(item: Query) -> None:
    found = uses(item.text)
    assert found, "it touches nobody: its scope is shared"
    loose = [(t, a) for t, a in found if not is_bound(item.text, a) and not inserts(item.text, t)]
    assert loose == []


@pytest.mark.parametrize("item", [q for q in QUERIES if q.scope == "shared"], ids=lambda q: q.name)
def test_a_shared_query_touches_nobody(item: Query) -> None:
    assert uses(item.text) == []


# Where time comes from the database on purpose: the clock of the workers, and when a migration was applied.
CLOCKS = {"database_now", "create_migration_table"}


@pytest.mark.parametrize("item", QUERIES, ids=lambda q: q.name)
def test_no_query_asks_for_the_time_or_for_chance(item: Query) -> None:
    assert item.name in CLOCKS or VOLATILE.search(item.text) is None


def test_no_statement_of_the_compiler_asks_for_the_time_or_for_chance() -> None:
    folder = files("parcours.compiler") / "steps"
    for file in folder.iterdir():
        assert VOLATILE.search(file.read_text(encoding="utf-8")) is None, file.name
