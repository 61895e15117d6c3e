"""The web application: what was built into the package, and its first page for every place it knows itself."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

__all__ = ["BUILT", "WebApplication"]

BUILT: Final = Path(__file__).parent.parent / "static"
# Styles of components are written as attributes; everything else comes from here, as files.
POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
FOR_A_YEAR: Final = "public, max-age=31536000, immutable"  # names of assets carry a hash of what is in them
COMPRESSED: Final = (("br", ".br"), ("gzip", ".gz"))  # the smaller first
NO_PAGES: Final = ("api/", "v1/", "assets/", "batch")
ABSENT: Final = (
    "<!doctype html><html lang='en'><title>Parcours</title><h1>Parcours</h1><p>The web application was not built into "
    "this installation; in a checkout <code>make ui</code> builds it. The API answers under <code>/api</code>.</p>"
)


class WebApplication:
    """What answers where no route does: files that were built, and the page, which finds out by itself what to show."""

    def __init__(self, built: Path = BUILT) -> None:
        self._built = built.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or raise the error that nothing is there."""
        if scope["type"] != "http":
            raise HTTPException(404)
        request = Request(scope, receive)
        found = self._find(request) if request.method in ("GET", "HEAD") else None
        if found is None:
            raise HTTPException(404)
        found.headers["Content-Security-Policy"] = POLICY
        await found(scope, receive, send)

    def _find(self, request: Request) -> Response | None:
        path = request.url.path.removeprefix("/")
        file = (self._built / path).resolve()
        if path and file.is_relative_to(self._built) and file.is_file() and not file.name.startswith("."):
            return _sent(request, file, FOR_A_YEAR if path.startswith("assets/") else "no-cache")
        if path.startswith(NO_PAGES) or "text/html" not in request.headers.get("accept", ""):
            return None
        page = self._built / "index.html"
        if not page.is_file():
            return HTMLResponse(ABSENT)
        return _sent(request, page, "no-cache")


def _sent(request: Request, file: Path, kept: str) -> Response:
    """Return a file as it is, or as the build has compressed it where the browser takes that."""
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    accepted = {
        name.strip()
        for name, _, q in (
            one.partition(";") for one in request.headers.get("accept-encoding", "").split(",")
        )
        if q.replace(" ", "") not in ("q=0", "q=0.0")
    }
    for name, ending in COMPRESSED:
        packed = file.with_name(file.name + ending)
        if name in accepted and packed.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            return FileResponse(packed, headers=headers | {"Content-Encoding": name}, media_type=kind)
    return FileResponse(file, headers=headers)
