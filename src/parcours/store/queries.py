"""Named SQL: every query stands in a file under `sql/`, with its name, its scope and its purpose.

    -- name: take_round
    -- scope: bucket
    -- Take the oldest inbox row of each person.
    SELECT ... WHERE bucket = %(bucket)s

Scope says whose rows it touches: `bucket` (people of one bucket), `all` (people of every bucket) or `shared`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast, get_args

__all__ = ["Query", "QueryFileError", "Scope", "all_queries", "parse", "query"]

Scope: TypeAlias = Literal["bucket", "all", "shared"]

HEADER: Final = re.compile(r"^-- name: *(.*)$", re.MULTILINE)
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class QueryFileError(Exception):
    """A query file that does not keep the form; a mistake of ours, found by the first look at any query."""


@dataclass(frozen=True, slots=True)
class Query:
    """One named query: its purpose comment, its SQL with %(name)s parameters, the file it stands in."""

    name: str
    scope: Scope
    purpose: str
    text: str
    file: str


def query(name: str) -> str:
    """Return the text of a query. Raises KeyError for a name that no file has."""
    return all_queries()[name].text


@cache
def all_queries() -> Mapping[str, Query]:
    """Return every query by name, in the order of files and of places in them."""
    folder = files("parcours.store") / "sql"
    sources = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return collect((file.name, file.read_text(encoding="utf-8")) for file in sources)


def collect(sources: Iterable[tuple[str, str]]) -> Mapping[str, Query]:
    """Parse (file name, text) pairs; refuse a name that two queries have."""
    found: dict[str, Query] = {}
    for file, text in sources:
        for item in parse(file, text):
            if item.name in found:
                raise QueryFileError(f"{file}: {item.name} is also in {found[item.name].file}")
            found[item.name] = item
    return MappingProxyType(found)


def parse(file: str, text: str) -> list[Query]:
    """Read the queries of one file."""
    heads = list(HEADER.finditer(text))
    before = text[: heads[0].start()] if heads else text
    if any(line.strip() and not line.startswith("--") for line in before.splitlines()):
        raise QueryFileError(f"{file}: SQL in front of the first `-- name:`")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        _query(file, head[1].strip(), text[head.end() : end]) for head, end in zip(heads, ends, strict=True)
    ]


def _query(file: str, name: str, body: str) -> Query:
    if not NAME.fullmatch(name):
        raise QueryFileError(f"{file}: {name!r} is not a name in snake_case")
    lines = body.strip().splitlines()
    scope = lines[0].removeprefix("-- scope:").strip() if lines and lines[0].startswith("-- scope:") else ""
    if scope not in get_args(Scope):
        raise QueryFileError(f"{file}: {name} needs `-- scope: bucket|all|shared` behind its name")
    if len(lines) < 2 or not lines[1].removeprefix("--").strip() or not lines[1].startswith("--"):  # noqa: PLR2004
        raise QueryFileError(f"{file}: {name} needs one comment line that says its purpose")
    text = "\n".join(lines[2:]).strip().removesuffix(";")
    if not text:
        raise QueryFileError(f"{file}: {name} has no SQL")
    return Query(name, cast("Scope", scope), lines[1].removeprefix("--").strip(), text, file)
