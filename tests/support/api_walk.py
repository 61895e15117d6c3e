"""A walk over everything that the OpenAPI describes: requests drawn from its schemas, good ones and bent ones.

What comes back must be described: the status, and the type; the framework holds bodies to their models. No answer is a
5xx but 503, and every problem has a code of the catalogue.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from parcours.domain.catalogue import CATALOGUE
from support.api import Answer, ApiServer

__all__ = ["Asked", "Walker"]

CODES: Final = {code for _, code in CATALOGUE}
ODD_TEXTS: Final = (
    "", " ", "a", "ä ö", "%", "%00", "/", "..", "a/b", "'\";--", "x" * 300, "\u2028", "😀", "-1", "null", "2026-13-45",
    "2026-12-01T08:00:00Z", "NaN", "<b>", "{{ x }}", "\x01", "\ud800",
)  # fmt: skip
ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1e308, 10**30, 2**31, 2**63, 0.1, "", "x", [], {}, [None], {"a": {"b": [1]}}, "\x00",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request and its answer."""

    method: str
    path: str
    template: str
    body: bytes | None
    headers: Mapping[str, str]
    answer: Answer

    def __str__(self) -> str:
        sent = f"{self.method} {self.path} {dict(self.headers)} {self.body!r}"
        return f"{sent} -> {self.answer.status} {self.answer.body[:500]!r}"


class Walker:
    """Asks at random. `known` are values for parameters of these names, so that something is found."""

    def __init__(self, api: ApiServer, key: str, seed: int, known: Mapping[str, Sequence[Any]]) -> None:
        self.api, self.key, self.known = api, key, known
        self.random = random.Random(seed)
        self.document = api.app.state.document

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield template, method and operation."""
        for template, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield template, method, operation

    def ask(self, template: str, method: str, operation: dict[str, Any]) -> Asked:
        """Ask once."""
        path, question, headers = template, [], {}
        for parameter in operation.get("parameters", ()):
            name, place = parameter["name"], parameter["in"]
            if place != "path" and not parameter.get("required") and self.random.random() < 0.6:
                continue
            value = self.value(parameter["schema"], name)
            if place == "path":
                path = path.replace(f"{{{name}}}", _quoted(value))
            elif place == "query":
                question += [(name, _text(one)) for one in (value if isinstance(value, list) else [value])]
            elif place == "header":
                headers[name] = "".join(one for one in _text(value) if " " <= one <= "~").strip()
        if question:
            path += "?" + urlencode(question, errors="replace")
        body, kind = self.body(operation)
        if kind is not None:
            headers["Content-Type"] = kind
        answer = self.api.call(method.upper(), path, key=self.key, body=body, headers=headers)
        return Asked(method.upper(), path, template, body, headers, answer)

    def fault(self, asked: Asked, operation: dict[str, Any]) -> str | None:
        """Say what is wrong with an answer."""
        status = str(asked.answer.status)
        if asked.answer.status >= 500 and asked.answer.status != 503:
            return "failed"
        described = operation["responses"].get(status)
        if described is None:
            return "is not described"
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rpartition("/")[2]]
        kind = asked.answer.headers.get("content-type", "").partition(";")[0]
        content = described.get("content", {})
        if content and kind not in content:
            return f"has the type {kind}"
        if kind == "application/problem+json" and asked.answer.code not in CODES:
            return f"has the code {asked.answer.code}, which nobody knows"
        return None

    def body(self, operation: dict[str, Any]) -> tuple[bytes | None, str | None]:
        """Return a body and its type."""
        wanted = operation.get("requestBody")
        if wanted is None:
            return None, None
        kind = self.random.choice(list(wanted["content"]))
        draw = self.random.random()
        if draw < 0.04:
            return b"{broken", kind
        if draw < 0.07:
            return b"\xff\xfe", "text/plain"
        schema = wanted["content"][kind].get("schema", {})
        example = wanted["content"][kind].get("example")
        if not kind.endswith("json"):
            text = (
                "journey: walk\nsteps: {rest: {wait: {for: 1d}}}\n"
                if "yaml" in kind
                else '{"type":"identify","userId":"w"}\n'
            )
            return text.encode(), kind
        value = example if example is not None and draw < 0.5 else self.value(schema, "body")
        return json.dumps(value).encode(), kind

    def value(self, schema: dict[str, Any], name: str, depth: int = 0) -> Any:
        """Draw a value: mostly of the schema, at times a known or an example, and now and then anything."""
        draw = self.random.random()
        if draw < 0.06:
            return self.random.choice(ODD_VALUES)
        if name in self.known and draw < 0.75:
            return self.random.choice(self.known[name])
        schema = self.resolved(schema)
        if schema.get("examples") and draw < 0.4:
            return self.random.choice(schema["examples"])
        if "anyOf" in schema:
            return self.value(self.random.choice(schema["anyOf"]), name, depth)
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        match schema.get("type"):
            case "integer":
                low, high = int(schema.get("minimum", -5)), int(schema.get("maximum", 50))
                return self.random.choice([low, high, min(max(low, 3), high), self.random.randint(low, high)])
            case "number":
                return self.random.choice([schema.get("minimum", 0), 0.5, 3])
            case "boolean":
                return self.random.random() < 0.5
            case "null":
                return None
            case "array":
                size = self.random.randint(schema.get("minItems", 0), 3) if depth < 4 else 0
                return [self.value(schema.get("items", {}), name, depth + 1) for _ in range(size)]
            case "string":
                return (
                    "2026-12-01T08:00:00Z"
                    if schema.get("format") == "date-time"
                    else self.random.choice(ODD_TEXTS)
                )
            case "object":
                return self.thing(schema, depth)
            case _:
                return self.random.choice(ODD_VALUES)

    def thing(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Draw an object."""
        required = set(schema.get("required", ()))
        found = {
            name: self.value(below, name, depth + 1)
            for name, below in schema.get("properties", {}).items()
            if name in required or self.random.random() < 0.4
        }
        if self.random.random() < 0.05:
            found["unheard_of"] = 1
        return found

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return json.dumps(value)


def _quoted(value: Any) -> str:
    text = quote(_text(value), safe="")
    return {"": "-", ".": "%2E", "..": "%2E%2E"}.get(text, text)
