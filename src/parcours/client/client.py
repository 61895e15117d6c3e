"""The client of one server: everything that an engineer does with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from parcours.client.asking import journey_path
from parcours.client.audiences import Audiences
from parcours.client.commands import Commands, Given
from parcours.client.drafts import Drafts
from parcours.client.forms import (
    AuditLine,
    Event,
    Journey,
    JourneyDetail,
    Mail,
    MailLine,
    Message,
    Participant,
    Passage,
    Profile,
    Upcoming,
    VersionProblems,
    Why,
)
from parcours.client.house import House
from parcours.client.intake import Intake
from parcours.client.language import language_of_environment
from parcours.client.rights import Rights
from parcours.client.transport import Transport, segment
from parcours.client.watching import Watching
from parcours.domain.accounts import check_language

__all__ = ["Client", "Given"]


class Client(Commands, Drafts, Intake, Audiences, Watching, House, Rights):
    """Talks to the server at `url` with an API key.

    Everything raises ServerError (a ParcoursError) with code, place and hint as the server tells them. A request is
    tried again, `tries` times in all, only where that cannot do a thing twice: after 429, and for what is idempotent
    also after 502, 503, 504 and a lost connection; as long after as Retry-After says. `timeout` is in seconds;
    `pause` waits so many. What the server says comes in `language` (en, sv or fr); None: that of the environment.
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout: float = 60.0, tries: int = 5,
        pause: Callable[[float], None] = time.sleep, language: str | None = None,
    ) -> None:  # fmt: skip
        spoken = language_of_environment() if language is None else check_language(language)
        super().__init__(Transport(url, key, timeout=timeout, tries=tries, pause=pause, language=spoken))
        self._pause = pause

    def journeys(
        self, *, search: str | None = None, status: Sequence[str] = (), folder: str | None = None,
        tags: Sequence[str] = (), owner: str | None = None,
    ) -> list[Journey]:  # fmt: skip
        """List journeys with status, numbers, problems and what can be done with each, by key."""
        query = {
            "search": search,
            "status": status,
            "folder": folder,
            "tag": tags,
            "owner": owner,
            "sort": "key",
        }
        return list(self._pages("/api/journeys", None, query))

    def journey(self, key: str) -> JourneyDetail:
        """Show a journey with its versions, newest first, and what happens next by itself."""
        return cast("JourneyDetail", self._get(journey_path(key)))

    def overview(self, key: str) -> dict[str, Any]:
        """Show everything about a journey, as `parcours journey show --json` does."""
        return cast("dict[str, Any]", self._get(journey_path(key, "/overview")))

    def upcoming(self, key: str) -> list[Upcoming]:
        """Tell what will happen by itself: by instant, then what has none."""
        return cast("list[Upcoming]", self._get(journey_path(key, "/upcoming")))

    def problems(self, key: str, version: int | None = None) -> list[VersionProblems]:
        """Tell what is wrong with the draft and what goes on, or with one version."""
        return cast("list[VersionProblems]", self._get(journey_path(key, "/problems"), version=version))

    def deleted(self) -> list[dict[str, Any]]:
        """List what was deleted, with the totals that are left."""
        return cast("list[dict[str, Any]]", self._get("/api/deleted-journeys"))

    def ledger(self, key: str | None = None) -> list[dict[str, Any]]:
        """Hold the counters of every published version against the people there are."""
        return cast("list[dict[str, Any]]", self._get("/api/ledger", journey=key))

    def participants(
        self, key: str, *, version: int | None = None, status: Sequence[str] = (), step: Sequence[str] = (),
        reason: Sequence[str] = (), limit: int | None = None,
    ) -> Iterator[Participant]:  # fmt: skip
        """Yield who is or was in a journey, the latest entered first."""
        query = {"version": version, "status": status, "step": step, "reason": reason}
        return self._pages(journey_path(key, "/participants"), limit, query)

    def why(self, user_id: str, key: str) -> Why:
        """Tell why a person did, or did not, enter and move: the timeline in one journey, and what the entrance says."""
        return cast("Why", self._get(journey_path(key, f"/participants/{segment(user_id)}")))

    def profile(self, user_id: str) -> Profile:
        """Show a person with attributes and audiences."""
        return cast("Profile", self._get(f"/api/profiles/{segment(user_id)}"))

    def events(self, user_id: str, *, name: str | None = None, limit: int | None = None) -> Iterator[Event]:
        """Yield what a person has done, the latest first."""
        return self._pages(f"/api/profiles/{segment(user_id)}/events", limit, {"name": name})

    def passages(self, user_id: str) -> list[Passage]:
        """List the passages of a person through all journeys, the latest first."""
        return cast("list[Passage]", self._get(f"/api/profiles/{segment(user_id)}/passages"))

    def messages(self, user_id: str) -> list[Message]:
        """List the messages of all journeys to a person, the latest first."""
        return cast("list[Message]", self._get(f"/api/profiles/{segment(user_id)}/messages"))

    def mailbox(self, *, search: str = "", limit: int = 50) -> list[MailLine]:
        """List the newest mails that the built-in mailbox caught."""
        return list(self._pages("/api/mailbox", limit, {"search": search}))

    def mail(self, number: int) -> Mail:
        """Show one mail: headers, text, HTML, and which files it carries."""
        return cast("Mail", self._get(f"/api/mailbox/{int(number)}"))

    def mail_source(self, number: int) -> bytes:
        """Return a mail as it arrived."""
        return self._transport.ask("GET", f"/api/mailbox/{int(number)}/source").body

    def audit(
        self, key: str | None = None, *, actor: str | None = None, command: str | None = None,
        since: datetime | str | None = None, refused: bool = False, limit: int = 50,
    ) -> list[AuditLine]:  # fmt: skip
        """List who commanded what, when, why, with which choices and effect, the newest first."""
        at = since.isoformat() if isinstance(since, datetime) else since
        query = {"key": key, "actor": actor, "command": command, "since": at, "refused": refused}
        return list(self._pages("/api/audit", limit, query, items="lines", by="before"))
