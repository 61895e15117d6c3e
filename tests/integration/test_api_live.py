"""Live numbers as server-sent events: told when they change, one look for all, ended with the last listener."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from support.api import ApiServer, api_server
from support.postgres import Server

STEPS: dict[str, Any] = {"rest": {"wait": {"for": "2d"}}, "done": {"end": {}}}
PATIENCE = 30.0


class Listener:
    """One who listens."""

    def __init__(self, api: ApiServer, key: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {api.key('read')}"}
        self.connection.request("GET", f"/api/journeys/{key}/live", headers=headers)
        self.answer = self.connection.getresponse()

    def next(self) -> tuple[str, Any]:
        """Return the next event."""
        name = ""
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    def until(self, name: str, **wanted: Any) -> Any:
        """Return the first event of a name with these values."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found, data = self.next()
            if found == name and all(data[key] == value for key, value in wanted.items()):
                return data
        raise AssertionError(f"no {name} with {wanted}")


@contextmanager
def listening(api: ApiServer, key: str) -> Iterator[Listener]:
    listener = Listener(api, key)
    try:
        yield listener
    finally:
        listener.connection.close()


def make(api: ApiServer, key: str) -> None:
    document = {"journey": key, "entry": {"triggers": [{"event": "Came"}]}, "steps": STEPS}
    assert api.call("POST", "/api/journeys", key=api.key("write"), json=document).status == 201


def eventually(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_numbers_are_told_to_everybody_who_listens_and_only_when_they_change(api: ApiServer) -> None:
    make(api, "live")
    with listening(api, "live") as one, listening(api, "live") as other:
        assert one.answer.headers["content-type"].startswith("text/event-stream")
        assert one.next()[1]["status"] == other.next()[1]["status"] == "draft"
        assert api.call("POST", "/api/journeys/live/commands/publish", key=api.key("publish")).status == 200
        assert one.until("numbers", status="live")["totals"]["entered"] == 0
        assert other.until("numbers", status="live")["version"] == 1
        station = api.app.state.live.stations["live"]
        assert station.listeners == 2
        turn, looks = station.turn, station.looks
        eventually(lambda: station.looks >= looks + 2)
        assert station.turn == turn
        with listening(api, "live") as late:  # who comes later is told at once
            assert late.next()[1]["status"] == "live"
        eventually(lambda: station.listeners == 2)
        api.call("POST", "/api/journeys/live/commands/stop", key=api.key("publish"))
        one.until("numbers", status="stopped")
        api.call("POST", "/api/journeys/live/commands/delete", key=api.key("publish"))
        assert one.until("gone") == {"journey": "live"}
        assert other.until("gone") == {"journey": "live"}
    eventually(lambda: not api.app.state.live.stations)


def test_a_journey_that_is_not_there(api: ApiServer) -> None:
    assert api.call("GET", "/api/journeys/nowhere/live", key=api.key("read")).status == 404


@pytest.fixture(scope="module")
def fragile(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        yield server


def test_a_database_that_goes_away_is_waited_for(fragile: ApiServer) -> None:
    make(fragile, "fragile")
    with listening(fragile, "fragile") as listener:
        listener.until("numbers", status="draft")
        database = urlsplit(fragile.database_url).path.strip("/")
        with psycopg.connect(
            fragile.database_url.replace(database, "postgres", 1), autocommit=True
        ) as connection:
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
            )
            assert listener.until("trouble")["code"] in ("database_unreachable", "try_again")
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
        listener.until("numbers", status="draft")
