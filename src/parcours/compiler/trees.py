"""Tree → SQL: which route a decision takes, and the values it compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from psycopg import sql

from parcours.compiler.plan import Draw, Fork, Given, Leaf, Tree
from parcours.compiler.predicates import field_value, instant_of, predicate
from parcours.compiler.scope import Scope
from parcours.compiler.values import compared
from parcours.domain.condition import Condition

__all__ = ["route_of", "values_of"]


def route_of(tree: Tree, scope: Scope) -> sql.Composable:
    """Compile a decision to the number of its route."""
    match tree:
        case Leaf(route):
            return sql.Literal(route)
        case Draw(arms=arms):
            number = _number(tree, scope)
            whens = [
                sql.SQL("WHEN {} < {} THEN {}").format(
                    number, scope.params.bind(arm.below, "bigint"), route_of(arm.tree, scope)
                )
                for arm in arms[:-1]
            ]
            return _first(whens, route_of(arms[-1].tree, scope))
        case Given(field=field, present=present, missing=missing):
            test = sql.SQL("WHEN {} IS NOT NULL THEN {}").format(
                instant_of(field_value(*field, scope)), route_of(present, scope)
            )
            return _first([test], route_of(missing, scope))
        case Fork(step, branches, otherwise):
            # In a split a person stands at the split (P10).
            here = sql.SQL("to_jsonb({})").format(scope.params.bind(step, "text"))
            scope = replace(scope, participant={**scope.participant, "step": here})
            whens = [
                sql.SQL("WHEN {} THEN {}").format(predicate(when, scope), route_of(branch, scope))
                for when, branch in branches
            ]
            return _first(whens, route_of(otherwise, scope))


def values_of(trees: Iterable[Tree], scope: Scope) -> sql.Composable | None:
    """Compile everything these decisions look at, as `compared` does; None where they look at nothing."""
    conditions: list[Condition] = []
    points: dict[str, sql.Composable] = {}
    for tree in trees:
        for node in _nodes(tree):
            if isinstance(node, Fork):
                conditions += [when for when, _ in node.branches]
            elif isinstance(node, Given):
                root, path = node.field
                points[".".join((root, *path))] = field_value(root, path, scope)
            elif isinstance(node, Draw):
                points[f"experiment {node.step}"] = sql.SQL(
                    "to_jsonb(round({} * 100 / 4294967296.0, 3))"
                ).format(_number(node, scope))
    return compared(conditions, scope, points)


def _number(draw: Draw, scope: Scope) -> sql.Composable:
    prefix = scope.params.bind(f"{scope.journey_key}/{draw.step}/", "text")
    return sql.SQL("parcours.experiment_number({} || {})").format(prefix, scope.user_id)


def _first(whens: Sequence[sql.Composable], otherwise: sql.Composable) -> sql.Composable:
    if not whens:
        return otherwise
    return sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(whens), otherwise)


def _nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    match tree:
        case Draw(arms=arms):
            for arm in arms:
                yield from _nodes(arm.tree)
        case Given(present=present, missing=missing):
            yield from _nodes(present)
            yield from _nodes(missing)
        case Fork(branches=branches, otherwise=otherwise):
            for _, branch in branches:
                yield from _nodes(branch)
            yield from _nodes(otherwise)
        case Leaf():
            return
