"""The courier of a channel: carries claimed messages to it and settles what became of them, some at a time."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

import psycopg

from parcours.channels.channel import (
    Channel,
    Outcome,
    Rejected,
    Sent,
    TooLate,
    Unavailable,
    Uncertain,
)
from parcours.channels.template import Renderer, TemplateFailed
from parcours.domain.errors import ParcoursError
from parcours.engine.composing import Composed
from parcours.engine.content import Claimed
from parcours.engine.delivery import BEGIN_WITHIN, Room, Settled, settle_buckets
from parcours.engine.tries import tries_of
from parcours.engine.versions import Version
from parcours.observe import MessageSettled, Observer, Trouble
from parcours.store.database import Database

__all__ = ["Compose", "Courier"]

MOST_AT_ONCE = 100  # claimed by one unit
FEWEST = 20  # claimed at once, however slow the other side is
MEASURED_OVER = 0.1  # seconds of work
SETTLE_EVERY = 0.02  # seconds in which outcomes gather into one transaction
SETTLE_BUSY = 0.05  # the same, where much is under way
LONGEST_PAUSE = 0.25  # seconds between two units of a bucket, where the courier has enough to do

Answered: TypeAlias = tuple[Version, Settled]
Compose: TypeAlias = Callable[[Claimed, Version, Renderer], Composed]


@dataclass(slots=True)
class Courier:
    """Hands over claimed messages of the channel called `name`, made ready by `compose`.

    `settled` is told which bucket and journey have new outcomes, after a `pause`. Each channel has a courier of its
    own: what one is slow to take is in no other one's way.
    """

    database: Database
    name: str
    channel: Channel
    compose: Compose
    observer: Observer
    now: Callable[[], datetime]
    settled: Callable[[int, int], None]
    renderer: Renderer = field(default_factory=Renderer)
    in_flight: int = 0  # claimed and not answered
    _rate: float = 100.0  # messages answered per second of work, lately
    _answered: int = 0
    _worked: float = 0.0  # seconds
    _since: float = 0.0  # since when something is under way and not counted in `_worked`
    _waiting: deque[tuple[Claimed, Version, float]] = field(default_factory=deque)
    _outcomes: list[Answered] = field(default_factory=list)
    _carriers: set[asyncio.Task[None]] = field(default_factory=set)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def room(self) -> Room:
        """How many more messages can be begun within a second, at most 100 at once, and how long each may take.

        What the channel did lately says it better than what it may be able to do.
        """
        able = min(self.channel.capacity_per_second, max(FEWEST, self._rate))
        messages = max(0, min(MOST_AT_ONCE, int(able) - self.in_flight))
        return Room(messages, timedelta(seconds=self.channel.timeout))

    @property
    def pause(self) -> float:
        """Return the seconds for which a bucket may be left alone: half of those for which there is enough to carry.

        Units are dear by the piece, so what comes in meanwhile, outcomes above all, is done by one of them.
        """
        return min(LONGEST_PAUSE, self.in_flight / max(FEWEST, self._rate) / 2)

    def carry(self, claims: Sequence[tuple[Claimed, Version]], claimed: float) -> None:
        """Begin to hand over messages claimed at the monotonic instant `claimed`."""
        if self.in_flight == 0:
            self._since = time.monotonic()
        begin_by = claimed + BEGIN_WITHIN.total_seconds()
        self._waiting.extend((one, version, begin_by) for one, version in claims)
        self.in_flight += len(claims)
        for _ in range(min(len(self._waiting), self.channel.at_once - len(self._carriers))):
            self._carriers.add(asyncio.create_task(self._carrier()))

    async def run(self, stop: asyncio.Event) -> None:
        """Settle outcomes until told to stop and nothing is under way."""
        while not (stop.is_set() and self.in_flight == 0 and not self._outcomes):
            self._put_back()
            self._measure()
            try:
                async with asyncio.timeout(0.2):
                    await self._arrived.wait()
            except TimeoutError:
                continue
            if self.in_flight:
                await asyncio.sleep(SETTLE_BUSY if self.in_flight > FEWEST else SETTLE_EVERY)
            self._arrived.clear()
            outcomes, self._outcomes = self._outcomes, []
            await self._settle(outcomes)

    def _measure(self) -> None:
        """Keep the rate of answers, over the time in which there was something to do."""
        now = time.monotonic()
        if self.in_flight:
            self._worked += now - self._since
            self._since = now
        if self._worked >= MEASURED_OVER:
            rate = self._answered / self._worked
            # Where nothing waits, the channel may be able to do more than it was given to do.
            self._rate = (self._rate + rate) / 2 if self._waiting else max(self._rate, rate)
            self._answered, self._worked = 0, 0.0

    def _put_back(self) -> None:
        """Let go of what nobody began in time, since whatever is under way may hang for long."""
        now = time.monotonic()
        while self._waiting and self._waiting[0][2] < now:
            claimed, version, _ = self._waiting.popleft()
            self._answer(version, Settled(claimed, "queued", self.now(), tried=False))

    async def _carrier(self) -> None:
        """Carry one message after the other, as long as there are any."""
        try:
            while self._waiting:
                await self._carry(*self._waiting.popleft())
        finally:  # at once: whoever comes next must find that this one has ended
            self._carriers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _carry(self, claimed: Claimed, version: Version, begin_by: float) -> None:
        try:
            outcome = await self._hand_over(claimed, version, begin_by)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a message claimed for ever
            self.observer.observe(Trouble(f"message {claimed.message_id}", "message_failed", str(error)))
            outcome = Settled(
                claimed, "rejected", self.now(), "step_failed", f"{type(error).__name__}: {error}"
            )
        self._answered += 1
        self._answer(version, outcome)

    def _answer(self, version: Version, outcome: Settled) -> None:
        self._outcomes.append((version, outcome))
        self.in_flight -= 1
        if self.in_flight == 0:
            self._worked += time.monotonic() - self._since
        self._arrived.set()

    async def _hand_over(self, claimed: Claimed, version: Version, begin_by: float) -> Settled:
        try:
            composed = self.compose(claimed, version, self.renderer)
        except TemplateFailed as error:
            return Settled(claimed, "rejected", self.now(), "step_failed", error.message)
        except ParcoursError as error:
            return Settled(claimed, "rejected", self.now(), "step_failed", str(error))
        began = self.now()
        try:
            async with asyncio.timeout_at(
                asyncio.get_running_loop().time() + begin_by - time.monotonic() + self.channel.timeout
            ):
                outcome = await self.channel.send(composed.outgoing, begin_by)
        except TimeoutError:
            outcome = Uncertain("cut at the end of its time")
        return self._record(claimed, version, composed, outcome, began)

    def _record(
        self, claimed: Claimed, version: Version, composed: Composed, outcome: Outcome, began: datetime
    ) -> Settled:
        now = self.now()
        known: Any = {"subject": composed.subject, "recipient": composed.recipient}
        match outcome:
            case Sent(detail, answer):
                return Settled(claimed, "sent", now, detail=detail, handed_at=began, answer=answer, **known)
            case Uncertain(detail):
                return Settled(claimed, "uncertain", now, detail=detail, handed_at=began, **known)
            case Rejected(detail, bounced):
                return Settled(claimed, "rejected", now, "send_failed", detail, bounced=bounced, **known)
            case TooLate():
                return Settled(claimed, "queued", now, tried=False)
            case Unavailable(detail, retry_after, safe):
                pause = tries_of(self.name, version, claimed.step).pause(claimed.attempts)
                if pause is not None:
                    due_at = now + max(retry_after or timedelta(), pause)
                    return Settled(claimed, "queued", now, None, detail, due_at=due_at)
                detail = f"given up: {detail}"
                if safe:
                    return Settled(claimed, "rejected", now, "send_failed", detail, **known)
                return Settled(claimed, "uncertain", now, detail=detail, handed_at=began, **known)

    async def _settle(self, outcomes: Sequence[Answered]) -> None:
        """Settle what gathered in one transaction; where that fails, bucket by bucket."""
        by_bucket: dict[int, list[Answered]] = defaultdict(list)
        for outcome in outcomes:
            by_bucket[outcome[1].claimed.bucket].append(outcome)
        failed = [by_bucket] if by_bucket and not await self._settle_together(by_bucket) else []
        if len(by_bucket) > 1 and failed:
            parts = [{bucket: some} for bucket, some in by_bucket.items()]
            failed = [part for part in parts if not await self._settle_together(part)]
        if failed:
            # The facts are kept and tried again; if this process dies, their claims run out as uncertain.
            self._outcomes += [one for part in failed for some in part.values() for one in some]
            await asyncio.sleep(0.5)
            self._arrived.set()

    async def _settle_together(self, outcomes: Mapping[int, Sequence[Answered]]) -> bool:
        try:
            async with self.database.transaction() as connection:
                facts = {bucket: [settled for _, settled in some] for bucket, some in outcomes.items()}
                await settle_buckets(connection, facts)
        except (psycopg.Error, ParcoursError) as error:
            where = ", ".join(str(bucket) for bucket in outcomes)
            self.observer.observe(Trouble(f"settle bucket {where}", "settle_failed", str(error)))
            return False
        counts: dict[tuple[str, str, str | None], int] = defaultdict(int)
        for bucket, some in outcomes.items():
            for journey_id in {version.journey_id for version, _ in some}:
                asyncio.get_running_loop().call_later(self.pause, self.settled, bucket, journey_id)
            for version, settled in some:
                counts[version.journey.key, settled.state, settled.reason] += 1
        for (journey, state, reason), n in counts.items():
            self.observer.observe(MessageSettled(journey, self.name, state, reason, n))
        return True
