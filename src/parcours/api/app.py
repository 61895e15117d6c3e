"""The HTTP application: every route in one place, under one guard."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from parcours import __version__
from parcours.api import (
    approvals,
    audiences,
    audit,
    catalogue,
    commands,
    consents,
    doors,
    drafts,
    events,
    imports,
    intake,
    invitations,
    journeys,
    keys,
    live,
    mailbox,
    options,
    participants,
    privacy,
    profiles,
    reports,
    senders,
    sending,
    session,
    setup,
    simulations,
    sources,
    trials,
    users,
    watching,
)
from parcours.api.documentation import describe
from parcours.api.guard import Guard
from parcours.api.pages import pages
from parcours.api.preferences import preference_routes
from parcours.api.problems import HANDLERS
from parcours.api.routing import Router
from parcours.api.security import Declared
from parcours.api.web import WebApplication
from parcours.wiring import Installation

__all__ = ["create_app", "create_pages"]

# The endpoints under /api; one line per module.
ROUTERS: tuple[Router, ...] = (
    session.router,
    setup.router,
    users.router,
    invitations.router,
    keys.router,
    sources.router,
    senders.router,
    audiences.router,
    audiences.uses,
    journeys.router,
    drafts.router,
    commands.router,
    participants.router,
    reports.router,
    live.router,
    profiles.router,
    catalogue.router,
    trials.router,
    simulations.router,
    imports.router,
    watching.router,
    mailbox.router,
    options.router,
    approvals.router,
    audit.router,
    sending.router,
    consents.subscriptions,
    consents.suppressions,
    consents.people,
    consents.counts,
    privacy.person,
    privacy.retention,
    events.router,
)  # fmt: skip


def create_app(installed: Installation, registry: CollectorRegistry) -> FastAPI:
    """Return the application; `registry` holds what this process has counted."""
    app = FastAPI(
        title="Parcours",
        version=__version__,
        openapi_url=None,  # ours says who may call
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict(HANDLERS),
        middleware=[Middleware(Guard, public_url=installed.settings.public_url)],
    )
    app.state.installed = installed
    routes = [
        *pages(installed, registry),
        *doors.ROUTES,
        *preference_routes(),
        *intake.routes(installed),
        Declared("/api/openapi.json", _document, need="public", operation=DOCUMENT),
        *(route for router in ROUTERS for route in router.routes),
    ]
    app.router.routes.extend(routes)
    app.router.default = WebApplication()
    app.state.document = describe(app.routes)
    return app


def create_pages(installed: Installation, registry: CollectorRegistry) -> Starlette:
    """Return the application of a worker: whether it lives, whether it can work, its numbers, and nothing else."""
    return Starlette(
        routes=pages(installed, registry),
        exception_handlers=dict(HANDLERS),
        middleware=[Middleware(Guard)],
    )


DOCUMENT: dict[str, Any] = {
    "summary": "This document",
    "tags": ["running"],
    "responses": {
        "200": {
            "description": "OpenAPI 3.1.",
            "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
        }
    },
}


async def _document(request: Request) -> Response:
    return JSONResponse(request.app.state.document)
