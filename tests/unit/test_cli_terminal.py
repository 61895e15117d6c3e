"""What a terminal shows: colours, tables, and blocks where a table is too wide."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

TABLE = """
from parcours.cli.output import progress, say, show_table
row = ("welcome", "2026-03-02T09:00:00.123456Z", 1, "[red]as it is[/red]")
show_table(("journey", "at", "number", "text"), [row], numbers=("number",))
show_table([f"column {n}" for n in range(12)], [[f"cell {n}" if n != 5 else "" for n in range(12)]])
with progress(10) as gauge:
    say("a line beside the gauge")
    gauge.at(10, "done")
"""


def on_terminal(*arguments: str) -> str:
    """Run a program on a terminal of 80 columns and return what it shows there, colours as ⟨31⟩."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=terminal, stderr=terminal, stdin=terminal, env=environment
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while piece := os.read(controller, 65_536):
            shown += piece
    process.wait()
    os.close(controller)
    text = shown.decode().replace("\r\n", "\n")
    return re.sub(r"\x1b\[([0-9;]*)m", lambda found: f"⟨{found[1]}⟩" if found[1] == "31" else "", text)


def test_problems_are_a_table_with_colours(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("journey: empty\n")
    shown = on_terminal("-m", "parcours", "check", str(path))
    assert "⟨31⟩error" in shown
    assert "⟨31⟩1 file: 1 error" in shown


def test_tables_fit_or_become_blocks() -> None:
    shown = on_terminal("-c", TABLE)
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[0].split() == ["journey", "at", "number", "text"]
    assert lines[1] == "welcome  2026-03-02 09:00:00       1  [red]as it is[/red]"
    assert lines[2:6] == ["column 0   cell 0", "column 1   cell 1", "column 2   cell 2", "column 3   cell 3"]
    assert not [line for line in lines if line.startswith("column 5")]
    assert any("a line beside the gauge" in line for line in lines)
