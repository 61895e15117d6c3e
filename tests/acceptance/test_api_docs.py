"""The chapter on journeys over HTTP, carried out literally: a real server with a worker, curl, a shell."""

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

CHAPTER = Path(__file__).parents[2] / "docs" / "api-journeys.md"
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
    blocks = re.findall(r"^```sh\n(.*?)^```$", CHAPTER.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [
        f"echo; echo {_quoted(MARK + line.removeprefix(EXPECTS))}" if line.startswith(EXPECTS) else line
        for block in blocks
        for line in block.splitlines()
    ]
    script = "\n".join(["set -eu", *lines])
    environment = os.environ | {"URL": server, "KEY": made.secret}
    run = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
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
    assert len(expected) == sum(line.startswith(EXPECTS) for block in blocks for line in block.splitlines())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
