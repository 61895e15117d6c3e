"""Settings in the browser: users, keys, subscription types, rules, one's account; and what belongs to a journey."""

from __future__ import annotations

import re

from playwright.async_api import Browser, expect

from browser.room import PATIENCE, Room


async def test_somebody_is_invited_comes_in_is_changed_and_let_out(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "admin")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    await screen.go("/settings/users")
    await page.get_by_role("button", name=screen.text("settings.users.invite"), exact=True).click()
    await dialog.get_by_label(screen.text("signIn.email")).fill("bo@example.com")
    await dialog.get_by_role("radio", name=screen.text("settings.role.publisher.label")).check()
    await screen.accessible("invite")
    await dialog.get_by_role("button", name=screen.text("settings.users.makeLink"), exact=True).click()
    link = await dialog.locator("[data-secret]").inner_text(timeout=PATIENCE)
    await screen.accessible("a link, shown once")
    await dialog.get_by_role("button", name=screen.text("settings.kept"), exact=True).click()
    await expect(page.locator("[data-invitation='bo@example.com']")).to_be_visible(timeout=PATIENCE)

    context = await chromium.new_context(locale="sv-SE")
    door = await context.new_page()
    await door.goto(link)
    await expect(door.get_by_role("heading", level=1)).to_have_text("Du är inbjuden")
    await door.get_by_label("Ditt namn").fill("Bo Ek")
    await door.get_by_label("Lösenord").fill("lampa cykel snö tiger")
    await door.get_by_role("button").click()
    await door.locator("a.go").click()
    # Its account keeps the language of the page on which it was made, also where who it is has been asked.
    await expect(door.get_by_text("Bo Ek", exact=True)).to_be_visible(timeout=PATIENCE)
    await expect(door.get_by_role("heading", level=1)).to_have_text("Flöden", timeout=PATIENCE)
    await context.close()

    await screen.go("/settings/users")
    row = page.locator("[data-user='bo@example.com']")
    await expect(row).to_contain_text(screen.text("settings.role.publisher.label"), timeout=PATIENCE)
    await expect(page.locator("[data-invitation]")).to_have_count(0)
    menu = screen.text("settings.users.more", who="Bo Ek")
    await row.get_by_role("button", name=menu).click()
    await page.get_by_role("menuitem", name=screen.text("settings.users.changeRole")).click()
    await dialog.get_by_role("radio", name=screen.text("settings.role.viewer.label")).check()
    await dialog.get_by_role("button", name=screen.text("settings.users.changeRole"), exact=True).click()
    await expect(row).to_contain_text(screen.text("settings.role.viewer.label"), timeout=PATIENCE)
    await row.get_by_role("button", name=menu).click()
    await page.get_by_role("menuitem", name=screen.text("settings.users.disable")).click()
    await expect(page.locator(".mantine-Menu-dropdown")).to_have_count(0, timeout=PATIENCE)
    await screen.accessible("move to a folder")
    await screen.accessible("deactivate")
    await dialog.get_by_role("button", name=screen.text("settings.users.disable"), exact=True).click()
    await expect(row).to_contain_text(
        re.compile(screen.text("settings.users.off"), re.IGNORECASE), timeout=PATIENCE
    )
    # A phone has a list in place of eight tabs.
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.get_by_role("tablist")).to_be_hidden()
    await page.get_by_role("combobox", name=screen.text("settings.part")).click()
    await page.get_by_role("option", name=screen.text("settings.place.rules")).click()
    await page.wait_for_url("**/settings/rules")
    assert screen.errors == []


async def test_keys_are_shown_once_and_revoked(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "admin", "fr")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    for what, row in (("keys", "[data-key='shop']"), ("sources", "[data-source='shop']")):
        await screen.go("/settings/keys")
        await page.get_by_role("button", name=screen.text(f"settings.{what}.make"), exact=True).click()
        await dialog.get_by_label(screen.text("settings.keys.name")).fill("shop")
        await screen.accessible(f"make: {what}")
        await dialog.get_by_role("button", name=screen.text(f"settings.{what}.make"), exact=True).click()
        secret = await dialog.locator("[data-secret]").inner_text(timeout=PATIENCE)
        assert secret.startswith("pk_" if what == "keys" else "pwk_")
        await dialog.get_by_role("button", name=screen.text("settings.kept"), exact=True).click()
        revoke = screen.text("settings.keys.revoke")
        await page.locator(row).get_by_role("button", name=re.compile(revoke)).click()
        await dialog.get_by_role("button", name=revoke, exact=True).click()
        await expect(page.locator(row).get_by_role("button")).to_have_count(0, timeout=PATIENCE)
        assert secret not in await page.content()
    assert screen.errors == []


async def test_the_server_speaks_the_language_of_the_page(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "admin", "sv")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    # The only administrator cannot step back: why, and what to do, come from the server.
    await screen.go("/settings/users")
    menu = screen.text("settings.users.more", who="admin@example.com")
    await page.get_by_role("button", name=menu).click()
    await page.get_by_role("menuitem", name=screen.text("settings.users.changeRole")).click()
    await dialog.get_by_role("radio", name=screen.text("settings.role.viewer.label")).check()
    await dialog.get_by_role("button", name=screen.text("settings.users.changeRole"), exact=True).click()
    alert = dialog.get_by_role("alert")
    await expect(alert).to_contain_text("Ingen annan är administratör", timeout=PATIENCE)
    await expect(alert).to_contain_text("Gör någon annan till administratör först.")


async def test_a_subscription_type_speaks_three_languages(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "admin", "sv")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    await screen.go("/settings/subscriptions")
    await page.get_by_role("button", name=screen.text("settings.subscriptions.add"), exact=True).click()
    await dialog.get_by_label(screen.text("settings.subscriptions.key"), exact=False).first.fill("news")
    for language, name in (("English", "News"), ("Svenska", "Nyheter"), ("Français", "Actualités")):
        group = dialog.get_by_role("group", name=language)
        await group.get_by_label(screen.text("settings.keys.name")).fill(name)
    await screen.accessible("a subscription type")
    await dialog.get_by_role("button", name=screen.text("settings.save"), exact=True).click()
    await expect(page.locator("[data-subscription='news']")).to_contain_text("Nyheter", timeout=PATIENCE)
    assert screen.errors == []


async def test_a_sender_is_made_and_stays_while_journeys_send_by_it(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "admin", "sv")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    await screen.go("/settings/senders")
    await page.get_by_role("button", name=screen.text("settings.senders.add"), exact=True).click()
    await dialog.get_by_label(screen.text("settings.subscriptions.key")).first.fill("news")
    await dialog.get_by_label(screen.text("settings.senders.name"), exact=True).fill("Anna i butiken")
    await dialog.get_by_label(screen.text("settings.senders.address")).fill("news@example.com")
    await screen.accessible("a sender")
    await screen.keep("settings-sender")
    await dialog.get_by_role("button", name=screen.text("settings.save"), exact=True).click()
    row = page.locator("[data-sender='news']")
    await expect(row).to_contain_text("Anna i butiken", timeout=PATIENCE)
    await expect(row).to_contain_text(re.compile(screen.text("settings.senders.default"), re.IGNORECASE))

    mail = {"email": {"subject": "Hej", "text": "Hej", "transactional": True}}
    room.journey("sending", steps={"hello": mail, "end": {"end": {}}})  # names nobody
    delete = screen.text("settings.delete")
    await row.get_by_role("button", name=re.compile(delete)).click()
    await dialog.get_by_role("button", name=delete, exact=True).click()
    alert = dialog.get_by_role("alert")
    await expect(alert).to_contain_text("sending", timeout=PATIENCE)
    await screen.accessible("a sender that is used")
    assert screen.errors == []


async def test_an_address_is_blocked_found_and_allowed_again(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "publisher", "fr")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    await screen.go("/settings/suppressions")
    await page.get_by_role("button", name=screen.text("settings.suppressions.add"), exact=True).click()
    await dialog.get_by_label(screen.text("settings.suppressions.addresses")).fill(
        "one@example.com, two@example.com"
    )
    await screen.accessible("block addresses")
    await dialog.get_by_role(
        "button", name=screen.text("settings.suppressions.addGo_other", count="2"), exact=True
    ).click()
    row = page.locator("[data-suppressed='one@example.com']")
    await expect(row).to_be_visible(timeout=PATIENCE)
    await screen.keep("settings-suppressions-some")
    search = page.get_by_role("searchbox")
    await search.fill("TWO@example.com")
    await search.press("Enter")
    await expect(row).to_have_count(0, timeout=PATIENCE)
    other = page.locator("[data-suppressed='two@example.com']")
    await expect(other).to_be_visible(timeout=PATIENCE)
    assert "address=TWO" in page.url
    allow = screen.text("settings.suppressions.remove")
    async with page.expect_download() as saving:
        await page.get_by_text(screen.text("settings.suppressions.csv")).click()
    assert "two@example.com,manual" in (await (await saving.value).path()).read_text()
    await other.get_by_role("button", name=re.compile(allow)).click()
    await screen.accessible("allow again")
    await dialog.get_by_role("button", name=allow, exact=True).click()
    await expect(other).to_have_count(0, timeout=PATIENCE)
    assert screen.errors == []


async def test_what_belongs_to_a_journey_changes_while_it_runs(chromium: Browser, room: Room) -> None:
    room.journey("worded")
    screen = await room.sign_in(chromium, "publisher")
    page, dialog = screen.page, screen.page.get_by_role("dialog")
    await screen.go("/journeys/worded/settings")
    name = page.get_by_label(screen.text("settings.journey.name"))
    await expect(name).to_be_visible(timeout=PATIENCE)
    await name.fill("Words that changed")
    await page.get_by_role("combobox", name=screen.text("home.folder"), exact=True).fill("Care/Sweden")
    await screen.accessible("a journey's settings")
    await page.get_by_role("button", name=screen.text("settings.save"), exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Words that changed", timeout=PATIENCE)

    await page.get_by_role("button", name=screen.text("settings.later.add"), exact=True).click()
    await dialog.get_by_label(screen.text("settings.later.at")).fill("2031-05-01T08:00")
    await screen.accessible("a command for later")
    await dialog.get_by_role("button", name=screen.text("settings.later.add"), exact=True).click()
    row = page.locator("[data-scheduled='pause']")
    await row.get_by_role("button").click(timeout=PATIENCE)
    await dialog.get_by_role("button", name=screen.text("settings.later.remove"), exact=True).click()
    await expect(row).to_contain_text(screen.text("settings.later.outcome.withdrawn"), timeout=PATIENCE)

    await screen.go("/activity?journey=worded&what=change_words")
    await expect(page.locator("tbody tr")).to_have_count(1, timeout=PATIENCE)
    await expect(page.locator("tbody")).to_contain_text(screen.text("settings.did.change_words"))
    await screen.accessible("activity")

    await screen.go("/")
    await page.get_by_role("button", name=screen.text("home.more", name="Words that changed")).click()
    await page.get_by_role("menuitem", name=screen.text("settings.move.label")).click()
    await dialog.get_by_role("combobox", name=screen.text("home.folder")).fill("Autumn")
    await expect(page.locator(".mantine-Menu-dropdown")).to_have_count(0, timeout=PATIENCE)
    await dialog.get_by_role("button", name=screen.text("settings.move.go"), exact=True).click()
    await expect(screen.row("worded")).to_contain_text("Autumn", timeout=PATIENCE)
    assert screen.errors == []


async def test_a_viewer_has_an_account_and_nothing_else_to_set(chromium: Browser, room: Room) -> None:
    room.journey("looked")
    screen = await room.sign_in(chromium, "viewer")
    await screen.go("/settings")
    await expect(screen.page.get_by_role("tab")).to_have_count(1, timeout=PATIENCE)
    await screen.go("/journeys/looked/settings")
    await expect(screen.page.get_by_label(screen.text("settings.journey.name"))).to_have_attribute(
        "readonly", "", timeout=PATIENCE
    )
    await expect(screen.page.locator("main form button[type=submit]")).to_have_count(0)
