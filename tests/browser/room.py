"""What browser tests stand on: processes, journeys made over the API, pages in a language, words from its file."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from parcours.clock import SystemClock
from parcours.service.access.keys import add_key
from parcours.store.database import Database
from support.served import serving
from support.worker import Document

__all__ = ["LANGUAGES", "PATIENCE", "Room", "Screen", "administered", "open_room", "working"]

UI = Path(__file__).parents[2] / "ui"
LANGUAGES = ("en", "sv", "fr")
SCREENS = Path(__file__).parents[2] / "build" / "screens"
# What fades has no contrast yet: until nothing does that comes to an end.
STILL = """() => Promise.allSettled(document.getAnimations()
    .filter(one => Number.isFinite(Number(one.effect.getComputedTiming().endTime))).map(one => one.finished))
    .then(() => true)"""
PATIENCE = 60_000  # milliseconds
STEPS: Document = {
    "rest": {
        "label": "A week of rest",
        "wait_for": [{"event": "Order", "next": "thanks"}, {"timeout": "7d", "next": "end"}],
    },
    "thanks": {"wait": {"for": "1d"}},
    "end": {"end": {}},
}  # fmt: skip


@dataclass
class Room:
    """A served installation with a worker; everything in it is made over the API, which costs least."""

    url: str
    database_url: str
    folder: Path
    key: str = ""  # of an administrator
    signed_in: dict[str, Any] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Any = None, kind: str = "application/json", **more: str
    ) -> Any:
        """Ask the API, with more headers where wanted; return its answer. Raises where it refuses."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.key}", "content-type": kind, **more}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error
        return json.loads(text) if text else None

    def run(self, *words: str) -> str:
        """Run the command line, for what is not in the API; return what it prints. Raises where it fails."""
        environment = {
            **os.environ, "PARCOURS_DATABASE_URL": self.database_url, "PARCOURS_DATA": str(self.folder)
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "parcours", *words],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def feed(self, *lines: Document, mode: str = "state") -> None:
        """Load lines of a feed."""
        number = self.ask("POST", "/api/imports", {"mode": mode})["id"]
        data = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.ask("PUT", f"/api/imports/{number}/data", data, "application/x-ndjson")

    def command(self, key: str, command: str, **options: Any) -> Any:
        """Give a command to a journey."""
        return self.ask(
            "POST", f"/api/journeys/{key}/commands/{command}", {"options": options} if options else {}
        )

    def journey(self, key: str, people: Sequence[str] = (), *, publish: bool = True, **settings: Any) -> None:
        """Make a journey, and let people in by hand."""
        document = {
            "journey": key, "name": f"Journey {key}", "entry": {"triggers": [{"manual": True}]}, "steps": STEPS,
            **settings,
        }  # fmt: skip
        self.ask("POST", "/api/journeys", document)
        if publish:
            self.command(key, "publish")
        if people:
            self.feed(*({"type": "identify", "userId": who, "traits": {}} for who in people))
            self.ask("POST", f"/api/journeys/{key}/participants/add", {"user_ids": list(people)})

    async def sign_in(self, browser: Browser, who: str, language: str = "en", **options: Any) -> Screen:
        """Open the application for somebody of a role, who comes in by a one-time link the first time."""
        context = await browser.new_context(
            viewport={"width": 1280, "height": 860}, storage_state=self.signed_in.get(who), **options
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        if who not in self.signed_in:
            link = self.ask("POST", f"/api/users/{who}@example.com/link")["link"]
            await page.goto(self.url + "/link/" + link.partition("/link/")[2])
            await page.locator("button").click()
            await page.locator("a.go").wait_for()
            self.signed_in[who] = await context.storage_state()
        await context.add_init_script(f"localStorage.setItem('parcours.language', '{language}')")
        await page.goto(self.url + "/")
        return Screen(page, self.url, language, errors)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def working(url: str, folder: Path) -> Iterator[None]:
    """Work on a database until the block ends."""
    environment = {
        **os.environ, "PARCOURS_DATABASE_URL": url, "PARCOURS_DATA": str(folder),
        "PARCOURS_MAILBOX_PORT": str(_free_port()),  # there may be other workers beside
    }  # fmt: skip
    told = folder / "worker.log"
    with told.open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "parcours", "work"], env=environment, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            ended = worker.poll()
            worker.terminate()
            worker.wait(60)
    assert ended is None, f"the worker ended before the tests: {told.read_text()[-2000:]}"


async def _key(url: str) -> str:
    async with (
        await Database.connect(url, connections=1) as database,
        database.transaction() as connection,
    ):
        made = await add_key(
            connection, "tests", ["admin"], at=SystemClock().now(), actor="test", person="test"
        )
    return made.secret


def administered(room: Room) -> Room:
    """Give a room its administrator's key, and somebody of each role who can sign in."""
    with ThreadPoolExecutor(1) as thread:  # a loop of its own, also for a test that runs in one
        room.key = thread.submit(asyncio.run, _key(room.database_url)).result()
    for role in ("viewer", "editor", "publisher", "admin"):
        room.ask("POST", "/api/users", {"email": f"{role}@example.com", "role": role})
    return room


@contextmanager
def open_room(url: str, folder: Path) -> Iterator[Room]:
    """Serve a migrated database and work on it until the block ends; `ROLE@example.com` is somebody of each role."""
    with serving(url, folder) as served, working(url, folder):
        yield administered(Room(served.url, url, folder))


@dataclass
class Screen:
    """The application in one browser window, in one language."""

    page: Page
    url: str
    language: str
    errors: list[str]

    def __post_init__(self) -> None:
        self.words = json.loads((UI / "src" / "locales" / f"{self.language}.json").read_text())

    def text(self, key: str, **values: str) -> str:
        """Return a text of the application as it is shown."""
        found: Any = self.words
        for part in key.split("."):
            found = found[part]
        for name, value in values.items():
            found = found.replace("{{" + name + "}}", value)
        return str(found)

    async def go(self, path: str) -> None:
        """Go to a place of the application."""
        await self.page.goto(self.url + path)

    def row(self, key: str) -> Locator:
        """The row of a journey in the list."""
        return self.page.locator(f"[data-journey='{key}']")

    async def quick(self, key: str, command: str) -> None:
        """Give a command by the sign that appears when a row is hovered; its dialog opens."""
        await self.row(key).hover()
        label = self.text("home.give", command=self.text(f"command.{command}.label"), name=f"Journey {key}")
        await self.row(key).get_by_role("button", name=label, exact=True).click()

    async def menu(self, button: str, command: str) -> None:
        """Choose a command from a menu; its dialog opens."""
        await self.page.get_by_role("button", name=button, exact=True).click()
        await self.page.get_by_role(
            "menuitem", name=self.text(f"command.{command}.label"), exact=True
        ).click()

    def switch(self, name: str) -> Locator:
        """The ON/OFF switch of a journey, by its name: the list has a switch too, and stays until the page is there."""
        return self.page.get_by_role("switch", name=re.compile("^" + re.escape(name) + r"\s*:"))

    async def turn(self, name: str) -> None:
        """Turn the ON/OFF switch of a journey by the keyboard; the dialog of its command opens."""
        switch = self.switch(name)
        await expect(switch).to_be_enabled(timeout=PATIENCE)
        await switch.focus()
        await self.page.keyboard.press("Space")
        await expect(self.page.get_by_role("dialog")).to_be_visible(timeout=PATIENCE)

    async def confirm(self, command: str, reason: str = "") -> None:
        """Press the button that carries the command's own name, and wait until the dialog is gone."""
        dialog = self.page.get_by_role("dialog")
        if reason:
            await dialog.get_by_label(self.text("dialog.reason"), exact=True).fill(reason)
        await dialog.get_by_role(
            "button", name=self.text(f"command.{command}.label"), exact=True
        ).last.click()
        await expect(dialog).to_have_count(0, timeout=PATIENCE)

    async def shows(self, place: Locator, key: str) -> None:
        """Expect a text somewhere."""
        await expect(place.get_by_text(self.text(key), exact=True).first).to_be_visible(timeout=PATIENCE)

    async def keep(self, name: str) -> None:
        """Keep a picture, to be looked at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENS / f"{name}-{self.language}.png")

    async def accessible(self, where: str) -> None:
        """Expect axe to find nothing."""
        if not await self.page.evaluate("'axe' in window"):
            # Not by a script element: the page lets none in but its own.
            await self.page.evaluate((UI / "node_modules" / "axe-core" / "axe.min.js").read_text())
        await self.page.evaluate(STILL)
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert not told, f"{where}: " + "\n".join(told)
