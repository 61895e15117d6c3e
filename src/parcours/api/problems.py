"""The one place where errors become HTTP: application/problem+json (RFC 9457), with our code, place and hint."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import psycopg
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from parcours.api.sentences import said, said_in
from parcours.domain.catalogue import CATALOGUE
from parcours.domain.catalogue_access import REQUEST
from parcours.domain.catalogue_browsing import BROWSING
from parcours.domain.errors import ParcoursError

__all__ = ["HANDLERS", "STATUS", "problem", "status_of", "unexpected"]

# Everything else that a ParcoursError says is about what was asked: 400. One line per code.
STATUS: Final[Mapping[str, HTTPStatus]] = MappingProxyType(
    {
        "not_signed_in": HTTPStatus.UNAUTHORIZED,
        "bad_credentials": HTTPStatus.UNAUTHORIZED,
        "sign_in_failed": HTTPStatus.UNAUTHORIZED,
        "not_allowed": HTTPStatus.FORBIDDEN,
        "wrong_password": HTTPStatus.FORBIDDEN,
        "wrong_setup_code": HTTPStatus.FORBIDDEN,
        "person_needed": HTTPStatus.FORBIDDEN,
        "cross_site": HTTPStatus.FORBIDDEN,
        "not_found": HTTPStatus.NOT_FOUND,
        "unknown_journey": HTTPStatus.NOT_FOUND,
        "unknown_version": HTTPStatus.NOT_FOUND,
        "unknown_person": HTTPStatus.NOT_FOUND,
        "no_subscription_type": HTTPStatus.NOT_FOUND,
        "no_such_sender": HTTPStatus.NOT_FOUND,
        "sender_exists": HTTPStatus.CONFLICT,
        "sender_in_use": HTTPStatus.CONFLICT,
        "bad_sender": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_key": HTTPStatus.NOT_FOUND,
        "unknown_user": HTTPStatus.NOT_FOUND,
        "unknown_approval": HTTPStatus.NOT_FOUND,
        "unknown_session": HTTPStatus.NOT_FOUND,
        "unknown_invitation": HTTPStatus.NOT_FOUND,
        "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
        "key_exists": HTTPStatus.CONFLICT,
        "user_exists": HTTPStatus.CONFLICT,
        "already_set_up": HTTPStatus.CONFLICT,
        "user_disabled": HTTPStatus.CONFLICT,
        "last_admin": HTTPStatus.CONFLICT,
        "link_over": HTTPStatus.GONE,
        "invitation_over": HTTPStatus.GONE,
        "no_such_audience": HTTPStatus.NOT_FOUND,
        "audience_in_use": HTTPStatus.CONFLICT,
        "audience_kind_changed": HTTPStatus.CONFLICT,
        "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "bad_email": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_name": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_role": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_language": HTTPStatus.UNPROCESSABLE_ENTITY,
        "weak_password": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_setting": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_setting": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_key_name": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_scope": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_value": HTTPStatus.UNPROCESSABLE_ENTITY,
        "value_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
        "past_instant": HTTPStatus.UNPROCESSABLE_ENTITY,
        "not_for_later": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_import": HTTPStatus.NOT_FOUND,
        "unknown_file": HTTPStatus.NOT_FOUND,
        "mail_unknown": HTTPStatus.NOT_FOUND,
        "no_draft": HTTPStatus.NOT_FOUND,
        "no_mailbox": HTTPStatus.NOT_FOUND,
        "not_scheduled": HTTPStatus.NOT_FOUND,
        "journey_exists": HTTPStatus.CONFLICT,
        "import_under_way": HTTPStatus.CONFLICT,
        "not_stuck": HTTPStatus.CONFLICT,
        "step_differs": HTTPStatus.CONFLICT,
        "nothing_to_skip": HTTPStatus.CONFLICT,
        "maybe_sent": HTTPStatus.CONFLICT,
        "draft_changed": HTTPStatus.PRECONDITION_FAILED,
        "if_match_needed": HTTPStatus.PRECONDITION_REQUIRED,
        "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_idempotency_key": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_option": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_definition": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_file": HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_instant": HTTPStatus.UNPROCESSABLE_ENTITY,
        "until_past": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_answer": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_step": HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid": HTTPStatus.CONFLICT,
        "simulation_busy": HTTPStatus.SERVICE_UNAVAILABLE,
        "simulation_too_large": HTTPStatus.UNPROCESSABLE_ENTITY,
        "took_too_long": HTTPStatus.SERVICE_UNAVAILABLE,
        "too_many_tries": HTTPStatus.TOO_MANY_REQUESTS,
        "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
        "try_again": HTTPStatus.SERVICE_UNAVAILABLE,
        "database_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
        "database_read_only": HTTPStatus.SERVICE_UNAVAILABLE,
        "database_refused": HTTPStatus.SERVICE_UNAVAILABLE,
        "disk_full": HTTPStatus.SERVICE_UNAVAILABLE,
        "mailbox_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_behind": HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_changed": HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    }
)

# What to do, by code, where an error says no more than the catalogue; not for codes that mean two things.
_TWICE: Final = {
    code for family, code in CATALOGUE for other, same in CATALOGUE if code == same and family != other
}
REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {code: entry.remedy for (_, code), entry in CATALOGUE.items() if code not in _TWICE}
)


def status_of(code: str) -> HTTPStatus:
    """Return the status by which a code is answered."""
    return STATUS.get(code, HTTPStatus.BAD_REQUEST)


def unexpected() -> ParcoursError:
    """Return what is told of an error that nobody thought of: nothing of it."""
    return ParcoursError("internal_error", "Something failed here; the log has the details.")


def problem(
    error: ParcoursError, *, problems: Sequence[Mapping[str, str]] = (), status: HTTPStatus | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    """Return the answer for an error of ours; `problems` names each single one where there are several.

    `status` goes before that of the code, and `extra` are members beside the usual ones.
    """
    status = status or status_of(error.code)
    body: dict[str, Any] = {
        "title": status.phrase, "status": status.value, "detail": said(error.message), "code": error.code,
    }  # fmt: skip
    hint = said(error.hint or REMEDIES.get(error.code, ""))
    more = {"hint": hint, "place": error.place, "problems": said_in(list(problems))}
    answer = JSONResponse(
        body | {name: value for name, value in more.items() if value} | dict(extra or {}),
        status.value,
        media_type="application/problem+json",
    )
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def _ours(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the signature of a handler
    assert isinstance(error, ParcoursError)
    return problem(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    codes = {413: "body_too_large", 400: "bad_json"}
    code = codes.get(status, status.name.lower())
    details = {
        HTTPStatus.NOT_FOUND: f"There is nothing at {request.url.path}.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here.",
    }
    hint = REQUEST[code][1] if code in REQUEST else ""
    answer = problem(ParcoursError(code, details.get(status, error.detail), hint=hint))
    answer.headers.update(error.headers or {})
    return answer


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, RequestValidationError)
    found = [
        {"place": ".".join(str(part) for part in one["loc"]), "message": str(one["msg"])}
        for one in error.errors()
    ]
    first = found[0] if found else {"place": "", "message": "The request is not as it should be"}
    meaning, hint = REQUEST["bad_value"]
    message = first["message"] if len(found) == 1 else meaning
    return problem(
        ParcoursError("bad_value", message, hint=hint, place=first["place"]),
        problems=found,
    )


async def _refused_by_database(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Answer where a value passed every check of ours, and PostgreSQL cannot keep it."""
    meaning, hint = REQUEST["value_refused"]
    reason = str(error).strip().split("\n", 1)[0]
    return problem(ParcoursError("value_refused", f"{meaning.removesuffix('.')}: {reason}", hint=hint))


async def _collided(request: Request, error: Exception) -> Response:  # noqa: ARG001
    meaning, hint = REQUEST["try_again"]
    return problem(ParcoursError("try_again", meaning, hint=hint, retry_after=1))


async def _took_too_long(request: Request, error: Exception) -> Response:  # noqa: ARG001
    meaning, hint = BROWSING["took_too_long"]
    return problem(ParcoursError("took_too_long", meaning.removesuffix("."), hint=hint))


async def _unexpected(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return problem(unexpected())


HANDLERS: Final[Mapping[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]] = (
    MappingProxyType(
        {
            ParcoursError: _ours,
            HTTPException: _http,
            RequestValidationError: _invalid,
            psycopg.errors.DataError: _refused_by_database,
            psycopg.errors.QueryCanceled: _took_too_long,
            psycopg.errors.DeadlockDetected: _collided,
            psycopg.errors.SerializationFailure: _collided,
            Exception: _unexpected,
        }
    )
)
