"""A condition as text: YAML or JSON, or the name of a file that holds one, or an audience file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from parcours.domain.condition import Condition
from parcours.domain.errors import ParcoursError
from parcours.domain.parse import parse_audience, parse_condition
from parcours.service.editing.core_yaml import read_yaml

__all__ = ["read_condition", "read_condition_text"]

HINT: Final = "Write for example {field: profile.plan, is: pro}."


def read_condition(text: str) -> Condition:
    """Read a condition, out of a file where there is one of this name. Raises ParcoursError with the first problem."""
    if not text.lstrip().startswith(("{", "[")) and len(text) < 1000:  # noqa: PLR2004 - no name of a file is as long
        path = Path(text)
        try:
            text = path.read_text(encoding="utf-8") if path.is_file() else text
        except (OSError, UnicodeDecodeError) as error:
            raise ParcoursError(
                "unreadable_file", str(error), place=str(path), hint="Choose another."
            ) from error
    return read_condition_text(text)


def read_condition_text(text: str) -> Condition:
    """Read a condition, or the condition of an audience file. Raises ParcoursError with the first problem."""
    document, problems = read_yaml(text)
    if not problems and isinstance(document, dict) and "where" in document:
        audience, problems = parse_audience(document)
        if audience is not None and audience.where is not None and not problems:
            return audience.where
    elif not problems:
        condition, problems = parse_condition(document)
        if condition is not None and not problems:
            return condition
    if problems:
        first = problems[0]
        raise ParcoursError(first.code, first.message, place=first.place, hint=first.hint or HINT)
    raise ParcoursError("bad_condition", "This is no condition.", hint=HINT)
