"""How a message leaves the house: one protocol for every channel, and every answer it may give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias, runtime_checkable
from uuid import UUID

from parcours.domain.journey import Json

__all__ = [
    "Answer",
    "Channel",
    "Outcome",
    "Outgoing",
    "Rejected",
    "Sent",
    "TooLate",
    "Unavailable",
    "Uncertain",
]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, complete: `sender` and `recipient` are the envelope, `payload` is what is handed over.

    `tail` follows the payload as it is: the end that many messages share, and none copies.
    """

    message_id: UUID
    sender: str
    recipient: str
    payload: bytes
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side had to say, as JSON; None where it said nothing that is JSON."""

    body: Json


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side took the message and said so; a channel that is not asked for answers gives none."""

    detail: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The other side refused this message for good; nothing was handed over.

    `bounced` says that there is nobody at the address, and that nothing should be sent there any more.
    """

    detail: str
    bounced: bool = False


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The message was not taken, and a later try may succeed, at the earliest after `retry_after`.

    `safe` says that nothing was handed over. Where it is False the answer never came, but the other side can bear
    a repetition; a message that is given up like this is uncertain.
    """

    detail: str
    retry_after: timedelta | None = None
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The message was handed over and the answer never came: it may or may not be sent (R30)."""

    detail: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """`begin_by` had passed before the hand-over began; the message is untouched."""


Outcome: TypeAlias = Sent | Rejected | Unavailable | Uncertain | TooLate


@runtime_checkable
class Channel(Protocol):
    """Carry messages to one kind of outside world. Never writes a state, never decides what comes next."""

    @property
    def capacity_per_second(self) -> float:
        """How many messages the channel can begin in a second: the size of one claim."""
        ...

    @property
    def at_once(self) -> int:
        """How many messages the channel carries at the same time; more of them would wait in front of it."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds from the beginning of a hand-over in which `send` answers at the latest."""
        ...

    async def start(self) -> None:
        """Make ready to send. Reaching the other side may wait until the first message."""
        ...

    async def close(self) -> None:
        """Say goodbye and free everything. Messages under way are cut."""
        ...

    async def send(self, message: Outgoing, begin_by: float) -> Outcome:
        """Hand over one message, unless the channel's monotonic clock has passed `begin_by`.

        The clock is read immediately before the hand-over begins (architecture.md, Delivery). Never raises
        for what the other side does: every answer, silence included, is an outcome.
        """
        ...
