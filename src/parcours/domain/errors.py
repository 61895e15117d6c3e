"""Errors people meet: a stable code, a sentence, and what to do next."""

from __future__ import annotations

__all__ = ["ParcoursError"]


class ParcoursError(Exception):
    """Report something a person can act on.

    `code` is stable snake_case and documented in docs/errors.md; `message` says what happened, `place` where
    (a file path, a line, a key such as `steps.hello.email`), `hint` what to do next; `retry_after` is in seconds,
    where trying again then may help.
    """

    def __init__(
        self, code: str, message: str, *, hint: str = "", place: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.place = place
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Render as one line: `place: message (code). hint`."""
        where = f"{self.place}: " if self.place else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message} ({self.code}).{hint}"
