"""`parcours demo` as a real process: mails arrive, ledgers balance, Ctrl-C ends it, one at a time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from parcours.demo.place import demo_url
from support.postgres import Server

pytestmark = pytest.mark.slow

Start: TypeAlias = Callable[[Sequence[str], str, Path], "subprocess.Popen[str]"]

PARCOURS = [sys.executable, "-m", "parcours"]
COLUMNS = ("entered", "inside", "completed", "succeeded", "dropped_out", "cancelled", "mails")
NUMBERS = re.compile(
    r"  ([a-z-]+)(?: \(([a-z]+)\))?: entered ([\d,]+), inside ([\d,]+), completed ([\d,]+), "
    r"succeeded ([\d,]+), dropped out ([\d,]+), cancelled ([\d,]+), mails sent ([\d,]+)"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start parcours as a process; what is left of it at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(arguments: Sequence[str], url: str, data: Path) -> subprocess.Popen[str]:
        started.append(_process(arguments, url, data))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def _process(arguments: Sequence[str], url: str, data: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PARCOURS_DATABASE_URL": url, "PARCOURS_DATA": str(data), "COLUMNS": "80"}
    return subprocess.Popen(
        [*PARCOURS, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, error = process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        process.kill()
        out, error = process.communicate()
        pytest.fail(f"it did not end:\n{out}\n{error}")
    return process.returncode, out, error


def last_numbers(out: str) -> dict[str, dict[str, int]]:
    """Return the numbers of each journey in the last summary."""
    found = {}
    for match in NUMBERS.finditer(out):
        journey, _, *numbers = match.groups()
        found[journey] = {
            name: int(number.replace(",", "")) for name, number in zip(COLUMNS, numbers, strict=True)
        }
    return found


def wait_for_line(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


def test_it_ends_by_itself_goes_on_and_runs_alone(postgres: Server, tmp_path: Path, start: Start) -> None:
    """One test, since there is one database of the demonstration on a server."""
    url = postgres.address("postgres")

    status, out, error = finish(start(["demo", "--for", "20s", "--people", "300"], url, tmp_path))
    assert status == 0, f"{out}\n{error}"
    assert "\x1b" not in out, "without a terminal nothing is coloured"
    assert re.search(r"^  http://127\.0\.0\.1:\d+/link/\S+$", out, re.MULTILINE), "the link that signs in"
    numbers = last_numbers(out)
    assert numbers.keys() == {"abandoned-cart", "welcome", "win-back", "total"}
    for journey in numbers.values():
        left = sum(journey[name] for name in ("completed", "succeeded", "dropped_out", "cancelled"))
        assert journey["entered"] == journey["inside"] + left
        assert journey["entered"] > 0
        assert journey["mails"] > 0
    assert "Every ledger balances" in out

    demo = demo_url(url)
    status, out, error = finish(start(["ledger"], demo, tmp_path / "demo"))
    assert status == 0, error
    assert out.count("yes") == 3
    status, out, error = finish(start(["mailbox", "list", "--search", "@example."], demo, tmp_path / "demo"))
    assert status == 0, error
    assert out.count("@example.") > 5

    number = re.search(r"^(\d+)", out, re.MULTILINE)
    assert number is not None
    status, out, error = finish(
        start(["mailbox", "show", number[1], "--part", "source"], demo, tmp_path / "demo")
    )
    assert re.search(r"^List-Unsubscribe: <http://127\.0\.0\.1:\d+/", out, re.MULTILINE), f"{out}\n{error}"
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in out
    status, out, error = finish(start(["subscription", "list"], demo, tmp_path / "demo"))
    assert {line.partition("\t")[0] for line in out.splitlines()[1:]} == {
        "cart_reminders",
        "offers",
        "onboarding",
    }

    kept = start(["demo", "--keep", "--people", "300"], url, tmp_path)
    wait_for_line(kept, " s: ")
    status, _, error = finish(start(["demo", "--for", "5s"], url, tmp_path))
    assert status == 1
    assert "A demonstration is running" in error
    kept.send_signal(signal.SIGINT)
    status, out, error = finish(kept)
    assert status == 0, f"{out}\n{error}"
    assert last_numbers(out)["win-back"]["entered"] == numbers["win-back"]["entered"]
    assert "Every ledger balances" in out
