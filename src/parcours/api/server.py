"""The HTTP server: uvicorn on a socket of ours, from a start that can fail politely to a graceful end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from parcours.domain.errors import ParcoursError
from parcours.observe import Observer, ServerStarted, ServerStopped

__all__ = ["Address", "bind", "serve"]


@dataclass(frozen=True, slots=True)
class Address:
    """A socket that listens already."""

    socket: socket.socket
    url: str


def bind(host: str, port: int) -> Address:
    """Listen on an address; port 0 takes a free one. Raises ParcoursError `address_in_use`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.create_server(found[4][:2], family=found[0])
    except OSError as error:
        raise ParcoursError(
            "address_in_use",
            f"The server cannot listen on {host} port {port}: {error.strerror}",
            hint="Choose another with --port or PARCOURS_HTTP_PORT.",
        ) from error
    shown = f"[{host}]" if ":" in host else host
    return Address(bound, f"http://{shown}:{bound.getsockname()[1]}")


async def serve(
    app: Starlette, address: Address, stop: asyncio.Event, observer: Observer, *, proxies: str = "127.0.0.1"
) -> None:
    """Answer requests until `stop` is set; then finish those under way, for ten seconds at most.

    `proxies` are those whose word is taken for where a request comes from, and by which scheme.
    """
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=10,
            server_header=False,
            forwarded_allow_ips=proxies,
        )
    )
    observer.observe(ServerStarted(address.url))
    ending = asyncio.create_task(_end(server, stop))
    try:
        await server.serve(sockets=[address.socket])
    finally:
        ending.cancel()
        observer.observe(ServerStopped(address.url))


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the process has other things to end, too."""
        yield
