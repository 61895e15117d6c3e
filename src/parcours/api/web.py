"""The web application: what was built into the package, and its first page for every place it knows itself."""

from __future__ import annotations

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
            return FileResponse(
                file, headers={"Cache-Control": FOR_A_YEAR if path.startswith("assets/") else "no-cache"}
            )
        if path.startswith(NO_PAGES) or "text/html" not in request.headers.get("accept", ""):
            return None
        page = self._built / "index.html"
        if not page.is_file():
            return HTMLResponse(ABSENT)
        return FileResponse(page, headers={"Cache-Control": "no-cache"})
