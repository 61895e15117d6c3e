"""What happens, as typed events; this module alone decides what becomes a log line and what a metric.

Code reports facts (`observer.observe(UnitDone(...))`) and never formats, counts or prints them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Literal, Protocol, TextIO, TypeAlias

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = [
    "CommandDone",
    "Event",
    "LeaseLost",
    "LeaseTaken",
    "LogObserver",
    "MessageSettled",
    "MetricsObserver",
    "Observer",
    "Observers",
    "ServerStarted",
    "ServerStopped",
    "SilentObserver",
    "Trouble",
    "UnitDone",
    "WorkerStarted",
    "WorkerStopped",
    "event_name",
]

Level: TypeAlias = Literal["debug", "info", "warning", "error"]

# Seconds; a unit is meant to stay below half a second.
UNIT_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class UnitDone:
    """A unit of work committed: what it did for one journey in one bucket."""

    level: ClassVar[Level] = "debug"
    journey: str
    bucket: int
    moved: int = 0
    admitted: int = 0
    rows: int = 0  # of the inbox
    swept: int = 0  # people of a stopped version
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MessageSettled:
    """Messages of one journey got their outcome."""

    level: ClassVar[Level] = "debug"
    journey: str
    channel: str
    outcome: str
    reason: str | None = None
    n: int = 1


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A lifecycle command was answered; `refused` is its code where it was refused."""

    level: ClassVar[Level] = "info"
    journey: str
    version: int | None
    command: str
    from_status: str | None
    to_status: str | None
    actor: str
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    """This worker owns a bucket from now on."""

    level: ClassVar[Level] = "info"
    worker: str
    bucket: int
    term: int


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """This worker does not own a bucket any more: given back, run out, or taken by another."""

    level: ClassVar[Level] = "info"
    worker: str
    bucket: int
    reason: str


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """A worker begins."""

    level: ClassVar[Level] = "info"
    worker: str
    buckets: int


@dataclass(frozen=True, slots=True)
class WorkerStopped:
    """A worker has ended, its buckets given back."""

    level: ClassVar[Level] = "info"
    worker: str


@dataclass(frozen=True, slots=True)
class ServerStarted:
    """The HTTP server takes requests."""

    level: ClassVar[Level] = "info"
    address: str


@dataclass(frozen=True, slots=True)
class ServerStopped:
    """The HTTP server has answered its last request."""

    level: ClassVar[Level] = "info"
    address: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed and is tried again, or left; `place` is what failed, such as `unit welcome/3`."""

    level: ClassVar[Level] = "error"
    place: str
    code: str  # of a ParcoursError, or an SQLSTATE, or the class of the error
    message: str
    retry_in: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class LedgerChecked:
    """The ledger of a version was held against its people in one bucket; `mismatches` equations did not hold."""

    level: ClassVar[Level] = "debug"
    version_id: int
    bucket: int
    mismatches: int


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Something deserves attention; `alert` is its kind, with the journey and what else tells it apart."""

    level: ClassVar[Level] = "error"
    alert: str
    severity: str
    said: str
    journey: str | None = None


@dataclass(frozen=True, slots=True)
class AlertCleared:
    """An alert is over; `alert_id` is its number."""

    level: ClassVar[Level] = "info"
    alert_id: int


Event: TypeAlias = (
    UnitDone
    | MessageSettled
    | CommandDone
    | LeaseTaken
    | LeaseLost
    | WorkerStarted
    | WorkerStopped
    | ServerStarted
    | ServerStopped
    | Trouble
    | LedgerChecked
    | AlertRaised
    | AlertCleared
)


class Observer(Protocol):
    """Whoever wants to know what happens."""

    def observe(self, event: Event) -> None:
        """Take note of an event. Never raises, never waits."""
        ...


class SilentObserver:
    """Takes note of nothing."""

    def observe(self, event: Event) -> None:
        """Do nothing."""


class Observers:
    """Passes each event on to several observers."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def observe(self, event: Event) -> None:
        """Pass the event on, in the order given."""
        for observer in self._observers:
            observer.observe(event)


class LogObserver:
    """Writes events as lines to `stream`: for people (`console`) or one JSON object each (`json`).

    Events below `least` are left out.
    """

    def __init__(
        self,
        form: Literal["console", "json"] = "console",
        *,
        stream: TextIO | None = None,
        least: Level = "info",
        stamp: Callable[[], str] | None = None,
    ) -> None:
        out = stream or sys.stderr
        render: Any = (
            structlog.processors.JSONRenderer()
            if form == "json"
            else structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=0, sort_keys=False)
        )
        stamps: list[Any] = [_stamped(stamp)] if stamp else []
        self._log: Any = structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=[*stamps, structlog.processors.add_log_level, render],
            wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(least.upper())),
        )

    def observe(self, event: Event) -> None:
        """Write the event as a line."""
        getattr(self._log, event.level)(event_name(event), **_values(event))


class MetricsObserver:
    """Counts events in a Prometheus registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"parcours_{name}", meaning, labels, registry=registry)

        self._units = counter("units", "Units of work committed", "journey")
        self._moved = counter("people_moved", "Moves of people, admissions not counted", "journey")
        self._admitted = counter("people_admitted", "People admitted", "journey")
        self._rows = counter("inbox_rows_applied", "Inbox rows applied", "journey")
        self._seconds = Histogram(
            "parcours_unit_seconds", "Duration of a unit of work", buckets=UNIT_SECONDS, registry=registry
        )
        self._messages = counter(
            "messages_settled", "Messages by outcome", "journey", "channel", "outcome", "reason"
        )
        self._commands = counter("commands", "Lifecycle commands", "command", "answer")
        self._leases = Gauge("parcours_leases_held", "Buckets owned by this process", registry=registry)
        self._lost = counter("leases_lost", "Buckets given up", "reason")
        self._troubles = counter("troubles", "Failures", "code")

    def observe(self, event: Event) -> None:
        """Count the event."""
        match event:
            case UnitDone():
                self._units.labels(event.journey).inc()
                self._moved.labels(event.journey).inc(event.moved)
                self._admitted.labels(event.journey).inc(event.admitted)
                self._rows.labels(event.journey).inc(event.rows)
                self._seconds.observe(event.seconds)
            case MessageSettled():
                labels = (event.journey, event.channel, event.outcome, event.reason or "")
                self._messages.labels(*labels).inc(event.n)
            case CommandDone():
                self._commands.labels(event.command, event.refused or "done").inc()
            case LeaseTaken():
                self._leases.inc()
            case LeaseLost():
                self._leases.dec()
                self._lost.labels(event.reason).inc()
            case Trouble():
                self._troubles.labels(event.code).inc()
            case _:
                pass


def event_name(event: Event) -> str:
    """Return the word for an event in logs: `unit_done`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()


def _values(event: Event) -> Mapping[str, Any]:
    values = {item.name: getattr(event, item.name) for item in fields(event)}
    if "seconds" in values:
        values["seconds"] = round(values["seconds"], 4)
    return {name: value for name, value in values.items() if value is not None}


def _stamped(stamp: Callable[[], str]) -> Callable[..., dict[str, Any]]:
    def add(_: object, __: str, entry: dict[str, Any]) -> dict[str, Any]:
        return {"at": stamp(), **entry}

    return add
