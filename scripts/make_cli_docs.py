# ruff: noqa: INP001 (a script, not a package)
"""Write docs/cli.md from the commands themselves.

Run it after a command has changed: `python scripts/make_cli_docs.py`. A test compares the page with them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, get_args

from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from parcours.cli.app import COMMANDS, app, load

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
NOTE: Final = "<!-- Made by scripts/make_cli_docs.py from the commands. Do not edit. -->"
COMMON: Final = """\
`parcours COMMAND --help` says the same. Answers go to the standard output, everything else to the error output;
on a terminal with colours and tables, elsewhere as plain lines, the columns of tables parted by tabs. With
`--json` the answer is JSON.

Exit status: 0, or 1 after an error, a refusal or a bad line, or 2 where the command line itself cannot be read.
An error is printed as `place: message (code)`, with a line that says what to do; [errors.md](errors.md) has every
code.

Settings come from variables `PARCOURS_*`. Where `PARCOURS_DATABASE_URL` is not set, commands start the PostgreSQL
that comes with the package, say where its data lies, and bring its schema up to date. It goes on running, so
that the next command is quick, until `parcours database stop`."""


def page() -> str:
    """Return the text of the page."""
    parts = ["# The command line", NOTE, COMMON, "## parcours", *_command("parcours", get_command(app))]
    for heading, items in groupby(COMMANDS.items(), key=lambda item: item[1].heading):
        parts.append(f"## {heading}")
        for name, _ in items:
            parts += list(_family(f"parcours {name}", load(name)))
    return "\n\n".join(parts) + "\n"


def _family(path: str, command: Any) -> Iterator[str]:
    """Yield the sections of a command and of those below it."""
    yield f"### {path}"
    yield from _command(path, command)
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from _family(f"{path} {name}", below)


def _command(path: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    options = [p for p in command.params if not isinstance(p, TyperArgument) and not p.hidden]
    options = [p for p in options if "completion" not in p.name]
    below = " COMMAND" if isinstance(command, TyperGroup) else ""
    words = "".join(f" {_argument(argument)}" for argument in arguments)
    yield f"```\n{path}{' [OPTIONS]' if options else ''}{below}{words}\n```"
    yield inspect.cleandoc(command.help or "").replace("\f", "")
    if arguments:
        rows = [(f"`{_argument(argument)}`", argument.help or "") for argument in arguments]
        yield _table(("argument", "meaning"), rows)
    if options:
        yield _table(("option", "meaning"), [(_option(option), _meaning(option)) for option in options])
    if command.epilog:
        yield f"Example: `{command.epilog.removeprefix('Example: ')}`"


def _argument(argument: Any) -> str:
    name = str(argument.metavar or argument.name).upper()
    name = f"{name}…" if argument.nargs == -1 else name
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    return names if option.is_flag else f"{names} `{_kind(option)}`"


def _kind(option: Any) -> str:
    """Return what stands behind an option, from the annotation in its command."""
    annotation = option.type_descriptor.annotation
    words = [str(word) for word in get_args(annotation) if isinstance(word, str)]
    if words:
        return " or ".join(words)
    kinds = {annotation, *get_args(annotation)}
    return "PATH" if Path in kinds else "N" if int in kinds else "TEXT"


def _meaning(option: Any) -> str:
    text = str(option.help or "")
    if option.required:
        return f"{text} Required."
    if option.default in (None, "", False) or option.is_flag or option.multiple:
        return text
    return f"{text} Default: {option.default}."


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
