"""The real HTTP server on a database of the test's own, and a caller that speaks plain HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from parcours.api import bind, create_app, serve
from parcours.clock import SystemClock
from parcours.observe import SilentObserver
from parcours.service.access.keys import add_key
from parcours.settings import load
from parcours.store.database import Database
from parcours.wiring import Installation, installation
from support.postgres import Server

__all__ = ["Answer", "ApiServer", "api_server"]

T = TypeVar("T")
PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem; empty where it is none."""
        kind = self.headers.get("content-type", "")
        return str(self.json["code"]) if kind == "application/problem+json" else ""

    @property
    def cookie(self) -> str:
        """What the answer sets, as a request would send it."""
        return self.headers.get("set-cookie", "").partition(";")[0]


@dataclass
class ApiServer:
    """A server that runs in a thread; `key(...)` makes an API key, `call(...)` asks."""

    url: str
    database_url: str
    app: FastAPI
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, *scopes: str) -> str:
        """Return the secret of a key with these scopes; the same one each time."""
        name = "-".join(scopes)
        if name not in self.keys:
            self.keys[name] = self.within(self._add_key(name, scopes))
        return self.keys[name]

    def call(
        self, method: str, path: str, *, key: str | None = None, cookie: str | None = None, json: Any = None,
        body: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """Ask over a connection of its own; `json` is sent as JSON, `body` as it is."""
        sent = dict(headers or {})
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        if cookie is not None:
            sent["Cookie"] = cookie
        if json is not None:
            body = _dumps(json)
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def within(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do something with the server's database, and return what that answers."""

        async def inside() -> T:
            async with await Database.connect(self.database_url, connections=1) as database:
                return await work(database)

        return asyncio.run(inside())

    def _add_key(self, name: str, scopes: tuple[str, ...]) -> Callable[[Database], Awaitable[str]]:
        async def add(database: Database) -> str:
            async with database.transaction() as connection:
                made = await add_key(
                    connection, name, scopes, at=SystemClock().now(), actor="cli:test", person=f"{name}@test"
                )
            return made.secret

        return add


def _dumps(value: object) -> bytes:
    return json.dumps(value).encode()


@contextmanager
def api_server(postgres: Server, **settings: Any) -> Iterator[ApiServer]:
    """Run the real server on a fresh database and a free port, in a thread of its own."""
    with postgres.clone() as url:
        started: list[ApiServer] = []
        trouble: list[BaseException] = []
        ready = threading.Event()
        loop: list[asyncio.AbstractEventLoop] = []
        stop = asyncio.Event()

        async def inside(installed: Installation) -> None:
            address = bind("127.0.0.1", 0)
            app = create_app(installed, CollectorRegistry())
            started.append(ApiServer(address.url, url, app))
            loop.append(asyncio.get_running_loop())
            ready.set()
            await serve(app, address, stop, SilentObserver())

        async def run() -> None:
            chosen = load(**{"database_url": url, "data": os.devnull, **settings})
            async with installation(chosen, migrate=False, say=print) as installed:
                await inside(installed)

        def thread() -> None:
            try:
                asyncio.run(run())
            except BaseException as error:  # noqa: BLE001 - told to the test
                trouble.append(error)
                ready.set()

        running = threading.Thread(target=thread, daemon=True)
        running.start()
        assert ready.wait(PATIENCE)
        if trouble:
            raise trouble[0]
        yield started[0]
        loop[0].call_soon_threadsafe(stop.set)
        running.join(PATIENCE)
        if trouble:
            raise trouble[0]
