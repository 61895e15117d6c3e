"""A real HTTP server for tests: takes webhooks and answers them well, badly, slowly, or not at all.

`python webhook_sink.py` runs it as a process of its own, answering 200 to everything, until SIGTERM;
its first line of output is its port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self, TypeAlias

from aiohttp import web

__all__ = ["Reply", "Taken", "WebhookSink", "signed"]

Trick: TypeAlias = Literal["drop", "hang", "half"]


@dataclass(frozen=True)
class Reply:
    """An answer. `trick`: `drop` cuts the connection, `hang` says nothing, `half` stops within the body."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    trick: Trick | None = None


@dataclass(frozen=True)
class Taken:
    """A request that arrived."""

    method: str
    path: str  # with the query, as sent
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]


@dataclass
class WebhookSink:
    """Takes every call. `replies` are by path; the reply under `` is for all others. A list is used up in turn."""

    replies: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    keep: bool = True
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0  # opened so far
    port: int = 0
    _runner: web.ServerRunner | None = None
    _release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        server = web.Server(self._answer, access_log=None)
        made = server.connection_made

        def counted(handler: object, transport: asyncio.Transport) -> None:
            self.connections += 1
            made(handler, transport)  # type: ignore[arg-type]

        server.connection_made = counted  # type: ignore[method-assign]
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release.set()
        assert self._runner is not None
        await self._runner.cleanup()

    def let_go(self) -> None:
        """End what hangs."""
        self._release.set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if self.keep:
            self.taken.append(Taken(request.method, request.path_qs, dict(request.headers), body))
        reply = self.replies.get(request.path, self.replies.get("", Reply()))
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if reply.trick == "drop":
            assert request.transport is not None
            request.transport.abort()
        if reply.trick in ("drop", "hang"):
            await self._release.wait()
        if reply.trick == "half":
            return await self._half(request, reply)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    async def _half(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        response.content_length = 2 * len(reply.body)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await response.write(reply.body)
        await self._release.wait()
        return response


def signed(taken: Taken, secret: str) -> bool:
    """Tell whether a call bears the right signature."""
    parts = dict(part.split("=", 1) for part in taken.headers["Parcours-Signature"].split(","))
    wanted = hmac.new(secret.encode(), f"{parts['t']}.".encode() + taken.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(parts["v1"], wanted)


async def serve() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with WebhookSink(keep=False) as sink:
        print(sink.port, flush=True)  # noqa: T201 - the caller reads it
        await stop.wait()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(serve())
