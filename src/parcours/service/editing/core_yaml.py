"""YAML as version 1.2 reads it (its core schema), and JSON, with every key said once.

No `on`, `off`, `yes`, `no` as booleans, no timestamps, no numbers to the base 60, no merge keys, no tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any, ClassVar, Final

import yaml

from parcours.domain.problems import Problem

__all__ = ["read_json", "read_yaml"]

MAX_ALIASES: Final = 100
_TAG: Final = "tag:yaml.org,2002:"
_INT: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_RESOLVERS: Final = (
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", _INT),
    ("float", _FLOAT),
)


def read_yaml(text: str) -> tuple[object, list[Problem]]:
    """Read one YAML document; what is wrong with it comes back as problems with line and column."""
    loader: _CoreLoader | None = None
    try:
        loader = _CoreLoader(text)
        return loader.get_single_data(), loader.problems
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return None, [_malformed(f"line {line}", "A character that YAML does not allow.")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return None, [_malformed(place, f"The YAML cannot be read: {said}.")]
    except (RecursionError, ValueError, OverflowError):
        return None, [_malformed("", "The YAML is nested too deeply, or holds a number that is too long.")]
    finally:
        if loader is not None:
            loader.dispose()


def read_json(text: str) -> tuple[object, list[Problem]]:
    """Read one JSON document; what is wrong with it comes back as problems with line and column."""
    problems: list[Problem] = []

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                problems.append(_duplicate(key, ""))
            found.setdefault(key, value)
        return found

    try:
        return json.loads(text, object_pairs_hook=unique), problems
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return None, [_malformed(place, f"The JSON cannot be read: {error.msg}.")]
    except (RecursionError, ValueError):
        return None, [_malformed("", "The JSON is nested too deeply, or holds a number that is too long.")]


class _CoreLoader(yaml.SafeLoader):
    """Builds plain data by the core schema, and remembers keys that are said twice."""

    # Only what the core schema has; any other tag is an error of its own.
    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        f"{_TAG}null": yaml.SafeLoader.construct_yaml_null,
        f"{_TAG}bool": yaml.SafeLoader.construct_yaml_bool,
        f"{_TAG}int": lambda loader, node: loader.whole_number(node),
        f"{_TAG}float": lambda loader, node: loader.number(node),
        f"{_TAG}str": yaml.SafeLoader.construct_yaml_str,
        f"{_TAG}seq": yaml.SafeLoader.construct_yaml_seq,
        f"{_TAG}map": yaml.SafeLoader.construct_yaml_map,
        None: yaml.SafeLoader.construct_undefined,
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[Problem] = []
        self.aliases = 0

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return next((_TAG + name for name, form in _RESOLVERS if form.fullmatch(value)), f"{_TAG}str")
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MAX_ALIASES:
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise yaml.composer.ComposerError(None, None, f"more than {MAX_ALIASES} aliases", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 (as its base)
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            mark = key_node.start_mark
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no text", mark)
            if key in found:
                self.problems.append(_duplicate(str(key), f"line {mark.line + 1}, column {mark.column + 1}"))
                continue
            found[key] = self.construct_object(value_node, deep=deep)
        return found

    def whole_number(self, node: yaml.ScalarNode) -> int:
        text = self.scalar(node, _INT)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)

    def number(self, node: yaml.ScalarNode) -> float:
        return float(self.scalar(node, _FLOAT).replace(".inf", "inf").replace(".nan", "nan"))

    def scalar(self, node: yaml.ScalarNode, form: re.Pattern[str]) -> str:
        text = str(self.construct_scalar(node))
        if not form.fullmatch(text):
            raise yaml.constructor.ConstructorError(None, None, "no number", node.start_mark)
        return text.lower()


def _malformed(place: str, message: str) -> Problem:
    return Problem("error", "malformed_file", place, message, "Correct the file at this place.")


def _duplicate(key: str, place: str) -> Problem:
    return Problem(
        "error", "duplicate_key", place, f"The key `{key[:80]}` is said twice.", "Keep one of them."
    )
