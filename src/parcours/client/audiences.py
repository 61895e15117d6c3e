"""Audiences: who belongs to what, counted before saving, saved, filled, made from counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from parcours.client.asking import Asking
from parcours.client.forms_more import Audience, AudienceDetail, Counted, MemberPage
from parcours.client.transport import segment

__all__ = ["Audiences"]

MANY: Final = 10_000  # people in one request
PAGE: Final = 1000


class Audiences(Asking):
    """Lists and conditions."""

    def audiences(self) -> list[Audience]:
        """List every audience, by key."""
        return cast("list[Audience]", self._get("/api/audiences"))

    def audience(self, key: str) -> AudienceDetail:
        """Show an audience, and where it is used."""
        return cast("AudienceDetail", self._get(_path(key)))

    def preview_audience(
        self, where: Mapping[str, Any], *, sample: int = 10, seconds: float = 2.0
    ) -> Counted:
        """Count whom a condition means, for about so many seconds (10 at most), and name some of them."""
        body = {"where": dict(where), "sample": sample, "seconds": seconds}
        return cast("Counted", self._ask("POST", "/api/audiences/preview", body, repeatable=True))

    def save_audience(
        self, key: str, *, name: str = "", where: Mapping[str, Any] | None = None, reason: str | None = None
    ) -> Audience:
        """Save an audience by condition, or make a list, empty or as it was."""
        body = {"name": name, "where": None if where is None else dict(where)}
        return cast("Audience", self._ask("PUT", _path(key), body, repeatable=True, reason=reason))

    def apply_audience(
        self, definition: Mapping[str, Any], *, dry_run: bool = False, reason: str | None = None
    ) -> dict[str, Any]:
        """Make an audience what a file says: exactly these members, or this condition."""
        body = {name: value for name, value in definition.items() if name != "audience"}
        path = _path(str(definition.get("audience")), "/apply")
        found = self._ask("POST", path, body, repeatable=True, dry_run=dry_run, reason=reason)
        return cast("dict[str, Any]", found)

    def rename_audience(self, key: str, name: str, *, reason: str | None = None) -> Audience:
        """Give an audience another name; the key stays."""
        return cast(
            "Audience", self._ask("PATCH", _path(key), {"name": name}, repeatable=True, reason=reason)
        )

    def delete_audience(
        self, key: str, *, dry_run: bool = False, reason: str | None = None
    ) -> dict[str, Any]:
        """Delete an audience that nothing uses; return how many members it had."""
        found = self._ask("DELETE", _path(key), dry_run=dry_run, reason=reason)
        return cast("dict[str, Any]", found)

    def members(self, key: str, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield who belongs to an audience, and since when."""
        return self._pages(_path(key, "/members"), limit, {}, items="members", by="after", page=PAGE)

    def members_page(self, key: str, *, after: str | None = None, limit: int = 100) -> MemberPage:
        """Return the next members; `after` is the `next` of the page before."""
        return cast("MemberPage", self._get(_path(key, "/members"), after=after, limit=limit))

    def change_members(
        self, key: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), reason: str | None = None
    ) -> dict[str, Any]:
        """Add people to a list, made where it is new, and take others out; done again it changes nothing more."""
        whole: dict[str, Any] = {"added": 0, "removed": 0, "bad": []}
        for first in range(0, max(len(add), len(remove), 1), MANY):
            body = {"add": list(add[first : first + MANY]), "remove": list(remove[first : first + MANY])}
            found = self._ask("POST", _path(key, "/members"), body, repeatable=True, reason=reason)
            whole = {name: whole[name] + found[name] for name in whole}
        return whole

    def audience_from(
        self, key: str, *, journey: str, kind: str, name: str = "", dry_run: bool = False, reason: str | None = None,
        **count: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Make a list of the people behind a count, or add them to it.

        `count` may have `step`, `status`, `outcome`, `reason_code`, `version`, `since` and `until`.
        """
        body = {"journey": journey, "kind": kind, "name": name, "dry_run": dry_run}
        body |= {
            ("reason" if word == "reason_code" else word): value
            for word, value in count.items()
            if value is not None
        }
        found = self._ask("POST", _path(key, "/from"), body, repeatable=True, reason=reason)
        return cast("dict[str, Any]", found)


def _path(key: str, rest: str = "") -> str:
    return f"/api/audiences/{segment(key)}{rest}"
