"""Alerts: raised once, shown while they last, cleared when they are over; each told by mail and webhook."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from psycopg.rows import dict_row

from parcours.domain.alerts import Cause
from parcours.domain.condition_words import say_duration
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant, parse_duration
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["CALM", "Kept", "alerts", "keep_alerts", "read_watch", "watch_entrants"]

Row: TypeAlias = dict[str, Any]
CALM: Final = timedelta(minutes=5)  # for so long its cause is not seen before an alert is over
APART: Final = timedelta(minutes=30)  # notices of the same alert, should it come and go
MANY: Final = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """What one look changed: keys of alerts raised, ids of alerts cleared."""

    raised: tuple[str, ...]
    cleared: tuple[int, ...]


async def keep_alerts(
    connection: Connection, causes: Sequence[Cause], now: datetime, ways: Collection[str]
) -> Kept:
    """Bring the alerts up to date with what stands now, in the caller's transaction; note what is to be told.

    `ways` are those by which this installation tells: mail, webhook.
    """
    raised = []
    for cause in causes:
        given = {
            "key": cause.key, "kind": cause.kind, "severity": cause.severity, "journey": cause.journey, "said": cause.said,
            "remedy": cause.remedy, "details": json.dumps(dict(cause.details)), "now": now,
        }  # fmt: skip
        seen = await connection.execute(query("see_alert"), given)
        if seen.rowcount:
            continue
        latest = {way: await _latest(connection, cause.key, way) for way in ways}
        row = await (await connection.execute(query("raise_alert"), given)).fetchone()
        if row is None:
            continue
        raised.append(cause.key)
        for way, at in latest.items():
            due = now if at is None else max(now, at + APART)
            await _tell(connection, row[0], way, "raised", due)
    over = {"now": now, "unseen_since": now - CALM}
    cleared = [row[0] for row in await (await connection.execute(query("clear_alerts"), over)).fetchall()]
    for number in cleared:
        await connection.execute(query("drop_untold"), {"alert": number, "now": now})
        told = await (await connection.execute(query("told_by"), {"alert": number})).fetchall()
        for (way,) in told:
            await _tell(connection, number, way, "cleared", now)
    return Kept(tuple(raised), tuple(cleared))


async def alerts(
    connection: Connection, key: str | None = None, *, past: bool = False, limit: int = MANY
) -> list[Row]:
    """Return the alerts that stand, the gravest first; with `past` also those that are over."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("list_alerts"), {"key": key, "past": past, "n": limit})
        return [as_wire(row) for row in await cursor.fetchall()]


def as_wire(row: Row) -> Row:
    """Return an alert as programs read it."""
    names = {"alert_id": "id", "alert_key": "key", "journey_key": "journey"}
    return {
        names.get(name, name): format_instant(value) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def read_watch(text: str | None) -> timedelta | None:
    """Read a time within which somebody should enter: a duration, `off` (zero), `default` or nothing (None).

    Raises ParcoursError `bad_option`.
    """
    if text is None or text == "default":
        return None
    within = timedelta() if text == "off" else parse_duration(text)
    if within is None:
        raise ParcoursError(
            "bad_option", f"{text!r} is no duration", place="within", hint="Write 24h, or off, or default."
        )
    return within


async def watch_entrants(
    connection: Connection, key: str, within: timedelta | None, *, at: datetime, actor: str
) -> None:
    """Ask of one journey that somebody enters within a time; zero never alerts, None takes the general setting.

    Raises ParcoursError `unknown_journey`.
    """
    row = await (await connection.execute(query("find_journey"), {"key": key})).fetchone()
    if row is None:
        hint = "`parcours journey list` shows those there are."
        raise ParcoursError("unknown_journey", f"there is no journey {key}", hint=hint)
    await connection.execute(query("set_watch"), {"j": row[0], "within": within})
    said = "default" if within is None else say_duration(within) if within else "off"
    await record(connection, at, actor=actor, key=key, command="watch_entrants", options={"within": said})


async def _latest(connection: Connection, key: str, way: str) -> datetime | None:
    row = await (await connection.execute(query("latest_notice"), {"key": key, "way": way})).fetchone()
    return row[0] if row else None


async def _tell(connection: Connection, alert: int, way: str, tells: str, due: datetime) -> None:
    given = {"alert": alert, "way": way, "tells": tells, "due": due}
    await connection.execute(query("add_notice"), given)
