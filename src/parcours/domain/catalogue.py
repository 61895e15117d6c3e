"""Every code that people meet, in families: its meaning and the remedy. docs/errors.md is made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from parcours.domain.catalogue_access import ACCESS, REQUEST
from parcours.domain.catalogue_browsing import BROWSING
from parcours.domain.catalogue_files import FILES, VALUES
from parcours.domain.catalogue_intake import INTAKE
from parcours.domain.catalogue_journey import JOURNEY
from parcours.domain.catalogue_program import FEED, ORDER, PROGRAM
from parcours.domain.catalogue_reasons import DROPPING_OUT, REFUSING
from parcours.domain.refusals import REFUSED_COMMANDS

__all__ = ["CATALOGUE", "FAMILIES", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: its family, what it means, and what to do (empty where it is a plain fact)."""

    code: str
    family: str
    meaning: str
    remedy: str = ""


# Family -> its title in the docs, in their order.
FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "file": "Files",
        "value": "Values in a file",
        "journey": "The journey as a whole",
        "command": "Commands that are refused",
        "order": "Commands that cannot be carried out",
        "feed": "Lines of a feed, and events",
        "intake": "Requests that send people and events",
        "request": "Requests over HTTP",
        "access": "Who may do what",
        "program": "The program and its surroundings",
        "entrance": "Why a person is refused at the entrance",
        "drop_out": "Why a person drops out",
    }
)


def _entries() -> Iterator[Entry]:
    for family, table in (
        ("file", FILES),
        ("value", VALUES),
        ("journey", JOURNEY),
        ("command", REFUSED_COMMANDS),
        ("order", ORDER),
        ("order", BROWSING),
        ("feed", FEED),
        ("intake", INTAKE),
        ("request", REQUEST),
        ("access", ACCESS),
        ("program", PROGRAM),
    ):
        yield from (Entry(code, family, meaning, remedy) for code, (meaning, remedy) in table.items())
    for family, reasons in (("entrance", REFUSING), ("drop_out", DROPPING_OUT)):
        yield from (Entry(code, family, meaning) for code, meaning in reasons.items())


# A code may stand in two families, such as `excluded`: refused at the entrance, or dropped out later.
CATALOGUE: Final[Mapping[tuple[str, str], Entry]] = MappingProxyType(
    {(entry.family, entry.code): entry for entry in _entries()}
)
