"""The server is started again while somebody works: what is shown and typed stays, and all goes on by itself."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from urllib.parse import urlsplit

from playwright.async_api import Browser, expect

from browser.room import PATIENCE, Room, administered, working
from support.folders import open_folder
from support.postgres import Server
from support.served import serving


async def test_a_server_that_is_started_again_is_met_calmly(chromium: Browser, postgres: Server) -> None:
    with postgres.clone() as url, open_folder() as folder, working(url, folder), ExitStack() as stack:
        served = await asyncio.to_thread(stack.enter_context, serving(url, folder))
        room = administered(Room(served.url, url, folder))
        room.journey("steady", ["steady1"])
        screen = await room.sign_in(chromium, "publisher", "fr")
        page, dialog = screen.page, screen.page.get_by_role("dialog")
        await screen.go("/journeys/steady")
        resting = page.locator("[data-step='rest'] button").last
        await expect(resting).to_have_text(screen.text("step.here", n="1"), timeout=PATIENCE)
        await screen.menu(screen.text("journey.commands"), "close")
        reason = dialog.get_by_label(screen.text("dialog.reason"), exact=True)
        await reason.fill("le prix est faux")
        await expect(dialog.get_by_role("cell", name="1", exact=True)).to_be_visible(timeout=PATIENCE)

        await asyncio.to_thread(stack.close)
        away = page.get_by_text(screen.text("trouble.kept"))
        await expect(away).to_be_visible(timeout=PATIENCE)
        give = dialog.get_by_role("button", name=screen.text("command.close.label"), exact=True)
        await give.click()
        await expect(dialog.get_by_text(screen.text("trouble.giveAgain"))).to_be_visible(timeout=PATIENCE)
        await expect(reason).to_have_value("le prix est faux")
        await screen.accessible("away")
        await screen.keep("away")

        port = str(urlsplit(room.url).port)
        started = serving(url, folder, "--port", port, key=served.key)
        again = await asyncio.to_thread(stack.enter_context, started)
        assert again.url == room.url
        await expect(away).to_have_count(0, timeout=PATIENCE)
        await expect(reason).to_have_value("le prix est faux")
        await give.click()
        await expect(dialog).to_have_count(0, timeout=PATIENCE)
        await screen.shows(page.locator("main"), "status.closed.label")
        # The numbers are pushed again: somebody goes on, and is seen without a look of ours.
        room.feed({"type": "track", "userId": "steady1", "event": "Order", "messageId": "o1"}, mode="live")
        thanked = page.locator("[data-step='thanks'] button").last
        await expect(thanked).to_have_text(screen.text("step.here", n="1"), timeout=PATIENCE)
        assert screen.errors == []
        await asyncio.to_thread(stack.close)
