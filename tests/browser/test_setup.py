"""A new installation in the browser: the first administrator, by the link that the server prints, or a code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from browser.room import LANGUAGES, PATIENCE, Screen
from parcours.clock import SystemClock
from parcours.service.access.setup import make_setup_link
from parcours.store.database import Database
from support.postgres import Server
from support.served import Served, serving

PASSWORD = "correct horse battery staple"


async def _link(database_url: str, base: str) -> str:
    async with (
        await Database.connect(database_url, connections=1) as database,
        database.transaction() as work,
    ):
        return (await make_setup_link(work, base, SystemClock().now()))[0]


@pytest.fixture
def served(postgres: Server, tmp_path: Path) -> Iterator[Served]:
    """A server on a database that knows nobody."""
    with postgres.clone() as url, serving(url, tmp_path) as served:
        yield served


async def _open(browser: Browser, url: str, language: str) -> Screen:
    width = 360 if language == "sv" else 1280
    scheme: Literal["dark", "light"] = "dark" if language == "fr" else "light"
    context = await browser.new_context(
        viewport={"width": width, "height": 860}, locale=f"{language}-{language.upper()}", color_scheme=scheme
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(url)
    return Screen(page, url, language, errors)


async def _fill(screen: Screen, email: str) -> None:
    page = screen.page
    await page.get_by_label(screen.text("setup.name")).fill("Anna Berg")
    await page.get_by_label(screen.text("signIn.email")).fill(email)
    await page.get_by_label(screen.text("signIn.password"), exact=False).first.fill(PASSWORD)


async def test_of_two_who_begin_one_becomes_the_administrator(chromium: Browser, served: Served) -> None:
    link = await _link(served.database_url, served.url)
    screens = {}
    for language in LANGUAGES:
        screen = await _open(chromium, served.url if language == "fr" else link, language)
        title = screen.page.get_by_role("heading", level=1)
        await expect(title).to_have_text(screen.text("setup.title"), timeout=PATIENCE)
        await screen.keep("setup")
        await screen.accessible(f"setup {language}")
        screens[language] = screen

    guessing = screens["fr"]  # came without the link: the code is asked for
    await _fill(guessing, "eve@example.com")
    await guessing.page.get_by_label(guessing.text("setup.code")).fill("a guess")
    await guessing.page.get_by_role("button", name=guessing.text("setup.go")).click()
    await expect(guessing.page.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
    await guessing.accessible("a wrong code")

    first = screens["sv"]
    await _fill(first, "anna@example.com")
    await first.page.get_by_role("button", name=first.text("setup.go")).click()
    await expect(first.page.get_by_role("heading", level=1)).to_have_text("Flöden", timeout=PATIENCE)
    assert first.page.url == f"{served.url}/"

    second = screens["en"]
    await _fill(second, "bo@example.com")
    await second.page.get_by_role("button", name=second.text("setup.go")).click()
    await expect(second.page.get_by_role("alert")).to_contain_text("Somebody works here already")
    await second.page.get_by_role("button", name=second.text("signIn.go")).click()
    await second.page.get_by_label(second.text("signIn.email")).fill("anna@example.com")
    await second.page.get_by_label(second.text("signIn.password")).first.fill(PASSWORD)
    await second.page.get_by_role("button", name=second.text("signIn.go")).click()
    await expect(second.page.get_by_text("Anna Berg", exact=True)).to_be_visible(timeout=PATIENCE)
    assert [one.errors for one in screens.values()] == [[], [], []]
