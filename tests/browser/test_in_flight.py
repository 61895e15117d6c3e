"""A stop with messages in a provider's hands: how many there are is told, then what became of them."""

from __future__ import annotations

import psycopg
from playwright.async_api import Browser, expect

from browser.room import PATIENCE, Room


async def test_a_stop_tells_what_a_provider_held_and_what_became_of_it(chromium: Browser, room: Room) -> None:
    room.journey("held", ["held1"])
    screen = await room.sign_in(chromium, "publisher", "sv", reduced_motion="reduce")
    with psycopg.connect(room.database_url, autocommit=True, options="-c search_path=parcours") as connection:
        connection.execute(
            "INSERT INTO message (bucket, message_id, journey_id, version_id, profile_id, entry_no, seq, step, channel, "
            "state, queued_at, due_at, feed_no, begin_by, done_by) "
            "SELECT 3, gen_random_uuid(), journey_id, version_id, gen_random_uuid(), 1, 1, 'hello', 'email', 'claimed', "
            "now(), now(), 1, now(), now() + interval '1 hour' FROM version"
        )
        await screen.quick("held", "stop")
        dialog = screen.page.get_by_role("dialog")
        await dialog.get_by_role("button", name=screen.text("command.stop.label"), exact=True).last.click()
        await expect(dialog.get_by_text(screen.text("done.inFlight_one", n="1"))).to_be_visible(
            timeout=PATIENCE
        )
        await expect(dialog.get_by_text(screen.text("done.waiting"))).to_be_visible(timeout=PATIENCE)
        await screen.accessible("in flight")
        await screen.keep("in-flight")
        connection.execute("UPDATE message SET state = 'sent', settled_at = now()")
        told = screen.text("done.settled", sent="1", uncertain="0")
        await expect(dialog.get_by_text(told)).to_be_visible(timeout=PATIENCE)
        await dialog.get_by_role("button", name=screen.text("done.ok"), exact=True).click()
    await expect(dialog).to_have_count(0, timeout=PATIENCE)
    await screen.shows(screen.row("held"), "status.stopped.label")
