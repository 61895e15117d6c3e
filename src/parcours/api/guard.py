"""What holds for every request: limits of bodies, its language, no changes from other sites, headers that protect."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parcours.api.door_texts import language_of
from parcours.api.problems import problem, unexpected
from parcours.api.sentences import READER
from parcours.domain.catalogue_access import REQUEST
from parcours.domain.errors import ParcoursError

__all__ = ["LIMITS", "Guard"]

MB: Final = 1_000_000
# Bytes of a body, by the beginning of the path; the longest that fits counts. One line per place.
LIMITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "/": MB,
        "/api/": 8 * MB,
        "/api/imports/": 2000 * MB,
        "/batch": 8 * MB,
        "/v1/import": 1_000_000 * MB,
    }
)
OURS: Final = ("/api/", "/link/", "/invitation/")  # where a session counts, or begins
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    # What is no page needs nothing; a page brings its own.
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
)  # fmt: skip


class Guard:
    """The outermost part of the application. `public_url` is where browsers reach it, where that is known."""

    def __init__(self, app: ASGIApp, public_url: str | None = None) -> None:
        self._app = app
        self._public = urlsplit(public_url).netloc.lower() if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, scope)
        headers = Headers(scope=scope)
        READER.set(language_of(headers.get("accept-language", "")))
        limit = _limit(scope["path"])
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await problem(_too_large(limit))(scope, receive, answer)
        elif self._is_cross_site(scope, headers):
            await problem(_cross_site())(scope, receive, answer)
        else:
            try:
                await self._app(scope, _Body(receive, limit), answer)
            except Exception:
                # Answered here, so that this answer too has the headers; logged by whoever runs us.
                if not answer.begun:
                    await problem(unexpected())(scope, receive, answer)
                raise

    def _is_cross_site(self, scope: Scope, headers: Headers) -> bool:
        """Tell whether a browser asks for a change from a page of another site, with the cookie it has for us.

        Browsers tell where a request comes from, and pages cannot change that. Who sends no such header is no browser.
        A request with an Authorization header is none that a page could make with somebody else's rights.
        """
        if scope["method"] in SAFE or not scope["path"].startswith(OURS) or "authorization" in headers:
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return False
        host = urlsplit(origin).netloc.lower()
        return not host or host not in (headers.get("host", "").lower(), self._public)


class _Body:
    """Receives no more of a body than the limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit:
                error = _too_large(self._limit)
                raise HTTPException(413, error.message)
        return message


class _Answer:
    """Sends an answer with the headers that protect, where it has none of its own."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._path: str = scope["path"]
        self._https = Request(scope).url.scheme == "https"
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers.setdefault(name, value)
            if self._path.startswith("/api/"):
                headers.setdefault("Cache-Control", "no-store")
                headers.add_vary_header("Accept-Language")
            if self._https:
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        await self._send(message)


def _limit(path: str) -> int:
    return LIMITS[max((place for place in LIMITS if path.startswith(place)), key=len, default="/")]


def _too_large(limit: int) -> ParcoursError:
    hint = REQUEST["body_too_large"][1]
    return ParcoursError("body_too_large", f"The body is larger than {limit:,} bytes", hint=hint)


def _cross_site() -> ParcoursError:
    message, hint = REQUEST["cross_site"]
    return ParcoursError("cross_site", message.removesuffix("."), hint=hint)
