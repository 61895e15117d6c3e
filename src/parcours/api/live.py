"""/api/journeys/KEY/live: numbers pushed as server-sent events, one look at a time for all who listen to a journey.

Looking begins with the first listener and ends with the last. A database that goes away is told (`trouble`) and waited
for; a server that ends closes its streams, and browsers come back by themselves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from fastapi import Depends
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from parcours.api.models.common import JourneyKey
from parcours.api.models.reports import LiveNumbers
from parcours.api.routing import Router
from parcours.api.security import installed_of, require
from parcours.cancelling import cancel
from parcours.domain.errors import ParcoursError
from parcours.service.browsing.live import Watched
from parcours.service.browsing.paging import Row, find_journey_id
from parcours.wiring import Installation

__all__ = ["EVERY", "Hub", "router"]

router = Router("", "reports")

EVERY: Final = 1.0  # seconds between looks
BEAT: Final = 15.0  # seconds of silence after which a word is said, so that nobody on the way hangs up
EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["numbers", "trouble", "gone"]},
        "id": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `numbers` with LiveNumbers as JSON, at once and whenever they change, at "
        "most once a second; `trouble` with {code, detail} while the database is away; `gone` where the journey is "
        "deleted.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "itemSchema": EVENT}},
        "model": LiveNumbers,
    }
}


@router.get(
    "/journeys/{key}/live", responses=STREAM, response_class=StreamingResponse,
    dependencies=[Depends(require("viewer"))],
)  # fmt: skip
async def live(request: Request, key: JourneyKey) -> StreamingResponse:
    """Push the live numbers of a journey."""
    installed = installed_of(request)
    async with installed.database.transaction() as connection:
        await find_journey_id(connection, key)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(hub_of(request), installed, key), media_type="text/event-stream", headers=headers
    )


def hub_of(request: Request) -> Hub:
    """Return the hub of this server; the first request makes it."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Hub()
    hub: Hub = state.live
    return hub


@dataclass(slots=True)
class Hub:
    """Who listens to which journey of this server."""

    stations: dict[str, Station] = field(default_factory=dict)

    def join(self, installed: Installation, key: str) -> Station:
        """Return the station of a journey with one listener more."""
        station = self.stations.get(key)
        if station is None:
            station = self.stations[key] = Station(Watched(key, installed.database.transaction))
            station.task = asyncio.create_task(station.run())
        station.listeners += 1
        return station

    async def leave(self, key: str, station: Station) -> None:
        """Take a listener away; with the last one the looking ends."""
        station.listeners -= 1
        if station.listeners == 0:
            if self.stations.get(key) is station:
                del self.stations[key]
            if station.task is not None:
                await cancel(station.task)


@dataclass(slots=True)
class Station:
    """One journey that is looked at. `told` is the latest event, `turn` counts them and wakes who waits."""

    watched: Watched
    listeners: int = 0
    turn: int = 0
    told: tuple[str, Row] | None = None
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None
    looks: int = 0

    async def run(self) -> None:
        """Look once a second, and tell what is new, until the task is cancelled or the journey is gone."""
        while True:
            self.looks += 1
            try:
                found = await self.watched.look()
            except ParcoursError as error:
                if error.code == "unknown_journey":
                    await self._tell("gone", {"journey": self.watched.key})
                    return
                await self._trouble(error.code, error.message)
            except psycopg.Error as error:
                await self._trouble("try_again", str(error).strip().split("\n", 1)[0])
            else:
                if found is not None:
                    await self._tell("numbers", found)
            await asyncio.sleep(EVERY)

    async def _trouble(self, code: str, detail: str) -> None:
        self.watched.sign = None  # told again when it is over, whether or not something has changed
        if self.told is None or self.told[0] != "trouble":
            await self._tell("trouble", {"code": code, "detail": detail})

    async def _tell(self, name: str, data: Row) -> None:
        async with self.news:
            self.told = (name, data)
            self.turn += 1
            self.news.notify_all()


async def _stream(hub: Hub, installed: Installation, key: str) -> AsyncIterator[str]:
    station = hub.join(installed, key)
    seen = 0
    try:
        yield "retry: 2000\n\n"
        while True:
            try:
                async with asyncio.timeout(BEAT), station.news:
                    while station.turn <= seen:
                        await station.news.wait()
                    seen, told = station.turn, station.told
            except TimeoutError:
                yield ": still here\n\n"
                continue
            assert told is not None
            name, data = told
            text = (
                LiveNumbers.model_validate(data).model_dump_json(by_alias=True)
                if name == "numbers"
                else json.dumps(data)
            )
            yield f"id: {seen}\nevent: {name}\ndata: {text}\n\n"
            if name == "gone":
                return
    finally:
        await hub.leave(key, station)
