"""A control room for the tests: the real server and a worker as processes, journeys with people inside, Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from browser.room import Room, open_room
from browser.screens import furnish
from parcours.api.web import BUILT
from support.folders import open_folder
from support.postgres import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; `make chromium` installs it as root on Debian")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def room(postgres: Server) -> Iterator[Room]:
    """A server with a worker on a database of this module's own, and somebody of each role who can sign in."""
    if not (BUILT / "index.html").is_file():
        subprocess.run([sys.executable, "scripts/ui.py", "build"], check=True, cwd=Path(__file__).parents[2])
    with postgres.clone() as url, open_folder() as folder, open_room(url, folder) as room:
        yield room


@pytest.fixture(scope="module")
def furnished(room: Room) -> Room:
    """A room in which every screen has something to show."""
    furnish(room)
    return room
