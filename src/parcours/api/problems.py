"""The one place where errors become HTTP: application/problem+json (RFC 9457), with our code and hint."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from parcours.domain.errors import ParcoursError

__all__ = ["HANDLERS", "STATUS", "problem"]

# Everything else that a ParcoursError says is about what was asked: 400.
STATUS: Final[Mapping[str, HTTPStatus]] = MappingProxyType(
    {
        "unknown_journey": HTTPStatus.NOT_FOUND,
        "unknown_version": HTTPStatus.NOT_FOUND,
        "database_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
        "database_read_only": HTTPStatus.SERVICE_UNAVAILABLE,
        "database_refused": HTTPStatus.SERVICE_UNAVAILABLE,
        "disk_full": HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_behind": HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_changed": HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


def problem(error: ParcoursError) -> Response:
    """Return the answer for an error of ours."""
    status = STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
    body = {"title": status.phrase, "status": status.value, "detail": error.message, "code": error.code}
    more = {"hint": error.hint, "place": error.place}
    return _answer(status, body | {name: value for name, value in more.items() if value})


async def _ours(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the signature of a handler
    assert isinstance(error, ParcoursError)
    return problem(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    details = {
        HTTPStatus.NOT_FOUND: f"There is nothing at {request.url.path}.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here.",
    }
    body = {
        "title": status.phrase,
        "status": status.value,
        "detail": details.get(status, error.detail),
        "code": status.name.lower(),
    }
    answer = _answer(status, body)
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(request: Request, error: Exception) -> Response:  # noqa: ARG001
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "Something failed here; the log has the details."
    body = {"title": status.phrase, "status": status.value, "detail": detail, "code": "internal_error"}
    return _answer(status, body)


def _answer(status: HTTPStatus, body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(body, status.value, media_type="application/problem+json")


HANDLERS: Final = MappingProxyType({ParcoursError: _ours, HTTPException: _http, Exception: _unexpected})
