"""Everything about one journey in one answer: how it stands, its versions, people, problems, messages, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parcours.service.editing.definitions import VersionProblems, journey_problems
from parcours.service.watch.ledger import Ledger, read_ledgers
from parcours.service.watch.reports import JourneyReport, show_journey
from parcours.service.watch.standing import read_stopper, standing, totals
from parcours.service.watch.upcoming import Upcoming, what_happens_next
from parcours.store.database import Connection

__all__ = ["Overview", "read_overview"]


@dataclass(frozen=True, slots=True)
class Overview:
    """One journey. `standing` says in a line how it stands, `totals` adds its versions up."""

    report: JourneyReport
    ledgers: Sequence[Ledger]
    upcoming: Sequence[Upcoming]
    problems: Sequence[VersionProblems]
    standing: str
    totals: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return self.report.as_dict() | {
            "standing": self.standing,
            "totals": self.totals,
            "upcoming": [one.as_dict() for one in self.upcoming],
            "ledgers": [one.as_dict() for one in self.ledgers],
            "problems": [one.as_dict() for one in self.problems],
        }


async def read_overview(connection: Connection, key: str, now: datetime) -> Overview:
    """Read everything about a journey, in a transaction of its own. Raises ParcoursError `unknown_journey`."""
    ledgers = await read_ledgers(connection, key)
    report = await show_journey(connection, key)
    upcoming = await what_happens_next(connection, key, now)
    problems = await journey_problems(connection, key, now)
    stands = standing(report.versions, ledgers, await read_stopper(connection, key))
    return Overview(report, ledgers, upcoming, problems, stands, totals(ledgers))
