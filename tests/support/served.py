"""A served process on a database of its own, asked over HTTP: as a stranger's client would."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from parcours.clock import SystemClock
from parcours.service.intake.write_keys import add_source
from parcours.store.database import Database

__all__ = ["Answered", "Served", "serving"]


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Served:
    """`parcours serve` at an address, and a write key that it takes."""

    url: str
    database_url: str
    key: str

    def post(
        self, path: str, body: Any, *, key: str | None = "", packed: bool = False, method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> Answered:  # fmt: skip
        """Send something; `key` None: without authorisation, empty: with the key of this server."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        if packed:
            data = gzip.compress(data)
            sent["content-encoding"] = "gzip"
        if key is not None:
            sent["authorization"] = "Basic " + base64.b64encode(f"{key or self.key}:".encode()).decode()
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return _answered(answer)
        except urllib.error.HTTPError as error:
            return _answered(error)

    def rows(self, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database_url, options="-c search_path=parcours") as connection:
            return connection.execute(sql, given).fetchall()

    def write(self, sql: str, *given: Any) -> None:
        """Change the database behind the server's back."""
        with psycopg.connect(self.database_url, options="-c search_path=parcours") as connection:
            connection.execute(sql, given or None)


def _answered(answer: Any) -> Answered:
    text = answer.read()
    return Answered(answer.status, json.loads(text) if text else None, dict(answer.headers.items()))


@contextmanager
def serving(database_url: str, folder: Path, *options: str, key: str = "") -> Iterator[Served]:
    """Serve a migrated database until the block ends; `key` is the write key of the server before, if there was one."""
    environment = {**os.environ, "PARCOURS_DATABASE_URL": database_url, "PARCOURS_DATA": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "parcours", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = None
        for line in process.stdout:
            found = re.search(r"http://\S+", line)
            if found:
                break
        assert found, "it did not come up"
        yield Served(found[0], database_url, key or asyncio.run(_key(database_url)))
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


async def _key(database_url: str) -> str:
    async with (
        await Database.connect(database_url, connections=1) as database,
        database.transaction() as connection,
    ):
        return await add_source(connection, "tests", at=SystemClock().now(), actor="test")
