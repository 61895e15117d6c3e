"""What lists say can be done with a journey is what the commands then do."""

from __future__ import annotations

from typing import Any

from parcours.clock import SystemClock
from parcours.domain.actions import ACTIONS
from parcours.domain.parse import parse_journey
from parcours.service.browsing.journeys import show_one
from parcours.service.commands.answering import Order
from parcours.service.commands.lifecycle import execute
from parcours.service.editing.authoring import apply_journey
from parcours.store.database import Database

JOURNEY: dict[str, Any] = {
    "journey": "small",
    "entry": {"triggers": [{"event": "Came"}]},
    "steps": {"rest": {"wait": {"for": "1d"}}, "done": {"end": {}}},
}
# Each leads on from the state before; `apply` saves a draft.
WAY = (
    "apply", "publish", "pause", "resume", "new_version", "publish", "stop", "restart", "new_version", "pause",
    "close", "pause", "resume", "stop", "publish", "close", "restart",
)  # fmt: skip


async def test_the_actions_of_a_journey_are_those_that_its_commands_allow(database: Database) -> None:
    clock = SystemClock()
    journey, _ = parse_journey(JOURNEY)
    assert journey is not None
    seen = set()
    for command in WAY:
        async with database.transaction() as connection:
            if command == "apply":
                await apply_journey(connection, journey, clock.now())
            else:
                await execute(connection, Order("small", command), clock.now())  # type: ignore[arg-type]
        async with database.transaction() as connection:
            line = await show_one(connection, "small")
            for action in line["actions"]:
                options = {"stop_first": True} if action["stop_first"] else {}
                order = Order("small", action["command"], options=options, dry_run=True)
                result = await execute(connection, order, clock.now())
                said = (line["versions"], action, result)
                assert (result.refused is None) == (action["state"] != "refused"), said
                assert result.refused == action["code"], said
                if action["state"] == "unchanged":
                    assert result.from_status == result.to_status, said
                    assert not result.changed, said
                seen.add((action["command"], action["state"]))
    assert {command for command, _ in seen} == {*ACTIONS}
    assert {("publish", "unchanged"), ("delete", "legal"), ("restart", "legal"), ("close", "refused")} <= seen
