"""Every operator, against every type of JSON: PostgreSQL answers as the plain reading does, and never fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from parcours.compiler.predicates import predicate
from parcours.compiler.scope import Parameters, Scope
from parcours.domain.condition import Condition
from parcours.domain.keys import OPERATORS
from parcours.domain.parse_condition import parse_condition
from support.conditions import Scene, holds
from support.patterns import PATTERNS
from support.postgres import Server

Document: TypeAlias = dict[str, Any]

ZONE: Final = "Europe/Stockholm"
NOW: Final = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # half an hour behind a change of the clock there

# Texts ---------------------------------------------------------------------------------------------------------

INSTANTS: Final = (
    "2026-03-29T01:30:00Z", "2026-03-29T01:30:00", "2026-03-29T03:30:00+02:00", "2026-03-29 01:30:00z",
    "2026-03-29t01:29:59.999999Z", "2026-03-29T01:30:00.0000009Z", "2026-03-29", "2026-03-28", "2028-02-29",
    "0001-01-01", "0001-01-01T05:00:00-01:00", "0001-01-01T00:00:00+00:00", "0001-01-01T00:30:00+01:00",
    "9999-12-31T23:59:59.999999Z", "9999-12-31T12:00:00+01:00", "9999-12-31T23:30:00-01:00",
    "1970-01-01T00:00:00-00:00", "2026-03-29T01:30:00+23:59", f"2026-03-29T01:30:00.{'0' * 60}Z",
    f"2026-03-29T01:30:00.{'9' * 2000}Z",
)  # fmt: skip
NEAR_INSTANTS: Final = (
    "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31", "1900-02-29", "0000-01-01", "10000-01-01",
    "2026-03-29T24:00:00Z", "2026-03-29T23:59:60Z", "2026-03-29T01:60:00Z", "2026-03-29T01:30Z", "2026-03-29T01:30:00.Z",
    "2026-03-29T01:30:00+24:00", "2026-03-29T01:30:00+01:60", "2026-03-29T01:30:00+01:75", "2026-03-29T01:30:00+0100",
    "2026-03-29T01:30:00+23:60", "2026-03-29Z", "2026-3-29", " 2026-03-29", "2026-03-29\n", "2026-03-29T", "infinity",
    "now", "epoch", "-infinity", "2026-W13-7", "20260329", "٢٠٢٦-٠٣-٢٩", "\uff12\uff10\uff12\uff16-03-29",
)  # fmt: skip
WORDS: Final = (
    "", " ", "pro", "Pro", "prov", "10", "10.0", "1e2", "NaN", "true", "null", "{}", "[]", '"', "'", "\\", "%", "%s", "_",
    "\n", "\r\n", "\t", "å", "Å", "a\u030a", "ß", "ss", "SS", "\u0131", "İ", "\u00a0", "\u200b", "\ufeff", "\ufffd",
    "\uffff", "😀", "👩‍👧", "\ue000", "\U0010ffff", "ﬁ", "a" * 300, "ab" * 2000,
)  # fmt: skip
# No NUL and no half characters: the feed and the journey file refuse them.
TEXT: Final = st.text(
    st.one_of(
        st.sampled_from("ab1 -_.$^\\%'\"\nåßé"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=6,
)
NEAR: Final = st.from_regex(
    r"[0129][0-9]{3}-[01][0-9]-[0-3][0-9]"
    r"([Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,8})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])?)?",
    fullmatch=True,
)
TEXTS: Final = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(INSTANTS), st.sampled_from(NEAR_INSTANTS), TEXT, NEAR
)

# Numbers, as the feed (1e300 either way) and the journey file (64 bits) take them -----------------------------------

EDGES: Final = (
    0, -0.0, 0.0, 1, 1.0, -1, 10, 10.0, 2.5, 0.1, 0.30000000000000004, 0.3, 2**53, 2**53 + 1, float(2**53), 2**63 - 1,
    1e18, 10**18, 1.2345678901234567e18, 1234567890123456768, 1234567890123456700, 1e22, 1e23, 10**23, 1e-7, 5e-324,
    2.2250738585072014e-308,
)  # fmt: skip
HUGE: Final = (1e300, -1e300, 10**300, 10**300 - 1, -(10**300), 2**64, 2**70, 1e100, 10**100)
NUMBERS: Final = st.one_of(
    st.sampled_from(EDGES),
    st.integers(-12, 12),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(-1e300, 1e300),
    st.decimals(-100, 100, places=2).map(float),
)
SCALARS: Final = st.one_of(TEXTS, NUMBERS, st.booleans())

# Values of a field ---------------------------------------------------------------------------------------------------

VALUES: Final = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.sampled_from(HUGE), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(("x", "y", "0", "")), TEXT), inner, max_size=3),
    ),
    max_leaves=6,
)

# Operators -----------------------------------------------------------------------------------------------------------


def pair(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=2, max_size=2)


def pairs(values: Sequence[Any]) -> list[Any]:
    return [[values[-n], value] for n, value in enumerate(values)]


SPANS: Final = ("1s", "30m", "1h", "25h", "52w", "36500d")
SAMPLES: Final = (*WORDS, *INSTANTS, *NEAR_INSTANTS, *EDGES, True, False)
ORDERED: Final = [value for value in SAMPLES if not isinstance(value, bool)]
TEXT_SAMPLES: Final = [value for value in SAMPLES if isinstance(value, str)]
FORMS: Final = (
    "^$",
    "^10",
    r"\d",
    r"^\w+$",
    ".",
    "^.$",
    "a*b?$",
    "[^a-z]",
    r"\s",
    r"(a|b){2,}$",
    "",
    r"[\d\-]",
    "å",
    r"\.",
)
# Operator -> any operand, and the ones that are asked of every value below.
OPERANDS: Final[dict[str, tuple[st.SearchStrategy[Any], Sequence[Any]]]] = {
    "is": (SCALARS, SAMPLES),
    "is_not": (SCALARS, SAMPLES),
    "in": (st.lists(SCALARS, max_size=5), [[], list(EDGES), list(TEXT_SAMPLES), *pairs(SAMPLES)]),
    "not_in": (st.lists(SCALARS, max_size=5), [[], list(EDGES), list(TEXT_SAMPLES), *pairs(SAMPLES)]),
    "gt": (st.one_of(NUMBERS, TEXTS), ORDERED),
    "gte": (st.one_of(NUMBERS, TEXTS), ORDERED),
    "lt": (st.one_of(NUMBERS, TEXTS), ORDERED),
    "lte": (st.one_of(NUMBERS, TEXTS), ORDERED),
    "between": (st.one_of(pair(NUMBERS), pair(TEXTS)), [*pairs(EDGES), *pairs(TEXT_SAMPLES)]),
    "contains": (SCALARS, SAMPLES),
    "not_contains": (SCALARS, SAMPLES),
    "starts_with": (TEXTS, TEXT_SAMPLES),
    "ends_with": (TEXTS, TEXT_SAMPLES),
    "matches": (PATTERNS, FORMS),
    "exists": (st.booleans(), [True, False]),
    "before": (st.sampled_from(INSTANTS), INSTANTS),
    "after": (st.sampled_from(INSTANTS), INSTANTS),
    "within_last": (st.sampled_from(SPANS), SPANS),
    "within_next": (st.sampled_from(SPANS), SPANS),
}
# The field itself, one below it, one below something that is no object, and one that nobody has.
FIELDS: Final = ("profile.v", "profile.v.x", "profile.v.0", "profile.other")
SHAPES: Final[tuple[Any, ...]] = ([], {}, [[]], [{}], {"x": []}, {"x": {}}, {"x": None}, [None], None, *HUGE)


def condition_of(document: Document) -> Condition | None:
    return parse_condition(document, zone=ZoneInfo(ZONE))[0]


@st.composite
def cases(draw: st.DrawFn, operator: str) -> tuple[list[Document], list[Any]]:
    """Draw some tests by one operator and some values, among them those that the tests ask for."""
    operands = draw(st.lists(OPERANDS[operator][0], min_size=1, max_size=8))
    tests = [{"field": draw(st.sampled_from(FIELDS)), operator: operand} for operand in operands]
    values = draw(st.lists(VALUES, min_size=1, max_size=40))
    for operand in operands:
        values += operand if isinstance(operand, list) else [operand]
        values += [[operand], {"x": operand}]
        if isinstance(operand, str):
            values += [f"{operand}o", f"o{operand}", f"o{operand}o", operand[:-1]]
        elif not isinstance(operand, bool | list):
            values += [str(operand), operand + 1, operand - 1]
    return tests, values


# Asking ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connection(postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    with postgres.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


def by_postgres(
    connection: psycopg.Connection[Any], conditions: list[Condition], people: list[Document]
) -> list[tuple[bool, ...]]:
    """What the compiled predicates say of each person."""
    params = Parameters({"now": NOW, "people": json.dumps(people)})
    scope = Scope(
        params, "welcome", ZONE, {"profile": sql.SQL("p.attributes")}, {},
        at=sql.SQL("%(now)s::timestamptz"), profile_id=sql.SQL("NULL::uuid"), user_id=sql.SQL("''"),
        bucket=sql.SQL("0"), message_of=None,
    )  # fmt: skip
    statement = sql.SQL(
        "SELECT {} FROM jsonb_array_elements(%(people)s::jsonb) WITH ORDINALITY AS p (attributes, no) ORDER BY no"
    ).format(sql.SQL(", ").join(predicate(condition, scope) for condition in conditions))
    return connection.execute(statement, params.values).fetchall()


def by_reading(conditions: list[Condition], people: list[Document]) -> list[tuple[bool, ...]]:
    """What the plain reading says of each person."""
    scenes = [Scene(NOW, {"profile": person}, ZoneInfo(ZONE)) for person in people]
    return [tuple(holds(condition, scene) for condition in conditions) for scene in scenes]


def differences(
    connection: psycopg.Connection[Any], tests: list[Document], values: Sequence[Any]
) -> list[str]:
    """Where the two do not say the same, of the tests that the journey file takes, and of their opposites."""
    read = {json.dumps(test): condition_of(test) for test in [*tests, *({"not": test} for test in tests)]}
    asked = {text: condition for text, condition in read.items() if condition is not None}
    if not asked:
        return []
    people = [{}, *({"v": value} for value in values)]
    conditions = list(asked.values())
    return [
        f"{text} of {str(person)[:300]}: PostgreSQL says {one}, the reading {other}"
        for person, ones, others in zip(
            people, by_postgres(connection, conditions, people), by_reading(conditions, people), strict=True
        )
        for text, one, other in zip(asked, ones, others, strict=True)
        if one is not other
    ]


# The tests -----------------------------------------------------------------------------------------------------------


def test_every_operator_is_asked() -> None:
    assert set(OPERANDS) == set(OPERATORS)


@pytest.mark.parametrize("operator", OPERANDS)
def test_the_corners_of_an_operator_are_the_same(connection: psycopg.Connection[Any], operator: str) -> None:
    tests = [{"field": "profile.v", operator: operand} for operand in OPERANDS[operator][1]]
    values = [*SAMPLES, *SHAPES, *([value, 10] for value in SAMPLES)]
    different = [
        line
        for start in range(0, len(tests), 40)
        for line in differences(connection, tests[start : start + 40], values)
    ]
    assert not different, "\n".join(different[:20])


@pytest.mark.parametrize("operator", OPERANDS)
def test_an_operator_says_the_same_of_any_value(connection: psycopg.Connection[Any], operator: str) -> None:
    @settings(max_examples=40)
    @given(cases(operator))
    def ask(case: tuple[list[Document], list[Any]]) -> None:
        different = differences(connection, *case)
        assert not different, "\n".join(different[:20])

    ask()
