"""Every screen, dialog and menu: axe in light and dark, at the width of a phone in three languages, without motion."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from browser.room import LANGUAGES, PATIENCE, Room, Screen
from browser.screens import OPENINGS, PLACES, furnish, opened, settled

PHONE: ViewportSize = {"width": 360, "height": 740}
# What moves for longer than this is motion; who asked for none gets at most a change between two pictures.
MOVING = """() => document.getAnimations()
    .filter(one => one.playState === "running" && Number(one.effect.getComputedTiming().endTime) > 10)
    .map(one => `${one.animationName ?? one.transitionProperty} of ${one.effect.target.className}`)"""
# Who sticks out of the page, to be named where it scrolls sideways.
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll("*")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 4)
    .map(one => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`)"""


@pytest.fixture(scope="module")
def furnished(room: Room) -> Room:
    """A room in which every screen has something to show."""
    furnish(room)
    return room


async def findings(screen: Screen, where: str) -> list[str]:
    """What axe finds in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        await screen.page.emulate_media(color_scheme=scheme)
        await expect(screen.page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_be_attached()
        try:
            await screen.accessible(f"{where} ({scheme})")
        except AssertionError as told:
            found.append(str(told).split("\nassert")[0])
    return found


@pytest.mark.parametrize("part", PLACES)
async def test_axe_finds_nothing_on_any_screen(chromium: Browser, furnished: Room, part: str) -> None:
    screen = await furnished.sign_in(chromium, "admin", reduced_motion="reduce")
    found: list[str] = []
    for where in PLACES[part]:
        await screen.go(where)
        await settled(screen)
        found += await findings(screen, where)
        found += [f"{where} moves: {one}" for one in await screen.page.evaluate(MOVING)]
    assert not found, "\n".join(found)
    assert screen.errors == []


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
    assert not found, "\n".join(found)


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
