"""The statement that writes what came in into the inboxes of journeys, with the sieves that stand before some of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from psycopg import sql

from parcours.compiler.program import Statement
from parcours.compiler.templates import template

__all__ = ["MOST_SIEVES", "compile_routing"]

MOST_SIEVES = (
    300  # in one statement; what further ones would hold back goes through, as it does for a sieve unknown
)

NAMED = re.compile(r"%\((\w+)\)s")


def compile_routing(sieves: Mapping[str, Statement]) -> Statement:
    """Compile it for these sieves, by id. It takes `b` and `rows`, as `route_pending` answers them."""
    constants = {}
    whens = []
    for number, (name, sieve) in enumerate(list(sieves.items())[:MOST_SIEVES]):
        constants[f"id{number}"] = name
        constants |= {f"s{number}_{constant}": value for constant, value in sieve.constants.items()}
        asked = NAMED.sub(rf"%(s{number}_\1)s", sieve.text)
        whens.append(f"WHEN %(id{number})s::text THEN {asked}")
    sieved = ""
    if whens:
        # The sieves' text is the compiler's own: every word of a journey is among the constants.
        case = f"CASE s.id {' '.join(whens)} ELSE true END"
        sieved = f" AND (l.sieves IS NULL OR EXISTS (SELECT 1 FROM unnest(l.sieves) AS s (id) WHERE {case}))"  # noqa: S608
    return Statement(template("route").format(sieved=sql.SQL(sieved)).as_string(None), constants)
