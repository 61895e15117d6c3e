"""Liquid with limits: what a template may cost, and a calendar that asks nobody for the time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import wraps
from io import StringIO
from typing import Any, Final, TextIO

from liquid import BoundTemplate, Environment, RenderContext, Token, escape
from liquid.ast import Node
from liquid.builtin.content import ContentNode, Literal
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import (
    FilterArgumentError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    ResourceLimitError,
)
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string
from liquid.undefined import UNDEFINED, is_undefined

__all__ = ["Sandbox"]

MAX_ITERATIONS: Final = 10_000  # of all loops of one rendering together
MAX_OUTPUT: Final = 1_000_000  # characters of one part
MAX_VARIABLES: Final = 1_000_000  # bytes of everything assigned and captured
_FORBIDDEN: Final = ("include", "render", "extends", "block", "import")  # tags that read other files
# Filters that walk through what they get: a range such as (1..1000000000) costs nothing until then.
_WALKING: Final = (
    "compact", "concat", "find", "find_index", "has", "join", "map", "reject", "reverse",
    "slice", "sort", "sort_natural", "sum", "uniq", "where",
)  # fmt: skip
_EPOCH: Final = re.compile(r"%-?s")


class _Buffer(LimitedStringIO):
    """The library's limited output, counting characters: encoding each piece just to count it is dear."""

    def write(self, piece: str, /) -> int:
        self.size += len(piece)
        if self.size > self.limit:
            raise OutputStreamLimitError(f"more than {MAX_OUTPUT} characters", token=None)
        return StringIO.write(self, piece)


class _Context(RenderContext):
    """A context that counts the rounds of all loops (the library's own limit sees nested ones alone).

    Plain paths through plain values, nearly all there are, take a short cut.
    """

    __slots__ = ("iterations",)

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        try:
            value = self.scope[path[0]]  # type: ignore[index]
            for key in path[1:]:
                if type(value) is not dict:
                    return super().get(path, token=token, default=default)
                value = value[key]
        except (KeyError, TypeError):
            return super().get(path, token=token, default=default)
        return value

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        return _Buffer(MAX_OUTPUT - (buf.size if isinstance(buf, LimitedStringIO) else 0))

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.iterations = getattr(self, "iterations", 0) + length
        if self.iterations > MAX_ITERATIONS:
            raise LoopIterationLimitError(f"more than {MAX_ITERATIONS} rounds of loops", token=None)


class _Value(OutputNode):
    """`{{ a.b }}`, most of what a mail prints: looked up and written without the machinery of filters."""

    __slots__ = ("path",)

    def __init__(self, token: Token, expression: Expression) -> None:
        super().__init__(token, expression)
        self.path: list[object] | None = None
        if isinstance(expression, FilteredExpression) and not expression.filters:
            path = expression.left
            if isinstance(path, Path) and not any(isinstance(part, Path) for part in path.path):
                self.path = list(path.path)

    def render(self, context: RenderContext, buffer: TextIO) -> int:
        if self.path is None:
            return self.render_to_output(context, buffer)
        value = context.get(self.path, token=self.token)
        if type(value) is not str:
            value = to_liquid_string(value, context.autoescape)
        elif context.autoescape:
            value = escape(value)
        return buffer.write(value)


class _Output(Output):
    node_class = _Value


class _Text(ContentNode):
    """What stands between tags, written without asking whether that is allowed."""

    __slots__ = ()

    def render(self, _: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text)


class _Literal(Literal):
    node_class = _Text


class _Template(BoundTemplate):
    """A template; one of text and `{{ a.b }}` alone, as most are, is put together without a context."""

    context_class = _Context

    def __init__(self, env: Environment, nodes: list[Node], **more: Any) -> None:
        super().__init__(env, nodes, **more)
        self._parts: list[str | list[object]] | None = []
        for node in nodes:
            part = node.text if type(node) is _Text else node.path if type(node) is _Value else None
            if part is None:
                self._parts = None
                break
            self._parts.append(part)

    def render(self, values: dict[str, object]) -> str:
        """Render with `values`."""
        found = self._joined(values)
        return super().render(values) if found is None else found

    def _joined(self, values: dict[str, object]) -> str | None:
        """Return the text; None where anything is out of the ordinary, a value that is missing too."""
        if self._parts is None:
            return None
        autoescape = self.env.autoescape
        pieces = []
        for part in self._parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value: object = values
            for key in part:
                if type(value) is not dict or key not in value:
                    return None
                value = value[key]
            if type(value) is not str:
                return None
            pieces.append(escape(value) if autoescape else value)
        text = "".join(pieces)
        return text if len(text) <= MAX_OUTPUT else None

    def make_globals(self, render_args: Mapping[str, object]) -> Mapping[str, object]:
        return render_args  # a template has no values of its own

    def _get_buffer(self) -> StringIO:
        return _Buffer(MAX_OUTPUT)


class Sandbox(Environment):
    """An environment of which templates see values only: no files, no clock, no attributes, bounded work.

    Dates are read from and shown in the zone of `now`, which every rendering must be given as a datetime.
    """

    template_class = _Template
    context_depth_limit = 30
    block_nesting_limit = 30
    output_stream_limit = MAX_OUTPUT
    local_namespace_limit = MAX_VARIABLES

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register the standard tags and filters, without those that reach outside."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        self.add_tag(_Literal)
        for tag in _FORBIDDEN:
            self.tags.pop(tag, None)
        for name in _WALKING:
            self.filters[name] = _short_ranges_only(self.filters[name])
        self.filters["replace"] = _bounded_replace(self.filters["replace"])
        self.filters["date"] = _show_date


def _short_ranges_only(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(left: object, *args: Any, **kwargs: Any) -> Any:
        for value in (left, *args):
            if isinstance(value, range) and value[MAX_ITERATIONS:]:
                raise ResourceLimitError(f"a range of more than {MAX_ITERATIONS} numbers", token=None)
        if isinstance(left, list | tuple | range) and args and isinstance(args[0], str):
            _check_output(len(left) * len(args[0]))
        return function(left, *args, **kwargs)

    return guarded


def _bounded_replace(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def guarded(left: object, old: object, new: object = "", **kwargs: Any) -> Any:
        _check_output(str(left).count(str(old)) * len(str(new)))
        return function(left, old, new, **kwargs)

    return guarded


def _check_output(size: int) -> None:
    if size > MAX_OUTPUT:
        raise ResourceLimitError(f"a text of more than {MAX_OUTPUT} bytes", token=None)


@with_context
def _show_date(value: object, pattern: object = "", *, context: RenderContext) -> str:
    """Format an instant by strftime's directives, or give back what is none.

    Takes a datetime, a date, RFC 3339 text, seconds since 1970, `now` or `today`. Instants are shown in the
    zone of `now`; a date, or a local time without offset, as it is written.
    """
    if value is None or is_undefined(value):
        return ""
    now = context.globals["now"]
    if not isinstance(now, datetime):
        raise FilterArgumentError("`now` is not an instant", token=None)
    moment = now if value in ("now", "today") else _moment(value)
    if moment is None or not pattern or is_undefined(pattern):
        return str(value)
    if moment.tzinfo is not None:
        moment = moment.astimezone(now.tzinfo)
    # strftime would count %s in the zone of the machine
    shown = _EPOCH.sub(
        lambda _: str(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())),
        str(pattern),
    )
    return moment.strftime(shown)


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            return datetime.fromtimestamp(float(value), UTC)
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
