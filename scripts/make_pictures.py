# ruff: noqa: INP001 (a script, not a package)
"""The README's pictures: a demonstration is started, and the web application driven in Chromium as a user would.

`.venv/bin/python scripts/make_pictures.py` writes docs/pictures; it needs Chromium (`make chromium`) and a built `ui`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
SIZE = (1280, 800)
SMALL = (960, 600)  # of the animated picture
COLOURS = 128
PATIENCE = 60_000  # milliseconds
JOURNEY = "abandoned-cart"


@contextmanager
def demonstration(folder: str) -> Iterator[str]:
    """Yield the link that signs in at a demonstration."""
    process = subprocess.Popen(
        [sys.executable, "-m", "parcours", "demo", "--for", "15m", "--people", "3000"],
        env={**os.environ, "PARCOURS_DATA": folder}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/link/\S+", line)))
    finally:
        process.terminate()
        process.communicate(timeout=60)


class Film:
    """An animated picture, frame by frame."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[Image.Image, int]] = []

    def hold(self, milliseconds: int) -> None:
        """Show what is on the screen now for so long."""
        shot = (
            Image.open(BytesIO(self._page.screenshot()))
            .convert("RGB")
            .resize(SMALL, Image.Resampling.LANCZOS)
        )
        self._frames.append((shot, milliseconds))

    def write(self, file: Path) -> None:
        """Write it, in colours that all frames share."""
        strip = Image.new("RGB", (SMALL[0], SMALL[1] * len(self._frames)))
        for number, (frame, _) in enumerate(self._frames):
            strip.paste(frame, (0, number * SMALL[1]))
        palette = strip.quantize(COLOURS, dither=Image.Dither.NONE)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame, _ in self._frames]
        durations = [duration for _, duration in self._frames]
        frames[0].save(
            file, save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True
        )


def main() -> None:
    """Start, sign in, look, write."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no Chromium here: `make chromium` installs it as root on Debian.")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        Path(folder).chmod(0o755)  # as root, the database's account has to come in
        with demonstration(folder) as link:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, reduced_motion="reduce")
            page.set_default_timeout(PATIENCE)
            page.goto(link)
            page.get_by_role("button").click()
            page.locator("a.go").wait_for()
            base = link.partition("/link/")[0]
            steps: list[Callable[[Page, str], None]] = [film, pictures]
            for step in steps:
                step(page, base)
            browser.close()


def film(page: Page, base: str) -> None:
    """A journey is paused, looked at, and resumed."""
    made = Film(page)
    page.goto(f"{base}/")
    row = page.locator(f"[data-journey='{JOURNEY}']")
    row.wait_for()
    page.wait_for_load_state("networkidle")
    made.hold(1500)
    row.hover()
    made.hold(1200)
    row.get_by_role("button", name=re.compile("^Pause: ")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Pause", exact=True).last).to_be_enabled(timeout=PATIENCE)
    made.hold(2500)
    dialog.get_by_label("Reason").fill("The price in the mail is wrong")
    made.hold(1500)
    dialog.get_by_role("button", name="Pause", exact=True).last.click()
    expect(dialog).to_have_count(0)
    row.get_by_text("Paused", exact=True).first.wait_for()
    made.hold(2000)
    row.get_by_role("link").first.click()
    page.locator("[data-step]").first.wait_for()
    page.wait_for_load_state("networkidle")
    made.hold(2500)
    page.get_by_role("switch", name=re.compile(".")).first.focus()
    page.keyboard.press("Space")
    expect(dialog.get_by_role("button", name="Resume", exact=True).last).to_be_enabled(timeout=PATIENCE)
    made.hold(2500)
    dialog.get_by_role("button", name="Resume", exact=True).last.click()
    expect(dialog).to_have_count(0)
    page.locator("main [data-status='live']").first.wait_for()
    made.hold(2500)
    made.write(FOLDER / "pause-and-resume.gif")


def pictures(page: Page, base: str) -> None:
    """The screens that the README shows."""

    def keep(name: str) -> None:
        page.wait_for_load_state("networkidle")
        shot = (
            Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        )
        shot.save(FOLDER / f"{name}.png", optimize=True)

    page.goto(f"{base}/")
    page.locator(f"[data-journey='{JOURNEY}']").wait_for()
    keep("home")
    page.locator(f"[data-journey='{JOURNEY}']").hover()
    page.get_by_role("button", name=re.compile("^Stop: ")).first.click()
    page.get_by_role("dialog").get_by_role("table").first.wait_for()
    keep("stop")
    page.keyboard.press("Escape")
    page.goto(f"{base}/journeys/{JOURNEY}")
    page.locator("[data-step]").first.wait_for()
    keep("canvas")
    page.goto(f"{base}/journeys/{JOURNEY}/reports")
    page.get_by_role("table").first.wait_for()
    keep("reports")


if __name__ == "__main__":
    main()
