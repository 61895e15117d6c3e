"""Templates of mails in Liquid: compiled once per version and step, rendered for every person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError
from markupsafe import escape

from parcours.channels.plaintext import PIECE, text_of, text_template, tidy
from parcours.channels.sandbox import Sandbox
from parcours.domain.errors import ParcoursError
from parcours.domain.problems import Problem

__all__ = [
    "Content",
    "Renderer",
    "Source",
    "Template",
    "TemplateFailed",
    "check",
    "compile_template",
    "compile_text",
    "examine",
    "render_text",
    "variables",
]

_HTML: Final = Sandbox(autoescape=True)
_TEXT: Final = Sandbox()
# Of the text made from HTML: what was marked as HTML is converted, what was escaped needs no escaping.
_DERIVED: Final = Sandbox()
_DERIVED.add_filter("safe", lambda value: text_of(str(value)).rstrip("\n"))
_DERIVED.add_filter("newline_to_br", str)
_DERIVED.add_filter("escape", str)
_DERIVED.add_filter("escape_once", str)

_BODY: Final = re.compile(r"<body[^>]*>", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_PREHEADER: Final = '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}</div>'
_NAMES_LINE: Final = re.compile(r"\(line [0-9]+\)$")
_PIECES: Final = 200  # how far back the place of an error is sought
_CLOCK: Final = frozenset(("now", "today"))


class TemplateFailed(ParcoursError):
    """A template could not be compiled or rendered; `message` says what and in which line."""

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__("template_failed", message, place=place)


@dataclass(frozen=True, slots=True)
class Source:
    """What an author wrote: Liquid, of which html or text must be there."""

    subject: str
    html: str | None = None
    text: str | None = None
    preheader: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What one person gets. `html` is None where the author wrote plain text alone."""

    subject: str
    html: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled source; immutable, so it serves any number of renderings."""

    subject: BoundTemplate
    html: BoundTemplate | None
    text: BoundTemplate | None  # None: the text is made of the rendered HTML
    preheader: BoundTemplate | None
    derived: bool

    def render(self, context: Mapping[str, object], now: datetime) -> Content:
        """Return the content for one person, escaped in HTML and plain elsewhere.

        `context` holds plain values (`profile`, `event`, saved answers); what it lacks renders empty. `now`
        is aware: `'now' | date` gives it, and all instants are shown in its zone.

        Raises:
            TemplateFailed: with the reason, for a broken expression or a limit (sandbox.py).
        """
        values = {**context, "now": now, "today": now.date()}
        subject = " ".join(_CONTROL.sub(" ", _rendered(self.subject, values, "subject")).split())
        html = None
        if self.html is not None:
            html = _rendered(self.html, values, "html")
            text = text_of(html) if self.text is None else _rendered(self.text, values, "text")
            if self.preheader is not None:
                html = _with_preheader(html, _rendered(self.preheader, values, "preheader"))
        else:
            text = _rendered(self.text, values, "text") if self.text is not None else ""
        return Content(subject, html, tidy(text) if self.derived else text)


class Renderer:
    """Compiled templates by version and step. Versions are frozen, so an entry is never stale."""

    def __init__(self, capacity: int = 1000) -> None:
        self._capacity = capacity
        self._templates: dict[tuple[UUID | int, str], Template] = {}

    def template(self, version_id: UUID | int, step_id: str, source: Callable[[], Source]) -> Template:
        """Return the compiled template of a step; `source` is asked only where it is not known yet.

        Raises:
            TemplateFailed: where it does not parse.
        """
        key = (version_id, step_id)
        found = self._templates.pop(key, None) or compile_template(source())
        self._templates[key] = found  # the latest used stand last
        if len(self._templates) > self._capacity:
            del self._templates[next(iter(self._templates))]
        return found


def compile_template(source: Source) -> Template:
    """Parse every part of a source once.

    Raises:
        TemplateFailed: where a part does not parse, or there is neither html nor text.
    """
    if source.html is None and source.text is None:
        raise TemplateFailed("The template has neither html nor text")
    text = None
    derived = source.text is None
    if source.text is not None:
        text = _parsed(_TEXT, source.text, "text")
    elif source.html is not None:
        try:
            text = _parsed(_DERIVED, text_template(source.html), "text")
        except TemplateFailed:  # tags and Liquid are interlaced: the text is then made from each mail's HTML
            text = None
    return Template(
        subject=_parsed(_TEXT, source.subject, "subject"),
        html=None if source.html is None else _parsed(_HTML, source.html, "html"),
        text=text,
        preheader=None if not source.preheader else _parsed(_TEXT, source.preheader, "preheader"),
        derived=derived,
    )


def check(text: str, place: str = "") -> list[Problem]:
    """Return the errors that would stop a template, with lines: syntax, unknown tags, unknown filters."""
    return examine(text, place)[0]


def variables(text: str) -> set[str]:
    """Return the dotted paths that a template reads from its context, such as `profile.first_name`.

    A path ends where it goes on by a number or another variable. What does not parse reads nothing.
    """
    return examine(text)[1]


def examine(text: str, place: str = "") -> tuple[list[Problem], set[str]]:
    """Return what `check` and `variables` do, of one reading."""
    try:
        template = _parsed(_HTML, text, place)
    except TemplateFailed as error:
        message = error.message
        if not _NAMES_LINE.search(message):
            message = f"{message} (line {_line(text, _culprit(text, message))})"
        return [Problem("error", "template_error", place, message)], set()
    analysis = template.analyze()
    problems = [
        Problem("error", "template_error", place, f"Unknown filter '{name}' (line {_line(text, span.index)})")
        for name, spans in analysis.filters.items()
        if name not in _HTML.filters
        for span in spans
    ]
    found = set()
    for uses in analysis.globals.values():
        for use in uses:
            names = []
            for segment in use.segments:
                if not isinstance(segment, str):
                    break
                names.append(segment)
            if names and names[0] not in _CLOCK:
                found.add(".".join(names))
    return problems, found


def compile_text(text: str, place: str) -> BoundTemplate:
    """Parse one template of plain text. Raises TemplateFailed."""
    return _parsed(_TEXT, text, place)


def render_text(template: BoundTemplate, values: dict[str, Any], place: str) -> str:
    """Render one template; `values` hold `now` and `today` too. Raises TemplateFailed."""
    return _rendered(template, values, place)


def _parsed(environment: Environment, text: str, place: str) -> BoundTemplate:
    try:
        return environment.from_string(text)
    except LiquidError as error:
        raise TemplateFailed(_reason(error), place=place) from error
    except Exception as error:  # the parser may stumble over anything; none of it is ours
        raise TemplateFailed(f"Not Liquid: {error}", place=place) from error


def _culprit(text: str, message: str) -> int:
    """Return where the piece of Liquid begins from which on the beginning of the text has this very error.

    The parser gives no place for what it misses: the end of a block, the rest of an expression.
    """
    at = len(text)
    for piece in reversed([*PIECE.finditer(text)][-_PIECES:]):
        try:
            _parsed(_HTML, text[: piece.end()], "")
        except TemplateFailed as error:
            if error.message == message:
                at = piece.start()
                continue
        break
    return at


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1


def _rendered(template: BoundTemplate, values: dict[str, Any], place: str) -> str:
    try:
        return template.render(values)
    except LiquidError as error:
        raise TemplateFailed(_reason(error), place=place) from error
    except Exception as error:  # a value a filter cannot work with: the library lets some errors through
        raise TemplateFailed(f"{type(error).__name__}: {error}", place=place) from error


def _reason(error: LiquidError) -> str:
    context = error.context()
    message = str(error.message)
    message = message[:1].upper() + message[1:]
    return message if context is None else f"{message} (line {context[0]})"


def _with_preheader(html: str, preheader: str) -> str:
    """Put the line that inboxes show beside the subject where it is read first and not seen."""
    hidden = _PREHEADER.format(escape(preheader.strip()))
    body = _BODY.search(html)
    at = body.end() if body else 0
    return f"{html[:at]}{hidden}{html[at:]}"
