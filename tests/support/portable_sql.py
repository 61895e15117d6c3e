"""The lint of portable SQL: the same statements must run on plain PostgreSQL and, spread by bucket, on Citus.

Statements are read by a real parser. A query that breaks a rule for a good reason says so in its text, as a
comment: `-- exempt RULE: reason`. The rules, each with what a distributed database does otherwise:

    bound-bucket   in scope `bucket` every table of people is held to `bucket = %(b)s` (else it touches every node)
    bound-now      time is a parameter (a clock of its own is refused in updates, and cannot be tested)
    insert-in-cte  no INSERT inside a CTE (rows travel over the coordinator)
    read-modified  no reading of a table that a CTE of the same statement changes (old rows here, new ones there)
    lock-in-all    no lock clauses in scope `all` (refused)
    immutable      only immutable functions in SET and RETURNING of an UPDATE (refused)
    volatile       no sequences, random numbers or random ids in sets of rows (differ from node to node)
    trigger        no triggers (they would run on each node)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlglot
from sqlglot import exp

__all__ = ["RULES", "Fault", "lint", "lint_migration"]

RULES: Final = frozenset((
    "bound-bucket", "bound-now", "insert-in-cte", "read-modified", "lock-in-all", "immutable", "volatile", "trigger",
))  # fmt: skip
EXEMPT: Final = re.compile(r"^\s*-- exempt ([a-z-]+): +(\S.{10,})$", re.MULTILINE)
ROWS: Final = re.compile(r"(\s*--[^\n]*\n)*\s*(SELECT|INSERT|UPDATE|DELETE|WITH|\()", re.IGNORECASE)
CLOCKS: Final = frozenset((
    "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "localtimestamp",
))  # fmt: skip
CLOCK_NODES: Final = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.CurrentDatetime)
RANDOM: Final = frozenset(
    ("random", "gen_random_uuid", "uuidv4", "uuidv7", "uuid", "rand", "nextval", "setval")
)
# Of those that PostgreSQL calls stable, the ones that are tempting in a SET.
STABLE: Final = frozenset((
    "to_jsonb", "to_json", "jsonb_build_object", "jsonb_build_array", "row_to_json", "jsonb_agg", "jsonb_object_agg",
    "concat", "concat_ws", "format", "to_char", "to_timestamp", "age", "current_setting",
))  # fmt: skip
NESTED: Final = (exp.Select, exp.Update, exp.Delete, exp.SetOperation)


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule."""

    rule: str
    what: str


def lint(text: str, scope: str, people: frozenset[str]) -> list[Fault]:
    """Return what is wrong with one statement. `people` are the tables that are spread by bucket, bare names."""
    exempt = {rule for rule, _ in EXEMPT.findall(text)}
    unknown = exempt - RULES
    faults = [Fault("exempt", f"there is no rule {rule}") for rule in sorted(unknown)]
    triggers = [Fault("trigger", "a trigger is made")] if re.search(r"\bCREATE\b.*\bTRIGGER\b", text) else []
    found = triggers + [fault for statement in _parse(text) for fault in _faults(statement, scope, people)]
    broken = {fault.rule for fault in found}
    faults += [fault for fault in found if fault.rule not in exempt]
    faults += [Fault("exempt", f"{rule} is not broken") for rule in sorted(exempt & RULES - broken)]
    return list(dict.fromkeys(faults))


def lint_migration(text: str, people: frozenset[str]) -> list[Fault]:
    """Return what is wrong with the tables of people in a migration: keys, defaults, references, triggers."""
    faults = []
    bodies = re.findall(r"^CREATE TABLE (?:parcours\.)?(\w+) \((.*?)^\)", text, re.MULTILINE | re.DOTALL)
    for table, body in bodies:
        if table not in people:
            continue
        code = re.sub(r"--[^\n]*", "", body)
        if not re.search(r"PRIMARY KEY \(bucket\b|^\s*bucket integer PRIMARY KEY", code, re.MULTILINE):
            faults.append(Fault("bound-bucket", f"the primary key of {table} does not begin with bucket"))
        if re.search(r"\b(IDENTITY|serial|nextval|gen_random_uuid|random|now|clock_timestamp)\b", code):
            faults.append(Fault("volatile", f"{table} has a default that is not the same everywhere"))
        if re.search(r"\bREFERENCES\b", code):
            faults.append(Fault("bound-bucket", f"{table} refers to another table"))
    if re.search(r"\bCREATE (OR REPLACE )?(CONSTRAINT )?TRIGGER\b", text):
        faults.append(Fault("trigger", "a migration makes a trigger"))
    for statement in re.findall(r"^CREATE UNIQUE INDEX[^;]*;", text, re.MULTILINE):
        on = re.search(r"ON (?:parcours\.)?(\w+) \((\w+)", statement)
        if on and on[1] in people and on[2] != "bucket":
            faults.append(Fault("bound-bucket", f"a unique index of {on[1]} does not begin with bucket"))
    return faults


def _parse(text: str) -> list[exp.Expr]:
    if not ROWS.match(text):
        return []  # SET, CREATE DATABASE and the like touch no rows
    # The parser does not go on behind a function that is first in the FROM of an UPDATE.
    readable = re.sub(r"\bFROM unnest\(", "FROM (SELECT 1) one CROSS JOIN LATERAL unnest(", text)
    return [one for one in sqlglot.parse(readable, dialect="postgres") if one is not None]


def _faults(statement: exp.Expr, scope: str, people: frozenset[str]) -> Iterator[Fault]:
    yield from _clocks(statement)
    yield from _expressions(statement)
    if scope == "all" and any(statement.find_all(exp.Lock)):
        yield Fault("lock-in-all", "rows are locked in every bucket")
    changed = {}
    for cte in statement.find_all(exp.CTE):
        if isinstance(cte.this, exp.Insert):
            yield Fault("insert-in-cte", f"{cte.alias} inserts")
        if isinstance(cte.this, exp.Insert | exp.Update | exp.Delete):
            target = _target(cte.this)
            if target is not None:
                changed[target.name] = cte
    for table in statement.find_all(exp.Table):
        inside = changed.get(table.name)
        if inside is not None and inside not in _above(table):
            yield Fault("read-modified", f"{table.name} is changed by the CTE {inside.alias}")
    if scope == "bucket":
        yield from _unbound(statement, people)


def _clocks(statement: exp.Expr) -> Iterator[Fault]:
    for node in statement.find_all(exp.Func, exp.Anonymous):
        name = _name(node)
        if isinstance(node, CLOCK_NODES) or name in CLOCKS:
            yield Fault("bound-now", f"{name} is asked")


def _expressions(statement: exp.Expr) -> Iterator[Fault]:
    sets = [*statement.find_all(exp.Update)]
    written = [
        e for update in sets for e in [*update.expressions, update.args.get("returning")] if e is not None
    ]
    for expression in written:
        for node in expression.find_all(exp.Func, exp.Anonymous):
            if _name(node) in STABLE:
                yield Fault("immutable", f"{_name(node)} in what an UPDATE writes or returns")
        for node in expression.find_all(exp.Add, exp.Sub):
            if any(cast.to.this == exp.DataType.Type.INTERVAL for cast in node.find_all(exp.Cast)):
                yield Fault("immutable", "an interval is added in what an UPDATE writes or returns")
    for node in statement.find_all(exp.Func, exp.Anonymous):
        if _name(node) in RANDOM:
            yield Fault("volatile", f"{_name(node)} is asked")


def _unbound(statement: exp.Expr, people: frozenset[str]) -> Iterator[Fault]:
    """Tables of people that no chain of equalities ties to the bucket of the statement."""
    named = {cte.alias for cte in statement.find_all(exp.CTE)}
    tables = [t for t in statement.find_all(exp.Table) if t.name in people and t.name not in named]
    bound: set[int] = set()
    pairs: list[tuple[exp.Table | None, exp.Table | None]] = []
    for equality in statement.find_all(exp.EQ):
        sides = [_bucket_of(side, tables) for side in (equality.this, equality.expression)]
        for (is_bucket, table), other in zip(sides, (equality.expression, equality.this), strict=True):
            if is_bucket and table is not None and isinstance(other, exp.Placeholder) and other.name == "b":
                bound.add(id(table))
        if sides[0][0] and sides[1][0]:
            pairs.append((sides[0][1], sides[1][1]))
    for join in statement.find_all(exp.Join):
        if any(getattr(column, "name", "") == "bucket" for column in join.args.get("using") or []):
            query = join.parent_select or join.find_ancestor(*NESTED)
            mates = [t for t in tables if _query_of(t) is query]
            pairs += [(one, two) for one in mates for two in mates if one is not two]
    for insert in statement.find_all(exp.Insert):
        target = _target(insert)
        if target is not None and target.name in people:
            bound.add(id(target))  # what is inserted takes its bucket from what is read, or from %(b)s
            if not _inserts_bucket(insert):
                yield Fault("bound-bucket", f"{target.name} gets rows without a bucket")
    while True:
        more = {
            id(mine)
            for pair in pairs
            for mine, other in (pair, pair[::-1])
            if mine is not None and other is not None and id(other) in bound and id(mine) not in bound
        }
        if not more:
            break
        bound |= more
    for table in tables:
        if id(table) not in bound:
            yield Fault("bound-bucket", f"{table.name} {table.alias} is not held to %(b)s")


def _bucket_of(node: exp.Expr | None, tables: list[exp.Table]) -> tuple[bool, exp.Table | None]:
    """Tell whether a node is a column `bucket`, and of which table of people: the nearest that it can mean."""
    if not isinstance(node, exp.Column) or node.name != "bucket":
        return False, None
    query = _query_of(node)
    while query is not None:
        near = [
            t for t in tables if _query_of(t) is query and (not node.table or t.alias_or_name == node.table)
        ]
        if near:
            return True, near[0]
        query = _query_of(query)
    return True, None


def _query_of(node: exp.Expr) -> exp.Expr | None:
    return node.find_ancestor(*NESTED)


def _inserts_bucket(insert: exp.Insert) -> bool:
    schema = insert.this
    if not isinstance(schema, exp.Schema):
        return False
    names = [column.name for column in schema.expressions]
    if "bucket" not in names:
        return False
    source = insert.expression
    values = source.selects if isinstance(source, exp.Select) else []
    if isinstance(source, exp.Values):
        values = source.expressions[0].expressions
    at = names.index("bucket")
    if at >= len(values):
        return True  # SELECT *, or a set operation: not judged
    value = values[at].unalias()
    if isinstance(value, exp.Cast):
        value = value.this
    return (isinstance(value, exp.Placeholder) and value.name == "b") or (
        isinstance(value, exp.Column) and value.name == "bucket"
    )


def _target(node: exp.Expr) -> exp.Table | None:
    this = node.this.this if isinstance(node.this, exp.Schema) else node.this
    return this if isinstance(this, exp.Table) else None


def _above(node: exp.Expr) -> Iterator[exp.Expr]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else ""
