"""Commands that look at files and need no database: check, plan, explain, schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from parcours.cli.output import number_of, on_terminal, say, show, show_json, show_problems
from parcours.compiler import build_plan, compile_journey
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Journey
from parcours.domain.problems import has_errors
from parcours.domain.schema import journey_schema
from parcours.service.editing.checking import file_problems
from parcours.service.editing.files import LoadedFile, load_documents

__all__ = ["app", "load_sound"]

app = typer.Typer()

Files = Annotated[list[Path], typer.Argument(help="Journey and audience files, YAML or JSON.")]
JourneyFile = Annotated[Path, typer.Argument(help="A journey file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command(epilog="Example: parcours check journeys/*.yaml")
def check(files: Files, *, as_json: AsJson = False) -> None:
    """Show every problem of journey and audience files.

    Exit status 1 where some file has an error; warnings alone leave it 0.
    """
    loaded = load_documents(files)
    found = {file.path: file_problems(file) for file in loaded}
    if as_json:
        show_json(
            [
                {"file": str(path), **problem.as_dict()}
                for path, problems in found.items()
                for problem in problems
            ]
        )
    else:
        for path, problems in found.items():
            if problems:
                show_problems(str(path), problems)
        _summary(loaded, [problem.severity for problems in found.values() for problem in problems])
    if any(has_errors(problems) for problems in found.values()):
        raise typer.Exit(1)


@app.command(epilog="Example: parcours plan welcome.yaml")
def plan(file: JourneyFile) -> None:
    """Show what a journey file compiles to, step by step.

    Every step at which people rest, its ways out, and the route each of them takes.
    """
    for line in build_plan(load_sound(file)).describe():
        show(line)


@app.command(epilog="Example: parcours explain welcome.yaml due")
def explain(
    file: JourneyFile,
    statement: Annotated[str | None, typer.Argument(help="Show this statement alone.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the SQL that a journey file compiles to.

    With the constants bound to it, and the fingerprint under which the version keeps it.
    """
    program = compile_journey(load_sound(file), 1)
    names = list(program.statements)
    if statement is not None and statement not in names:
        raise ParcoursError(
            "unknown_statement",
            f"there is no statement {statement}",
            place=str(file),
            hint=f"There are {', '.join(names)}.",
        )
    chosen = [statement] if statement else names
    if as_json:
        stored = program.as_json()
        stored["statements"] = {name: stored["statements"][name] for name in chosen}
        show_json({"fingerprint": program.fingerprint(), **stored})
        return
    show(f"fingerprint {program.fingerprint()}", style="bold")
    for name in chosen:
        _show_statement(name, program.statements[name].text, dict(program.statements[name].constants))


@app.command(epilog="Example: parcours schema > journey.schema.json")
def schema() -> None:
    """Print the JSON Schema of journey and audience files.

    For editors that complete and check while one writes.
    """
    show_json(journey_schema())


def load_sound(path: Path) -> Journey:
    """Return the journey of a file without errors; else print its problems and end with status 1."""
    [file] = load_documents([path])
    problems = file_problems(file)
    if file.journey is not None and not has_errors(problems):
        return file.journey
    if file.audience is not None:
        raise ParcoursError(
            "no_journey", "the file holds an audience", place=str(path), hint="Name a journey file."
        )
    show_problems(str(path), problems)
    raise typer.Exit(1)


def _summary(files: Sequence[LoadedFile], severities: Sequence[str]) -> None:
    errors, warnings = severities.count("error"), severities.count("warning")
    counts = [number_of(errors, "error"), number_of(warnings, "warning")]
    said = ", ".join(count for count in counts if not count.startswith("0 ")) or "no problems"
    say(
        f"{number_of(len(files), 'file')}: {said}",
        style="red" if errors else "green" if not warnings else "yellow",
    )


def _show_statement(name: str, text: str, constants: dict[str, Any]) -> None:
    show()
    show(f"-- {name}", style="bold")
    if on_terminal():
        from rich.console import Console  # noqa: PLC0415 - the highlighter is slow to import
        from rich.syntax import Syntax  # noqa: PLC0415

        Console().print(Syntax(text, "postgresql", word_wrap=True, background_color="default"))
    else:
        show(text)
    if constants:
        show(f"-- constants: {json.dumps(constants, ensure_ascii=False, default=str)}")
