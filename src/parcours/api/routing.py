"""Routes under /api: who calls is found first, then the body is read, then one transaction does the work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from parcours.api.bodies import read_json
from parcours.api.security import Declared, Required, admit, installed_of
from parcours.domain.access import Need
from parcours.domain.catalogue_access import REQUEST
from parcours.domain.errors import ParcoursError
from parcours.store.database import Connection
from parcours.wiring import Installation

__all__ = ["ApiRoute", "InTransaction", "Router", "Work", "need_of"]


@dataclass(frozen=True, slots=True)
class Work:
    """One request's transaction: a connection in it, its instant, and the installation.

    It is committed before the answer leaves, and rolled back where an error does.
    """

    connection: Connection
    now: datetime
    installed: Installation


async def _transaction(request: Request) -> AsyncIterator[Work]:
    installed = installed_of(request)
    async with installed.database.transaction() as connection:
        yield Work(connection, installed.clock.now(), installed)


# What an endpoint asks for to work in a transaction: `work: InTransaction`.
InTransaction: TypeAlias = Annotated[Work, Depends(_transaction, scope="function")]


class ApiRoute(APIRoute):
    """A route that asks who calls before it reads what was sent."""

    @property
    def need(self) -> Need | None:
        """What it declares; None where it declares nothing, which a test finds."""
        return next((one.need for one in _requirements(self.dependant)), None)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, guarded."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if self.need is None:
                raise RuntimeError(f"{self.path} declares nobody who may call it")
            await admit(request, self.need)
            if b"%00" in request.scope.get("raw_path", b"") or b"%00" in request.scope["query_string"]:
                raise ParcoursError("bad_value", "The address has a NUL character", hint="Remove it.")
            await _read(self, request)
            return await handle(request)

        return guarded


async def _read(route: APIRoute, request: Request) -> None:
    """Read a JSON body where the route takes one, so that the framework finds it read."""
    if route.body_field is None or isinstance(route.body_field.field_info, Form):
        return
    body = await request.body()
    if not body:
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        meaning, hint = REQUEST["unsupported_media_type"]
        raise ParcoursError("unsupported_media_type", meaning.removesuffix("."), hint=hint)
    request._json = read_json(body)  # noqa: SLF001 - where Starlette keeps what it has parsed


class Router(APIRouter):
    """A router under /api: `Router("/journeys", "journeys")` has routes below /api/journeys, under that tag."""

    def __init__(self, prefix: str, tag: str) -> None:
        super().__init__(prefix=f"/api{prefix}", tags=[tag], route_class=ApiRoute, redirect_slashes=False)


def need_of(route: BaseRoute) -> Need | None:
    """Return what a route declares; None where it declares nothing."""
    return route.need if isinstance(route, ApiRoute | Declared) else None


def _requirements(dependant: Dependant) -> Iterator[Required]:
    for below in dependant.dependencies:
        if isinstance(below.call, Required):
            yield below.call
        yield from _requirements(below)
