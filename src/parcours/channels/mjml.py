"""MJML made into HTML, once per version and step. Liquid inside is set aside meanwhile, so it survives as written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mjml import mjml2html

from parcours.channels.plaintext import PIECE

__all__ = ["MjmlFailed", "html_of", "is_mjml"]

_DEEPEST: Final = 100  # open tags: the converter calls itself for each, and a stack has an end
_TAG: Final = re.compile(
    r"<!--(?:.*?-->|.*)"  # what is not closed goes on to the end
    r"|<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^\"'<>])*)>",
    re.DOTALL,
)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_POSITION: Final = re.compile(r" at position (?P<start>[0-9]+):[0-9]+$")
_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_KNOWN: Final = frozenset(
    (
        "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title", "mj-all", "mj-attributes",
        "mj-body", "mj-breakpoint", "mj-button", "mj-carousel", "mj-carousel-image", "mj-class", "mj-column",
        "mj-divider", "mj-font", "mj-group", "mj-head", "mj-hero", "mj-image", "mj-navbar", "mj-navbar-link",
        "mj-preview", "mj-raw", "mj-section", "mj-social", "mj-social-element", "mj-spacer", "mj-style", "mj-table",
        "mj-text", "mj-title", "mj-wrapper",
    )
)  # fmt: skip


class MjmlFailed(Exception):
    """A text that is no MJML, or Liquid where it cannot stand; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class _Held:
    """A text whose Liquid stands aside: a word of our own, and its number, is where each piece was."""

    text: str
    word: str
    pieces: tuple[str, ...]

    def restore(self, text: str) -> str:
        return re.sub(rf"{self.word}([0-9]+)x", lambda match: self.pieces[int(match[1])], text)

    def line(self, index: int) -> int:
        """Return the line that the author knows of a place in the held text."""
        return self.restore(self.text[:index]).count("\n") + 1

    def lost(self, html: str) -> Iterator[int]:
        """Yield where pieces stood that did not come through."""
        kept = {int(number) for number in re.findall(rf"{self.word}([0-9]+)x", html)}
        for match in re.finditer(rf"{self.word}([0-9]+)x", self.text):
            if int(match[1]) not in kept:
                yield match.start()


def is_mjml(name: str) -> bool:
    """Tell whether a template file is MJML, by its name."""
    return name.lower().endswith(".mjml")


def html_of(source: str) -> str:
    """Return the HTML of a mail written in MJML; both may hold Liquid.

    No font is fetched from elsewhere but by `mj-font`, and `mj-include` reads nothing.

    Raises:
        MjmlFailed: with the line.
    """
    held = _hold(source)
    _look(held)
    try:
        html = _convert(held.text)
    except ValueError as error:
        raise _explained(held, str(error)) from error
    for index in held.lost(html):
        message = "Liquid stands where MJML takes a fixed value, or nothing: it would be lost"
        raise MjmlFailed(message, held.line(index))
    return held.restore(html)


def _convert(text: str) -> str:
    return mjml2html(text, fonts={})


def _hold(source: str) -> _Held:
    word = "lqd"
    while word in source:
        word += "q"
    pieces: list[str] = []

    def hold(match: re.Match[str]) -> str:
        pieces.append(match.group())
        return f"{word}{len(pieces) - 1}x"

    return _Held(PIECE.sub(hold, source), word, tuple(pieces))


def _look(held: _Held) -> None:
    """Refuse what the converter would take without a word, or fall over."""
    depth = 0
    for tag in _TAG.finditer(held.text):
        name = tag["name"]
        if name is None:
            continue
        if name == "mj-include":
            raise MjmlFailed("mj-include reads no files here", held.line(tag.start()))
        if name.startswith("mj-") and name not in _KNOWN:
            raise MjmlFailed(f"<{name}> is no tag of MJML", held.line(tag.start()))
        bare = _QUOTED.sub("", tag["rest"])
        if held.word in bare:
            message = f"Liquid stands among the attributes of <{name}>, and may stand in their values only"
            raise MjmlFailed(message, held.line(tag.start()))
        depth += _depth(tag)
        if depth > _DEEPEST:
            raise MjmlFailed(f"More than {_DEEPEST} tags are open", held.line(tag.start()))


def _depth(tag: re.Match[str]) -> int:
    """Return by how much a tag changes how many are open."""
    if tag["name"] is None or tag["name"].lower() in _VOID or tag["rest"].endswith("/"):
        return 0
    return -1 if tag["end"] else 1


def _explained(held: _Held, reason: str) -> MjmlFailed:
    """Say what is wrong and where: the converter seldom does."""
    opened: list[re.Match[str]] = []
    unclosed = None
    for tag in _TAG.finditer(held.text):
        change = _depth(tag)
        if change > 0:
            opened.append(tag)
        elif change < 0:
            if all(before["name"] != tag["name"] for before in opened):
                return MjmlFailed(f"</{tag['name']}> closes nothing", held.line(tag.start()))
            before = opened.pop()
            if before["name"] != tag["name"]:
                unclosed = before
                break
    else:
        unclosed = opened[-1] if opened else None
    if unclosed is not None:
        return MjmlFailed(f"<{unclosed['name']}> is not closed", held.line(unclosed.start()))
    return _unlike_mjml(held, reason)


def _unlike_mjml(held: _Held, reason: str) -> MjmlFailed:
    """Place an error of a text whose tags match."""
    place = _POSITION.search(reason)
    if place is not None:
        index = len(held.text.encode()[: int(place["start"])].decode("utf-8", "ignore"))
        index = len(held.text) - len(held.text[index:].lstrip())  # it counts in bytes, and the space before
        return MjmlFailed("This cannot stand here", held.line(index))
    tags = [tag for tag in _TAG.finditer(held.text) if tag["name"] is not None]
    if not tags or tags[0]["name"] != "mjml":
        return MjmlFailed("The text does not begin with <mjml>", 1)
    # The shortest beginning that fails even with all its tags closed ends at the culprit.
    low, high = 0, len(tags)
    while low < high:
        middle = (low + high) // 2
        if _beginning_is_sound(held.text, tags[: middle + 1]):
            low = middle + 1
        else:
            high = middle
    at = tags[min(low, len(tags) - 1)]
    return MjmlFailed(
        f"<{at['end']}{at['name']}>, or the text before it, is not MJML: attributes need quotes, and `<` is `&lt;`",
        held.line(at.start()),
    )


def _beginning_is_sound(text: str, tags: list[re.Match[str]]) -> bool:
    opened: list[str] = []
    for tag in tags:
        change = _depth(tag)
        if change > 0:
            opened.append(tag["name"])
        elif change < 0:
            opened.pop()
    try:
        _convert(text[: tags[-1].end()] + "".join(f"</{name}>" for name in reversed(opened)))
    except ValueError:
        return False
    return True
