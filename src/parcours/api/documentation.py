"""The OpenAPI document: what the routes say, with who may call each, and the answers common to all, said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from parcours import __version__
from parcours.api.routing import need_of
from parcours.api.security import COOKIE, Declared
from parcours.domain.access import Need

__all__ = ["TAGS", "describe"]

DESCRIPTION: Final = """Everything that Parcours can do, over HTTP.

Call with an API key (`Authorization: Bearer KEY`) or with the session of somebody who signed in. Errors are
`application/problem+json` with a stable `code`. `x-role` says who may call: a role or a higher one, `ingest` (a key
with that scope), `person` (somebody who signed in, no key), `known` (whoever signed in, and any key) or `public`.
"""

# In the order of the document. One line per tag.
TAGS: Final[tuple[tuple[str, str], ...]] = (
    ("session", "Sign in and out, and what concerns oneself."),
    ("users", "The people who work here, and their roles."),
    ("invitations", "Links by which people make their own account."),
    ("keys", "API keys, and the write keys of sources that only send."),
    ("senders", "Who mails come from."),
    ("audiences", "Lists and conditions: who belongs, how many, and lists from counts."),
    ("settings", "What is set for the whole installation."),
    ("approvals", "What waits for a second person before it goes live."),
    ("audit", "Who did what, when and why."),
    ("sending", "One switch over all sending."),
    ("journeys", "Journeys, how they stand, and what can be done with each."),
    ("drafts", "Definitions, saved with the ETag of what they replace, and what is wrong with them."),
    ("commands", "The commands of a journey's life, now or for later, and what they would do."),
    ("participants", "Who is, or was, in a journey, and why."),
    ("reports", "Numbers of a journey, as they are and as they change."),
    ("people", "Profiles, what people have done, and what is known of them."),
    ("trials", "A journey tried with somebody's data, and simulations."),
    ("imports", "People and events, in files."),
    ("consent", "Subscription types, consents, and addresses that are not written to."),
    ("privacy", "What people may ask for: export, erasure, and how long data is kept."),
    ("preferences", "The pages by which people say what they want to get."),
    ("watching", "Alerts, the ledger, who is stuck, and where things are used."),
    ("mailbox", "What the built-in mailbox caught."),
    ("intake", "People and events, as clients of Segment, RudderStack and PostHog send them."),
    ("running", "Whether it lives, whether it can work, its numbers."),
)

# Where the token of a link is used.
LINKS: Final = ("/api/session/link", "/api/invitations/look", "/api/invitations/accept")
# The answers that any operation may give, beside its own.
COMMON: Final[Mapping[int, str]] = {
    400: "The body or the address is no good.",
    401: "Nobody is signed in and no key was given, or it does not hold.",
    403: "The role or the scopes do not allow it.",
    404: "There is no such thing.",
    405: "This address does not take this method.",
    409: "What there is stands against it.",
    410: "The link was used, or holds no longer.",
    412: "It was changed meanwhile.",
    413: "The body is too large.",
    415: "The body is of a type that is not taken.",
    428: "It must be said what is replaced: send `If-Match`.",
    422: "A value is not as it should be; `problems` names each.",
    429: "Too many requests; `Retry-After` says in how many seconds to come again.",
    503: "The database is away, or another change came between; try again.",
}
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "required": ["title", "status", "detail", "code"],
    "properties": {
        "title": {"type": "string", "examples": ["Forbidden"]},
        "status": {"type": "integer", "examples": [403]},
        "detail": {"type": "string", "description": "What happened."},
        "code": {"type": "string", "description": "Stable; docs/errors.md lists every one.", "examples": ["not_allowed"]},
        "hint": {"type": "string", "description": "What to do."},
        "place": {"type": "string", "description": "Where in the request.", "examples": ["body.name"]},
        "problems": {
            "type": "array",
            "description": "Each single one, where there are several.",
            "items": {"type": "object", "additionalProperties": True},
        },
    },
    "additionalProperties": True,
}  # fmt: skip
SCHEMES: Final[dict[str, Any]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "From POST /api/session."},
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "write_key": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key of a source, as user; no password.",
    },
}


def describe(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI document of an application with these routes."""
    routes = list(routes)
    document = get_openapi(
        title="Parcours",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        tags=[{"name": name, "description": meaning} for name, meaning in TAGS],
        routes=[route for route in routes if isinstance(route, APIRoute)],
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = SCHEMES
    components["responses"] = {
        str(status): {
            "description": meaning,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, meaning in COMMON.items()
    }
    for route, path, method in _operations(routes):
        place = document["paths"].setdefault(path, {})
        if isinstance(route, Declared):
            place[method] = {"operationId": f"{method}_{route.name}", **route.operation}
        _complete(place[method], path, method, need_of(route))
    return document


def _operations(routes: Iterable[BaseRoute]) -> Iterator[tuple[APIRoute | Declared, str, str]]:
    for route in routes:
        if isinstance(route, Declared) or (isinstance(route, APIRoute) and route.include_in_schema):
            for method in sorted(route.methods or ()):
                if method != "HEAD":
                    yield route, route.path_format, method.lower()


def _complete(operation: dict[str, Any], path: str, method: str, need: Need | None) -> None:
    """Add who may call, and the common answers that this operation may give; its first sentence is its summary."""
    said = operation.get("description", "")
    if said and operation.get("summary", "").istitle():  # the framework's, from the name of the function
        operation["summary"] = said.partition("\n")[0].partition(". ")[0].rstrip(".")
    operation["x-role"] = need
    operation["security"] = _security(need)
    answers = operation.setdefault("responses", {})
    parameters = operation.get("parameters", ())
    may_come = {400, 413, 429, 503}
    if need != "public":
        may_come |= {401, 403}
    if path == "/api/session":
        may_come |= {401}  # a wrong password
    if path.startswith("/api/"):
        may_come |= {422}
        may_come |= {403, 404, 409} if method != "get" else set()
        may_come |= {415} if "requestBody" in operation else set()
    if "{" in path or any(one["name"] == "journey" for one in parameters):
        may_come |= {404}
    if path in LINKS:
        may_come |= {410}
    if any(one["name"].lower() == "if-match" for one in parameters):
        may_come |= {412, 428}
    for status in sorted(may_come):
        if str(status) not in answers or status == 422:  # noqa: PLR2004 - the framework's own
            answers[str(status)] = {"$ref": f"#/components/responses/{status}"}


def _security(need: Need | None) -> list[dict[str, list[str]]]:
    match need:
        case "public":
            return []
        case "ingest":
            return [{"write_key": []}, {"key": []}]
        case "person":
            return [{"session": []}]
        case _:
            return [{"session": []}, {"key": []}]
