"""A value that a statement cannot bear takes out the one person it belongs to, and holds up nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from parcours.channels.email import EmailChannel
from parcours.channels.smtp import Server
from parcours.domain.identity import profile_id
from parcours.domain.parse import parse_journey
from parcours.engine.bucketwork import Agenda, BucketWork
from parcours.engine.composing import compose_email
from parcours.engine.courier import Courier
from parcours.engine.versions import Versions
from parcours.observe import SilentObserver
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.feed import feed_line
from parcours.service.intake.taking import add_people, take
from parcours.store.database import Database
from support.runner import email, journey
from support.smtp_sink import Sink


async def test_only_the_culprit_leaves(database: Database) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    definition, _ = parse_journey(journey({"rest": {"wait": {"for": "1h"}}, "mail": email()}))
    assert definition is not None
    people = [f"u{n}" for n in range(40)]
    lines = [
        feed_line({"type": "identify", "userId": u, "traits": {"email": f"{u}@example.com"}}, u)
        for u in people
    ]
    async with database.transaction() as connection:
        await connection.execute("UPDATE lease SET holder = 'w', term = 1, expires_at = 'infinity'")
        # A promise of the database that one person's message breaks: what no compiled SQL foresees.
        await connection.execute(f"ALTER TABLE message ADD CHECK (profile_id <> '{profile_id('u7')}')")
        await take(connection, lines, buckets=8, received_at=now)
        await apply_journey(connection, definition, now)
        await execute(connection, Order("j", "publish"), now)
        await add_people(connection, "j", people, buckets=8, at=now)
    async with Sink() as sink:
        channel = EmailChannel(Server(host="127.0.0.1", port=sink.port))
        clock = [now]
        courier = Courier(
            database,
            "email",
            channel,
            compose_email,
            SilentObserver(),
            lambda: clock[0],
            lambda *_: None,
            _rate=0.0,
        )
        agenda = Agenda()
        work = BucketWork(
            database, Versions(), agenda, {"email": courier}, SilentObserver(), lambda: clock[0]
        )
        for bucket in range(8):
            await work.run(bucket, ("w", 1), probe=True, routed=True)
        clock[0] = now + timedelta(hours=2)
        for bucket in range(8):
            for _ in range(60):
                await work.run(bucket, ("w", 1), probe=True, routed=False)
        await channel.close()
    async with database.transaction() as connection:
        rows = await (
            await connection.execute(
                "SELECT pr.user_id, p.reason FROM participant p JOIN profile pr USING (bucket, profile_id)"
                " WHERE p.status <> 'active'"
            )
        ).fetchall()
        mails = await (await connection.execute("SELECT count(*) FROM message")).fetchone()
    assert rows == [("u7", "step_failed")]
    assert mails == (39,)
