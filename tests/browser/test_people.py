"""People outside of journeys, in the browser: found, shown, exported, erased; consent; imports; the latest events."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, expect

from browser.room import LANGUAGES, PATIENCE, Room

ANNA = {
    "first_name": "Anna",
    "last_name": "Berg",
    "email": "anna@example.com",
    "vip": True,
    "address": {"city": "Lund"},
}


def known(room: Room, key: str, **traits: object) -> None:
    room.feed(
        {"type": "identify", "userId": key, "traits": {**ANNA, **traits}},
        {
            "type": "track",
            "userId": key,
            "event": "Order",
            "properties": {"total": 40},
            "messageId": f"{key} 1",
        },
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_person_is_found_and_everything_about_him_shown(
    chromium: Browser, room: Room, language: str
) -> None:
    key, journey = f"found/{language}", f"seen-{language}"
    room.journey(journey, [key])
    known(room, key, email=f"{language}@example.com")
    screen = await room.sign_in(chromium, "viewer", language)
    page, main = screen.page, screen.page.get_by_role("main")
    await page.get_by_role("link", name=screen.text("app.people"), exact=True).click()
    await screen.shows(main, "person.searchMeans")  # and no longer the field of the page before
    await main.get_by_role("searchbox").fill(f"{language}@exam")
    await expect(main.get_by_role("row")).to_have_count(2, timeout=PATIENCE)
    await screen.accessible("people")
    await main.get_by_role("link", name="Anna Berg").click()
    await expect(main.get_by_role("row", name="address.city").get_by_text("Lund")).to_be_visible()
    await expect(main.get_by_role("row", name="vip").get_by_text(screen.text("why.yes"))).to_be_visible()
    await expect(main.get_by_role("button", name=screen.text("erase.label"))).to_have_count(0)
    await screen.accessible("person")
    await screen.keep("profile")
    await main.get_by_role("tab", name=screen.text("person.about.events")).click()
    await expect(main.get_by_text("total: 40")).to_be_visible()
    await main.get_by_role("tab", name=screen.text("person.about.messages")).click()
    await screen.shows(main, "person.noMessages")
    await main.get_by_role("tab", name=screen.text("person.about.consent")).click()
    free = main.get_by_text(screen.text("consent.address.free"))
    await expect(free.last).to_be_visible(timeout=PATIENCE)
    await expect(main.get_by_role("button", name=screen.text("consent.say.in"))).to_have_count(0)
    await main.get_by_role("tab", name=screen.text("person.about.journeys")).click()
    await main.get_by_role("link", name=f"Journey {journey}").click()
    await expect(main.get_by_role("heading", name=key)).to_be_visible(timeout=PATIENCE)
    await main.get_by_role("link", name=screen.text("person.everything")).click()
    await expect(main.get_by_role("heading", name="Anna Berg")).to_be_visible(timeout=PATIENCE)
    assert screen.errors == []


async def test_what_somebody_says_about_mail_is_kept(chromium: Browser, room: Room) -> None:
    room.ask("PUT", "/api/subscriptions/news", {"default": "out", "names": {"sv": "Nyheter"}})
    known(room, "consents", email="consents@example.com")
    screen = await room.sign_in(chromium, "publisher", "sv", reduced_motion="reduce")
    await screen.go("/people/consents?tab=consent")
    main, dialog = screen.page.get_by_role("main"), screen.page.get_by_role("dialog")
    row = main.get_by_role("row", name="Nyheter")
    await expect(row.get_by_text("Nej", exact=True)).to_be_visible()
    await row.get_by_role("button", name=screen.text("consent.say.in")).click()
    await dialog.get_by_label(screen.text("consent.source")).fill("mässan")
    await screen.accessible("consent")
    await dialog.get_by_role("button", name=screen.text("consent.say.in"), exact=True).click()
    await expect(row.get_by_text("Ja", exact=True)).to_be_visible()
    await expect(row.get_by_text("mässan")).to_be_visible()
    add, remove = screen.text("consent.address.add"), screen.text("consent.address.remove")
    await main.get_by_role("button", name=add).click()
    await dialog.get_by_role("button", name=add).click()
    await expect(main.get_by_role("button", name=remove)).to_be_visible(timeout=PATIENCE)
    await expect(main.get_by_text(screen.text("consent.address.listed"))).to_be_visible()
    await screen.accessible("address")
    await main.get_by_role("button", name=remove).click()
    await dialog.get_by_role("button", name=remove).click()
    await expect(main.get_by_role("button", name=add)).to_be_visible(timeout=PATIENCE)
    said = room.ask("GET", "/api/people/consents/consents")
    assert [(one["subscription"], one["state"], one["source"]) for one in said] == [("news", "in", "mässan")]
    assert room.ask("GET", "/api/suppressions?address=consents@example.com") == []


async def test_somebody_takes_the_data_away_and_is_forgotten(chromium: Browser, room: Room) -> None:
    room.journey("leaving", ["gone"])
    known(room, "gone", email="gone@example.com")
    screen = await room.sign_in(chromium, "admin")
    await screen.go("/people/gone")
    main, dialog = screen.page.get_by_role("main"), screen.page.get_by_role("dialog")
    await main.get_by_role("button", name=screen.text("person.export.label")).click()
    await screen.accessible("export")
    async with screen.page.expect_download() as download:
        await dialog.get_by_role("button", name=screen.text("person.export.go")).click()
    copy = json.loads((await (await download.value).path()).read_text())
    assert "gone@example.com" in json.dumps(copy)
    await expect(dialog).to_have_count(0, timeout=PATIENCE)
    label = screen.text("erase.label")
    await main.get_by_role("button", name=label).click()
    await expect(dialog.get_by_text("1 event", exact=False)).to_be_visible()
    await screen.accessible("erase")
    await screen.keep("erase")
    await expect(dialog.get_by_role("button", name=label)).to_be_disabled()
    await dialog.get_by_label(screen.text("erase.type", name="gone")).fill("gone")
    await dialog.get_by_role("button", name=label).click()
    await expect(dialog.get_by_text(screen.text("erase.allGone"))).to_be_visible(timeout=PATIENCE)
    await dialog.get_by_role("button", name=screen.text("erase.leave")).click()
    await expect(main.get_by_role("searchbox")).to_be_visible(timeout=PATIENCE)
    await screen.go("/people/gone")
    await screen.shows(main, "person.erased")
    assert len(room.ask("GET", "/api/suppressions?address=gone@example.com")) == 1


async def test_a_file_is_mapped_checked_and_imported(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "publisher", "fr")
    main = screen.page.get_by_role("main")
    await screen.go("/imports")
    await main.get_by_role("link", name=screen.text("loads.new")).click()
    await screen.accessible("new import")
    file = room.folder / "clients.csv"
    file.write_text(
        "id;E-mail;Âge;Note\nc1;c1@example.com;40;x\nc2;c2@example.com;vieux;y\n;c3@example.com;1;z\n"
    )
    async with screen.page.expect_file_chooser() as chooser:
        await main.get_by_role("button", name=screen.text("loads.choose")).click()
    await (await chooser.value).set_files(file)
    becomes = screen.text("loads.map.becomes")
    await main.get_by_role("combobox", name=f"{becomes}: Note").click()
    await screen.page.get_by_role("option", name=screen.text("loads.use.none")).click()
    await main.get_by_role("combobox", name=f"{screen.text('loads.map.kind')}: Âge").click()
    await screen.page.get_by_role("option", name=screen.text("loads.kind.number")).click()
    await main.get_by_role("button", name=screen.text("loads.check")).click()
    await expect(main.get_by_text("'vieux' n'est pas un nombre")).to_be_visible(timeout=PATIENCE)
    await screen.accessible("checked import")
    await screen.keep("import")
    assert room.ask("GET", "/api/profiles?search=c1@example.com")["items"] == []
    start = screen.text("loads.start_one", n="1")
    await main.get_by_role("button", name=start).click()
    await screen.shows(main, "loads.doneTitle")
    await screen.accessible("import")
    async with screen.page.expect_download() as download:
        await main.get_by_role("button", name=screen.text("loads.download")).click()
    refused = (await (await download.value).path()).read_text().splitlines()
    assert [line.split(",")[0] for line in refused] == ["line", "3", "4"]
    assert room.ask("GET", "/api/profiles/c1")["attributes"] == {"email": "c1@example.com", "age": 40}
    await screen.go("/imports")
    await main.get_by_role("link", name="clients.csv").click()
    await screen.shows(main, "loads.doneTitle")


async def test_what_comes_is_shown_with_what_it_caused(chromium: Browser, room: Room) -> None:
    room.journey("listening", entry={"triggers": [{"event": "Signed Up"}]})
    screen = await room.sign_in(chromium, "viewer")
    main = screen.page.get_by_role("main")
    await screen.go("/events")
    await screen.shows(main, "debugger.none")
    event = {"type": "track", "userId": "new1", "event": "Signed Up", "properties": {"plan": "pro"}}
    room.ask("POST", "/v1/batch", {"batch": [event]})
    row = main.get_by_role("row", name="Signed Up")
    await expect(row.get_by_text("plan: pro")).to_be_visible(timeout=PATIENCE)
    await expect(row.get_by_role("link", name="listening")).to_be_visible(timeout=PATIENCE)
    await expect(row.get_by_text(screen.text("debugger.did.entered"))).to_be_visible(timeout=PATIENCE)
    await screen.accessible("events")
    await row.get_by_role("link", name="new1").click()
    await expect(main.get_by_role("heading", name="new1")).to_be_visible(timeout=PATIENCE)
