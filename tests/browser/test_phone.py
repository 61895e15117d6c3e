"""Every screen at the width of a phone, in three languages."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, ViewportSize

from browser.room import LANGUAGES, Room
from browser.screens import PLACES, settled, told

PHONE: ViewportSize = {"width": 360, "height": 740}
# Who sticks out of the page, to be named where it scrolls sideways.
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll("*")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 4)
    .map(one => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`)"""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_screen_scrolls_sideways_on_a_phone(
    chromium: Browser, furnished: Room, language: str
) -> None:
    screen = await furnished.sign_in(chromium, "admin", language, reduced_motion="reduce")
    await screen.page.set_viewport_size(PHONE)
    found: list[str] = []
    for where in (one for part in PLACES.values() for one in part):
        await screen.go(where)
        await settled(screen)
        found += [f"{where} is too wide: {one}" for one in await screen.page.evaluate(WIDE)]
        if where.startswith("/settings"):
            found += await told(screen, where)
            await screen.keep(f"phone{where.replace('/', '-')}")
    assert not found, "\n".join(found)
