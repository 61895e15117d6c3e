"""Plain text out of HTML: tags go, links stay. Liquid inside stays too, so a template is converted once."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

__all__ = ["PIECE", "text_of", "text_template", "tidy"]

PIECE: Final = re.compile(
    r"\{%-?\s*(raw|comment|doc)\s*-?%\}.*?\{%-?\s*end\1\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
_MARKS: Final = re.compile("[\ue000\ue001]")
_HELD: Final = re.compile("(\ue000[0-9]+\ue001)")  # where a piece of Liquid stood
_PRINTS: Final = re.compile(r"\{\{|\{%-?\s*(?:raw|echo|cycle|increment|decrement)\b")
_OPENS: Final = re.compile(r"\{%-?\s*(?!end|els|when)")
_COMMENT: Final = re.compile(r"\{%-?\s*(?:#|comment\b|doc\b)")
_SPACE: Final = re.compile(r"\s+")
_HIDING: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_EDGES: Final = re.compile(r"[ \t]*\n[ \t]*")
_BLANK_LINES: Final = re.compile(r"\n{3,}")

_DROPPED: Final = frozenset(("head", "script", "style", "title", "template", "svg"))
_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_PARAGRAPHS: Final = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "hr", "section")
)
_LINES: Final = frozenset(("br", "div", "tr", "li", "dt", "dd", "article", "header", "footer", "address"))
_CELLS: Final = frozenset(("td", "th"))


def text_of(html: str) -> str:
    """Return the readable text of a piece of HTML."""
    return tidy(_Converter([]).convert(_MARKS.sub("", html)))


def text_template(html: str) -> str:
    """Return the Liquid template of the plain text that belongs to a Liquid template of HTML.

    Block tags ({% if %}, {% for %}, {% assign %} …) are all kept, in their order; outputs are kept where text
    is read: not in styles, attributes (but links) or comments. Tidy what it renders.
    """
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group())
        return f"\ue000{len(held) - 1}\ue001"

    return _Converter(held).convert(PIECE.sub(hold, _MARKS.sub("", html)))


def tidy(text: str) -> str:
    """Remove space at the ends of lines and more than one empty line in a row."""
    return _BLANK_LINES.sub("\n\n", _EDGES.sub("\n", text)).strip() + "\n"


class _Converter(HTMLParser):
    """Write text while tags pass by. Breaks wait until text follows, so that none is doubled or left over."""

    def __init__(self, held: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._held = held
        self._out: list[str] = []
        self._breaks = 0
        self._space = False
        self._skipped: list[str] = []  # open tags inside, and with, the one that is not shown
        self._links: list[tuple[str, int]] = []  # address, length of the output where its text begins

    def convert(self, html: str) -> str:
        self.feed(html)
        self.close()
        return "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        address = values.pop("href", "").strip() if tag == "a" else ""
        if tag == "body":
            self._skipped.clear()  # the end of a head may be left out
        self._keep_blocks(" ".join(part for name, value in values.items() for part in (name, value)))
        if self._skipped or tag in _DROPPED or "hidden" in values or _HIDING.search(values.get("style", "")):
            if tag not in _VOID:
                self._skipped.append(tag)
            self._keep_blocks(address)
            return
        self._break(tag)
        if tag == "a":
            self._links.append((address.removeprefix("mailto:"), len(self._out)))
        elif tag == "li":
            self._write("- ")
        elif tag == "img":
            self.handle_data("".join(p for p in _HELD.split(values.get("alt", "")) if not self._is_block(p)))

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            if tag in self._skipped:
                while self._skipped.pop() != tag:
                    pass
            return
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        if tag not in _CELLS:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if self._skipped:
            self._keep_blocks(data)
            return
        for piece in _HELD.split(data):
            if self._is_block(piece):
                self._keep_blocks(piece)
                continue
            words = _SPACE.sub(" ", self._restore(piece) if _HELD.fullmatch(piece) else piece)
            self._space = self._space or words.startswith(" ")
            if words.strip():
                self._write(words.strip())
                self._space = words.endswith(" ")

    def handle_comment(self, data: str) -> None:
        self._keep_blocks(data)

    def _end_link(self, address: str, start: int) -> None:
        text = "".join(self._out[start:]).strip()
        shown = self._restore(address)
        if not shown or shown.startswith("#"):
            self._keep_blocks(address)
        elif shown != text:
            self._space = self._space or bool(text)
            self._write(f"({shown})" if text else shown)

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS or tag in _LINES:
            self._breaks = max(self._breaks, 2 if tag in _PARAGRAPHS else 1)
            self._space = False
        elif tag in _CELLS:
            self._space = True

    def _write(self, text: str) -> None:
        if self._breaks:
            self._out.append("\n" * self._breaks)
        elif self._space:
            self._out.append(" ")
        self._breaks, self._space = 0, False
        self._out.append(text)

    def _keep_blocks(self, text: str) -> None:
        """Keep the block tags held in a text that is not shown: what opens must close."""
        for piece in _HELD.findall(text):
            block = self._restore(piece)
            if not self._is_block(piece) or _COMMENT.match(block):
                continue
            if self._breaks > 1 and _OPENS.match(block):  # once before a list, not before each of its items
                self._out.append("\n")
                self._breaks = 1
            self._out.append(block)

    def _is_block(self, piece: str) -> bool:
        return _HELD.fullmatch(piece) is not None and not _PRINTS.match(self._restore(piece))

    def _restore(self, text: str) -> str:
        return _HELD.sub(lambda match: self._held[int(match.group()[1:-1])], text)
