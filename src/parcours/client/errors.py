"""What a server answers where it cannot do what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from parcours.domain.errors import ParcoursError

__all__ = ["ServerError", "error_of"]


class ServerError(ParcoursError):
    """A problem that the server told: its code, place and hint as they came.

    `status` is the HTTP status (0: no answer came), `body` the whole problem. Where a command was refused, `result` is
    the command's own answer.
    """

    def __init__(
        self, code: str, message: str, *, hint: str = "", place: str = "", retry_after: float | None = None,
        status: int = 0, body: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code, message, hint=hint, place=place, retry_after=retry_after)
        self.status = status
        self.body: Mapping[str, Any] = body or {}

    @property
    def result(self) -> Mapping[str, Any] | None:
        """Return what a refused command answered beside its problem."""
        found = self.body.get("result")
        return found if isinstance(found, dict) else None


def error_of(status: int, kind: str, body: bytes, retry_after: float | None, asked: str) -> ServerError:
    """Return the error of an answer: of a problem+json its own, of anything else `unexpected_answer`."""
    found: Any = None
    if kind.partition(";")[0].strip() == "application/problem+json":
        try:
            found = json.loads(body)
        except ValueError:
            found = None
    if not isinstance(found, dict) or "code" not in found:
        return ServerError(
            "unexpected_answer", f"{asked} was answered with status {status}, and not by Parcours",
            hint="Check the address; something between may have answered.", retry_after=retry_after, status=status,
        )  # fmt: skip
    return ServerError(
        str(found["code"]), str(found.get("detail", "")).removesuffix("."), hint=str(found.get("hint", "")),
        place=str(found.get("place", "")), retry_after=retry_after, status=status, body=found,
    )  # fmt: skip
