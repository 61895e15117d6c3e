"""A mail server with moods: slow, busy, refusing, hanging up at any stage; it remembers what it accepted."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from support.smtp_sink import MESSAGE_ID, STAGES, Session, Sink

__all__ = ["Arrivals", "UnrulySink"]

SLOW = (5.0, 7.0)  # seconds: longer than the time-out that the workers of a chaos run have


@dataclass
class Arrivals:
    """What the outside world accepted. Every sink of a run, whatever its channel, writes here."""

    accepted: Counter[str] = field(default_factory=Counter)  # idempotency key → how often
    at: list[tuple[float, str]] = field(default_factory=list)  # monotonic instant, idempotency key
    moods: Counter[str] = field(default_factory=Counter)
    on_accept: Callable[[str], None] = lambda _: None  # is told the recipient

    def accept(self, key: str, recipient: str) -> None:
        """Count a message as handed over, at the instant at which the last of it came in."""
        self.accepted[key] += 1
        self.at.append((time.monotonic(), key))
        self.on_accept(recipient)


@dataclass
class UnrulySink(Sink):
    """Misbehaves by chance while not `well`.

    A refusal that is only for now meets each recipient once: the second try of a message would come half an
    hour later.
    """

    arrivals: Arrivals = field(default_factory=Arrivals)
    chance: random.Random = field(default_factory=random.Random)
    well: bool = False
    put_off: set[str] = field(default_factory=set)

    def mood(self, stage: str, recipient: str) -> str:
        """Choose how to answer at a stage: the answer itself, `drop`, `slow`, or nothing for as usual."""
        if self.well:
            return ""
        dice = self.chance.random()
        later = recipient not in self.put_off
        match stage:
            case "connect" if dice < 0.02:
                return "421 too busy"
            case "rcpt" if dice < 0.02:
                return "550 no such mailbox"
            case "rcpt" if dice < 0.05 and later:
                self.put_off.add(recipient)
                return "450 not now"
            case "data" if dice < 0.02 and later:
                self.put_off.add(recipient)
                return "drop"
            case "dot" if dice < 0.015:
                return "slow"
            case "dot" if dice < 0.035:
                return "drop"
            case "dot" if dice < 0.045:
                return "554 not this one"
            case "dot" if dice < 0.06 and later:
                self.put_off.add(recipient)
                return "451 try again"
        return ""

    def reply(self, stage: str, recipient: str) -> str:
        """Answer by mood, but for the last dot: of that `finish` has decided."""
        if stage == "dot":
            return STAGES[stage]
        mood = self.mood(stage, recipient)
        if mood:
            self.arrivals.moods[f"{stage} {mood.split(' ')[0]}"] += 1
        return mood or STAGES[stage]

    def finish(self, session: UnrulySession, payload: bytes) -> None:
        """Decide about a mail whose last dot came in, count it if it is accepted, answer by mood."""
        mood = self.mood("dot", session.recipient)
        if mood:
            self.arrivals.moods[f"dot {mood.split(' ')[0]}"] += 1
        if not mood.startswith(("4", "5")):
            found = MESSAGE_ID.search(payload)
            key = found[1].decode().strip("<>").partition("@")[0] if found else ""
            self.arrivals.accept(key, session.recipient)
        if mood == "drop":
            session.transport.abort()
            return
        slow = self.chance.uniform(*SLOW) if mood == "slow" else self.chance.uniform(0.0, 0.02)
        session.answer_in(slow, "250 queued" if mood in ("", "slow") else mood)

    def connected(self) -> Session:
        """Make the protocol of a connection."""
        return UnrulySession(self)


class UnrulySession(Session):
    """A session whose last dot is answered by the mood of its sink."""

    def answer(self, stage: str, payload: bytes = b"") -> None:
        """Answer a stage."""
        if stage == "dot":
            assert isinstance(self.sink, UnrulySink)
            self.sink.finish(self, payload)
        else:
            super().answer(stage, payload)

    def answer_in(self, seconds: float, line: str) -> None:
        """Answer the last dot, later."""
        self.waiting = True
        self.sender = self.recipient = ""
        asyncio.get_running_loop().call_later(seconds, self.give_line, line)

    def give_line(self, line: str) -> None:
        """Answer now, and go on with what came in meanwhile."""
        self.waiting = False
        self.write(line)
        self.work()
