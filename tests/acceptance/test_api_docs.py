"""The chapters on HTTP, carried out literally: a real server with a worker, curl, a shell, the Python client."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours.clock import SystemClock
from parcours.service.access.keys import add_key
from parcours.store.database import Database

DOCS = Path(__file__).parents[2] / "docs"
PRINTED = "http://127.0.0.1:8780"  # the address in the chapters
EXPECTS = "# → "
MARK = "@@@ "


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[str]:
    """A real process with a worker; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    settings = {
        "PARCOURS_DATABASE_URL": database_url,
        "PARCOURS_DATA": str(tmp_path),
        "PARCOURS_MAILBOX_PORT": port,
    }
    command = [sys.executable, "-m", "parcours", "serve", "--with-worker", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | settings) as process:
        try:
            assert process.stdout is not None
            found = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


async def test_every_line_of_the_chapter_does_what_it_says(
    server: str, database: Database, tmp_path: Path
) -> None:
    async with database.transaction() as connection:
        made = await add_key(
            connection, "docs", ["admin"], at=SystemClock().now(), actor="cli:test", person="docs@test"
        )
    await carry_out(blocks("api-journeys.md"), tmp_path, {"URL": server, "KEY": made.secret})


async def test_the_examples_of_the_other_chapters_do_what_they_say(
    server: str, database_url: str, tmp_path: Path
) -> None:
    """From nobody who works here on: in the order in which a stranger reads them."""
    (example,) = re.findall(r"^```python\n(.*?)^```$", text_of("client.md"), re.MULTILINE | re.DOTALL)
    here = example.replace(PRINTED, server).replace('"KEY"', "__import__('os').environ['KEY']")
    (tmp_path / "example.py").write_text(here)
    welcome = next(block for block in blocks("api-journeys.md") if "cat > welcome.yaml" in block)
    client = ["export KEY", welcome.partition("\nFILE\n")[0], "FILE", "python example.py", "# → use_resume"]
    chapters = [
        *blocks("api.md"),
        *blocks("intake.md"),
        *blocks("consent.md"),
        "\n".join(client),
        *blocks("audiences.md"),
    ]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PARCOURS_DATABASE_URL": database_url,
        "PARCOURS_HTTP_PORT": server.rpartition(":")[2],
    }
    await carry_out([block.replace(PRINTED, server) for block in chapters], tmp_path, environment)


def text_of(chapter: str) -> str:
    return (DOCS / chapter).read_text(encoding="utf-8")


def blocks(chapter: str) -> list[str]:
    found: list[str] = re.findall(r"^```sh\n(.*?)^```$", text_of(chapter), re.MULTILINE | re.DOTALL)
    assert any(EXPECTS in block for block in found), chapter
    return found


async def carry_out(examples: list[str], folder: Path, settings: dict[str, str]) -> None:
    """Run them in one shell; what a line behind `# →` has stands in what was said since the line before."""
    lines = [
        f"echo; echo {_quoted(MARK + line.removeprefix(EXPECTS))}" if line.startswith(EXPECTS) else line
        for block in examples
        for line in block.splitlines()
    ]
    script = "\n".join(["set -eu", *lines])
    run = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", script], cwd=folder, env=os.environ | settings, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr + run.stdout[-2000:]
    said, expected = "", []
    for line in run.stdout.splitlines():
        if line.startswith(MARK):
            expected.append(line.removeprefix(MARK))
            assert expected[-1] in said, (expected[-1], said)
            said = ""
        else:
            said += line + "\n"
    assert len(expected) == sum(line.startswith(EXPECTS) for block in examples for line in block.splitlines())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
