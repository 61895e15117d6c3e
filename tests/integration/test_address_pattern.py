"""ADDRESS_PATTERN means the same to PostgreSQL, which judges the gate, and to Python, which writes the mail."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.channels.address import ADDRESS_PATTERN, valid_address
from support.postgres import Server

pytestmark = pytest.mark.both_servers

# Letters, separators, what SQL or a regular expression might stumble over, and letters beyond ASCII.
signs = st.sampled_from("abZ09-.@_+'\"\\ \n\t,;<>%éßıŉſσςжЖ漢ー가\u0301\u00ad\u200d\u3002😀\x7f")
label = st.text(st.sampled_from("ab9-éжſß"), min_size=1, max_size=66)
texts = st.lists(
    st.text(signs, max_size=80)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
    | st.builds("{}@{}.{}".format, st.text(signs, min_size=1, max_size=66), label, label)
    | st.builds(lambda parts: "a@" + ".".join(parts), st.lists(label, min_size=1, max_size=12)),
    max_size=200,
)


@pytest.fixture(scope="module")
def connection(postgres: Server) -> Iterator[psycopg.Connection]:
    with postgres.clone("template0") as url, psycopg.connect(url, autocommit=True) as opened:
        yield opened


def judged(connection: psycopg.Connection, addresses: list[str]) -> list[bool]:
    rows = connection.execute(
        "SELECT address ~ %s FROM unnest(%s::text[]) WITH ORDINALITY AS a (address, n) ORDER BY n",
        (ADDRESS_PATTERN, addresses),
    )
    return [row[0] for row in rows]


@given(texts)
def test_any_text(connection: psycopg.Connection, addresses: list[str]) -> None:
    assert judged(connection, addresses) == [valid_address(address) for address in addresses]


def test_every_character_of_a_name_and_of_a_domain(connection: psycopg.Connection) -> None:
    letters = [chr(n) for n in range(1, 0x20000) if not 0xD800 <= n < 0xE000]
    for form in ("a@a{}a.se", "a@{}.se", "a@a.{}", "a{}a@a.se"):
        addresses = [form.format(letter) for letter in letters]
        assert judged(connection, addresses) == [valid_address(address) for address in addresses]


@pytest.mark.parametrize(
    ("local", "labels"), [(64, [63, 63, 60]), (64, [63, 63, 61]), (65, [3]), (1, [63] * 3 + [60]), (1, [64])]
)
def test_the_limits_of_length(connection: psycopg.Connection, local: int, labels: list[int]) -> None:
    address = "x" * local + "@" + ".".join("y" * length for length in labels) + ".se"
    assert judged(connection, [address]) == [valid_address(address)]
