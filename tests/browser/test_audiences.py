"""Audiences in the browser: by a condition that is counted first, as lists, from numbers of a journey; who uses them."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from browser.room import LANGUAGES, PATIENCE, Room, Screen


def people(room: Room, prefix: str, n: int) -> list[str]:
    keys = [f"{prefix}{i}" for i in range(n)]
    room.feed(
        *({"type": "identify", "userId": key, "traits": {"group": prefix, "n": i}} for i, key in enumerate(keys)),
        *(
            {"type": "track", "userId": key, "event": f"Order {prefix}", "messageId": f"{key} {i}"}
            for key in keys[:2] for i in range(3)
        ),
    )  # fmt: skip
    return keys


def field(screen: Screen, label: str, place: Locator | None = None) -> Locator:
    return (place or screen.page.get_by_role("main")).get_by_role(
        "combobox", name=screen.text(f"condition.{label}"), exact=True
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_condition_is_counted_before_it_is_saved(
    chromium: Browser, room: Room, language: str
) -> None:
    group = f"built-{language}"
    people(room, group, 5)
    screen = await room.sign_in(chromium, "editor", language)
    page, main = screen.page, screen.page.get_by_role("main")
    await page.get_by_role("link", name=screen.text("app.audiences"), exact=True).click()
    await main.get_by_role("link", name=screen.text("audience.new")).click()
    await main.get_by_role("textbox", name=screen.text("audience.name"), exact=True).fill(
        f"Köpare {language}"
    )
    save = main.get_by_role("button", name=screen.text("audience.save"))
    await screen.shows(main, "condition.incomplete")
    await field(screen, "field").fill("group")
    await field(screen, "value").click()
    await page.get_by_role("option", name=group, exact=True).click()  # what people have is suggested
    await expect(main.locator("[data-size='5']")).to_be_visible(timeout=PATIENCE)
    await main.get_by_role("button", name=screen.text("condition.add.event")).click()
    await field(screen, "event").fill(f"Order {group}")
    await main.get_by_role("textbox", name=screen.text("condition.times")).fill("3")
    await page.keyboard.press("Tab")
    size = main.locator("[data-size='2']")
    await expect(size.get_by_role("link", name=f"{group}0", exact=True)).to_be_visible(timeout=PATIENCE)
    await screen.accessible("new audience")
    await screen.keep("audience")
    await main.get_by_text(screen.text("condition.text"), exact=True).click()
    written = main.get_by_role("textbox", name=screen.text("condition.written"))
    await expect(written).to_have_value(f"all:\n  - field: profile.group\n    is: {group}\n  - event: Order {group}\n"
                                        "    at_least: 3\n    within: 30d")  # fmt: skip
    await written.fill("{all: [{field: profile.group, is: " + group + "}, {not: {field: profile.n, lt: 4}}]}")
    await expect(main.locator("[data-size='1']")).to_be_visible(timeout=PATIENCE)
    await screen.shows(main, "condition.onlyText")
    await written.fill("{field: profile.group, iss: x}")
    await expect(main.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
    await expect(save).to_be_disabled()
    await written.fill("{field: profile.group, is: " + group + "}")
    await expect(main.locator("[data-size='5']")).to_be_visible(timeout=PATIENCE)
    await save.click()
    await expect(main.get_by_role("heading", name=f"Köpare {language}")).to_be_visible(timeout=PATIENCE)
    # A worker asks everybody beside everything else that it does.
    await expect(main.get_by_role("row")).to_have_count(6, timeout=4 * PATIENCE)
    await screen.accessible("audience")
    kept = room.ask("GET", f"/api/audiences/kopare-{language}")
    assert kept["where"] == {"field": "profile.group", "is": group}
    assert screen.errors == []


async def test_a_list_is_made_filled_and_emptied(chromium: Browser, room: Room) -> None:
    screen = await room.sign_in(chromium, "publisher")
    page, main, dialog = screen.page, screen.page.get_by_role("main"), screen.page.get_by_role("dialog")
    await screen.go("/new-audience")
    await main.get_by_role("textbox", name=screen.text("audience.name"), exact=True).fill("Staff")
    await main.get_by_role("radio", name=screen.text("audience.list"), exact=True).check()
    await main.get_by_role("textbox", name=screen.text("audience.ids")).fill("s1, s2\ns3\ns1")
    await expect(main.get_by_text(screen.text("audience.read_other", n="3"))).to_be_visible()
    await screen.accessible("new list")
    await main.get_by_role("button", name=screen.text("audience.save")).click()
    await expect(main.get_by_role("row")).to_have_count(4, timeout=PATIENCE)
    await main.get_by_role("button", name=screen.text("audience.add"), exact=True).click()
    file = room.folder / "staff.csv"
    file.write_text("name,userId\nAnna,s4\nBo,s5\n")
    async with page.expect_file_chooser() as chooser:
        await dialog.get_by_role("button", name=screen.text("audience.fromFile")).click()
    await (await chooser.value).set_files(file)
    await expect(dialog.get_by_text("s4, s5")).to_be_visible()
    await screen.accessible("add people")
    await dialog.get_by_role("button", name=screen.text("audience.add"), exact=True).click()
    await expect(main.get_by_role("row")).to_have_count(6, timeout=PATIENCE)
    await main.get_by_role("button", name=screen.text("audience.remove"), exact=True).click()
    await dialog.get_by_role("textbox").fill("s1")
    await dialog.get_by_role("button", name=screen.text("audience.remove"), exact=True).click()
    await expect(main.get_by_role("row")).to_have_count(5, timeout=PATIENCE)
    async with page.expect_download() as download:
        await main.get_by_role("link", name=screen.text("people.export")).click()
    lines = (await (await download.value).path()).read_text().splitlines()
    assert sorted(line.split(",")[0] for line in lines) == ["s2", "s3", "s4", "s5", "user_id"]
    await main.get_by_role("button", name=screen.text("audience.delete"), exact=True).click()
    await screen.accessible("delete")
    await dialog.get_by_role("button", name=screen.text("audience.delete"), exact=True).click()
    await screen.shows(main, "audience.title")
    await expect(main.locator("[data-audience='staff']")).to_have_count(0, timeout=PATIENCE)


async def test_an_audience_in_use_says_by_whom_and_stays(chromium: Browser, room: Room) -> None:
    room.ask("PUT", "/api/audiences/wanted", {"name": "Wanted", "where": {"field": "profile.n", "gt": 1}})
    room.journey("using", entry={"triggers": [{"manual": True}], "filter": {"audience": "wanted"}})
    screen = await room.sign_in(chromium, "editor")
    main, dialog = screen.page.get_by_role("main"), screen.page.get_by_role("dialog")
    await screen.go("/audiences")
    row = main.locator("[data-audience='wanted']")
    await expect(row.get_by_role("link", name="using")).to_be_visible(timeout=PATIENCE)
    await screen.accessible("audiences")
    await row.get_by_role("link", name="Wanted").click()
    await main.get_by_role("button", name=screen.text("audience.delete"), exact=True).click()
    await expect(dialog.get_by_role("row", name="using")).to_be_visible()
    await expect(dialog.get_by_role("button", name=screen.text("audience.delete"))).to_have_count(0)
    await screen.accessible("in use")
    await screen.page.keyboard.press("Escape")
    await main.get_by_role("button", name=screen.text("audience.rename")).click()
    await dialog.get_by_role("textbox").fill("Much wanted")
    await dialog.get_by_role("button", name=screen.text("audience.rename")).click()
    await expect(main.get_by_role("heading", name="Much wanted")).to_be_visible(timeout=PATIENCE)
    await main.get_by_role("button", name=screen.text("audience.editCondition")).click()
    await expect(field(screen, "field")).to_have_value("n")
    await screen.accessible("change condition")


async def test_numbers_of_a_journey_become_lists(chromium: Browser, room: Room) -> None:
    room.journey("counted", ["p1", "p2", "q1"])
    screen = await room.sign_in(chromium, "publisher", "sv")
    main, dialog = screen.page.get_by_role("main"), screen.page.get_by_role("dialog")
    await screen.go("/journeys/counted/participants?status=active&step=rest&search=p")
    await expect(main.get_by_role("row")).to_have_count(3, timeout=PATIENCE)
    await main.get_by_role("button", name=screen.text("audience.saveAs")).click()
    await expect(dialog.locator("[data-people='2']")).to_be_visible(timeout=PATIENCE)
    await screen.accessible("save as audience")
    await dialog.get_by_role("textbox", name=screen.text("audience.name"), exact=True).fill("På p")
    await dialog.get_by_role("button", name=screen.text("audience.save")).click()
    await expect(main.get_by_role("heading", name="På p")).to_be_visible(timeout=PATIENCE)
    await expect(main.get_by_role("row")).to_have_count(3, timeout=PATIENCE)
    await expect(main.get_by_text(screen.text("audience.filledFrom", names="counted"))).to_be_visible(
        timeout=PATIENCE
    )
    await screen.go("/journeys/counted/reports")
    inside = screen.text("audience.saveOf", name=screen.text("number.inside.label"))
    await main.get_by_role("button", name=inside).click()
    await screen.page.get_by_role("menuitem").click()
    await expect(dialog.locator("[data-people='3']")).to_be_visible(timeout=PATIENCE)
    await dialog.get_by_role("radio", name=screen.text("audience.intoOld")).check()
    await dialog.get_by_role("combobox").click()
    await screen.page.get_by_role("option", name="På p").click()
    await dialog.get_by_role("button", name=screen.text("audience.save")).click()
    await expect(main.get_by_role("row")).to_have_count(4, timeout=PATIENCE)
    viewer = await room.sign_in(chromium, "viewer")
    await viewer.go("/journeys/counted/reports")
    await expect(viewer.page.get_by_role("heading", name=viewer.text("report.steps"))).to_be_visible(
        timeout=PATIENCE
    )
    named = viewer.page.get_by_role("button", name=viewer.text("audience.saveOf", name=""))
    await expect(named).to_have_count(0)
