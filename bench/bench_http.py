"""Requests a second by wrk: batches of 100 events, the list of journeys, a report; against a bare Starlette endpoint.

Under each load another client asks for /health and for a report: how long it waits, and that nobody is refused.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from house import BUCKETS, arguments, house, publish, say, step
from parcours.clock import SystemClock
from parcours.service.access.keys import add_key
from parcours.store.database import Database

JOURNEYS = 20
IN_BATCH = 100
CONNECTIONS = 16
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(request):
    await request.body()
    return JSONResponse({"success": True})

app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""
# Each request of wrk is a batch of its own: people and ids go on counting, per thread.
SCRIPT = """
local thread = 0
function setup(t) t:set("id", thread) thread = thread + 1 end
local n = 0
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer %s"
wrk.headers["Content-Type"] = "application/json"
function request()
  local events = {}
  for i = 1, %d do
    n = n + 1
    events[i] = string.format('{"type":"track","userId":"p%%d","event":"Event %%d","messageId":"%%d-%%d",'
      .. '"properties":{"product":"a coat","price":129.5,"tags":["new","sale"]}}', n %% 5000, n %% 20, id, n + %d)
  end
  return wrk.format(nil, nil, nil, '{"batch":[' .. table.concat(events, ",") .. ']}')
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk has counted, and what somebody else met meanwhile."""

    a_second: float
    refused: int
    waited: list[float]


def journey(number: int) -> dict[str, Any]:
    """Return a journey that looks at one event of twenty."""
    return {
        "journey": f"j{number}",
        "entry": {"triggers": [{"event": f"Event {number}", "when": {"field": "event.price", "gt": 1000}}]},
        "steps": {"patience": {"wait": {"for": "1d"}}, "done": {"end": {}}},
    }


async def prepare(url: str) -> str:
    """Publish journeys; return a key that may read, and send."""
    async with await Database.connect(url) as database:
        for number in range(JOURNEYS):
            await publish(database, journey(number), paused=False)
        async with database.transaction() as connection:
            at = SystemClock().now()
            made = await add_key(
                connection, "bench", ("ingest", "read"), at=at, actor="cli:bench", person="bench"
            )
            return made.secret


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """Yield the address of a server process, and its number."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "parcours", "serve", "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PARCOURS_DATABASE_URL": url, "PARCOURS_DATA": folder},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(30)


def memory(process: int) -> float:
    """Return the greatest resident memory of a process so far, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    assert found
    return int(found[1]) / 1024


@contextmanager
def bare() -> Iterator[str]:
    """Yield the address of an endpoint that reads the body and answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    try:
        for _ in range(600):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def asked(address: str, key: str, path: str) -> float:
    """Ask once; return the milliseconds. Raises RuntimeError where the answer is not 200."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status}")
    finally:
        connection.close()
    return (time.perf_counter() - began) * 1000


def load(
    target: str, seconds: int, *, headers: list[str], script: Path | None, other: tuple[str, str] | None
) -> Load:
    """Let wrk load an address; meanwhile ask the server at `other`, by its key, a few times a second."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s"]
    command += (
        [part for one in headers for part in ("-H", one)] + (["-s", str(script)] if script else []) + [target]
    )
    waited: list[float] = []
    trouble: list[Exception] = []
    over = threading.Event()

    def ask() -> None:
        assert other is not None
        while not over.wait(0.2):
            try:
                waited.append(asked(*other, "/health"))
                waited.append(asked(*other, "/api/journeys/j1/report"))
            except (RuntimeError, OSError) as error:
                trouble.append(error)

    beside = threading.Thread(target=ask if other else over.wait)
    beside.start()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    over.set()
    beside.join()
    if trouble:
        raise trouble[0]
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    failed = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    refused = int(bad[1]) if bad else 0
    return Load(float(found[1]), refused + (sum(map(int, failed.groups())) if failed else 0), waited)


def main() -> None:
    """Print requests a second, ratios, and what others met."""
    given = arguments(__doc__ or "", seconds=(10, 4, "seconds of each load"))
    if shutil.which("wrk") is None:
        say("left out: wrk is not installed (Debian: apt-get install wrk)")
        return
    with house() as here, tempfile.TemporaryDirectory() as folder:
        url = here.create("http", BUCKETS)
        key = asyncio.run(prepare(url))
        script = Path(folder) / "batches.lua"
        script.write_text(SCRIPT % (key, IN_BATCH, 0), encoding="ascii")
        loads: list[tuple[str, str, Path | None]] = [
            ("batches of 100 events", "/v1/batch", script), ("list of 20 journeys", "/api/journeys", None),
            ("report of a journey", "/api/journeys/j1/report", None),
        ]  # fmt: skip
        with served(url) as (address, process), bare() as plain:
            for what, path, lua in loads:
                step(what)
                headers = [f"Authorization: Bearer {key}"]
                base = load(plain, given.seconds, headers=headers, script=lua, other=None)
                ours = load(address + path, given.seconds, headers=headers, script=lua, other=(address, key))
                say(f"{what}: {ours.a_second:,.1f}/s; bare Starlette: {base.a_second:,.0f}/s; "
                    f"ratio {ours.a_second / base.a_second:.3f}; refused: {ours.refused}")  # fmt: skip
                say(f"others meanwhile, {len(ours.waited)} requests: median {statistics.median(ours.waited):,.0f} ms, "
                    f"longest {max(ours.waited):,.0f} ms; memory of the server: {memory(process):.0f} MB")  # fmt: skip
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM parcours.event").fetchone()
        say(f"events stored: {row[0] if row else 0:,}")


if __name__ == "__main__":
    main()
