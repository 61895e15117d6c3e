"""Journeys under control in the browser: the whole life of one from list and header, in three languages."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from browser.room import LANGUAGES, PATIENCE, Room


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_journey_is_led_through_its_whole_life(chromium: Browser, room: Room, language: str) -> None:
    key = f"life-{language}"
    room.journey(key, [f"{language}{n}" for n in range(5)])
    screen = await room.sign_in(chromium, "publisher", language)
    page, row = screen.page, screen.row(key)
    await expect(row.get_by_text("5", exact=True).first).to_be_visible(timeout=PATIENCE)

    await screen.quick(key, "pause")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("cell", name="5", exact=True)).to_be_visible(timeout=PATIENCE)
    await screen.keep("pause")
    await screen.confirm("pause", "wrong price")
    await screen.shows(row, "status.paused.label")

    await row.get_by_role("link").click()
    switch = screen.switch(f"Journey {key}")
    await expect(switch).not_to_be_checked()
    await screen.turn(f"Journey {key}")
    await screen.keep("resume")
    await screen.confirm("resume")
    await expect(switch).to_be_checked(timeout=PATIENCE)
    await screen.keep("journey")

    await screen.menu(screen.text("journey.commands"), "close")
    await screen.confirm("close")
    await expect(switch).to_be_disabled(timeout=PATIENCE)
    await screen.shows(page.locator("main"), "status.closed.label")

    await screen.go("/")
    await screen.quick(key, "stop")
    await screen.keep("stop")
    await screen.confirm("stop")
    await screen.shows(row, "status.stopped.label")
    await expect(row).to_contain_text(screen.text("home.notRunning"), timeout=PATIENCE)

    await row.get_by_role("link").click()
    await expect(switch).not_to_be_checked()
    await screen.turn(f"Journey {key}")
    await screen.confirm("restart")
    await expect(switch).to_be_checked(timeout=PATIENCE)

    await screen.menu(screen.text("journey.commands"), "stop")
    gentler = dialog.get_by_role("button", name=screen.text("command.close.label"), exact=True)
    await gentler.wait_for()
    await screen.confirm("stop")
    if language == "sv":  # from its own page, which is gone then
        await screen.shows(page.locator("main"), "status.stopped.label")
        await screen.menu(screen.text("journey.commands"), "delete")
    else:
        await screen.go("/")
        await screen.shows(row, "status.stopped.label")
        await screen.menu(screen.text("home.more", name=f"Journey {key}"), "delete")
    await screen.confirm("delete")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        screen.text("home.title"), timeout=PATIENCE
    )
    await expect(row).to_have_count(0, timeout=PATIENCE)
    assert screen.errors == []


async def test_a_viewer_looks_and_is_offered_no_command(chromium: Browser, room: Room) -> None:
    room.journey("seen", ["seen1"])
    screen = await room.sign_in(chromium, "viewer")
    await screen.row("seen").hover()
    # The one button opens the versions.
    await expect(screen.row("seen").get_by_role("button")).to_have_count(1)
    await (
        screen.row("seen")
        .get_by_role("button", name=screen.text("home.versionsOf", name="Journey seen"))
        .click()
    )
    await screen.shows(screen.page.locator("[data-version='1']"), "status.live.label")
    await screen.go("/journeys/seen")
    await expect(screen.switch("Journey seen")).to_be_disabled(timeout=PATIENCE)
    await expect(screen.page.get_by_role("button", name=screen.text("journey.commands"))).to_have_count(0)


async def test_what_one_does_another_sees(chromium: Browser, room: Room) -> None:
    room.journey("shared", ["shared1"])
    one, other = await room.sign_in(chromium, "publisher"), await room.sign_in(chromium, "admin", "sv")
    await other.shows(other.row("shared"), "status.live.label")
    await one.quick("shared", "pause")
    await one.confirm("pause")
    await other.shows(other.row("shared"), "status.paused.label")


async def test_numbers_move_on_the_canvas_and_lead_to_the_people_behind_them(
    chromium: Browser, room: Room
) -> None:
    room.journey("moving", ["moving1", "moving2"])
    room.feed({"type": "identify", "userId": "moving2", "traits": {"first_name": "Mo", "last_name": "Ving"}})
    screen = await room.sign_in(chromium, "publisher")
    await screen.go("/journeys/moving")
    here = screen.page.locator("[data-step='rest'] button").last
    await expect(here).to_have_text(screen.text("step.here", n="2"), timeout=PATIENCE)
    room.feed({"type": "track", "userId": "moving1", "event": "Order", "messageId": "o1"}, mode="live")
    await expect(here).to_have_text(screen.text("step.here", n="1"), timeout=PATIENCE)
    way = screen.text("canvas.way", **{"from": screen.text("kind.entry"), "to": "A week of rest"})
    await expect(screen.page.get_by_label(way, exact=True)).to_have_count(1)
    await here.click()
    await expect(screen.page.get_by_text("moving2", exact=True)).to_be_visible(timeout=PATIENCE)
    await expect(screen.page.get_by_text("moving1", exact=True)).to_have_count(0)
    await screen.page.get_by_role("link", name="Mo Ving", exact=True).click()
    await expect(screen.page.get_by_role("heading", name="moving2")).to_be_visible(timeout=PATIENCE)
    await expect(screen.page.get_by_text("A week of rest", exact=True).first).to_be_visible(timeout=PATIENCE)
    await screen.keep("person")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_file_becomes_a_draft_and_runs(chromium: Browser, room: Room, language: str) -> None:
    """From the header in English, elsewhere from the list."""
    screen = await room.sign_in(chromium, "publisher", language)
    key = f"brought-{language}"
    file = room.folder / f"{key}.yaml"
    steps = "entry: {triggers: [{event: Hi}]}\nsteps: {rest: {wait: {for: 1d}}}\n"
    file.write_text(f"journey: {key}\nname: Journey {key}\n{steps}")
    async with screen.page.expect_file_chooser() as chooser:
        await screen.page.get_by_role("button", name=screen.text("bringIn.journey")).click()
    await (await chooser.value).set_files(file)
    switch = screen.switch(f"Journey {key}")
    await expect(switch).not_to_be_checked(timeout=PATIENCE)
    if language == "en":
        await screen.turn(f"Journey {key}")
        await screen.confirm("publish")
    else:
        await screen.go("/")
        await screen.quick(key, "publish")
        await screen.confirm("publish")
        await screen.row(key).get_by_role("link").click()
    await expect(switch).to_be_checked(timeout=PATIENCE)


async def test_a_phone_shows_and_stops(chromium: Browser, room: Room) -> None:
    room.journey("pocket", ["pocket1"])
    screen = await room.sign_in(chromium, "publisher", "sv")
    await screen.page.set_viewport_size({"width": 360, "height": 740})
    status = screen.page.get_by_role("combobox", name=screen.text("home.status"), exact=True)
    await screen.page.get_by_role("button", name=screen.text("home.filters"), exact=True).click()
    await expect(status).to_be_visible(timeout=PATIENCE)
    await screen.page.get_by_role("button", name=screen.text("home.filters"), exact=True).click()
    await expect(status).to_be_hidden()
    await screen.go("/journeys/pocket")
    await screen.menu(screen.text("journey.commands"), "stop")
    await screen.keep("phone-stop")
    await screen.confirm("stop")
    await screen.shows(screen.page.locator("main"), "status.stopped.label")
    assert await screen.page.evaluate("document.documentElement.scrollWidth") <= 360
