"""What a webhook says: URL, headers, query and body as templates, compiled once, rendered for every person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from liquid import BoundTemplate

from parcours.channels.channel import Outgoing
from parcours.channels.template import TemplateFailed, compile_text, render_text
from parcours.domain.journey import Json, Webhook

__all__ = ["LONGEST_WAIT", "USUAL_WAIT", "Call", "Form", "Request", "compile_form"]

USUAL_WAIT: Final = 10.0  # seconds for an answer
LONGEST_WAIT: Final = 30.0
_LARGEST_BODY: Final = 262_144  # bytes
_LONGEST_URL: Final = 8_000  # characters, as of a header
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_Text: TypeAlias = str | BoundTemplate
_Tree: TypeAlias = "bool | int | float | _Text | list[_Tree] | dict[str, _Tree] | None"


@dataclass(frozen=True, slots=True)
class Call(Outgoing):
    """One call of a URL: `recipient` is the URL, `payload` the body, empty where there is none.

    `timeout` counts in seconds from the moment at which the request is begun; `asks` says that the answer is wanted.
    """

    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = USUAL_WAIT
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A form filled in for one person. `shown` is the URL as it may be kept and printed: without a password."""

    url: str
    shown: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The templates of one webhook step."""

    url: _Text
    query: Mapping[str, _Text]
    headers: Mapping[str, _Text]
    body: _Tree

    def render(self, context: Mapping[str, object], now: datetime) -> Request:
        """Fill in the form. Raises TemplateFailed where a template fails, or makes what cannot be sent."""
        values = {**context, "now": now, "today": now.date()}
        url = _filled(self.url, values, "url").strip()
        headers = {}
        for name, text in self.headers.items():
            headers[name] = _filled(text, values, f"headers.{name}").strip()
            if _CONTROL.search(headers[name]) or len(headers[name]) > _LONGEST_URL:
                raise TemplateFailed(f"The header {name} is too long, or has more than one line")
        query = {name: _filled(text, values, f"query.{name}") for name, text in self.query.items()}
        return Request(url, _checked(url), query, headers, self._body(values))

    def _body(self, values: dict[str, Any]) -> bytes:
        if self.body is None:
            return b""
        written = json.dumps(_grown(self.body, values), ensure_ascii=False, separators=(",", ":")).encode()
        if len(written) > _LARGEST_BODY:
            raise TemplateFailed(f"The body has {len(written):,} bytes; at most {_LARGEST_BODY:,} are sent")
        return written


def compile_form(step: Webhook) -> Form:
    """Compile every text of a step. Raises TemplateFailed where one does not parse."""
    return Form(
        _text(step.url, "url"),
        {name: _text(text, f"query.{name}") for name, text in step.query.items()},
        {name: _text(text, f"headers.{name}") for name, text in step.headers.items()},
        _tree(step.body),
    )


def _text(text: str, place: str) -> _Text:
    """Compile a template; text without Liquid stays text."""
    return compile_text(text, place) if "{{" in text or "{%" in text else text


def _tree(value: Json) -> _Tree:
    if isinstance(value, dict):
        return {name: _tree(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_tree(item) for item in value]
    return _text(value, "body") if isinstance(value, str) else value


def _filled(text: _Text, values: dict[str, Any], place: str) -> str:
    return text if isinstance(text, str) else render_text(text, values, place)


def _grown(tree: _Tree, values: dict[str, Any]) -> Json:
    if isinstance(tree, dict):
        return {name: _grown(item, values) for name, item in tree.items()}
    if isinstance(tree, list):
        return [_grown(item, values) for item in tree]
    return render_text(tree, values, "body") if isinstance(tree, BoundTemplate) else tree


def _checked(url: str) -> str:
    """Return a URL without user and password. Raises TemplateFailed for what is no http or https URL."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
        parts = urlsplit("")
    if not good or _CONTROL.search(url) or len(url) > _LONGEST_URL:
        raise TemplateFailed("This is not an http or https URL")
    return url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
