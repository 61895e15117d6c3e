"""/api/journeys/KEY/simulation: a bounded simulation, in a database of its own; one at a time on a server."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Depends
from starlette.requests import Request

from parcours.api.models.common import JourneyKey
from parcours.api.models.trials import Simulated, SimulationWanted
from parcours.api.routing import Router
from parcours.api.security import installed_of, require
from parcours.domain.errors import ParcoursError
from parcours.service.browsing.paging import Row
from parcours.simulation.bounded import Wanted, gather, play, summary

__all__ = ["router"]

router = Router("/journeys/{key}", "trials")
PATIENCE: Final = 120.0  # seconds


@router.post("/simulation", response_model=Simulated, dependencies=[Depends(require("editor"))])
async def simulation(request: Request, key: JourneyKey, wanted: SimulationWanted) -> Row:
    """Play a journey, a draft too, over a feed or over what some real people did; nothing is sent, nobody is touched.

    At most 400 days, 20,000 lines, 2,000 people and two minutes; `parcours simulate` has no such limits.
    """
    installed = installed_of(request)
    state = request.app.state
    if not hasattr(state, "simulating"):
        state.simulating = asyncio.Lock()
    if state.simulating.locked():
        raise ParcoursError(
            "simulation_busy", "another simulation is running on this server", hint="Try again when it has ended.",
            retry_after=5,
        )  # fmt: skip
    async with state.simulating:
        asked = Wanted(
            key,
            wanted.start,
            wanted.to,
            wanted.version,
            wanted.feed,
            wanted.people,
            wanted.commands,
            wanted.moves,
        )
        async with installed.database.transaction() as connection:
            cast = await gather(connection, asked, buckets=installed.buckets)
        url = installed.embedded.url if installed.embedded else installed.settings.database_url
        assert url is not None
        return summary(cast, await play(cast, url, installed.clock.now(), PATIENCE))
