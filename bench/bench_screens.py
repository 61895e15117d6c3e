"""Screens in Chromium on a real server: the list of many journeys until it can be used, frames of a large canvas.

Left out where there is no Chromium, or the application was not built (`make ui`).
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from playwright.sync_api import Page, sync_playwright

from bench_http import served
from house import arguments, house, median, publish, say, step
from parcours.api.web import BUILT
from parcours.clock import SystemClock
from parcours.service.access.keys import add_key
from parcours.store.database import Database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update")
PATIENCE = 120_000  # milliseconds
TURNS = 5
# When the first row can be seen, and when the last one so far came: both since the navigation began.
WATCH = """
window.seen = {first: null, rows: 0};
new MutationObserver(() => {
  const rows = document.querySelectorAll("[data-journey]").length;
  if (rows && seen.first === null) requestAnimationFrame(() => { seen.first = performance.now(); });
  if (rows !== seen.rows) seen.rows = rows;
}).observe(document, {childList: true, subtree: true});
"""
FRAMES = """
(seconds) => new Promise((done) => {
  const frames = []; let before = performance.now(); const end = before + seconds * 1000;
  const next = (now) => {
    frames.push(now - before); before = now;
    now < end ? requestAnimationFrame(next) : done(frames);
  };
  requestAnimationFrame(next);
})
"""
TICK = """
INSERT INTO parcours.counter (bucket, version_id, kind, name, n)
SELECT 0, v.version_id, k.kind, s.name, 1 + (random() * 3)::int
FROM parcours.version v JOIN parcours.journey j USING (journey_id)
CROSS JOIN LATERAL json_object_keys(v.definition -> 'steps') AS s (name)
CROSS JOIN (VALUES ('in'), ('out')) AS k (kind) WHERE j.journey_key = 'large'
ON CONFLICT (bucket, version_id, kind, name) DO UPDATE SET n = parcours.counter.n + excluded.n
"""


def small(number: int) -> dict[str, Any]:
    """Return a journey of everyday."""
    mail = {"from": "shop@example.com", "reply_to": "help@example.com", "subscription": "news"}
    text = "Hello {{ profile.first_name }}. {{ unsubscribe_url }}"
    return {
        "journey": f"j{number}", "name": f"Journey number {number}", "folder": f"Folder {number % 7}",
        "tags": [f"tag{number % 5}"], "email": mail, "entry": {"triggers": [{"event": f"Event {number}"}]},
        "steps": {
            "hello": {"email": {"subject": "Hello", "text": text}},
            "patience": {"wait_for": [{"event": "Order", "next": "done"}, {"timeout": "7d", "next": "reminder"}]},
            "reminder": {"email": {"subject": "Still there?", "text": text}},
            "done": {"end": {}},
        },
    }  # fmt: skip


def large(steps: int) -> dict[str, Any]:
    """Return a journey of so many steps: parted and joined again and again."""
    found: dict[str, Any] = {}
    for number in range((steps - 1) // 4):
        here, follows = f"{number:03}", f"split{number + 1:03}" if number + 1 < (steps - 1) // 4 else "end"
        found[f"split{here}"] = {
            "split": [
                {"when": {"field": "profile.plan", "is": "pro"}, "next": f"left{here}"},
                {"else": True, "next": f"right{here}"},
            ]
        }
        found[f"left{here}"] = {"wait": {"for": "1d"}, "next": f"join{here}"}
        found[f"right{here}"] = {"wait": {"for": "2d"}, "next": f"join{here}"}
        found[f"join{here}"] = {"wait": {"for": "1h"}, "next": follows}
    return {
        "journey": "large", "name": "A large journey", "entry": {"triggers": [{"event": "Never"}]}, "steps": found,
    }  # fmt: skip


async def prepare(url: str, journeys: int, steps: int) -> str:
    """Publish journeys; return the key of an administrator."""
    async with await Database.connect(url) as database:
        for number in range(journeys - 1):
            await publish(database, small(number), paused=number % 3 == 0)
        await publish(database, large(steps), paused=False)
        async with database.transaction() as connection:
            made = await add_key(
                connection, "bench", ["admin"], at=SystemClock().now(), actor="cli:bench", person="bench"
            )
            return made.secret


def ask(address: str, key: str, path: str, body: Any = None) -> tuple[float, bytes]:
    """Ask the API; return the seconds that it took, and the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    begun = time.monotonic()
    with urllib.request.urlopen(urllib.request.Request(address + path, data, headers), timeout=120) as answer:
        text = answer.read()
    return time.monotonic() - begun, text


@contextmanager
def ticking(url: str) -> Iterator[None]:
    """Let every number of the large journey change four times a second, as units of work change them."""
    over = threading.Event()

    def tick() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(0.25):
                connection.execute(TICK)
                connection.execute(
                    "UPDATE parcours.fence SET batch = batch + 1 WHERE journey_id ="
                    " (SELECT journey_id FROM parcours.journey WHERE journey_key = 'large')"
                )

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def signed_in(page: Page, address: str, key: str) -> None:
    """Sign in by a one-time link."""
    ask(address, key, "/api/users", {"email": "bench@example.com", "role": "admin"})
    link = json.loads(ask(address, key, "/api/users/bench@example.com/link", {})[1])["link"]
    page.goto(address + "/link/" + link.partition("/link/")[2])
    page.locator("button").click()
    page.locator("a.go").wait_for()


def home(page: Page, address: str, journeys: int) -> None:
    """Open the list again and again, search in it, and go to its end."""
    firsts, searches = [], []
    for _ in range(TURNS):
        page.goto(address + "/")
        page.wait_for_function("seen.first !== null", timeout=PATIENCE)
        firsts.append(page.evaluate("seen.first"))
        begun = time.monotonic()
        page.locator("input[type=search]").fill(f"number {journeys // 2}")
        page.wait_for_function("document.querySelectorAll('[data-journey]').length === 1", timeout=PATIENCE)
        searches.append(time.monotonic() - begun)
    page.goto(address + "/")
    begun = time.monotonic()
    while page.locator("[data-journey]").count() < journeys:
        page.mouse.wheel(0, 6000)
        page.wait_for_timeout(50)
        if time.monotonic() - begun > PATIENCE / 1000:
            raise TimeoutError(f"{page.locator('[data-journey]').count()} rows")
    say(
        f"list of {journeys}: navigation to first rows, median; longest, ms  {median(firsts):>7,.0f}"
        f" {max(firsts):>7,.0f}   aim 1,000"
    )
    say(
        f"  a search typed, until its one row is shown (250 are patience), ms  {median(searches) * 1000:>7,.0f}"
    )
    say(
        f"  scrolled to the last row, s                                        {time.monotonic() - begun:>7.1f}"
    )


def canvas(page: Page, address: str, url: str, seconds: int) -> None:
    """Count frames of the canvas with numbers that tick: at rest, and while it is pushed about."""
    page.goto(address + "/journeys/large")
    page.locator("[data-step='split000']").wait_for(timeout=PATIENCE)
    box = page.locator("section[aria-label]").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    with ticking(url):
        page.wait_for_timeout(2000)
        frames_of("canvas, numbers ticking, at rest", page.evaluate(FRAMES, seconds))
        page.evaluate(f"window.frames_of = ({FRAMES})({seconds})")
        end = time.monotonic() + seconds
        page.mouse.move(x, y)
        page.mouse.down()
        turn = 0
        while time.monotonic() < end:
            turn += 1
            page.mouse.move(x + 150 * ((turn % 40) / 20 - 1), y - 4 * (turn % 60))
        page.mouse.up()
        frames_of("canvas, numbers ticking, pushed about", page.evaluate("window.frames_of"))


def frames_of(what: str, frames: list[float]) -> None:
    """Print frames a second and the longest of them."""
    ordered = sorted(frames)
    late = ordered[len(ordered) * 99 // 100]
    say(
        f"{what:<38} frames/s {1000 / statistics.mean(frames):>5.1f}   p99; longest, ms {late:>5.0f} {ordered[-1]:>5.0f}"
        "   aim 50/s"
    )


def main() -> None:
    """Make journeys, serve them, look at them."""
    given = arguments(
        __doc__ or "",
        journeys=(500, 100, "journeys in the list"),
        steps=(200, 200, "steps of the large one at most"),
        seconds=(6, 3, "each count of frames"),
    )
    if CHROMIUM is None or not (BUILT / "index.html").is_file():
        say("left out: there is no Chromium, or no application (`make chromium ui`)")
        return
    with house() as ground, tempfile.TemporaryDirectory():
        url = ground.create("screens")
        step(f"publishing {given.journeys} journeys")
        key = asyncio.run(prepare(url, given.journeys, given.steps))
        with served(url) as (address, _), sync_playwright() as playwright:
            path = "/api/journeys?limit=500"
            cold, _ = ask(address, key, path)
            taken = [ask(address, key, path) for _ in range(TURNS)]
            lean = [ask(address, key, "/api/journeys?limit=60&only_legal=true") for _ in range(TURNS)]
            for name, times in (("500 rows, all commands", taken), ("60 rows, legal commands", lean)):
                say(
                    f"GET /api/journeys, {name:<24} median, ms {median([t for t, _ in times]) * 1000:>7,.0f}"
                    f"   {len(times[0][1]) / 1000:>7,.0f} kB"
                )
            say(f"the same, the first request of a server, ms          {cold * 1000:>7,.0f}")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            context = browser.new_context(viewport={"width": 1280, "height": 860}, bypass_csp=True)
            context.add_init_script(WATCH)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            signed_in(page, address, key)
            home(page, address, given.journeys)
            canvas(page, address, url, given.seconds)
            browser.close()


if __name__ == "__main__":
    main()
