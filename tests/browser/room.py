"""What browser tests stand on: processes, journeys made by the command line, pages in a language, words from its file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from support.served import serving
from support.worker import Document

__all__ = ["LANGUAGES", "Room", "Screen", "open_room"]

UI = Path(__file__).parents[2] / "ui"
LANGUAGES = ("en", "sv", "fr")
SCREENS = Path(__file__).parents[2] / "build" / "screens"
PATIENCE = 30_000  # milliseconds
STEPS: Document = {
    "rest": {
        "label": "A week of rest",
        "wait_for": [{"event": "Order", "next": "thanks"}, {"timeout": "7d", "next": "end"}],
    },
    "thanks": {"wait": {"for": "1d"}},
    "end": {"end": {}},
}  # fmt: skip


@dataclass(frozen=True)
class Room:
    """A served installation with a worker."""

    url: str
    database_url: str
    folder: Path

    def run(self, *words: str) -> str:
        """Run the command line; return what it prints. Raises where it fails."""
        environment = {
            **os.environ,
            "PARCOURS_DATABASE_URL": self.database_url,
            "PARCOURS_DATA": str(self.folder),
        }
        done = subprocess.run(
            [sys.executable, "-m", "parcours", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def journey(self, key: str, people: Sequence[str] = (), *, publish: bool = True, **settings: Any) -> None:
        """Make a journey, and let people in by hand."""
        document = {
            "journey": key, "name": f"Journey {key}", "entry": {"triggers": [{"manual": True}]}, "steps": STEPS,
            **settings,
        }  # fmt: skip
        file = self.folder / f"{key}.json"
        file.write_text(json.dumps(document))
        self.run("apply", str(file))
        if publish:
            self.run("journey", "publish", key)
        if people:
            feed = self.folder / f"{key}.jsonl"
            feed.write_text(
                "".join(
                    json.dumps({"type": "identify", "userId": who, "traits": {}}) + "\n" for who in people
                )
            )
            self.run("import", str(feed))
            self.run("journey", "add-people", key, *people)

    async def sign_in(self, browser: Browser, who: str, language: str = "en", **options: Any) -> Screen:
        """Open the application for somebody who comes in by a one-time link."""
        found = re.search(r"http://\S+/link/\S+|/link/\S+", self.run("user", "link", f"{who}@example.com"))
        assert found is not None
        path = "/link/" + found[0].partition("/link/")[2]
        context = await browser.new_context(viewport={"width": 1280, "height": 860}, **options)
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(f"localStorage.setItem('parcours.language', '{language}')")
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(self.url + path)
        await page.locator("button").click()
        await page.locator("a.go").wait_for()
        await page.goto(self.url + "/")
        return Screen(page, self.url, language, errors)


@contextmanager
def open_room(url: str, folder: Path) -> Iterator[Room]:
    """Serve a migrated database and work on it until the block ends; `ROLE@example.com` is somebody of each role."""
    with serving(url, folder) as served:
        room = Room(served.url, url, folder)
        environment = {**os.environ, "PARCOURS_DATABASE_URL": url, "PARCOURS_DATA": str(folder)}
        worker = subprocess.Popen(
            [sys.executable, "-m", "parcours", "work"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            for role in ("viewer", "editor", "publisher", "admin"):
                room.run("user", "add", f"{role}@example.com", "--role", role)
            yield room
        finally:
            worker.terminate()
            worker.wait(60)


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

    async def turn(self) -> None:
        """Turn the ON/OFF switch by the keyboard; the dialog of its command opens."""
        switch = self.page.get_by_role("switch")
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
        # Not by a script element: the page lets none in but its own.
        await self.page.evaluate((UI / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert not told, f"{where}: " + "\n".join(told)
