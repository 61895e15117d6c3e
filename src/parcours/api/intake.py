"""/v1/*: people and events in Segment's form, and PostHog's `/batch/`. Plain routes, for as little as possible per event.

What is answered with 200 is durable. Each event has an answer of its own; a bad one spoils no other.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, cast

import psycopg
from starlette.requests import Request
from starlette.responses import Response

from parcours.api.intake_answers import CORS, Page, answered, guarded, problem, refused, too_busy
from parcours.api.intake_description import beforehand, taking
from parcours.api.intake_notes import Notes
from parcours.api.intake_sources import Sources
from parcours.api.security import Declared
from parcours.api.streams import read_body, read_lines
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import parse_instant
from parcours.service.intake.arrivals import Fate
from parcours.service.intake.envelope import Envelope, open_envelope
from parcours.service.intake.feed import LONGEST_LINE
from parcours.service.intake.gathering import Gathering
from parcours.service.intake.messages import Arrival, Reader
from parcours.service.intake.posthog import from_posthog
from parcours.service.intake.taking import Mode
from parcours.service.intake.write_keys import Source
from parcours.store.queries import query
from parcours.wiring import Installation

__all__ = ["routes"]

LARGEST_BATCH: Final = 500_000  # bytes, unpacked
LARGEST_POSTHOG: Final = 5_000_000
KINDS: Final = ("identify", "track", "page", "screen", "group", "alias")
IN_LINE: Final = 100  # requests that wait to be stored
LONGEST_PENDING: Final = 200_000
LOOK_EVERY: Final = 1.0  # seconds between looks at what is pending
IMPORTED_AT_ONCE: Final = 1000
MOST_NAMED: Final = 1000  # refused lines of a stream that are named
MODES: Final = ("live", "state", "history")


def routes(installed: Installation) -> list[Declared]:
    """Return the routes, for the application."""
    gathering = Gathering(installed.database, installed.clock, installed.buckets)
    intake = _Intake(installed, gathering, Sources(installed), Notes(installed))
    found = [(f"/v1/{kind}", intake.single(kind), f"Take one {kind}", kind) for kind in KINDS]
    # As browsers' clients shorten them.
    found += [(f"/v1/{kind[0]}", intake.single(kind), f"Take one {kind}", kind) for kind in KINDS]
    found += [(path, intake.batch, "Take a batch in Segment's form", "") for path in ("/v1/batch", "/v1/b")]
    found += [(path, intake.posthog, "Take a batch in PostHog's form", "") for path in ("/batch", "/batch/")]
    found += [("/v1/import", intake.imported, "Import lines of JSON, of any length", "")]
    return [
        route
        for path, page, summary, kind in found
        for route in (
            Declared(
                path, _named(path, guarded(page)), need="ingest", operation=taking(path, summary, kind),
                methods=("POST",), checks_itself=True,
            ),
            Declared(
                path, _named(f"{path} beforehand", _beforehand), need="public",
                operation=beforehand(), methods=("OPTIONS",),
            ),
        )
    ]  # fmt: skip


def _named(path: str, page: Page) -> Page:
    async def named(request: Request) -> Response:
        return await page(request)

    named.__name__ = path.replace("/", "_").replace(" ", "_")
    return named


async def _beforehand(request: Request) -> Response:  # noqa: ARG001 - the signature of a page
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=CORS)


@dataclass
class _Intake:
    """The pages, and how much waits behind them."""

    installed: Installation
    gathering: Gathering
    sources: Sources
    notes: Notes
    in_line: int = 0
    pending: int = 0
    looked: float = float("-inf")

    # Pages -------------------------------------------------------------------------------------------------------

    def single(self, kind: str) -> Page:
        """Take one event; its kind is in the address."""

        async def page(request: Request) -> Response:
            source = await self.sources.by_header(request)
            body = await read_body(request, LARGEST_BATCH)
            received = self.installed.clock.now()
            arrival = Reader(received, kind=kind).read(body, "body")
            source = source or await self.sources.by_body(request, arrival.data or {}, "writeKey")
            [fate] = await self._store([arrival], source, received)
            if fate.error is not None:
                return refused(fate.error)
            return answered({"success": True, **fate.as_json(0)})

        return page

    async def batch(self, request: Request) -> Response:
        """Take a batch in Segment's form."""
        source, envelope = await self._opened(request, LARGEST_BATCH, "writeKey")
        received = self.installed.clock.now()
        reader = Reader(received, _sent_at(envelope.more.get("sentAt")))
        return await self._batch(reader, envelope.events, source)

    async def posthog(self, request: Request) -> Response:
        """Take a batch in PostHog's form."""
        source, envelope = await self._opened(request, LARGEST_POSTHOG, "api_key")
        received = self.installed.clock.now()
        historical = envelope.more.get("historical_migration") is True
        reader = Reader(
            received, _sent_at(envelope.more.get("sentAt")), dialect=from_posthog, historical=historical
        )
        return await self._batch(reader, envelope.events, source)

    async def _batch(self, reader: Reader, events: Sequence[bytes], source: Source) -> Response:
        arrivals = [reader.read(raw, f"batch[{index}]") for index, raw in enumerate(events)]
        fates = await self._store(arrivals, source, reader.received_at)
        results = [fate.as_json(index) for index, fate in enumerate(fates)]
        counts = {
            outcome: sum(fate.outcome == outcome for fate in fates)
            for outcome in ("taken", "repeated", "refused")
        }
        answer = {"success": not counts["refused"], **counts, "results": results}
        if fates and counts["refused"] == len(fates):
            first = cast("ParcoursError", fates[0].error)
            detail = f"every event was refused, the first: {first.message}"
            return problem(HTTPStatus.BAD_REQUEST, first.code, detail, first.hint, first.place, answer)
        return answered(answer)

    async def imported(self, request: Request) -> Response:
        """Take a stream of lines of any length, or a batch; events are history unless `?mode=live` says otherwise."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            source, envelope = await self._opened(request, LARGEST_BATCH, "writeKey")
            stream = _listed(envelope.events)
        else:
            source = await self.sources.by_header(request) or await self.sources.by_body(
                request, {}, "writeKey"
            )
            stream = read_lines(request, LONGEST_LINE)
        mode = _mode(request)  # who asks comes first
        return answered(await self._stream(stream, source, mode, batch=kind == "application/json"))

    async def _stream(
        self, stream: AsyncIterator[bytes | int], source: Source, mode: Mode, *, batch: bool
    ) -> dict[str, Any]:
        counts = {"taken": 0, "repeated": 0, "refused": 0}
        named: list[dict[str, Any]] = []
        waiting: list[tuple[int, Arrival]] = []

        async def flush() -> None:
            fates = await self._store([a for _, a in waiting], source, self.installed.clock.now(), mode)
            for (number, _), fate in zip(waiting, fates, strict=True):
                counts[fate.outcome] += 1
                if fate.outcome == "refused" and len(named) < MOST_NAMED:
                    named.append(fate.as_json(number))
            waiting.clear()

        number = -1
        error: ParcoursError | None = None
        try:
            async for line in stream:
                number += 1
                if isinstance(line, bytes) and not line.strip():
                    continue
                place = f"batch[{number}]" if batch else f"line {number + 1}"
                waiting.append((number, _read(line, place, self.installed.clock.now())))
                if len(waiting) >= IMPORTED_AT_ONCE:
                    await flush()
            await flush()
        except ParcoursError as caught:
            if not any(counts.values()):
                raise
            error = caught  # what was taken before it stays
        answer: dict[str, Any] = {
            "success": error is None and not counts["refused"], "mode": mode, **counts, "results": named,
        }  # fmt: skip
        if error is not None:
            answer |= {"code": error.code, "message": error.message, "hint": error.hint}
        return answer

    # What they stand on ------------------------------------------------------------------------------------------

    async def _opened(self, request: Request, limit: int, key: str) -> tuple[Source, Envelope]:
        """Return who sends, and the batch."""
        source = await self.sources.by_header(request)
        body = await read_body(request, limit)
        try:
            envelope = open_envelope(body)
        except ParcoursError:
            if source is None:
                await self.sources.by_body(request, {}, key)  # nobody known, so nothing else is said
            raise
        return source or await self.sources.by_body(request, envelope.more, key), envelope

    async def _store(
        self, arrivals: Sequence[Arrival], source: Source, received_at: datetime, mode: Mode = "live"
    ) -> list[Fate]:
        async with self._turn():
            try:
                fates = await self.gathering.store(arrivals, mode)
            except psycopg.Error as error:
                raise ParcoursError(
                    "database_unreachable", f"the database could not take it: {type(error).__name__}",
                    hint="Send the same again.",
                ) from error  # fmt: skip
        self.notes.note(fates, source, received_at)
        return fates

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a turn to store; refuse where too many wait, or too much is pending behind it."""
        if self.in_line >= IN_LINE:
            raise too_busy("too many requests wait for their turn", 1)
        self.in_line += 1
        try:
            if time.monotonic() - self.looked > LOOK_EVERY:
                self.looked = time.monotonic()
                async with self.installed.database.transaction() as connection:
                    given = {"limit": LONGEST_PENDING + 1}
                    row = await (await connection.execute(query("pending_length"), given)).fetchone()
                self.pending = row[0] if row else 0
            if self.pending > LONGEST_PENDING:
                raise too_busy(f"more than {LONGEST_PENDING:,} events wait to be worked on", 5)
            yield
        finally:
            self.in_line -= 1


def _mode(request: Request) -> Mode:
    """Return the mode of an import; raises where there is none of that name."""
    mode = request.query_params.get("mode", "state")
    if mode not in MODES:
        hint = f"Use one of {', '.join(MODES)}."
        raise ParcoursError("wrong_value", f"{mode[:40]!r} is no mode", place="mode", hint=hint)
    return cast("Mode", mode)


def _sent_at(value: object) -> datetime | None:
    """Read the instant of sending of a whole batch; a bad one is as none, lest good events be lost."""
    return parse_instant(value) if isinstance(value, str) else None


async def _listed(events: Sequence[bytes]) -> AsyncIterator[bytes | int]:
    for event in events:
        yield event


def _read(line: bytes | int, place: str, received_at: datetime) -> Arrival:
    if isinstance(line, int):
        return Arrival(
            ParcoursError(
                "line_too_long", f"the event has {line:,} bytes; at most {LONGEST_LINE:,} are taken", place=place,
                hint="Send fewer or shorter properties.",
            ),
            place,
        )  # fmt: skip
    return Reader(received_at).read(line, place)
