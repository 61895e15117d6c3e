"""Feed files as lines: plain or gzip, however long a line or a file is, in constant memory."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from parcours.domain.errors import ParcoursError
from parcours.service.intake.feed import LONGEST_LINE

__all__ = ["Source", "TooLong", "open_source"]

_GZIP: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line longer than a line may be; its content was let go."""

    length: int  # bytes


@dataclass(frozen=True, slots=True)
class Source:
    """An open feed file. `done` tells how many bytes of the file are read, `size` how many there are."""

    name: str
    size: int | None
    done: Callable[[], int]
    stream: BinaryIO

    def lines(self, longest: int = LONGEST_LINE) -> Iterator[bytes | TooLong]:
        """Yield every line without its end. Raises ParcoursError `unreadable_file` where reading fails."""
        while True:
            raw = self._read(longest + 2)  # room for the line's end
            if not raw:
                return
            line = raw.rstrip(b"\r\n")
            if len(line) <= longest and (raw.endswith(b"\n") or len(raw) < longest + 2):
                yield line
            else:
                yield TooLong(len(line) if raw.endswith(b"\n") else len(raw) + self._skip())

    def _skip(self) -> int:
        """Read on to the end of the line; return how many bytes that were."""
        skipped = 0
        while piece := self._read(_PIECE):
            skipped += len(piece)
            if piece.endswith(b"\n"):
                return skipped - 1
        return skipped

    def _read(self, limit: int) -> bytes:
        try:
            return self.stream.readline(limit)
        except (OSError, EOFError, zlib.error) as error:
            raise _unreadable(self.name, error) from error


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a feed file, `-` being the input; gzip is recognised by its first bytes.

    Raises ParcoursError `unreadable_file`.
    """
    if str(path) == "-":
        yield Source("input", None, lambda: 0, sys.stdin.buffer)
        return
    try:
        raw = path.open("rb")
    except OSError as error:
        raise _unreadable(str(path), error) from error
    with raw:
        packed = raw.peek(2)[:2] == _GZIP
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw) if packed else raw)
        yield Source(str(path), os.fstat(raw.fileno()).st_size, raw.tell, stream)


def _unreadable(name: str, error: Exception) -> ParcoursError:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ParcoursError(
        "unreadable_file", f"the file cannot be read: {reason}", place=name, hint="Check its name and rights."
    )
