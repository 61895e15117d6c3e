"""Files that mails carry: encoded once per version, and joined to each mail as they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from parcours.channels.mime import base64_lines

__all__ = ["Attached", "attach", "content_type"]

_PLAIN_NAME: Final = re.compile(
    r"[!#-\[\]-~](?:[ !#-\[\]-~]{0,58}[!#-\[\]-~])?"
)  # ASCII that stands in quotes as it is
_UNENCODED: Final = "!#$&+-.^_`|~"  # besides letters and digits: RFC 2231, attribute-char
_LONGEST_PIECE: Final = 50
_OCTETS: Final = "application/octet-stream"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_OPEN: Final = "application/vnd.oasis.opendocument"

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "avif": "image/avif", "bmp": "image/bmp", "css": "text/css", "csv": "text/csv", "doc": "application/msword",
        "docx": f"{_OFFICE}.wordprocessingml.document", "epub": "application/epub+zip", "gif": "image/gif",
        "gz": "application/gzip", "htm": "text/html", "html": "text/html", "ics": "text/calendar",
        "jpeg": "image/jpeg", "jpg": "image/jpeg", "json": "application/json", "md": "text/markdown",
        "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "odp": f"{_OPEN}.presentation",
        "ods": f"{_OPEN}.spreadsheet", "odt": f"{_OPEN}.text", "ogg": "audio/ogg", "pdf": "application/pdf",
        "pkpass": "application/vnd.apple.pkpass", "png": "image/png", "ppt": "application/vnd.ms-powerpoint",
        "pptx": f"{_OFFICE}.presentationml.presentation", "rtf": "application/rtf", "svg": "image/svg+xml",
        "tif": "image/tiff", "tiff": "image/tiff", "tsv": "text/tab-separated-values", "txt": "text/plain",
        "vcf": "text/vcard", "wav": "audio/wav", "webm": "video/webm", "webp": "image/webp",
        "xls": "application/vnd.ms-excel", "xlsx": f"{_OFFICE}.spreadsheetml.sheet", "xml": "application/xml",
        "zip": "application/zip",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attached:
    """The end of every mail of a step: its files, between boundaries that `mark` makes.

    `tail` travels as it is: lines ended by CRLF, none beginning with a dot.
    """

    mark: bytes
    tail: bytes


def attach(files: Sequence[tuple[str, bytes]]) -> Attached:
    """Encode files, given by name and content, in their order. The same files give the same bytes."""
    parts = [_part(name, data) for name, data in files]
    digest = hashlib.sha256(b"".join(parts)).hexdigest()[:32]
    # `=_` occurs in no base64; `files` keeps it apart from the boundaries inside, which are hexadecimal.
    mark = b"=_files%b" % digest.encode("ascii")
    return Attached(
        mark, b"".join([b"--%b\r\n%b\r\n" % (mark, part) for part in parts] + [b"--%b--\r\n" % mark])
    )


def content_type(name: str, data: bytes) -> str:
    """Return the type that a file's name tells, with the character set of a text that is UTF-8."""
    found = _TYPES.get(name.rpartition(".")[2].lower(), _OCTETS) if "." in name else _OCTETS
    if found.startswith("text/"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return found
        return f"{found}; charset=utf-8"
    return found


def _part(name: str, data: bytes) -> bytes:
    shown = name.rpartition("/")[2]
    head = (
        f"Content-Type: {content_type(shown, data)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {_file_name(shown)}\r\n\r\n"
    )
    return head.encode("ascii") + base64_lines(data)


def _file_name(name: str) -> str:
    """Return the parameter that names a file (RFC 2183; RFC 2231 beyond short ASCII)."""
    if _PLAIN_NAME.fullmatch(name) and "=?" not in name:
        return f'filename="{name}"'
    pieces = [""]
    for character in name:  # each piece is read by itself, so none ends within a character
        encoded = quote(character, safe=_UNENCODED, errors="replace")
        if len(pieces[-1]) + len(encoded) > _LONGEST_PIECE:
            pieces.append("")
        pieces[-1] += encoded
    if len(pieces) == 1:
        return f"filename*=utf-8''{pieces[0]}"
    first = f"filename*0*=utf-8''{pieces[0]}"
    return ";\r\n ".join([first, *(f"filename*{n}*={piece}" for n, piece in enumerate(pieces[1:], 1))])
