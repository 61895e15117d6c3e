"""Journey and audience files from disk: read, parsed, with the template files that stand beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from parcours.domain.check_steps import ATTACHED_BYTES, attachment_missing
from parcours.domain.checks import template_missing
from parcours.domain.journey import Audience, Email, Journey
from parcours.domain.parse import parse_audience, parse_journey
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at, text_fault
from parcours.service.editing.core_yaml import read_json, read_yaml

__all__ = ["LoadedFile", "load_documents", "load_text"]

MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What one file holds: a journey or an audience, the document it came from, and its problems."""

    path: Path
    document: object = None
    journey: Journey | None = None
    audience: Audience | None = None
    problems: tuple[Problem, ...] = ()


def load_documents(paths: Iterable[Path]) -> list[LoadedFile]:
    """Load files in their order, `.json` as JSON and everything else as YAML; never raises for their content.

    A key that an earlier file has taken is reported at the later one.
    """
    loaded: list[LoadedFile] = []
    taken: dict[tuple[str, str], Path] = {}
    for path in paths:
        file = _load(path)
        definition = file.journey or file.audience
        if definition is not None:
            kind = "journey" if file.journey else "audience"
            earlier = taken.setdefault((kind, definition.key), path)
            if earlier is not path:
                message = f"The {kind} `{definition.key}` stands in {earlier} already."
                problem = problem_at("error", f"duplicate_{kind}", kind, message, "Choose another key.")
                file = replace(file, problems=(*file.problems, problem))
        loaded.append(file)
    return loaded


def load_text(text: str, *, is_json: bool = False) -> tuple[object, list[Problem]]:
    """Read the text of a file as plain data."""
    if "\0" in text:
        place = f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}"
        return None, [Problem("error", "bad_text", place, "The file holds a NUL character.", "Remove it.")]
    return read_json(text) if is_json else read_yaml(text)


def _load(path: Path) -> LoadedFile:
    text, problem = _read(path, "")
    if problem is not None:
        return LoadedFile(path, problems=(problem,))
    document, problems = load_text(text, is_json=path.suffix.lower() == ".json")
    if document is None and problems:
        return LoadedFile(path, problems=tuple(problems))
    if isinstance(document, dict) and "audience" in document and "journey" not in document:
        audience, found = parse_audience(document)
        return LoadedFile(path, document, audience=audience, problems=(*problems, *found))
    journey, found = parse_journey(document)
    if journey is not None:
        journey, missing = _with_templates(journey, path.parent)
        journey, absent = _with_attachments(journey, path.parent)
        found = [*found, *missing, *absent]
    return LoadedFile(path, document, journey=journey, problems=(*problems, *found))


def _with_templates(journey: Journey, folder: Path) -> tuple[Journey, list[Problem]]:
    """Add the texts of the template files that the email steps name."""
    templates: dict[str, str] = {}
    problems: list[Problem] = []
    for step in journey.steps.values():
        if not isinstance(step, Email) or step.template is None or step.template in templates:
            continue
        place = f"steps.{step.id}.email.template"
        path = folder / step.template
        if not _is_inside(path, folder):
            message = f"The template `{step.template}` is outside the folder of the journey file."
            problems.append(
                problem_at("error", "template_outside", place, message, "Move it beside the file.")
            )
            continue
        text, problem = _read(path, place)
        if problem is None:
            templates[step.template] = text
        else:
            missing = problem.code == "unreadable_file"
            problems.append(template_missing(step.id, step.template) if missing else problem)
    return replace(journey, templates=templates), problems


def _with_attachments(journey: Journey, folder: Path) -> tuple[Journey, list[Problem]]:
    """Add the content of the files that the email steps attach."""
    attachments: dict[str, bytes] = {}
    problems: list[Problem] = []
    for step in journey.steps.values():
        for number, name in enumerate(step.attachments if isinstance(step, Email) else ()):
            if name in attachments:
                continue
            place = f"steps.{step.id}.email.attachments[{number}]"
            if not _is_inside(folder / name, folder):
                message = f"The file `{name}` is outside the folder of the journey file."
                hint = "Move it beside the file."
                problems.append(problem_at("error", "attachment_outside", place, message, hint))
                continue
            data, problem = _read_bytes(folder / name, place, ATTACHED_BYTES)
            if problem is None:
                attachments[name] = data
            else:
                missing = problem.code == "unreadable_file"
                problems.append(attachment_missing(step.id, number, name) if missing else problem)
    return replace(journey, attachments=attachments), problems


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return False


def _read(path: Path, place: str) -> tuple[str, Problem | None]:
    """Return the text of a file, or what stands in the way."""
    data, problem = _read_bytes(path, place, MAX_BYTES)
    if problem is not None:
        return "", problem
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"`{path.name}` is not UTF-8 at line {line}."
        return "", problem_at("error", "bad_encoding", place, message, "Save it as UTF-8.")
    if place and (fault := text_fault(text)):
        return "", problem_at("error", "bad_text", place, f"`{path.name}` {fault}.", "Remove it.")
    return text, None


def _read_bytes(path: Path, place: str, limit: int) -> tuple[bytes, Problem | None]:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        message = f"`{path.name}` cannot be read: {error.strerror}."
        return b"", problem_at("error", "unreadable_file", place, message, "Check the name and the rights.")
    if len(data) > limit:
        message = f"`{path.name}` is larger than {limit // 1_000_000} MB."
        return b"", problem_at("error", "file_too_large", place, message, "Make it smaller.")
    return data, None
