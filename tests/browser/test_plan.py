"""The publish plan in the browser: what a new version changes, an answer for each group, and the command that does it."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, expect

from browser.room import LANGUAGES, PATIENCE, Room, Screen
from support.worker import Document

NEXT: Document = {
    "pause": {
        "label": "A shorter rest",
        "wait_for": [{"event": "Order", "next": "thanks"}, {"timeout": "3d", "next": "end"}],
    },
    "thanks": {"wait": {"for": "2d"}},
    "end": {"end": {}},
}  # fmt: skip


async def bring_in(screen: Screen, room: Room, key: str, steps: Document) -> None:
    """Bring a new version in as a file, as a person does; its plan is shown."""
    file = room.folder / f"{key}-next.json"
    document = {
        "journey": key, "name": f"Journey {key}", "entry": {"triggers": [{"manual": True}]}, "steps": steps,
    }  # fmt: skip
    file.write_text(json.dumps(document))
    async with screen.page.expect_file_chooser() as chooser:
        await screen.page.get_by_role("button", name=screen.text("bringIn.version")).click()
    await (await chooser.value).set_files(file)
    await screen.page.wait_for_url(f"**/journeys/{key}/plan/2")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_paused_journey_is_resumed_with_changes(chromium: Browser, room: Room, language: str) -> None:
    key = f"change-{language}"
    people = [f"c{language}{n}" for n in range(3)]
    room.journey(key, people)
    screen = await room.sign_in(chromium, "publisher", language)
    page = screen.page
    await screen.go(f"/journeys/{key}")
    here = page.locator("[data-step='rest'] button").last
    await expect(here).to_have_text(screen.text("step.here", n="3"), timeout=PATIENCE)
    room.command(key, "pause")
    await bring_in(screen, room, key, NEXT)

    for step, name in (("pause", "added"), ("thanks", "changed"), ("rest", "removed")):
        card = page.locator(f"[data-step='{step}']")
        await expect(card).to_have_attribute("data-mark", name, timeout=PATIENCE)
        await expect(card).to_contain_text(screen.text(f"plan.mark.{name}"))
    give = page.get_by_role("button", name=screen.text("plan.resumeWithChanges"), exact=True)
    await give.click()
    group = page.locator("[data-group='rest']")
    await expect(group).to_contain_text(screen.text("plan.answer.missing"), timeout=PATIENCE)
    await expect(group).to_contain_text("A week of rest")
    answer = group.get_by_role("combobox")
    await expect(answer).to_be_focused()
    await screen.keep("plan")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-becomes='rest']")).to_contain_text("A shorter rest", timeout=PATIENCE)
    gone = page.locator("[data-step='rest']")
    await expect(gone).to_contain_text(screen.text("plan.note.to_other", n="3", step="A shorter rest"))
    await give.click()
    await page.wait_for_url(f"**/journeys/{key}")
    await expect(page.get_by_role("switch")).to_be_checked(timeout=PATIENCE)
    here = page.locator("[data-step='pause'] button").last
    await expect(here).to_have_text(screen.text("step.here", n="3"), timeout=PATIENCE)
    assert screen.errors == []


async def test_a_draft_beside_a_running_version_is_published_and_people_stay(
    chromium: Browser, room: Room
) -> None:
    room.journey("beside", ["beside1"])
    screen = await room.sign_in(chromium, "publisher")
    page = screen.page
    await screen.go("/journeys/beside")
    await bring_in(screen, room, "beside", NEXT)
    await screen.go("/journeys/beside")
    await screen.menu(screen.text("journey.commands"), "publish")
    await page.wait_for_url("**/journeys/beside/plan/2")
    await page.reload()
    await expect(page.get_by_label(screen.text("publish.stay"))).to_be_checked(timeout=PATIENCE)
    await expect(page.locator("[data-group]")).to_have_count(0)
    await expect(page.locator("[data-step='rest']")).to_contain_text(screen.text("plan.note.stay_one", n="1"))
    await expect(page.locator("[data-becomes='rest']")).to_be_visible()
    await page.get_by_role("button", name=screen.text("command.publish.label"), exact=True).click()
    await page.wait_for_url("**/journeys/beside")
    await expect(
        page.get_by_text(screen.text("journey.olderInside_one", version="1", count="1"))
    ).to_be_visible(timeout=PATIENCE)
    await screen.go("/journeys/beside/plan/2")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Journey beside", timeout=PATIENCE)
    await expect(page.get_by_role("button", name=screen.text("command.publish.label"))).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_a_plan_and_a_phone_shows_it(
    chromium: Browser, room: Room, scheme: str
) -> None:
    key = f"plan-{scheme}"
    room.journey(key, [f"plan{scheme}"])
    screen = await room.sign_in(chromium, "publisher", color_scheme=scheme, reduced_motion="reduce")
    page = screen.page
    await screen.go(f"/journeys/{key}")
    await bring_in(screen, room, key, NEXT)
    await page.get_by_label(screen.text("publish.move")).check()
    await page.locator("[data-group='rest']").wait_for()
    await page.locator("[data-step='pause']").wait_for()
    await screen.accessible("publish plan")
    await screen.keep(f"plan-{scheme}")
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    words = await page.locator("#plan-changes").bounding_box()
    drawn = await page.locator("[data-step='pause']").bounding_box()
    assert words is not None
    assert drawn is not None
    assert words["y"] < drawn["y"]


async def test_who_may_only_look_sees_the_plan_and_no_command(chromium: Browser, room: Room) -> None:
    room.journey("looked-at", ["looked1"])
    editor = await room.sign_in(chromium, "editor")
    await editor.go("/journeys/looked-at")
    await bring_in(editor, room, "looked-at", NEXT)
    await editor.page.get_by_label(editor.text("publish.move")).check()
    await expect(editor.page.locator("[data-group='rest'] input").first).to_be_disabled(timeout=PATIENCE)
    publish = editor.page.get_by_role("button", name=editor.text("command.publish.label"), exact=True)
    await expect(publish).to_have_count(0)
