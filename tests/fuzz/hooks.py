"""What we add to Schemathesis: checks of our own, credentials where each operation wants them, and what is left alone.

The environment says who calls: FUZZ_KEY is an API key with FUZZ_SCOPES, both empty for nobody. Operations that only
people may call get a session instead, made anew where a request before has ended it.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any, Final

import psycopg
import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response, SerializationContext

from parcours.api.security import COOKIE
from parcours.clock import SystemClock
from parcours.domain.access import SCOPES, Need, Principal, may, role_of_scopes
from parcours.domain.catalogue import CATALOGUE
from parcours.service.access.secrets import digest

CODES: Final = {code for _, code in CATALOGUE}
KEY: Final = os.environ.get("FUZZ_KEY", "")
HELD: Final = frozenset(scope for scope in SCOPES if scope in os.environ.get("FUZZ_SCOPES", "").split())
CALLER: Final = Principal("key", "fuzz", role_of_scopes(HELD), "fuzz", HELD) if KEY else None
TOKEN: Final = "session-for-fuzzing"
PERSON: Final = "fuzz@example.com"
# No route, or none for this method: asked before anybody knows whose address it would be.
NOWHERE: Final = ("not_found", "method_not_allowed")
# What would take away the ground from under the others has a journey and people of its own.
ENDING: Final = re.compile(r"/commands/(delete|stop)$|/erasure$")
KEPT: Final = ("course", "anna", "bo")
OURS: Final = ("admin", "ingest", "read", PERSON)  # parts of the names of our own keys, and our own account


@schemathesis.serializer("application/x-ndjson")
def lines(context: SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook
def filter_case(context: HookContext, case: Case[Any]) -> bool:
    given = [str(value) for value in (case.path_parameters or {}).values()]
    if case.path.startswith(("/api/keys/", "/api/users/")):
        return not any(ours in value for ours in OURS for value in given)
    return not (ENDING.search(case.path) and any(value in KEPT for value in given))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Send who calls along, in place of what was drawn."""
    for name in [name for name in case.headers if name.lower() == "authorization"]:
        del case.headers[name]
    case.cookies.clear()
    if CALLER is None:
        return
    if need_of(case) == "person" and CALLER.role == "admin":
        keep_session()
        case.cookies[COOKIE] = TOKEN
    else:
        case.headers["Authorization"] = f"Bearer {KEY}"


@schemathesis.check
def problems_are_coded(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A problem has a code that is in the catalogue."""
    if kind_of(response) == "application/problem+json":
        code = response.json()["code"]
        assert code in CODES, f"nobody knows the code {code}"


@schemathesis.check
def callers_are_asked_first(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Who may not call is refused, whatever else is wrong with the request."""
    if case.method.lower() != case.operation.method:
        return
    need = need_of(case)
    if may(CALLER, need) or (need == "person" and CALLER is not None and CALLER.role == "admin"):
        return
    if kind_of(response) == "application/problem+json" and response.json()["code"] in NOWHERE:
        return
    expected = 401 if CALLER is None else 403
    assert response.status_code == expected, f"{need} is needed, and the answer is {response.status_code}"


def need_of(case: Case[Any]) -> Need:
    need: Need = case.operation.definition.raw["x-role"]
    return need


def kind_of(response: Response) -> str:
    return response.headers.get("content-type", [""])[0].partition(";")[0]


def keep_session() -> None:
    """See that the session of our own account holds."""
    now = SystemClock().now()
    with psycopg.connect(os.environ["FUZZ_DATABASE"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO parcours.account (email, name, role, language, created_at, created_by)"
            " VALUES (%s, '', 'admin', 'en', %s, 'cli:fuzz') ON CONFLICT DO NOTHING",
            (PERSON, now),
        )
        connection.execute(
            "INSERT INTO parcours.session (account_id, token_hash, way, created_at, seen_at, expires_at, address, agent)"
            " SELECT account_id, %s, 'link', %s, %s, %s, '', '' FROM parcours.account a WHERE email = %s"
            " AND NOT EXISTS (SELECT 1 FROM parcours.session WHERE token_hash = %s)",
            (digest(TOKEN), now, now, now + timedelta(days=1), PERSON, digest(TOKEN)),
        )
