"""The courier: carries claimed messages to their channel and settles what became of them, some at a time."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

from parcours.channels.address import parse_address
from parcours.channels.channel import (
    Channel,
    Outcome,
    Outgoing,
    Rejected,
    Sent,
    TooLate,
    Unavailable,
    Uncertain,
)
from parcours.channels.mime import build
from parcours.channels.template import Renderer, TemplateFailed
from parcours.domain.errors import ParcoursError
from parcours.engine.content import Claimed, render
from parcours.engine.delivery import Settled, settle
from parcours.engine.versions import Version
from parcours.observe import MessageSettled, Observer, Trouble
from parcours.store.database import Database

__all__ = ["Courier"]

MOST_TRIES = 5  # email: within 24 hours (architecture, Delivery)
RETRIES = [timedelta(minutes=m) for m in (1, 30, 4 * 60, 18 * 60)]
MEASURED_OVER = 0.5  # seconds
FEWEST = 20  # claimed at once, however slow the other side is
SETTLE_EVERY = 0.02  # seconds in which outcomes gather into one transaction


@dataclass(slots=True)
class Courier:
    """Hands over claimed messages. `settled` is told which bucket and journey have new outcomes."""

    database: Database
    channel: Channel
    observer: Observer
    now: Callable[[], datetime]
    settled: Callable[[int, int], None]
    renderer: Renderer = field(default_factory=Renderer)
    in_flight: int = 0
    _rate: float = 100.0  # messages answered per second, lately
    _answered: int = 0
    _counted: float = field(default_factory=time.monotonic)
    _outcomes: list[tuple[int, Version, Settled]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def room(self) -> int:
        """How many more messages can be begun within a second, at most 100 at once.

        What the channel did lately says it better than what it may be able to do.
        """
        able = min(self.channel.capacity_per_second, max(FEWEST, 1.5 * self._rate))
        return max(0, min(100, int(able) - self.in_flight))

    def carry(self, claims: Sequence[tuple[Claimed, Version]], claimed: float) -> None:
        """Begin to hand over messages claimed at the monotonic instant `claimed`."""
        for one, version in claims:
            self.in_flight += 1
            task = asyncio.create_task(self._carry(one, version, claimed + 2.0))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def run(self, stop: asyncio.Event) -> None:
        """Settle outcomes until told to stop and nothing is under way."""
        while not (stop.is_set() and self.in_flight == 0 and not self._outcomes):
            try:
                async with asyncio.timeout(0.2):
                    await self._arrived.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(SETTLE_EVERY)
            self._arrived.clear()
            self._measure()
            outcomes, self._outcomes = self._outcomes, []
            await self._settle(outcomes)

    def _measure(self) -> None:
        """Keep the rate of answers, over half a second at least."""
        now = time.monotonic()
        if now - self._counted > MEASURED_OVER:
            if self.in_flight or self._answered > FEWEST:
                self._rate = (self._rate + self._answered / (now - self._counted)) / 2
            self._answered, self._counted = 0, now

    async def _carry(self, claimed: Claimed, version: Version, begin_by: float) -> None:
        try:
            outcome = await self._hand_over(claimed, version, begin_by)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a message claimed for ever
            self.observer.observe(Trouble(f"message {claimed.message_id}", "message_failed", str(error)))
            outcome = Settled(
                claimed, "rejected", self.now(), "step_failed", f"{type(error).__name__}: {error}"
            )
        self._outcomes.append((version.journey_id, version, outcome))
        self.in_flight -= 1
        self._answered += 1
        self._arrived.set()

    async def _hand_over(self, claimed: Claimed, version: Version, begin_by: float) -> Settled:
        step, defaults = version.email(claimed.step), version.journey.email
        sender = step.from_ or defaults.from_ or ""
        try:
            content = render(claimed, version, self.renderer)
            payload = build(
                message_id=claimed.message_id, date=claimed.at, sender=sender, to=claimed.recipient,
                subject=content.subject, text=content.text, html=content.html,
                reply_to=step.reply_to or defaults.reply_to,
            )  # fmt: skip
        except TemplateFailed as error:
            return Settled(claimed, "rejected", self.now(), "step_failed", error.message)
        except ParcoursError as error:
            return Settled(claimed, "rejected", self.now(), "step_failed", str(error))
        outgoing = Outgoing(claimed.message_id, parse_address(sender).spec, claimed.recipient, payload)
        began = self.now()
        try:
            async with asyncio.timeout_at(
                asyncio.get_running_loop().time() + begin_by - time.monotonic() + self.channel.timeout
            ):
                outcome = await self.channel.send(outgoing, begin_by)
        except TimeoutError:
            outcome = Uncertain("cut at the end of its time")
        return self._record(claimed, content.subject, outcome, began)

    def _record(self, claimed: Claimed, subject: str, outcome: Outcome, began: datetime) -> Settled:
        now = self.now()
        match outcome:
            case Sent(detail):
                return Settled(claimed, "sent", now, detail=detail, subject=subject, handed_at=began)
            case Uncertain(detail):
                return Settled(claimed, "uncertain", now, detail=detail, subject=subject, handed_at=began)
            case Rejected(detail):
                return Settled(claimed, "rejected", now, "send_failed", detail, subject)
            case TooLate():
                return Settled(claimed, "queued", now, tried=False)
            case Unavailable(detail, retry_after):
                if claimed.attempts + 1 >= MOST_TRIES:
                    return Settled(claimed, "rejected", now, "send_failed", f"given up: {detail}", subject)
                pause = max(retry_after or timedelta(), RETRIES[min(claimed.attempts, len(RETRIES) - 1)])
                return Settled(claimed, "queued", now, None, detail, due_at=now + pause)

    async def _settle(self, outcomes: list[tuple[int, Version, Settled]]) -> None:
        by_bucket: dict[int, list[tuple[int, Version, Settled]]] = defaultdict(list)
        for outcome in outcomes:
            by_bucket[outcome[2].claimed.bucket].append(outcome)
        for bucket, some in by_bucket.items():
            try:
                async with self.database.transaction() as connection:
                    await settle(connection, bucket, [settled for _, _, settled in some])
            except (psycopg.Error, ParcoursError) as error:
                # The facts are kept and tried again; if this process dies, their claims run out as uncertain.
                self.observer.observe(Trouble(f"settle bucket {bucket}", "settle_failed", str(error)))
                self._outcomes += some
                await asyncio.sleep(0.5)
                self._arrived.set()
                continue
            for journey_id in {journey_id for journey_id, _, _ in some}:
                self.settled(bucket, journey_id)
            counts: dict[tuple[str, str, str | None], int] = defaultdict(int)
            for _, version, settled in some:
                counts[version.journey.key, settled.state, settled.reason] += 1
            for (journey, state, reason), n in counts.items():
                self.observer.observe(MessageSettled(journey, "email", state, reason, n))
