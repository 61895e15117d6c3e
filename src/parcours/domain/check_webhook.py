"""Problems of webhook steps: what a call needs, and what is not for authors to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from parcours.domain.journey import Webhook
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at

__all__ = ["webhook_problems"]

LONGEST: Final = timedelta(seconds=30)  # for an answer, whatever a step says
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_OURS: Final = frozenset(
    (
        "accept-encoding", "connection", "content-length", "cookie", "expect", "host", "idempotency-key",
        "parcours-signature", "te", "trailer", "transfer-encoding", "upgrade",
    )
)  # fmt: skip


def webhook_problems(step: Webhook) -> Iterator[Problem]:
    """Yield what is wrong with a webhook step."""
    place = f"steps.{step.id}.webhook"
    yield from _url(step.url, place)
    for name in step.headers:
        if not _NAME.fullmatch(name):
            message, hint = f"`{name}` is no name of a header.", "Use letters, digits and -."
            yield problem_at("error", "bad_header", f"{place}.headers.{name}", message, hint)
        elif name.lower() in _OURS:
            message = f"`{name}` is set by the program itself."
            yield problem_at("error", "bad_header", f"{place}.headers.{name}", message, "Leave it out.")
    if step.timeout is not None and step.timeout > LONGEST:
        message = "More than 30s are not waited for an answer."
        yield problem_at("warning", "long_timeout", f"{place}.timeout", message, "Write 30s or less.")


def _url(url: str, place: str) -> Iterator[Problem]:
    if not url:
        yield problem_at("error", "no_url", place, "The webhook has no URL.", "Add url:.")
        return
    try:
        parts = urlsplit(url)
        good = (parts.scheme in {"http", "https"} and bool(parts.hostname)) or url.startswith("{{")
    except ValueError:
        good = False
    if not good:
        message = "This is not an http or https URL."
        yield problem_at("error", "bad_url", f"{place}.url", message, "Write https://HOST/PATH.")
