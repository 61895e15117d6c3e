"""Every route of the application, by every role, every key scope, and nobody: who may not is refused, who may is let in.

The routes are the application's own, so a new one without a declaration fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from parcours.api.app import ROUTERS
from parcours.api.documentation import TAGS
from parcours.api.routing import ApiRoute, InTransaction, need_of
from parcours.api.security import Declared, require
from parcours.clock import SystemClock
from parcours.domain.access import NEEDS, PERMISSIONS, ROLES, SCOPES, Principal, may, role_of_scopes
from parcours.service.access.secrets import digest
from parcours.service.browsing.paging import limit_time
from parcours.store.database import Database
from parcours.store.queries import query
from support.api import ApiServer

CALLERS = ("nobody", *ROLES, *(f"key:{scope}" for scope in SCOPES))
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def routes(api: ApiServer) -> list[BaseRoute]:
    return list(api.app.routes)


def methods(route: BaseRoute) -> Iterator[str]:
    assert isinstance(route, ApiRoute | Declared)
    yield from (method for method in sorted(route.methods or ()) if method != "HEAD")


def principal(caller: str) -> Principal | None:
    if caller == "nobody":
        return None
    kind, _, scope = caller.partition(":")
    if scope:
        held = frozenset([one for one in SCOPES if one == scope])
        return Principal("key", scope, role_of_scopes(held), "p", held)
    return Principal("user", kind, next(role for role in ROLES if role == kind), "p")


@pytest.fixture(scope="module")
def cookies(api: ApiServer) -> dict[str, str]:
    """A session for each role, opened in the database: what is tried here is who may do what."""

    async def work(database: Database) -> None:
        now = SystemClock().now()
        async with database.transaction() as connection:
            for role in ROLES:
                given = {
                    "email": f"{role}@example.com",
                    "name": "",
                    "role": role,
                    "language": "en",
                    "password": None,
                }
                row = await (
                    await connection.execute(query("add_account"), given | {"at": now, "actor": "cli:test"})
                ).fetchone()
                assert row is not None
                session = {
                    "id": row[0],
                    "token": digest(role),
                    "way": "link",
                    "at": now,
                    "address": "",
                    "agent": "",
                }
                await connection.execute(
                    query("open_session"), session | {"expires": now + timedelta(days=1)}
                )

    api.within(work)
    return {role: f"parcours_session={role}" for role in ROLES}


def test_every_route_says_who_may_call_it(api: ApiServer) -> None:
    for route in routes(api):
        assert isinstance(route, ApiRoute | Declared), f"{route}: make it with Router or Declared"
        assert need_of(route) in NEEDS, f"{route.path} declares nobody"


def test_every_route_is_in_the_openapi_document(api: ApiServer) -> None:
    paths = api.call("GET", "/api/openapi.json").json["paths"]
    known = {tag for tag, _ in TAGS}
    for route in routes(api):
        assert isinstance(route, ApiRoute | Declared)
        for method in methods(route):
            operation = paths[route.path_format][method.lower()]
            assert operation["x-role"] == need_of(route)
            assert operation["summary"]
            assert " " in operation["summary"], f"{route.path}: say in a sentence what it does"
            assert set(operation["tags"]) <= known, f"{route.path}: add its tag to TAGS"
            assert (operation["security"] == []) == (need_of(route) == "public")
    ids = [one["operationId"] for path in paths.values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_every_router_is_served(api: ApiServer) -> None:
    served = {id(route) for route in routes(api)}
    assert all(id(route) in served for router in ROUTERS for route in router.routes)
    assert not any(type(route) is APIRoute for route in routes(api))


@pytest.mark.parametrize("caller", CALLERS)
def test_who_may_call_what(api: ApiServer, cookies: dict[str, str], caller: str) -> None:
    """A refusal comes before the body and before anything is looked up, so a made-up path and a broken body do.

    Whoever may is answered about that body or path instead. Endpoints that do harm without one are called for
    those who must be refused only.
    """
    who = principal(caller)
    key = api.key(who.name) if who is not None and who.kind == "key" else None
    cookie = cookies[who.name] if who is not None and who.kind == "user" else None
    wrong = []
    for route in routes(api):
        assert isinstance(route, ApiRoute | Declared)
        need = need_of(route)
        assert need is not None
        for method in methods(route):
            allowed = may(who, need)
            harmless = method not in UNSAFE or "{" in route.path or takes_body(route)
            if (
                (allowed and not harmless)
                or streams(route)
                or (need == "public" and not route.path.startswith("/api"))
            ):
                continue
            path = re.sub(r"\{[^}]*\}", "0", route.path)
            body = b"{" if method in UNSAFE and takes_body(route) else None
            answer = api.call(method, path, key=key, cookie=cookie, body=body,
                              headers={"Content-Type": "application/json"})  # fmt: skip
            refused = answer.status in (401, 403)
            expected = 401 if who is None else 403
            if refused == allowed or (refused and answer.status != expected):
                wrong.append((method, route.path, need, answer.status, answer.code))
            if answer.status >= 500:
                wrong.append((method, route.path, need, answer.status, answer.code))
    assert wrong == []


def takes_body(route: BaseRoute) -> bool:
    return isinstance(route, ApiRoute) and route.body_field is not None


def streams(route: BaseRoute) -> bool:
    """An answer that does not end by itself."""
    responses = getattr(route, "responses", {}) or {}
    return "text/event-stream" in str(responses) or getattr(route, "is_sse_stream", False)


def test_a_route_without_a_declaration_answers_nobody(api: ApiServer) -> None:
    async def loose() -> str:
        return "open to all"

    route = ApiRoute("/api/loose", loose)
    api.app.router.routes.append(route)
    try:
        answer = api.call("GET", "/api/loose", key=api.key("admin"))
    finally:
        api.app.router.routes.remove(route)
    assert (answer.status, answer.code) == (500, "internal_error")
    sound = api.call("GET", "/api/me", key=api.key("admin"))
    protecting = [
        name for name in sound.headers if name.startswith(("x-", "content-sec", "referrer", "cache"))
    ]
    assert len(protecting) > 3
    assert all(answer.headers[name] == sound.headers[name] for name in protecting)


def test_a_list_that_takes_too_long_is_ended_and_said_to_be(api: ApiServer) -> None:
    async def slow(work: InTransaction) -> str:
        await limit_time(work.connection, 30)
        await work.connection.execute("SELECT pg_sleep(60)")
        return "never"

    route = ApiRoute("/api/slow", slow, dependencies=[Depends(require("viewer"))])
    api.app.router.routes.append(route)
    try:
        answer = api.call("GET", "/api/slow", key=api.key("read"))
    finally:
        api.app.router.routes.remove(route)
    assert (answer.status, answer.code) == (503, "took_too_long")
    assert answer.json["hint"].startswith("Ask for less")


def test_a_wrong_password_is_a_described_answer(api: ApiServer) -> None:
    wrong = api.call("POST", "/api/session", json={"email": "nobody@example.com", "password": "x"})
    assert (wrong.status, wrong.code) == (401, "sign_in_failed")
    assert "401" in api.app.state.document["paths"]["/api/session"]["post"]["responses"]


def test_roles_include_those_below_them_and_scopes_give_roles() -> None:
    for n, role in enumerate(ROLES):
        person = Principal("user", "a", role, "a")
        assert [may(person, need) for need in ROLES] == [True] * (n + 1) + [False] * (3 - n)
    assert [role_of_scopes(frozenset([scope])) for scope in SCOPES] == [None, *ROLES]
    assert role_of_scopes(frozenset(["read", "publish", "ingest"])) == "publisher"
    assert [one.role for one in PERMISSIONS] == list(ROLES)
