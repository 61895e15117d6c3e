"""Backfill at publish: whoever did it in the last D is suggested too, in sets, behind the publication (P85)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parcours.compiler import Statement
from parcours.compiler.render import compile_backfill_count
from parcours.domain.errors import ParcoursError
from parcours.domain.identity import FIRST, LAST
from parcours.domain.journey import Journey
from parcours.domain.runs import FenceRun
from parcours.domain.timing import parse_duration
from parcours.service.audiences.conditions import audience_conditions
from parcours.service.commands.versions import Family, VersionRow
from parcours.store.queries import query

__all__ = ["Backfill", "begin_backfill", "read_backfill"]


@dataclass(frozen=True, slots=True)
class Backfill:
    """The instant behind which events count, and how many suggestions there are, by the events known now."""

    since: datetime
    suggestions: int


async def read_backfill(
    family: Family, version: VersionRow, journey: Journey, asked: Any, at: datetime
) -> Backfill | None:
    """Return what the option asks for; None where it is not given. Raises ParcoursError `bad_option`."""
    if asked is None:
        return None
    duration = parse_duration(asked) if isinstance(asked, str) else None
    if duration is None or duration <= timedelta():
        raise ParcoursError(
            "bad_option", f"{asked!r} is no duration", place="options.backfill", hint="Write it as 7d or 12h."
        )
    try:
        since = at - duration
    except OverflowError:
        raise ParcoursError(
            "bad_option", f"{asked!r} is too long", place="options.backfill", hint="Write it as 7d or 12h."
        ) from None
    conditions = await audience_conditions(family.connection)
    statement = compile_backfill_count(journey, version.version_no, conditions)
    if statement is None:
        return Backfill(since, 0)
    return Backfill(since, await _count(family, version, statement, since, at))


async def begin_backfill(family: Family, version: VersionRow, backfill: Backfill, at: datetime) -> None:
    """Let every bucket suggest its people; the version is live and its fences are held."""
    given: dict[str, Any] = {"v": version.version_id, "at": at}
    row = await (await family.connection.execute(query("begin_backfill"), given)).fetchone()
    assert row is not None
    run = FenceRun(row[0], version.version_id, at, -1, (), since=backfill.since)
    given = {"j": family.journey_id, "runs": json.dumps([run.as_json()])}
    await family.connection.execute(query("hand_out_run"), given)


async def _count(
    family: Family, version: VersionRow, statement: Statement, since: datetime, at: datetime
) -> int:
    rows = await (await family.connection.execute(query("every_bucket"))).fetchall()
    found = 0
    for (bucket,) in rows:
        given = {
            **statement.constants, "b": bucket, "v": version.version_id, "after": FIRST, "last": LAST, "since": since,
            "upto": at, "now": at, "j": family.journey_id,
        }  # fmt: skip
        row = await (await family.connection.execute(statement.text.encode(), given)).fetchone()
        assert row is not None
        found += row[0]
    return found
