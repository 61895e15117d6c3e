"""The JSON Schema (2020-12) of journey and audience files, made from the parser's own tables of keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from parcours.domain.keys import ALTERNATIVES, CONDITIONS, OPERATORS, STEP_KINDS, TABLES, TRIGGERS
from parcours.domain.timing import WEEKDAYS

__all__ = ["audience_schema", "journey_schema"]

Schema = dict[str, Any]

_KEY: Final = "^[A-Za-z0-9_-]{1,64}$"
_DURATION: Final = "^(?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"
_CLOCK: Final = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_INSTANT: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$"
)
_SCALAR: Final = ("string", "number", "boolean")
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "journey": ("journey", "steps"),
        "audience": ("audience",),
        "event_trigger": ("event",),
        "audience_trigger": ("audience",),
        "schedule_trigger": ("audience", "schedule"),
        "manual_trigger": ("manual",),
        "once": ("once",),
        "waves": ("parts", "every"),
        "goal_with": ("when",),
        "awaited": ("event",),
        "timeout": ("timeout",),
        "branch": ("when",),
        "otherwise": ("else",),
        "share": ("name", "share"),
        "all_of": ("all",),
        "any_of": ("any",),
        "negation": ("not",),
        "field_test": ("field",),
        "event_test": ("event",),
        "audience_test": ("audience",),
        "message_test": ("message",),
        "time_test": ("time",),
    }
)
_BRANCHES: Final = frozenset({"awaited", "timeout", "branch", "otherwise", "share"})


def journey_schema() -> Schema:
    """Return the schema of journey files; audience files stand in its `$defs` as `audience`."""
    return _document("journey", "A journey of Parcours")


def audience_schema() -> Schema:
    """Return the schema of audience files."""
    return _document("audience", "An audience of Parcours")


def _document(table: str, title: str) -> Schema:
    definitions = {**_plain_types(), **{name: _table(name) for name in TABLES}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$ref": f"#/$defs/{table}",
        "$defs": dict(sorted(definitions.items())),
    }


def _table(name: str) -> Schema:
    """Return the schema of one table of keys: nothing beside them, and what it needs."""
    properties = {key: _optional(_type(kind)) for key, kind in TABLES[name].items()}
    if name == "field_test":
        properties |= {operator: _operand(operator) for operator in OPERATORS}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if name in _REQUIRED:
        schema["required"] = list(_REQUIRED[name])
        # What is needed may not be null either.
        properties |= {key: _type(TABLES[name][key]) for key in _REQUIRED[name]}
    match name:
        case "step":
            schema["oneOf"] = [{"required": [kind]} for kind in STEP_KINDS]
        case "field_test":
            schema["oneOf"] = [{"required": [operator]} for operator in OPERATORS]
        case _ if name in _BRANCHES:
            schema["oneOf"] = [{"required": ["next"]}, {"required": ["drop_out"]}]
    return schema


def _type(kind: str) -> Schema:
    if "|" in kind:
        return {"enum": kind.split("|")}
    return {"$ref": f"#/$defs/{kind}"}


def _optional(schema: Schema) -> Schema:
    """Allow null, which means left out."""
    return {"anyOf": [schema, {"type": "null"}]}


def _plain_types() -> Mapping[str, Schema]:
    """Return the types that are no tables."""
    return {
        "line": {"type": "string", "pattern": "^[^\\r\\n]*$"},
        "text": {"type": "string"},
        "content": {"type": "string"},
        "lines": _list("line"),
        "flag": {"type": "boolean"},
        "yes": {"const": True},
        "number": {"type": "number"},
        "count": {"type": "integer", "minimum": 0},
        "key": {"type": "string", "pattern": _KEY},
        "keys": _list("key"),
        "step_id": {"type": "string", "pattern": _KEY, "not": {"enum": ["entry", "next", "drop_out"]}},
        "target": {"type": "string", "pattern": _KEY, "description": "next, drop_out, or a step"},
        "field": {"type": "string", "pattern": "^[A-Za-z0-9_-]+(\\.[^.]+)+$"},
        "zone": {"type": "string", "description": "an IANA time zone name"},
        "duration": {"type": "string", "pattern": _DURATION},
        "offset": {"type": "string", "pattern": _DURATION.replace("^(?=[0-9])", "^[+-]?(?=[0-9])")},
        "instant": {"type": "string", "pattern": _INSTANT},
        "clock": {"type": "string", "pattern": _CLOCK},
        "weekday": {"enum": list(WEEKDAYS)},
        "weekdays": {**_list("weekday"), "minItems": 1},
        "rate": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?/[smhd]$"},
        "schedule": {
            "anyOf": [_type("once"), {"type": "string", "description": "five fields of cron, or now"}],
        },
        "json": {},
        "texts": _map("line"),
        "attributes": {**_map("json"), "propertyNames": {"pattern": "^[^.\\r\\n]+$"}},
        "layout": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "number"},
                "minItems": 2,
                "maxItems": 2,
            },
        },
        "steps": {**_map("step"), "propertyNames": _type("step_id"), "minProperties": 1},
        "condition": {"oneOf": [_type(table) for table in CONDITIONS.values()]},
        "conditions": _list("condition"),
        "triggers": {"type": "array", "items": {"oneOf": [_type(table) for table in TRIGGERS.values()]}},
        "goal": {"anyOf": [_type("condition"), _type("goal_with")]},
        "alternatives": {
            "type": "array",
            "items": {"oneOf": [_type(table) for table in ALTERNATIVES.values()]},
        },
        "branches": {"type": "array", "items": {"oneOf": [_type("branch"), _type("otherwise")]}},
        "shares": _list("share"),
    }


def _operand(operator: str) -> Schema:
    """Return the schema of what an operator compares with."""
    scalar: Schema = {"type": list(_SCALAR)}
    ordered: Schema = {"type": ["number", "string"]}
    match operator:
        case "is" | "is_not" | "contains" | "not_contains":
            return scalar
        case "in" | "not_in":
            return {"type": "array", "items": scalar}
        case "gt" | "gte" | "lt" | "lte":
            return ordered
        case "between":
            pairs = [{"items": {"type": kind}} for kind in ("number", "string")]
            return {"type": "array", "minItems": 2, "maxItems": 2, "anyOf": pairs}
        case "exists":
            return _type("flag")
        case "before" | "after":
            return _type("instant")
        case "within_last" | "within_next":
            return _type("duration")
        case _:
            return {"type": "string"}


def _list(kind: str) -> Schema:
    return {"type": "array", "items": _type(kind)}


def _map(kind: str) -> Schema:
    return {"type": "object", "additionalProperties": _type(kind)}
