"""The sentences of the server in the reader's language (decision 0054).

English stands where a sentence is made. Beside this module stand files of texts, in blocks of three lines: English with
names in braces where values stand, Swedish, French. A finished sentence is looked up whole, its values are taken out of
it, and put into the other language. `{n:n}` is a number, written as the language does; `{x:s}` a sentence or phrase that
has to be known itself, `{x:t}` one that may be; `{x:d}` a duration; `{x:v}` values as
JSON; `{x:e}` a name behind which a condition may come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainSerializer

from parcours.domain.accounts import LANGUAGES, Language

__all__ = ["READER", "Sentence", "Spoken", "blocks", "in_language", "said", "said_in"]

READER: ContextVar[Language] = ContextVar("reader", default="en")
OTHERS: Final[tuple[Language, ...]] = tuple(language for language in LANGUAGES if language != "en")
NAME: Final = re.compile(r"\{([a-z]+)(?::([nstved]))?\}")
DEEPEST: Final = 6
LONGEST: Final = 2000  # no sentence of ours; a text of somebody's may be
_LENGTH: Final = r"\d+ (?:day|hour|minute|second)s?"
_VALUE: Final = (
    r'(?:"(?:[^"\\]|\\.)*"|true|false|missing|-?[\d.]+(?:e[+-]?\d+)?|\d{4}-\d\d[^ ,]*|' + _LENGTH + ")"
)
_BEHIND: Final = (
    " where | within the last | at least | at most | exactly | not even once|, where | or the event "
)
# How a value is found in a finished sentence.
GROUPS: Final = MappingProxyType(
    {
        "n": r"([\d,.]+?)",
        "d": rf"({_LENGTH}(?: {_LENGTH})*|no time)",
        "v": rf"({_VALUE}(?:, {_VALUE})*)",
        "e": rf"((?:(?!{_BEHIND}).)+?)",
    }
)
# What joins sentences and conditions, and how other languages do.
JOINTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        " ": {"sv": " ", "fr": " "},
        "; ": {"sv": "; ", "fr": " ; "},
        " and ": {"sv": " och ", "fr": " et "},
        " or ": {"sv": " eller ", "fr": " ou "},
    }
)
TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|(?<=[.?!]) (?=[A-Z`])|; | and | or ')
SEPARATE: Final = {"en": ",", "sv": "\u00a0", "fr": "\u202f"}


@dataclass(frozen=True, slots=True)
class Block:
    """One sentence in every language."""

    texts: Mapping[str, str]
    pattern: re.Pattern[str] | None  # None: it has no values

    @property
    def names(self) -> list[str]:
        """The names of its values."""
        return [name for name, _ in NAME.findall(self.texts["en"])]


def said(text: str) -> str:
    """Return a sentence in the language of whoever asked for the answer under way."""
    return in_language(text, READER.get())


def said_in(answer: object) -> object:
    """Return what was made for JSON with each `said`, `when`, `waits_for` and note in the reader's language."""
    if READER.get() == "en":
        return answer
    if isinstance(answer, list):
        return [said_in(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: said(value) if name in SPOKEN and isinstance(value, str)
        else value if name in RECORDED else said_in(value)
        for name, value in answer.items()
    }  # fmt: skip


# Where answers are no models: members that are sentences, and members that hold what people sent.
SPOKEN: Final = frozenset(("said", "when", "waits_for", "message", "hint", "text"))
RECORDED: Final = frozenset(("seen", "properties", "value", "attributes", "before", "after"))
# In models: a sentence, and something made for JSON in which sentences stand.
Sentence: TypeAlias = Annotated[str, PlainSerializer(said, return_type=str)]
Spoken: TypeAlias = Annotated[dict[str, Any], PlainSerializer(said_in, return_type=dict[str, Any])]


@lru_cache(maxsize=4096)
def in_language(text: str, language: Language) -> str:
    """Return a sentence in a language; as it is where it is not known."""
    if language == "en" or not text or len(text) > LONGEST:
        return text
    return _found(text, language, 0) or text


def _found(text: str, language: Language, depth: int) -> str | None:
    if depth > DEEPEST:
        return None
    whole = _whole(text, language, depth)
    if whole is not None:
        return _dressed(text, whole)
    for between, word in JOINTS.items():
        parts = _parts(text, between)
        if len(parts) > 1:
            found = [_found(part, language, depth + 1) for part in parts]
            if all(one is not None for one in found):
                return word[language].join(one or "" for one in found)
    first, colon, rest = text.partition(": ")
    if colon and (one := _whole(first, language, depth)) is not None:  # a sentence, and whom or what it means
        said_first = _dressed(first, one)
        return f"{said_first}{' : ' if language == 'fr' else ': '}{_found(rest, language, depth + 1) or rest}"
    if text.startswith("(") and text.endswith(")"):
        inner = _found(text[1:-1], language, depth + 1)
        return None if inner is None else f"({inner})"
    return None


def _parts(text: str, between: str) -> list[str]:
    """Split a text where something stands between two parts, but not in quotes or parentheses."""
    parts, begin, depth = [], 0, 0
    for token in TOKEN.finditer(text):
        one = token[0]
        depth += (one == "(") - (one == ")")
        if one == between and depth == 0:
            parts.append(text[begin : token.start()])
            begin = token.end()
    return [*parts, text[begin:]]


def _whole(text: str, language: Language, depth: int) -> str | None:
    plain, patterns = _book()
    bare = _bare(text)
    if (block := plain.get(bare)) is not None:
        return block.texts[language]
    for block in patterns:
        assert block.pattern is not None
        match = block.pattern.fullmatch(bare)
        if match is not None and (filled := _filled(block, match, language, depth)) is not None:
            return filled
    return None


def _filled(block: Block, match: re.Match[str], language: Language, depth: int) -> str | None:
    values = dict(zip(block.names, match.groups(), strict=True))

    def value(one: re.Match[str]) -> str:
        name, how = one.group(1), one.group(2)
        raw = values[name]
        if how == "n":
            return raw.replace(",", SEPARATE[language])
        if how in ("s", "t", "d"):
            inner = _found(raw, language, depth + 1)
            if inner is None and how != "t":
                raise LookupError(raw)
            return raw if inner is None else inner
        return raw

    try:
        return NAME.sub(value, block.texts[language])
    except LookupError:
        return None


def _bare(text: str) -> str:
    """Return a sentence without its full stop, and with a small letter first: some stand alone, some in others."""
    text = text.removesuffix(".")
    return text[:1].lower() + text[1:]


def _dressed(text: str, other: str) -> str:
    """Return the sentence of another language with the beginning and the end of the English one."""
    other = other.removesuffix(".") + ("." if text.endswith(".") else "")
    return other[:1].upper() + other[1:] if text[:1].isupper() else other


@cache
def _book() -> tuple[Mapping[str, Block], tuple[Block, ...]]:
    """Return the sentences without values by their English, and those with values, the most telling first."""
    all_of_them = list(blocks())
    plain = {_bare(block.texts["en"]): block for block in all_of_them if block.pattern is None}
    patterns = [block for block in all_of_them if block.pattern is not None]
    patterns.sort(key=lambda block: -len(NAME.sub("", block.texts["en"])))
    return MappingProxyType(plain), tuple(patterns)


def blocks() -> Iterator[Block]:
    """Yield every sentence of the files."""
    for file in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".txt"):
            continue
        for part in file.read_text(encoding="utf-8").split("\n\n"):
            lines = [line for line in part.splitlines() if line and not line.startswith("#")]
            if lines:
                texts = {line[:2]: line[3:] for line in lines}
                yield Block(MappingProxyType(texts), _pattern(texts["en"]))


def _pattern(english: str) -> re.Pattern[str] | None:
    bare = _bare(english)
    parts = NAME.split(bare)
    if len(parts) == 1:
        return None
    # Text, name, how, text, name, how, … : every name is a group.
    texts, hows = parts[0::3], parts[2::3]
    groups = [GROUPS.get(how, "(.+?)") for how in hows]
    body = "".join(re.escape(text) + group for text, group in zip(texts, [*groups, ""], strict=True))
    return re.compile(body, re.DOTALL)
