"""Migration files: numbered from 1, each once, and every table says whose rows it holds."""

from __future__ import annotations

import pytest

from parcours.store.migrate import MigrationFileError, collect, migrations

GOOD = """-- table parcours.person: person(bucket)
CREATE TABLE parcours.person (bucket integer) PARTITION BY RANGE (bucket);
CREATE TABLE parcours.person_default PARTITION OF parcours.person DEFAULT;
-- table note: local
CREATE UNLOGGED TABLE IF NOT EXISTS parcours.note (text text);
"""


def test_reads_number_name_and_placements() -> None:
    [migration] = collect({"0001_people.sql": GOOD})
    assert (migration.number, migration.name) == (1, "people")
    assert dict(migration.placements) == {"person": "person(bucket)", "note": "local"}
    assert len(migration.checksum) == 64


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"0002_people.sql": GOOD}, "each once"),
        ({"0001_people.sql": GOOD, "0001_others.sql": ""}, "each once"),
        ({"1_people.sql": GOOD}, "NNNN_what_it_does"),
        (
            {"0001_people.sql": "CREATE TABLE parcours.person (bucket integer);"},
            r"no `-- table NAME: ...` for",
        ),
        (
            {"0001_people.sql": "-- table person: people\nCREATE TABLE parcours.person ();"},
            "no `-- table NAME",
        ),
        ({"0001_people.sql": "-- table person: shared\n"}, "which it does not make"),
    ],
)
def test_refuses_what_breaks_the_form(files: dict[str, str], complaint: str) -> None:
    with pytest.raises(MigrationFileError, match=complaint):
        collect(files)


def test_the_shipped_files_keep_the_form() -> None:
    assert migrations()
