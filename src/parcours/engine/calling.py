"""Webhooks made ready: forms compiled once per version and step, filled in for each person."""

from __future__ import annotations

from dataclasses import dataclass, field

from parcours.channels.request import USUAL_WAIT, Call, Form, Request, compile_form
from parcours.channels.template import Renderer
from parcours.engine.composing import Composed
from parcours.engine.content import Claimed, context_of
from parcours.engine.versions import Version

__all__ = ["Forms"]


@dataclass(slots=True)
class Forms:
    """Compiled forms by version and step. Versions are frozen, so an entry is never stale."""

    capacity: int = 1000
    _known: dict[tuple[int, str], Form] = field(default_factory=dict)

    def request(self, claimed: Claimed, version: Version) -> Request:
        """Fill in the form of a claimed webhook. Raises TemplateFailed with the text of what is wrong."""
        key = (claimed.version_id, claimed.step)
        form = self._known.pop(key, None) or compile_form(version.webhook(claimed.step))
        self._known[key] = form  # the latest used stand last
        if len(self._known) > self.capacity:
            del self._known[next(iter(self._known))]
        return form.render(context_of(claimed, version), claimed.at)

    def compose(self, claimed: Claimed, version: Version, _: Renderer) -> Composed:
        """Make a claimed webhook ready for its channel. Raises TemplateFailed."""
        step, request = version.webhook(claimed.step), self.request(claimed, version)
        call = Call(
            claimed.message_id, "", request.url, request.body,
            method=step.method, query=request.query, headers=request.headers,
            timeout=USUAL_WAIT if step.timeout is None else step.timeout.total_seconds(),
            asks=step.save_as is not None,
        )  # fmt: skip
        return Composed(call, None, request.shown)
