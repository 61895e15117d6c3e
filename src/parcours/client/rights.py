"""Who may be written to, and what people may ask for: subscriptions, suppressions, consents, export, erasure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from parcours.client.asking import Asking
from parcours.client.forms_more import Erasure, Kept, Subscription, Suppressed
from parcours.client.transport import segment

__all__ = ["Rights"]


class Rights(Asking):
    """Consent and privacy."""

    def subscriptions(self) -> list[Subscription]:
        """List the declared kinds of mail."""
        return cast("list[Subscription]", self._get("/api/subscriptions"))

    def declare_subscription(
        self, key: str, *, default: str = "out", names: Mapping[str, str] | None = None,
        descriptions: Mapping[str, str] | None = None, reason: str | None = None,
    ) -> Subscription:  # fmt: skip
        """Declare a kind of mail, or make it this."""
        body = {"default": default, "names": dict(names or {}), "descriptions": dict(descriptions or {})}
        path = f"/api/subscriptions/{segment(key)}"
        return cast("Subscription", self._ask("PUT", path, body, repeatable=True, reason=reason))

    def forget_subscription(self, key: str, *, reason: str | None = None) -> None:
        """Forget a kind of mail. What people said of it is kept."""
        self._ask("DELETE", f"/api/subscriptions/{segment(key)}", reason=reason)

    def consent_counts(self) -> list[dict[str, Any]]:
        """Count how many people said what of each kind of mail."""
        return cast("list[dict[str, Any]]", self._get("/api/consent-counts"))

    def suppressions(
        self, *, address: str | None = None, why: str | None = None, limit: int = 100
    ) -> list[Suppressed]:
        """List addresses that are written to no more, the latest first."""
        return cast(
            "list[Suppressed]", self._get("/api/suppressions", address=address, reason=why, limit=limit)
        )

    def suppress(
        self, addresses: Sequence[str], *, why: str = "manual", detail: str | None = None, dry_run: bool = False,
        reason: str | None = None,
    ) -> int:  # fmt: skip
        """Put addresses on the list; return how many are new there."""
        body = {"addresses": list(addresses), "reason": why, "detail": detail, "dry_run": dry_run}
        return int(self._ask("POST", "/api/suppressions", body, repeatable=True, reason=reason)["changed"])

    def unsuppress(
        self, addresses: Sequence[str], *, why: str | None = None, dry_run: bool = False, reason: str | None = None
    ) -> int:  # fmt: skip
        """Take addresses off the list; return how many entries went."""
        body = {"addresses": list(addresses), "reason": why, "dry_run": dry_run}
        return int(
            self._ask("POST", "/api/suppressions/remove", body, repeatable=True, reason=reason)["changed"]
        )

    def consents(self, user_id: str) -> list[dict[str, Any]]:
        """List what a person said last of each kind of mail."""
        return cast("list[dict[str, Any]]", self._get(_person(user_id, "/consents")))

    def say_consent(self, user_id: str, subscription: str, state: str, *, source: str | None = None) -> None:
        """Keep what a person says now; `*` is all advertising."""
        body = {"subscription": subscription, "state": state, "source": source}
        self._ask("POST", _person(user_id, "/consents"), body, repeatable=True)

    def export_person(self, user_id: str, *, reason: str | None = None) -> dict[str, Any]:
        """Return all that is known of a person."""
        return cast("dict[str, Any]", self._get(_person(user_id, "/export"), reason=reason))

    def erase_person(
        self, user_id: str, *, suppress: bool = True, dry_run: bool = False, reason: str | None = None
    ) -> Erasure:
        """Ask for a person to be forgotten, for good; asked already, it says how that stands."""
        path = _person(user_id, "/erasure")
        found = self._ask("POST", path, repeatable=True, suppress=suppress, dry_run=dry_run, reason=reason)
        return cast("Erasure", found)

    def erasure(self, user_id: str) -> Erasure:
        """Say how it stands with forgetting a person."""
        return cast("Erasure", self._get(_person(user_id, "/erasure")))

    def retention(self) -> Kept:
        """Say for how long things are kept."""
        return cast("Kept", self._get("/api/retention"))

    def keep_for(
        self, days: Mapping[str, int | None], *, dry_run: bool = False, reason: str | None = None
    ) -> Kept:
        """Settle for how many days `events`, `passages` and `messages` are kept; None is for ever."""
        found = self._ask(
            "PUT", "/api/retention", dict(days), repeatable=True, dry_run=dry_run, reason=reason
        )
        return cast("Kept", found)


def _person(user_id: str, rest: str) -> str:
    return f"/api/people/{segment(user_id)}{rest}"
