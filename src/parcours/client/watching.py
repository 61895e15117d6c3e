"""What needs somebody: alerts, stuck people, held sending; where things are used, and what came lately."""

from __future__ import annotations

from typing import cast

from parcours.client.asking import Asking, journey_path
from parcours.client.forms import Alert
from parcours.client.forms_more import Recent, Sending, Stuck, StuckPeople, Use

__all__ = ["Watching"]


class Watching(Asking):
    """Looks after what goes on."""

    def alerts(self, key: str | None = None, *, past: bool = False, limit: int = 100) -> list[Alert]:
        """List what deserves attention, the gravest first; at most 1,000."""
        return cast("list[Alert]", self._get("/api/alerts", journey=key, past=past, limit=limit))

    def watch_entrants(self, key: str, within: str | None) -> None:
        """Ask that somebody enters within a duration; `off`: never alert, None: as of all journeys."""
        self._ask("PUT", journey_path(key, "/entrants-watch"), {"within": within}, repeatable=True)

    def stuck(self, key: str | None = None, *, minutes: float = 5, limit: int = 100) -> StuckPeople:
        """List who has been due for longer than so many minutes, and who fell out by a fault in the last day."""
        return cast("StuckPeople", self._get("/api/stuck", journey=key, minutes=minutes, limit=limit))

    def mend(
        self, key: str, user_id: str, what: str, *, step: str | None = None, minutes: float = 5,
        reason: str | None = None,
    ) -> Stuck:  # fmt: skip
        """Do something about one stuck person: `retry`, `skip` or `drop_out`; with `step` only while there."""
        body = {
            "journey": key,
            "user_id": user_id,
            "mend": what,
            "step": step,
            "minutes": minutes,
            "reason": reason,
        }
        return cast("Stuck", self._ask("POST", "/api/stuck/mend", body))

    def used(self, kind: str, name: str) -> list[Use]:
        """List every place that names a journey, audience, sender, template, event, field or subscription."""
        return cast("list[Use]", self._get("/api/where-used", kind=kind, name=name))

    def sending(self) -> Sending:
        """Tell whether all sending is held."""
        return cast("Sending", self._get("/api/sending"))

    def hold_sending(self, *, reason: str | None = None, dry_run: bool = False, wait: bool = True) -> Sending:
        """Hold all sending, of every journey."""
        return self._switch("hold", reason, dry_run=dry_run, wait=wait)

    def release_sending(self, *, reason: str | None = None, dry_run: bool = False) -> Sending:
        """Let messages leave again."""
        return self._switch("release", reason, dry_run=dry_run, wait=False)

    def recent(
        self, *, user_id: str | None = None, after: str | None = None, result: str | None = None, limit: int = 50
    ) -> list[Recent]:  # fmt: skip
        """List the latest that came over HTTP, the newest first, each with what it caused."""
        found = self._get("/api/events", user_id=user_id, after=after, result=result, limit=limit)
        return cast("list[Recent]", found)

    def _switch(self, word: str, reason: str | None, *, dry_run: bool, wait: bool) -> Sending:
        body = {"reason": reason, "dry_run": dry_run, "wait": wait}
        return cast("Sending", self._ask("POST", f"/api/sending/{word}", body))
