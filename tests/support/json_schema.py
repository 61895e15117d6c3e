"""A validator for the part of JSON Schema that `parcours.domain.schema` writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
ANNOTATIONS = {"$schema", "title", "description", "$defs"}


def is_valid(schema: dict[str, Any], value: object, root: dict[str, Any] | None = None) -> bool:
    """Tell whether the value is what the schema allows; a keyword that is not known raises KeyError."""
    top = root or schema
    return all(
        RULES[keyword](schema, rule, value, top)
        for keyword, rule in schema.items()
        if keyword not in ANNOTATIONS
    )


def _ref(_: Any, rule: str, value: object, top: Any) -> bool:
    return is_valid(top["$defs"][rule.removeprefix("#/$defs/")], value, top)


def _type(_: Any, rule: str | list[str], value: object, top: Any) -> bool:
    names = [rule] if isinstance(rule, str) else rule
    return any(_is(name, value) for name in names)


def _is(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def _properties(_: Any, rule: Any, value: object, top: Any) -> bool:
    return not isinstance(value, dict) or all(
        is_valid(rule[k], v, top) for k, v in value.items() if k in rule
    )


def _additional(schema: Any, rule: Any, value: object, top: Any) -> bool:
    if not isinstance(value, dict):
        return True
    others = [item for key, item in value.items() if key not in schema.get("properties", {})]
    return not others if rule is False else all(is_valid(rule, item, top) for item in others)


def _items(_: Any, rule: Any, value: object, top: Any) -> bool:
    return not isinstance(value, list) or all(is_valid(rule, item, top) for item in value)


def _names(_: Any, rule: Any, value: object, top: Any) -> bool:
    return not isinstance(value, dict) or all(is_valid(rule, key, top) for key in value)


RULES: dict[str, Callable[[Any, Any, Any, Any], bool]] = {
    "$ref": _ref,
    "type": _type,
    "const": lambda _, rule, value, __: value is rule,
    "enum": lambda _, rule, value, __: value in rule,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "required": lambda _, rule, value, __: not isinstance(value, dict) or set(rule) <= set(value),
    "items": _items,
    "minItems": lambda _, rule, value, __: not isinstance(value, list) or len(value) >= rule,
    "maxItems": lambda _, rule, value, __: not isinstance(value, list) or len(value) <= rule,
    "minProperties": lambda _, rule, value, __: not isinstance(value, dict) or len(value) >= rule,
    "minimum": lambda _, rule, value, __: not isinstance(value, int | float) or value >= rule,
    "pattern": lambda _, rule, value, __: not isinstance(value, str) or re.search(rule, value) is not None,
    "oneOf": lambda _, rule, value, top: sum(is_valid(schema, value, top) for schema in rule) == 1,
    "anyOf": lambda _, rule, value, top: any(is_valid(schema, value, top) for schema in rule),
    "not": lambda _, rule, value, top: not is_valid(rule, value, top),
}
