"""Answers of /v1/*: errors as everywhere, with the headers that browsers need, in words that clients read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from parcours.domain.errors import ParcoursError

__all__ = ["CORS", "Page", "answered", "guarded", "problem", "refused", "too_busy"]

Page: TypeAlias = Callable[[Request], Awaitable[Response]]

# Browsers send from any site; a write key gives nothing away.
CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "authorization, content-type, content-encoding, anonymousid, x-retry-count",
    "access-control-expose-headers": "retry-after",
    "access-control-max-age": "86400",
    "cross-origin-resource-policy": "cross-origin",
}
STATUS: Final = {
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no_write_key": HTTPStatus.UNAUTHORIZED,
    "not_allowed": HTTPStatus.FORBIDDEN, "not_signed_in": HTTPStatus.UNAUTHORIZED,
    "bad_credentials": HTTPStatus.UNAUTHORIZED,
    "unknown_write_key": HTTPStatus.UNAUTHORIZED,
    "too_busy": HTTPStatus.TOO_MANY_REQUESTS, "database_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "database_read_only": HTTPStatus.SERVICE_UNAVAILABLE, "disk_full": HTTPStatus.SERVICE_UNAVAILABLE,
}  # fmt: skip


def guarded(page: Page) -> Page:
    """Answer errors with the headers that browsers need, and in words that clients read."""

    async def answer(request: Request) -> Response:
        try:
            return await page(request)
        except ParcoursError as error:
            return refused(error)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)

    return answer


def too_busy(why: str, seconds: int) -> ParcoursError:
    """Return the error that asks a client to come again in so many seconds."""
    return ParcoursError("too_busy", why, place=str(seconds), hint="Send the same again after Retry-After.")


def refused(error: ParcoursError) -> Response:
    """Return the answer that tells of an error, with its status and when to come again."""
    status = STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
    busy = error.code == "too_busy"
    answer = problem(
        status, error.code, error.message, error.hint, "" if busy else error.place, {"success": False}
    )
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer.headers["retry-after"] = error.place if busy else "5"
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["www-authenticate"] = 'Basic realm="write key"'
    return answer


def problem(
    status: HTTPStatus, code: str, detail: str, hint: str, place: str, more: dict[str, Any]
) -> Response:
    """Say what is wrong as everywhere; `message` is for the clients that read it."""
    body = {"title": status.phrase, "status": status.value, "code": code, "detail": detail, "message": detail}
    body |= {name: value for name, value in (("hint", hint), ("place", place)) if value}
    return answered(body | more, status, "application/problem+json")


def answered(
    body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK, kind: str = "application/json"
) -> Response:
    """Return an answer in JSON that any site may read."""
    return Response(msgspec.json.encode(body), status.value, headers=CORS, media_type=kind)
