"""docs/cli.md says what the commands say, of every command, and its examples are commands that there are."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from typer.core import TyperGroup

from parcours.cli import COMMANDS, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_cli_docs", ROOT / "scripts" / "make_cli_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands() -> Iterator[str]:
    for name in COMMANDS:
        yield name
        command = load(name)
        if isinstance(command, TyperGroup):
            yield from (f"{name} {below}" for below in command.commands)


def test_the_page_is_as_the_commands_are() -> None:
    assert maker().page() == PAGE, "run `python scripts/make_cli_docs.py`"


def test_every_command_has_a_section() -> None:
    headings = re.findall(r"^### parcours (.+)$", PAGE, re.MULTILINE)
    assert headings == list(commands())


def test_every_command_has_an_example_of_itself() -> None:
    examples = re.findall(r"^Example: `(.+)`$", PAGE, re.MULTILINE)
    named = {" ".join(shlex.split(example)[1:3]) for example in examples}
    for name in commands():
        words = name.split()
        if not isinstance(load(words[0]), TyperGroup) or len(words) > 1:
            assert any(one == name or one.split()[0] == name for one in named), name
