"""What the parts of the client share: a transport, and lists that come in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parcours.client.transport import Transport, segment

__all__ = ["Asking", "journey_path"]

PAGE = 500


class Asking:
    """Asks one server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def url(self) -> str:
        """The address of the server."""
        return self._transport.url

    def _get(self, path: str, **query: object) -> Any:
        return self._transport.ask("GET", path, query=query).json

    def _ask(
        self, method: str, path: str, body: object = None, *, repeatable: bool = False, **query: object
    ) -> Any:
        """Ask for a change; return what the server says of it, None where it says nothing."""
        reply = self._transport.ask(method, path, query=query, json_body=body, repeatable=repeatable)
        return reply.json if reply.body else None

    def _pages(
        self, path: str, limit: int | None, query: Mapping[str, object], *, items: str = "items", by: str = "cursor",
        page: int = PAGE,
    ) -> Iterator[Any]:  # fmt: skip
        """Yield what a list holds, page by page, at most `limit`."""
        place: Any = None
        left = limit
        while left is None or left > 0:
            size = page if left is None else min(page, left)
            found = self._get(path, **query, limit=size, **{by: place})
            yield from found[items]
            place = found["next"]
            if place is None:
                return
            left = None if left is None else left - len(found[items])


def journey_path(key: str, rest: str = "") -> str:
    """Return the address of a journey, or of something below it."""
    return f"/api/journeys/{segment(key)}{rest}"
