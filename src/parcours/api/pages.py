"""Whether the process lives, whether it can work, and its numbers for Prometheus: open to whoever reaches the port."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from parcours import __version__
from parcours.api.problems import problem
from parcours.api.security import Declared
from parcours.domain.errors import ParcoursError
from parcours.service.watch.gauges import Load, read_load
from parcours.store.migrate import verify
from parcours.wiring import Installation

__all__ = ["pages"]

PATIENCE: Final = 3.0  # seconds for a look at the database


def pages(installed: Installation, registry: CollectorRegistry) -> list[Declared]:
    """Return the routes; `registry` holds what this process has counted."""
    found = _Pages(installed, registry)
    text = {"200": {"description": "The numbers.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    return [
        Declared("/health", found.health, need="public", operation=_operation("Whether the process lives")),
        Declared("/ready", found.ready, need="public", operation=_operation("Whether it can work")),
        Declared(
            "/metrics", found.metrics, need="public",
            operation=_operation("Its numbers, for Prometheus") | {"responses": text},
        ),
    ]  # fmt: skip


def _operation(summary: str) -> dict[str, Any]:
    answer = {
        "application/json": {
            "schema": {"type": "object", "required": ["status"], "additionalProperties": True}
        }
    }
    return {
        "summary": summary,
        "tags": ["running"],
        "responses": {"200": {"description": "Yes.", "content": answer}},
    }


class _Pages:
    def __init__(self, installed: Installation, registry: CollectorRegistry) -> None:
        self._installed = installed
        self._registry = registry

    async def health(self, request: Request) -> Response:  # noqa: ARG002 - the signature of a page
        """Answer as long as the process lives."""
        return JSONResponse({"status": "ok", "version": __version__})

    async def ready(self, request: Request) -> Response:  # noqa: ARG002
        """Answer 200 where the database answers and has this version's schema, else 503."""
        database = self._installed.database
        try:
            async with asyncio.timeout(PATIENCE), database.transaction() as connection:
                buckets = await verify(connection)
        except TimeoutError:
            return problem(_slow())
        except ParcoursError as error:
            return problem(error)
        embedded = "running" if self._installed.embedded else "not used"
        return JSONResponse(
            {"status": "ok", "database": "ok", "schema": "ok", "buckets": buckets, "embedded": embedded}
        )

    async def metrics(self, request: Request) -> Response:  # noqa: ARG002
        """Answer with what this process has counted, and what the database holds now."""
        try:
            async with asyncio.timeout(PATIENCE), self._installed.database.transaction() as connection:
                load = await read_load(connection, self._installed.clock.now())
        except (TimeoutError, ParcoursError):
            load = None  # the process's own numbers are wanted most when the database is away
        text = generate_latest(self._registry) + generate_latest(_gauges(load))
        return PlainTextResponse(text, headers={"content-type": CONTENT_TYPE_LATEST})


def _slow() -> ParcoursError:
    return ParcoursError(
        "database_unreachable",
        f"The database does not answer within {PATIENCE:.0f} seconds",
        hint="Check that it runs, and PARCOURS_DATABASE_URL.",
    )


def _gauges(load: Load | None) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"parcours_{name}", meaning, labels, registry=registry)

    gauge("database_up", "Whether the database answered").set(load is not None)
    if load is None:
        return registry
    inside = gauge("people_inside", "People inside", "journey")
    for journey, n in load.inside.items():
        inside.labels(journey).set(n)
    queued = gauge("messages_queued", "Messages that wait to be sent", "journey")
    for journey, n in load.queued.items():
        queued.labels(journey).set(n)
    gauge("sending_held", "Whether all sending is held").set(load.held)
    gauge("pending_rows", "What came in and is to be routed").set(load.pending)
    gauge("inbox_rows", "What was routed and is to be applied").set(load.inbox)
    oldest = gauge("oldest_due_seconds", "For how long the oldest due work of a kind has waited", "kind")
    for kind, seconds in load.oldest.items():
        oldest.labels(kind).set(seconds)
    gauge("ledger_mismatches", "Equations of the ledger that do not hold").set(load.mismatches)
    standing = gauge("alerts", "Alerts that stand", "kind", "severity")
    for (kind, severity), n in load.alerts.items():
        standing.labels(kind, severity).set(n)
    return registry
