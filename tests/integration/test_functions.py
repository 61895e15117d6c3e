"""The database's own functions say what the rules say, for any argument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.domain.identity import experiment_point
from support.postgres import Server

pytestmark = pytest.mark.both_servers

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@pytest.fixture(scope="module")
def connection(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    with postgres.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


def one(connection: psycopg.Connection[Any], text: str, *values: Any) -> Any:
    row = connection.execute(text, values).fetchone()
    assert row is not None
    return row[0]


def test_the_point_in_an_experiment_is_the_same_in_sql(connection: psycopg.Connection[Any]) -> None:
    @settings(max_examples=200)
    @given(TEXTS, TEXTS, TEXTS)
    def ask(journey: str, step: str, user_id: str) -> None:
        number = one(connection, "SELECT parcours.experiment_number(%s)", f"{journey}/{step}/{user_id}")
        assert number * 100 / 2**32 == experiment_point(journey, step, user_id)

    ask()
