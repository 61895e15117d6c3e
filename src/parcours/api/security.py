"""Who may call: every endpoint declares what it asks for, and nobody comes in without.

An endpoint of a `Router` (routing.py) asks with `who: Annotated[Principal, Depends(require("editor"))]`; who calls is
found before the body is read. A plain Starlette route is `Declared`, with its need, and is guarded in the same way
unless it finds out by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parcours.domain.access import Need, Principal, may
from parcours.domain.catalogue_access import ACCESS
from parcours.domain.errors import ParcoursError
from parcours.service.access.keys import find_key
from parcours.service.access.sessions import Caller, SignedIn, find_session
from parcours.wiring import Installation

__all__ = [
    "COOKIE",
    "Declared",
    "Required",
    "admit",
    "caller_of",
    "drop_session",
    "installed_of",
    "keep_session",
    "links_base",
    "require",
    "session_cookie",
]

COOKIE: Final = "parcours_session"
Endpoint = Callable[[Request], Awaitable[Response]]


class Required:
    """What an endpoint asks for, as a dependency that answers with who calls."""

    def __init__(self, need: Need) -> None:
        self.need = need

    async def __call__(self, request: Request) -> Principal:
        """Return who calls; whether it may has been asked by the route."""
        return _admitted(request, self.need)


class Open(Required):
    """The dependency of an endpoint that anybody may call; it answers with nobody, whoever is signed in."""

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Return nothing."""


def require(need: Need) -> Required:
    """Return the dependency by which an endpoint declares who may call it.

    A role (`viewer`, `editor`, `publisher`, `admin`): people with it or a higher one, and keys with such a scope.
    `ingest`: keys with that scope. `person`: whoever signed in, no keys. `known`: whoever signed in, and any key.
    `public`: anybody.
    """
    return Open(need) if need == "public" else Required(need)


class Declared(Route):
    """A plain Starlette route that says who may call it, and how the OpenAPI describes it.

    `operation` is an OpenAPI operation: summary, description, tags, parameters, requestBody, responses. With
    `checks_itself` the endpoint finds out who calls (a write key in a body, a signed link).
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        need: Need,
        operation: dict[str, Any],
        methods: Sequence[str] = ("GET",),
        checks_itself: bool = False,
    ) -> None:
        self.need = need
        self.operation = operation

        async def guarded(request: Request) -> Response:
            if not checks_itself:
                await admit(request, need)
            return await endpoint(request)

        super().__init__(path, guarded, methods=list(methods), name=getattr(endpoint, "__name__", path))


async def admit(request: Request, need: Need) -> None:
    """Find out who calls and whether that one may; keep it in the request.

    Raises ParcoursError `not_signed_in`, `bad_credentials` (401), `not_allowed`, `person_needed` (403).
    """
    if need == "public":
        return
    who = await _identify(request)
    if who is None:
        raise _error("not_signed_in")
    request.state.principal = who
    if may(who, need):
        return
    if need == "person":
        raise _error("person_needed")
    has = f"the role {who.role}" if who.kind == "user" else f"the scopes {', '.join(sorted(who.scopes))}"
    raise ParcoursError(
        "not_allowed",
        f"This needs {_said(need)}, and {who.name} has {has}",
        hint=ACCESS["not_allowed"][1],
    )


def installed_of(request: Request) -> Installation:
    """Return the installation that this server stands on."""
    installed = request.app.state.installed
    assert isinstance(installed, Installation)
    return installed


def session_cookie(request: Request) -> str:
    """Return the name of the cookie: with https one that the browser binds to this very server."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def keep_session(request: Request, answer: Response, session: SignedIn) -> None:
    """Let the browser keep a session: no script reads it, and no page of another site sends it with a form."""
    seconds = (session.expires_at - installed_of(request).clock.now()).total_seconds()
    answer.set_cookie(
        session_cookie(request), session.token, max_age=int(seconds), path="/", httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def drop_session(request: Request, answer: Response) -> None:
    """Let the browser forget its session."""
    secure = request.url.scheme == "https"
    answer.delete_cookie(session_cookie(request), path="/", httponly=True, samesite="lax", secure=secure)


def caller_of(request: Request) -> Caller:
    """Return where a request comes from."""
    return Caller(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def links_base(request: Request) -> str:
    """Return where links lead that are made for people: the address that is set, else the one that was called."""
    return installed_of(request).settings.public_url or str(request.base_url).rstrip("/")


async def _identify(request: Request) -> Principal | None:
    """Return whose key or session comes with a request; None where there is neither.

    A key goes first: who sends one means it.
    """
    installed = installed_of(request)
    given = request.headers.get("authorization")
    token = request.cookies.get(session_cookie(request))
    if given is None and token is None:
        return None
    async with installed.database.transaction() as connection:
        now = installed.clock.now()
        if given is not None:
            scheme, _, secret = given.partition(" ")
            who = await find_key(connection, secret.strip(), now) if scheme.lower() == "bearer" else None
        else:
            who = await find_session(connection, token or "", now)
    if who is None:
        raise _error("bad_credentials")
    return who


def _admitted(request: Request, need: Need) -> Principal:
    who: Principal | None = getattr(request.state, "principal", None)
    if who is None or not may(who, need):  # a route that is not ours: it must not be answered
        raise RuntimeError(f"{request.url.path} is not guarded; make it with parcours.api.routing.Router")
    return who


def _said(need: Need) -> str:
    return "a key with the scope ingest" if need == "ingest" else f"the role {need}"


def _error(code: str) -> ParcoursError:
    message, hint = ACCESS[code]
    return ParcoursError(code, message.removesuffix("."), hint=hint)
