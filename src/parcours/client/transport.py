"""Requests and answers: plain HTTP by the standard library, tried again only where that cannot do a thing twice."""

from __future__ import annotations

import http.client
import io
import json
import random
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, BinaryIO, Final, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from parcours.client.errors import ServerError, error_of
from parcours.domain.errors import ParcoursError

__all__ = ["LONGEST_PAUSE", "Body", "Reply", "Transport", "segment"]

Query: TypeAlias = Mapping[str, object]
Body: TypeAlias = bytes | BinaryIO

LONGEST_PAUSE: Final = 60.0  # seconds; who is asked to wait for longer hears so at once
FIRST_PAUSE: Final = 0.2
# The server has done nothing, and says so; what came to it is asked for again.
AGAIN: Final = frozenset({429, 502, 503, 504})
NOT_DONE: Final = 429  # before anything was looked at


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, read as JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise ServerError(
                "unexpected_answer", "the answer is no JSON", status=self.status,
                hint="Check the address; something between may have answered.",
            ) from None  # fmt: skip


class Transport:
    """Asks one server with one key; each request over a connection of its own.

    `timeout` in seconds, for each part of an exchange; `tries` at most, in all; `pause` waits so many seconds. Sentences
    come in `language`, where the server speaks it.
    """

    def __init__(
        self, url: str, key: str | None, *, timeout: float, tries: int, pause: Callable[[float], None], language: str
    ) -> None:  # fmt: skip
        parts = urlsplit(url.strip().rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ParcoursError(
                "bad_server", f"{url!r} is no address of a server", place="--server",
                hint="Write it as https://parcours.example.com, or http://localhost:8080.",
            )  # fmt: skip
        if key is not None and not (key.strip().isascii() and key.strip().isprintable()):
            raise ParcoursError("bad_credentials", "the API key holds what no key has", hint="Copy it again.")
        self._key = key.strip() if key else None
        self._https = parts.scheme == "https"
        try:
            self._host, self._port = parts.hostname, parts.port
        except ValueError:
            raise ParcoursError(
                "bad_server", f"{url!r} has no port that can be", place="--server", hint="Ports go to 65535."
            ) from None
        self._base = parts.path
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._timeout = timeout
        self._tries = max(1, tries)
        self._pause = pause
        self._language = language

    def ask(
        self, method: str, path: str, *, query: Query | None = None, json_body: object = None,
        body: Body | None = None, headers: Mapping[str, str] | None = None, repeatable: bool | None = None,
        key_as_user: bool = False,
    ) -> Reply:  # fmt: skip
        """Ask, and return the answer.

        `repeatable`: asking twice does nothing twice; GET always is. `key_as_user`: the key goes as the user of Basic
        auth. Raises ServerError as the server says, or `server_unreachable`.
        """
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False, allow_nan=False).encode()
        sent = {"Accept": "application/json", "Accept-Language": self._language}
        sent |= {**self._credentials(as_user=key_as_user), **(headers or {})}
        if json_body is not None:
            sent["Content-Type"] = "application/json"
        again = method == "GET" if repeatable is None else repeatable
        target = self._base + path + _query(query or {})
        for n in range(1, self._tries + 1):
            try:
                reply = self._once(method, target, body, sent)
            except (OSError, http.client.HTTPException) as error:
                fault = self._unreachable(error)
                repeat = again or isinstance(error, ConnectionRefusedError)  # refused: nothing arrived
            else:
                if reply.status < HTTPStatus.MULTIPLE_CHOICES:
                    return reply
                kind, after = reply.headers.get("content-type", ""), _retry_after(reply.headers)
                fault = error_of(reply.status, kind, reply.body, after, f"{method} {self.url}{path}")
                repeat = reply.status == NOT_DONE or (again and reply.status in AGAIN)
            wait = fault.retry_after if fault.retry_after is not None else _backoff(n)
            if not repeat or n == self._tries or wait > LONGEST_PAUSE or not _rewind(body):
                raise fault
            self._pause(wait)
        raise AssertionError  # the last try has raised

    def _once(self, method: str, target: str, body: Body | None, headers: Mapping[str, str]) -> Reply:
        connection = (
            http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
            if self._https
            else http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        )
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def _credentials(self, *, as_user: bool) -> dict[str, str]:
        if self._key is None:
            return {}
        if as_user:
            return {"Authorization": "Basic " + b64encode(f"{self._key}:".encode()).decode()}
        return {"Authorization": f"Bearer {self._key}"}

    def _unreachable(self, error: Exception) -> ServerError:
        why = "it did not answer in time" if isinstance(error, TimeoutError) else str(error) or repr(error)
        return ServerError(
            "server_unreachable", f"no answer came from {self.url}: {why}",
            hint="Check the address, and that `parcours serve` runs there.",
        )  # fmt: skip


def segment(text: str) -> str:
    """Write a text as one part of a path."""
    return quote(text, safe="")


def _query(query: Query) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        many: Sequence[object] = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, _word(one)) for one in many if one is not None]
    return f"?{urlencode(pairs)}" if pairs else ""


def _word(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After, which may be an instant: then counted from the server's own Date."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _backoff(n: int) -> float:
    return FIRST_PAUSE * float(2 ** (n - 1)) * (0.5 + random.random() / 2)  # noqa: S311 - spreads callers


def _rewind(body: Body | None) -> bool:
    """Bring a body to its beginning again; tell whether that can be done."""
    if body is None or isinstance(body, bytes):
        return True
    try:
        body.seek(0)
    except (OSError, io.UnsupportedOperation, ValueError):
        return False
    return True
