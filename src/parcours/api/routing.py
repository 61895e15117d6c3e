"""Routes under /api: who calls is found first, then the body is read, then one transaction does the work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

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

CHANGES: Final = ("POST", "PUT", "PATCH", "DELETE")
EMPTY: Final = (b"", b"{}", b"null")  # what programs send where there is nothing to say


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
        known = sorted(set(_parameters(self.dependant)))

        async def guarded(request: Request) -> Response:
            if self.need is None:
                raise RuntimeError(f"{self.path} declares nobody who may call it")
            await admit(request, self.need)
            if b"%00" in request.scope.get("raw_path", b"") or b"%00" in request.scope["query_string"]:
                raise ParcoursError("bad_value", "The address has a NUL character", hint="Remove it.")
            _know_parameters(known, request)
            await _read(self, request)
            return await handle(request)

        return guarded


def _know_parameters(known: Sequence[str], request: Request) -> None:
    """Refuse a change that is asked for with a parameter that means nothing here: a `dry_run` misspelt would be done."""
    unknown = sorted(set(request.query_params) - set(known)) if request.method in CHANGES else []
    if unknown:
        raise ParcoursError(
            "bad_value", "This address takes no such parameter", place=f"query.{unknown[0]}",
            hint=f"Use one of {', '.join(known)}." if known else "Leave it out.",
        )  # fmt: skip


async def _read(route: APIRoute, request: Request) -> None:
    """Read a JSON body where the route takes one, so that the framework finds it read; refuse one where it takes none."""
    if (
        route.body_field is None
        and request.method in CHANGES
        and "requestBody" not in (route.openapi_extra or {})
    ):
        if (await request.body()).strip() not in EMPTY:
            raise ParcoursError(
                "bad_value", "This address takes no body", place="body",
                hint="Say it by parameters of the address; /api/openapi.json names them.",
            )  # fmt: skip
        return
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


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for below in dependant.dependencies:
        yield from _parameters(below)
