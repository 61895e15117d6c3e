"""Telling of alerts, by mail and webhook: at least once, again while the other side is away, never every minute."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

from psycopg.rows import dict_row

from parcours.channels.address import parse_address
from parcours.channels.channel import Channel, Outcome, Outgoing, Sent, Uncertain
from parcours.channels.mime import build
from parcours.channels.request import Call
from parcours.domain.timing import format_instant
from parcours.service.watch.alerts import as_wire
from parcours.settings import Settings
from parcours.store.database import Database
from parcours.store.queries import query

__all__ = ["tell", "ways_of"]

Row: TypeAlias = dict[str, Any]
TOGETHER: Final = 20
HELD: Final = timedelta(minutes=2)  # a notice in hand is nobody else's for so long
PATIENCE: Final = timedelta(days=3)  # then it is given up; the alert itself stays
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
NAMESPACE: Final = UUID("6c1f2b5e-4a51-4d59-9a0c-0f6b7c2f0a11")


def ways_of(settings: Settings) -> tuple[str, ...]:
    """Return the ways by which alerts are told."""
    ways = {"mail": settings.alert_mail, "webhook": settings.alert_webhook}
    return tuple(way for way, where in ways.items() if where)


async def tell(
    database: Database, channels: Mapping[str, Channel], settings: Settings, now: datetime
) -> list[tuple[int, str]]:
    """Tell what is to be told now; return the notices tried with what became of each.

    `channels` are by their names, email and webhook; what has no channel here is left to a process that has it. A
    notice is taken first and settled afterwards, so one whose process dies is told again.
    """
    ways = [way for way in ways_of(settings) if _channel(way) in channels]
    async with database.transaction() as connection, connection.cursor(row_factory=dict_row) as cursor:
        given = {"now": now, "again": now + HELD, "ways": ways, "n": TOGETHER}
        await cursor.execute(query("take_notices"), given)
        taken = sorted(await cursor.fetchall(), key=lambda row: row["notice_id"])
        stories = {}
        for row in taken:
            await cursor.execute(query("noticed_alert"), {"alert": row["alert_id"]})
            stories[row["alert_id"]] = await cursor.fetchone()
    done = []
    for row in taken:
        story = stories[row["alert_id"]]
        assert story is not None
        letter = _Letter(row, as_wire(story), settings, now)
        outcomes = [
            await channels[_channel(row["way"])].send(message, time.monotonic() + HELD.total_seconds())
            for message in letter.messages()
        ]
        done.append((row["notice_id"], await _settle(database, row, story, outcomes, now)))
    return done


async def _settle(database: Database, row: Row, story: Row, outcomes: list[Outcome], now: datetime) -> str:
    """Write down what became of a notice; with several recipients it is told again where any was in vain."""
    failed = [one for one in outcomes if not isinstance(one, Sent | Uncertain)]
    given: Row = {"id": row["notice_id"], "taken": None, "given_up": None, "due": now, "detail": None}
    if not failed:
        given |= {"taken": now}
    else:
        given |= {"detail": getattr(failed[0], "detail", "not begun in time")}
        if story["since"] < now - PATIENCE:
            given |= {"given_up": now}
        else:
            given |= {"due": now + min(FIRST_PAUSE * 2 ** (row["tries"] - 1), LONGEST_PAUSE)}
    async with database.transaction() as connection:
        await connection.execute(query("settle_notice"), given)
    return "told" if given["taken"] else "given up" if given["given_up"] else "again"


@dataclass(frozen=True, slots=True)
class _Letter:
    notice: Row
    alert: Row
    settings: Settings
    now: datetime

    def messages(self) -> Iterator[Outgoing]:
        if self.notice["way"] == "webhook":
            assert self.settings.alert_webhook is not None
            body = json.dumps(
                {"type": f"alert_{self.notice['tells']}", "alert": self.alert}, ensure_ascii=False
            )
            headers = {"Content-Type": "application/json"}
            yield Call(self.id(""), "", self.settings.alert_webhook, body.encode(), headers=headers)
            return
        sender = self.settings.alert_from or self.settings.alert_addresses[0]
        for address in self.settings.alert_addresses:
            payload = build(
                message_id=self.id(address), date=self.now, sender=sender, to=address,
                subject=self.subject, text=self.text(), headers={"Auto-Submitted": "auto-generated"},
            )  # fmt: skip
            yield Outgoing(self.id(address), parse_address(sender).spec, parse_address(address).spec, payload)

    def id(self, address: str) -> UUID:
        """The same for each try, so that the other side can tell a repetition."""
        alert = self.alert
        return uuid5(NAMESPACE, f"{alert['key']} {alert['since']} {self.notice['tells']} {address}")

    @property
    def subject(self) -> str:
        about = f" {self.alert['journey']}" if self.alert["journey"] else ""
        over = "over: " if self.notice["tells"] == "cleared" else ""
        return f"[Parcours] {over}{self.alert['severity']}: {self.alert['kind']}{about}"

    def text(self) -> str:
        alert = self.alert
        lines = [f"{alert['journey']}: {alert['said']}" if alert["journey"] else alert["said"], ""]
        if self.notice["tells"] == "cleared":
            lines += [f"It is over since {alert['cleared_at']}; it began at {alert['since']}."]
        else:
            lines += [f"Since {alert['since']}.", "", f"What to do: {alert['remedy']}"]
        lines += [
            "",
            f"Told at {format_instant(self.now)} by {socket.gethostname()}; `parcours alerts` lists what stands.",
        ]
        return "\n".join(lines) + "\n"


def _channel(way: str) -> str:
    return "email" if way == "mail" else "webhook"
