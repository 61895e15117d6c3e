"""Audiences by condition as SQL: who of some people belongs, and when time alone may change that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from parcours.compiler.predicates import predicate
from parcours.compiler.program import Statement
from parcours.compiler.rechecks import recheck
from parcours.compiler.scope import Parameters, Scope
from parcours.compiler.templates import template
from parcours.domain.asks import Asks, asks_of
from parcours.domain.condition import Condition

__all__ = ["AudienceProgram", "compile_audiences", "compile_matching_people"]

TOGETHER = 25  # audiences in one statement
NEVER = sql.SQL("NULL::timestamptz")
END_OF_TIME = "9999-12-31 00:00:00+00"


@dataclass(frozen=True, slots=True)
class AudienceProgram:
    """The audiences that are kept, by number.

    `ask`, for some audiences each, takes `b`, `now` (null: each row's own) and `rows` (profile_id, at, asked: numbers of
    audiences) and answers with what is other than it stands. `fill` takes `b`, `now`, `after` and `last` (people by
    their keys) and writes it down.
    """

    keys: tuple[str, ...]
    asks: tuple[Asks, ...]
    ask: tuple[tuple[frozenset[int], Statement], ...]
    fill: Mapping[str, Statement]
    by_condition: frozenset[str]  # those that are not kept, too


def compile_audiences(conditions: Mapping[str, Condition], kept: Sequence[str]) -> AudienceProgram:
    """Compile the audiences that are kept; `conditions` are those of all that have one."""
    keys = tuple(sorted(kept))
    asks = tuple(asks_of(conditions[key], conditions) for key in keys)
    chunks = [range(first, min(first + TOGETHER, len(keys))) for first in range(0, len(keys), TOGETHER)]
    return AudienceProgram(
        keys, asks,
        tuple((frozenset(chunk), _ask(conditions, keys, chunk)) for chunk in chunks),
        {key: _fill(conditions, key) for key in keys},
        frozenset(conditions),
    )  # fmt: skip


def compile_matching_people(condition: Condition, conditions: Mapping[str, Condition]) -> Statement:
    """Compile the question how many people of a bucket match, at `now`, between two keys (`after`, `last`); and who."""
    params = Parameters()
    text = sql.SQL(
        "SELECT count(*), (array_agg(m.user_id ORDER BY m.profile_id))[1:50] FROM ("
        "SELECT pr.user_id, pr.profile_id FROM ("
        "SELECT q.* FROM parcours.profile q WHERE q.bucket = %(b)s AND q.profile_id > %(after)s::uuid"
        " AND q.profile_id <= %(last)s::uuid OFFSET 0) pr"
        " CROSS JOIN LATERAL (SELECT %(now)s::timestamptz AS at) x"
        " WHERE pr.deleted_at IS NULL AND {}) m"
    ).format(predicate(condition, _scope(params, conditions)))
    return Statement(text.as_string(None), params.values)


def _scope(params: Parameters, conditions: Mapping[str, Condition]) -> Scope:
    """A person `pr` at `x.at`: alone, in UTC, with the whole history (P31)."""
    return Scope(
        params, "", "UTC", {"profile": sql.SQL("pr.attributes")}, {}, at=sql.SQL("x.at"),
        profile_id=sql.SQL("pr.profile_id"), user_id=sql.SQL("pr.user_id"), bucket=sql.SQL("%(b)s"), message_of=None,
        audiences=conditions,
    )  # fmt: skip


def _changes(condition: Condition, scope: Scope) -> sql.Composable:
    moment = recheck(condition, scope)
    if moment is None:
        return NEVER
    end = scope.params.bind(END_OF_TIME, "timestamptz")
    return sql.SQL("(SELECT n.at FROM (SELECT {} AS at OFFSET 0) n WHERE n.at < {})").format(moment, end)


def _ask(conditions: Mapping[str, Condition], keys: Sequence[str], numbers: Sequence[int]) -> Statement:
    params = Parameters()
    scope = _scope(params, conditions)
    arms = [
        sql.SQL(
            "SELECT {key} AS key, {holds} AS holds, {changes} AS recheck_at WHERE {no} = ANY (t.asked)"
        ).format(
            key=params.bind(keys[number], "text"),
            holds=predicate(conditions[keys[number]], scope),
            changes=_changes(conditions[keys[number]], scope),
            no=sql.Literal(number),
        )
        for number in numbers
    ]
    text = template("belong").format(audiences=sql.SQL(" UNION ALL ").join(arms))
    return Statement(text.as_string(None), params.values)


def _fill(conditions: Mapping[str, Condition], key: str) -> Statement:
    params = Parameters()
    scope = _scope(params, conditions)
    text = template("fill").format(
        key=params.bind(key, "text"),
        holds=predicate(conditions[key], scope),
        recheck=_changes(conditions[key], scope),
    )
    return Statement(text.as_string(None), params.values)
