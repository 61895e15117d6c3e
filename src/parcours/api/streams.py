"""Bodies of requests: read and unpacked piece by piece up to a limit, whatever they claim to be."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request

from parcours.domain.errors import ParcoursError

__all__ = ["read_body", "read_lines"]

GZIP_OR_ZLIB: Final = 47  # window bits: the header tells which
PIECE: Final = 65_536


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body, unpacked. Raises ParcoursError `body_too_large`, `not_compressed`."""
    body = bytearray()
    async for piece in _unpacked(request):
        body += piece
        if len(body) > limit:
            raise ParcoursError(
                "body_too_large", f"the body has more than {limit:,} bytes, as sent or unpacked", place="body",
                hint="Send smaller batches.",
            )  # fmt: skip
    return bytes(body)


async def read_lines(request: Request, longest: int) -> AsyncIterator[bytes | int]:
    """Yield the lines of a body of any length; for one that is longer than `longest`, how long it is."""
    line, length = bytearray(), 0
    async for piece in _unpacked(request):
        *ended, rest = piece.split(b"\n")
        for part in ended:
            length += len(part)
            line += part[: longest + 1]
            yield bytes(line) if length <= longest else length
            line, length = bytearray(), 0
        length += len(rest)
        if len(line) <= longest:
            line += rest[: longest + 1]
    if length:
        yield bytes(line) if length <= longest else length


async def _unpacked(request: Request) -> AsyncIterator[bytes]:
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        async for data in request.stream():
            yield data
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise _not_compressed(f"{encoding[:40]!r} is not known")
    stream = zlib.decompressobj(GZIP_OR_ZLIB)
    begun = False
    async for received in request.stream():
        data = received
        while data:
            if stream.eof:  # several members one after the other are one body (RFC 1952, 2.2)
                stream, begun = zlib.decompressobj(GZIP_OR_ZLIB), False
            try:
                piece = stream.decompress(data, PIECE)
            except zlib.error as error:
                raise _not_compressed(str(error)) from None
            begun = True
            data = stream.unused_data if stream.eof else stream.unconsumed_tail
            yield piece
    if not begun or not stream.eof:
        raise _not_compressed("its end is missing")


def _not_compressed(why: str) -> ParcoursError:
    return ParcoursError(
        "not_compressed", f"the body cannot be unpacked: {why}", place="body",
        hint="Compress it with gzip, or leave Content-Encoding out.",
    )  # fmt: skip
