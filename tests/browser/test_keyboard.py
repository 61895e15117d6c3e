"""Everything by keyboard: nothing here is clicked or hovered. Where the focus is can always be seen."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Locator, expect

from browser.room import PATIENCE, Room, Screen

# Whether what has the focus shows it: a ring, or a frame or shadow that it does not have without.
SEEN = """() => {
    const one = document.activeElement
    if (one === null || one === document.body) return "nothing has the focus"
    const ring = style => [
        style.outlineStyle !== "none" && style.outlineWidth !== "0px" && style.outlineColor,
        style.boxShadow, style.borderColor, style.backgroundColor].join()
    const around = [one, ...one.parentElement.children] // a field is framed by what stands around it
    for (let it = one.parentElement, n = 0; it !== null && n < 4; it = it.parentElement, n++) around.push(it)
    const shown = around.map(it => ring(getComputedStyle(it))).join(";")
    one.blur()
    const bare = around.map(it => ring(getComputedStyle(it))).join(";")
    one.focus({preventScroll: true})
    return shown === bare ? `${one.tagName}.${one.className} "${one.ariaLabel ?? one.textContent.slice(0, 40)}"` : ""
}"""


async def tab_to(screen: Screen, wanted: Locator, *, back: bool = False, seen: bool = True) -> None:
    """Press Tab until something has the focus. Everything on the way has to show that it has it."""
    page = screen.page
    await wanted.wait_for(state="attached", timeout=PATIENCE)
    for _ in range(60):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
        if seen:
            hidden = await page.evaluate(SEEN)
            assert hidden == "", f"the focus cannot be seen on {hidden}"
    raise AssertionError(f"Tab does not lead to {wanted}")


async def test_a_marketer_works_by_keyboard_alone(chromium: Browser, room: Room) -> None:
    room.journey("keys", ["keys1"])
    link = room.ask("POST", "/api/users/publisher@example.com/link")["link"]
    context = await chromium.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    screen = Screen(page, room.url, "en", errors)
    await screen.go("/link/" + link.partition("/link/")[2])
    await tab_to(screen, page.get_by_role("button").first, seen=False)
    await page.keyboard.press("Enter")
    await page.locator("a.go").wait_for()
    await tab_to(screen, page.locator("a.go"), seen=False)
    await page.keyboard.press("Enter")

    # The first key leads past the navigation.
    row = screen.row("keys")
    await row.wait_for()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name=screen.text("app.skip"))).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_be_focused()
    pause = row.get_by_role("button", name=re.compile("^" + screen.text("command.pause.label")))
    await tab_to(screen, pause)
    await expect(pause).to_be_visible()
    assert await pause.evaluate("one => getComputedStyle(one.parentElement).opacity") == "1"

    # A dialog takes the focus, keeps it, and gives it back.
    dialog = page.get_by_role("dialog")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("cell", name="1", exact=True)).to_be_visible(timeout=PATIENCE)
    await expect(dialog.get_by_role("button", name=screen.text("dialog.cancel"))).to_be_focused()
    for key in ("Tab", "Shift+Tab"):
        for _ in range(8):
            await page.keyboard.press(key)
            assert await dialog.evaluate("one => one.contains(document.activeElement)"), (
                "the focus left the dialog"
            )
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(pause).to_be_focused()

    # The menu of a row: arrows, and back.
    more = row.get_by_role("button", name=screen.text("home.more", name="Journey keys"))
    await tab_to(screen, more)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem").nth(1)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()

    # To the journey: its switch, its menu, its tabs.
    await tab_to(screen, row.get_by_role("link", name="Journey keys"), back=True)
    await page.keyboard.press("Enter")
    switch = screen.switch("Journey keys")
    await expect(switch).to_be_enabled(timeout=PATIENCE)
    await tab_to(screen, switch)
    await page.keyboard.press("Space")
    await screen.shows(dialog, "command.pause.inside")
    give = dialog.get_by_role("button", name=screen.text("command.pause.label"), exact=True)
    await expect(give).to_be_enabled(timeout=PATIENCE)
    await tab_to(screen, give)
    await page.keyboard.press("Enter")
    await expect(switch).not_to_be_checked(timeout=PATIENCE)
    await expect(switch).to_be_focused()
    commands = page.get_by_role("button", name=screen.text("journey.commands"))
    await tab_to(screen, commands)
    await page.keyboard.press("Enter")
    resume = page.get_by_role("menuitem", name=screen.text("command.resume.label"), exact=True)
    await resume.wait_for()
    while not await resume.evaluate("one => one === document.activeElement"):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await dialog.wait_for()
    await page.keyboard.press("Escape")
    await expect(commands).to_be_focused()

    # Steps are reached one after the other, and say what they are; the number of a step leads to its people.
    step = page.locator(".react-flow__node[data-id='rest']")
    await tab_to(screen, step)
    await expect(step).to_have_accessible_name(f"{screen.text('kind.wait_for')}: A week of rest")
    await tab_to(screen, step.get_by_role("button"))
    await page.keyboard.press("Enter")
    person = page.get_by_role("link", name="keys1", exact=True)
    await tab_to(screen, person)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="keys1")).to_be_visible(timeout=PATIENCE)
    tab = page.get_by_role("tab", name=screen.text("tab.participants"))
    await tab_to(screen, tab, back=True)
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("heading", name=screen.text("report.steps"))).to_be_visible(
        timeout=PATIENCE
    )
    await expect(page.get_by_role("tab", name=screen.text("tab.reports"))).to_be_focused()
    assert errors == []


async def test_who_signs_in_types_at_once(chromium: Browser, room: Room) -> None:
    context = await chromium.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    page = await context.new_page()
    screen = Screen(page, room.url, "en", [])
    await screen.go("/")
    email = page.get_by_label(screen.text("signIn.email"))
    await expect(email).to_be_focused(timeout=PATIENCE)
    await page.keyboard.type("publisher@example.com")
    await page.keyboard.press("Tab")
    await page.keyboard.type("not the password")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
    # Who mistyped goes on where the mistake is.
    await tab_to(screen, page.locator("input[autocomplete=current-password]"), back=True)
    await context.close()
