"""The installation itself: settings, users, API keys, and the sources that send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from parcours.client.asking import Asking
from parcours.client.forms_more import Key, Sender, Setting, Source, User
from parcours.client.transport import segment

__all__ = ["House"]


class House(Asking):
    """What an admin does."""

    def settings(self) -> list[Setting]:
        """List every setting, with the value it has."""
        return cast("list[Setting]", self._get("/api/settings"))

    def change_settings(self, changes: Mapping[str, Any], *, reason: str | None = None) -> list[Setting]:
        """Change settings, all of them or none; return all."""
        found = self._ask("PATCH", "/api/settings", dict(changes), repeatable=True, reason=reason)
        return cast("list[Setting]", found)

    def senders(self) -> list[Sender]:
        """List who mails come from."""
        return cast("list[Sender]", self._get("/api/senders"))

    def save_sender(
        self, key: str, address: str, *, name: str = "", reply_to: str | None = None, default: bool = False,
        reason: str | None = None,
    ) -> Sender:  # fmt: skip
        """Make a sender known, or make it this."""
        body = {"address": address, "name": name, "reply_to": reply_to, "default": default}
        path = f"/api/senders/{segment(key)}"
        return cast("Sender", self._ask("PUT", path, body, repeatable=True, reason=reason))

    def delete_sender(self, key: str, *, reason: str | None = None) -> None:
        """Forget a sender; refused while mails of published journeys come from it."""
        self._ask("DELETE", f"/api/senders/{segment(key)}", reason=reason)

    def users(self) -> list[User]:
        """List everybody who works here."""
        return cast("list[User]", self._get("/api/users"))

    def add_user(self, email: str, role: str, *, name: str = "", language: str = "en") -> User:
        """Add somebody, without a password; `user_link` lets that person in."""
        body = {"email": email, "role": role, "name": name, "language": language}
        return cast("User", self._ask("POST", "/api/users", body))

    def change_user(self, email: str, *, reason: str | None = None, **changes: Any) -> User:
        """Change the `name`, `role` or `language` of somebody, or `disabled`."""
        body = {**changes, "reason": reason}
        return cast("User", self._ask("PATCH", f"/api/users/{segment(email)}", body, repeatable=True))

    def user_link(self, email: str) -> dict[str, str]:
        """Make a link that signs somebody in once, and until when it holds; former ones hold no longer."""
        return cast("dict[str, str]", self._ask("POST", f"/api/users/{segment(email)}/link"))

    def sign_out(self, email: str) -> int:
        """Sign somebody out everywhere; return how many sessions ended."""
        found = self._ask("DELETE", f"/api/users/{segment(email)}/sessions", repeatable=True)
        return int(found["sessions"])

    def invite(self, email: str, role: str, *, language: str = "en") -> dict[str, Any]:
        """Make a link by which somebody makes an account."""
        body = {"email": email, "role": role, "language": language}
        return cast("dict[str, Any]", self._ask("POST", "/api/invitations", body))

    def api_keys(self) -> list[Key]:
        """List every API key, those in force first."""
        return cast("list[Key]", self._get("/api/keys"))

    def add_key(self, name: str, scopes: Sequence[str], *, expires_at: str | None = None) -> dict[str, Any]:
        """Make an API key; its secret is in this answer and nowhere else."""
        body = {"name": name, "scopes": list(scopes), "expires_at": expires_at}
        return cast("dict[str, Any]", self._ask("POST", "/api/keys", body))

    def revoke_key(self, name: str) -> None:
        """Let an API key hold no longer."""
        self._ask("DELETE", f"/api/keys/{segment(name)}")

    def sources(self) -> list[Source]:
        """List the sources, with the end of each write key."""
        return cast("list[Source]", self._get("/api/sources"))

    def add_source(self, name: str) -> str:
        """Make a source and return its write key, which is told this once."""
        return str(self._ask("POST", "/api/sources", {"name": name})["write_key"])

    def revoke_source(self, name: str) -> None:
        """Take the write key of a source back."""
        self._ask("DELETE", f"/api/sources/{segment(name)}")
