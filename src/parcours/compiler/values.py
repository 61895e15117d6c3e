"""The values compared at a decision, as one jsonb object: what `why` shows later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from parcours.compiler.predicates import field_value, predicate
from parcours.compiler.scope import Scope
from parcours.domain.condition import (
    All,
    AnyOf,
    AudienceTest,
    Condition,
    EventTest,
    FieldTest,
    MessageTest,
    Not,
)

__all__ = ["compared"]


def compared(
    conditions: Sequence[Condition], scope: Scope, more: Mapping[str, sql.Composable] | None = None
) -> sql.Composable | None:
    """Return SQL for `{"profile.plan": "pro", …}` of everything these conditions look at, and `more`; None for nothing."""
    parts: dict[str, sql.Composable] = dict(more or {})
    for condition in conditions:
        _collect(condition, scope, parts)
    if not parts:
        return None
    pairs = [
        sql.SQL("{}, {}").format(scope.params.bind(name, "text"), value) for name, value in parts.items()
    ]
    # jsonb_build_object takes at most 100 arguments.
    chunks = [
        sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs[i : i + 40]))
        for i in range(0, len(pairs), 40)
    ]
    return sql.SQL("({})").format(sql.SQL(" || ").join(chunks))


def _collect(condition: Condition, scope: Scope, parts: dict[str, sql.Composable]) -> None:
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                _collect(item, scope, parts)
        case Not(item):
            _collect(item, scope, parts)
        case FieldTest(root=root, path=path):
            parts.setdefault(".".join((root, *path)), field_value(root, path, scope))
        case EventTest(name=name):
            parts.setdefault(f"event {name}", sql.SQL("to_jsonb({})").format(predicate(condition, scope)))
        case AudienceTest(audience=audience):
            parts.setdefault(
                f"audience {audience}", sql.SQL("to_jsonb({})").format(predicate(condition, scope))
            )
        case MessageTest(step=step, outcome=outcome):
            parts.setdefault(
                f"message {step} {outcome}", sql.SQL("to_jsonb({})").format(predicate(condition, scope))
            )
        case _:
            return
