"""The verdict on a chaos run at rest: what was promised, held against the database and what the world accepted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chaos.traffic import MAILS, Traffic
from chaos.unruly import Arrivals
from parcours.service.watch.ledger import read_ledgers
from parcours.store.database import Connection, Database

__all__ = ["find_faults"]

STATE = """SELECT m.message_id::text, j.journey_key, m.state, m.settled_at IS NULL
    FROM parcours.message m JOIN parcours.journey j USING (journey_id)"""
INSIDE = """SELECT j.journey_key, p.user_id, q.status, q.finished_at IS NOT NULL
    FROM parcours.participant q JOIN parcours.profile p USING (bucket, profile_id)
    JOIN parcours.journey j USING (journey_id)"""
REFUSED = """SELECT j.journey_key, p.user_id FROM parcours.refusal r
    JOIN parcours.profile p USING (bucket, profile_id) JOIN parcours.journey j USING (journey_id)"""
# A passage per seq, none missing, none twice; and the participant stands where the last one left it.
TORN = """SELECT count(*) FROM (
    SELECT q.bucket, q.journey_id, q.profile_id, q.entry_no FROM parcours.participant q
    LEFT JOIN parcours.passage m USING (bucket, journey_id, profile_id, entry_no)
    GROUP BY 1, 2, 3, 4
    HAVING count(m.seq) <> max(q.seq) - min(m.seq) + 1 OR count(DISTINCT m.seq) <> count(m.seq)
        OR max(m.seq) <> max(q.seq)) torn"""
MAILS_OF_THE_COMPLETED = """SELECT count(*) FROM (
    SELECT (SELECT count(*) FROM parcours.message m WHERE m.bucket = q.bucket AND m.journey_id = q.journey_id
        AND m.profile_id = q.profile_id AND m.entry_no = q.entry_no) AS n
    FROM parcours.participant q WHERE q.status = 'completed') c WHERE n <> %(mails)s"""
LEFT = """SELECT (SELECT count(*) FROM parcours.pending), (SELECT count(*) FROM parcours.inbox),
    (SELECT count(*) FROM parcours.kept), (SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL),
    (SELECT count(*) FROM parcours.message WHERE state IN ('queued', 'claimed'))"""


async def find_faults(database: Database, traffic: Traffic, arrivals: Arrivals) -> list[str]:
    """Return a line per broken promise; none when all is well."""
    async with database.transaction() as connection:
        ledgers = await read_ledgers(connection)
    async with database.transaction() as connection:
        faults = list(traffic.broken)
        faults += await _people(connection, traffic)
        faults += await _messages(connection, traffic, arrivals)
        faults += await _commands(connection, traffic)
    faults += [f"the ledger does not balance: {line}" for one in ledgers for line in one.mismatches]
    return faults


async def _rows(connection: Connection, statement: str, **given: Any) -> list[tuple[Any, ...]]:
    return await (await connection.execute(statement.encode(), given or None)).fetchall()


async def _people(connection: Connection, traffic: Traffic) -> list[str]:
    """Nobody is lost, nobody is inside twice, nobody sticks, and every move is written down once."""
    faults = []
    [left] = await _rows(connection, LEFT)
    if any(left):
        faults.append(f"something is left over (pending, inbox, kept, inside, messages): {left}")
    entered = Counter((key, user) for key, user, _, _ in await _rows(connection, INSIDE))
    refused = {(key, user) for key, user in await _rows(connection, REFUSED)}
    for key, users in traffic.fed.items():
        # A journey without an open entry does not hear events; people added by hand are told so.
        heard = {user for user in users if key != "closing" or user.startswith("added")}
        lost = sorted(user for user in heard if not entered[key, user] and (key, user) not in refused)
        if lost:
            faults.append(f"{len(lost)} people fed into {key} are nowhere: {lost[:5]}")
    twice = [pair for pair, n in entered.items() if n > 1]
    if twice:
        faults.append(f"{len(twice)} people entered twice: {twice[:5]}")
    strangers = [(key, user) for key, user in entered if user not in traffic.tried[key]]
    if strangers:
        faults.append(f"{len(strangers)} people entered who were never fed: {strangers[:5]}")
    [(torn,)] = await _rows(connection, TORN)
    if torn:
        faults.append(f"{torn} participants whose passages do not lead to where they stand")
    [(wrong,)] = await _rows(connection, MAILS_OF_THE_COMPLETED, mails=MAILS)
    if wrong:
        faults.append(f"{wrong} people went all the way with another number of messages than {MAILS}")
    return faults


async def _messages(connection: Connection, traffic: Traffic, arrivals: Arrivals) -> list[str]:
    """No message was handed over twice; sent means accepted, rejected means not; silence was kept."""
    faults = []
    known = {key: (journey, state) for key, journey, state, _ in await _rows(connection, STATE)}
    accepted = arrivals.accepted
    wrong = {
        "handed over twice": [key for key, n in accepted.items() if n > 1],
        "accepted but unknown": [key for key in accepted if key not in known],
        "sent, and never accepted": [k for k, (_, s) in known.items() if s == "sent" and accepted[k] != 1],
        "accepted, and not sent or uncertain": [
            k for k in accepted if k in known and known[k][1] not in ("sent", "uncertain")
        ],
    }
    faults += [f"{len(keys)} messages {what}: {keys[:3]}" for what, keys in wrong.items() if keys]
    for journey, since, until in traffic.silences:
        loud = [key for at, key in arrivals.at if since < at < until and known.get(key, ("",))[0] == journey]
        if loud:
            faults.append(f"{len(loud)} messages of {journey} left while it was paused: {loud[:3]}")
    return faults


async def _commands(connection: Connection, traffic: Traffic) -> list[str]:
    """Each command was done or not, once; and what the audit tells is what is."""
    faults = []
    audit = await _rows(
        connection,
        "SELECT journey_key, version_no, command, reason, from_status, to_status FROM parcours.audit"
        " WHERE refused IS NULL ORDER BY audit_id",
    )
    written = Counter(reason for _, _, _, reason, _, _ in audit)
    for command in traffic.commands:
        n = written[command.reason]
        if n > 1 or (command.answered and n != 1) or (command.answered is False and n):
            faults.append(f"{n} lines in the audit for {command}")
    shown: dict[tuple[str, int], str] = {}
    for key, version, _, _, before, after in audit:
        if version is None:  # of imports and lists: no version has a status by it
            continue
        known = shown.get((key, version), "draft")
        # The entry of a version shuts with the publication of the next, which has the line.
        shut = before in ("closed", "finished") and known in ("live", "closed")
        if before != known and not shut:
            faults.append(f"{key} {version} was {known}, and the next command found it {before}")
        shown[key, version] = after
    statuses = await _rows(
        connection,
        "SELECT j.journey_key, v.version_no, v.status FROM parcours.version v"
        " JOIN parcours.journey j USING (journey_id)",
    )
    for key, version, status in statuses:
        known = shown.get((key, version), "draft")
        if status != known and not (status == "finished" and known in ("live", "closed")):
            faults.append(f"{key} {version} is {status}; the audit left it {known}")
    return faults
