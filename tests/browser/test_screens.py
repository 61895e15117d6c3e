"""Every screen, dialog and menu: axe in light and dark, and nothing that moves for who wants no motion."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from browser.room import PATIENCE, Room, Screen
from browser.screens import OPENINGS, PLACES, opened, settled, told

DARK = ("/", "/journeys/shown", "/journeys/shown/reports", "/people/shown1")  # kept as pictures, too
# What moves for longer than this is motion; who asked for none gets at most a change between two pictures.
MOVING = """() => document.getAnimations()
    .filter(one => one.playState === "running" && Number(one.effect.getComputedTiming().endTime) > 10)
    .map(one => `${one.animationName ?? one.transitionProperty} of ${one.effect.target.className}`)"""


async def findings(screen: Screen, where: str) -> list[str]:
    """What axe finds in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        await screen.page.emulate_media(color_scheme=scheme)
        await expect(screen.page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_be_attached()
        found += await told(screen, f"{where} ({scheme})")
    return found


@pytest.mark.parametrize("part", PLACES)
async def test_axe_finds_nothing_on_any_screen(chromium: Browser, furnished: Room, part: str) -> None:
    screen = await furnished.sign_in(chromium, "admin", reduced_motion="reduce")
    found: list[str] = []
    for where in PLACES[part]:
        await screen.page.emulate_media(color_scheme="light")
        await screen.go(where)
        await settled(screen)
        name = re.sub(r"\W+", "-", where).strip("-") or "home"
        await screen.keep(f"screen-{name}")
        found += await findings(screen, where)
        found += [f"{where} moves: {one}" for one in await screen.page.evaluate(MOVING)]
        if where in DARK:
            await screen.keep(f"screen-{name}-dark")
    assert not found, "\n".join(found)
    assert screen.errors == []


@pytest.mark.parametrize("part", OPENINGS)
async def test_axe_finds_nothing_in_what_opens_and_the_focus_comes_back(
    chromium: Browser, furnished: Room, part: str
) -> None:
    screen = await furnished.sign_in(chromium, "admin", reduced_motion="reduce")
    page, at = screen.page, ""
    found: list[str] = []
    for opening in OPENINGS[part]:
        if opening.where != at:
            await screen.go(opening.where)
            await settled(screen)
            at = opening.where
        opener = await opened(screen, opening)
        found += await findings(screen, opening.name)
        found += [f"{opening.name} moves: {one}" for one in await page.evaluate(MOVING)]
        if await page.evaluate("document.activeElement === document.body"):
            found.append(f"{opening.name}: the focus is nowhere")
        await page.keyboard.press("Escape")
        what = page.locator("[role=dialog], [role=menu], [role=listbox]").locator("visible=true")
        await expect(what, opening.name).to_have_count(0, timeout=PATIENCE)
        try:
            await expect(opener).to_be_focused(timeout=2000)
        except AssertionError:
            found.append(f"{opening.name}: the focus did not come back")
    assert not found, "\n".join(found)
    assert screen.errors == []
