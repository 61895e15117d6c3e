"""The commands of a journey's life; each is sent with a key of its own, so that asking again does nothing twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack, cast

from parcours.client.asking import Asking, journey_path
from parcours.client.forms import CommandAnswer, PeopleAnswer, PublishPlan, ResumePreview, Scheduled

__all__ = ["Commands", "Given"]

MANY = 10_000  # people in one request


class Given(TypedDict, total=False):
    """What every command may be given.

    `version`: act on this one only; `reason`: kept in the audit; `at`: do it at this instant (of publish, pause, resume,
    close and stop), in the journey's time zone where it has no offset; `wait`: answer when what a provider holds has
    ended; `idempotency_key`: who repeats a command with its key within 24 hours gets the first answer again.
    """

    version: int | None
    reason: str | None
    dry_run: bool
    at: str | None
    wait: bool
    idempotency_key: str | None


class Commands(Asking):
    """Commands. What is refused raises ServerError with the code of the refusal, but in a dry run."""

    def publish(
        self, key: str, *, people: str | None = None, answers: Mapping[str, Any] | None = None,
        backfill: str | None = None, **given: Unpack[Given],
    ) -> CommandAnswer:  # fmt: skip
        """Start a draft. `people`: those inside `stay` or `move`.

        `answers` say whither people of a removed step go: `{STEP: {"to": STEP}}` or `{STEP: {"drop_out": True}}`.
        """
        return self.command(
            key, "publish", {"people": people, "answers": answers, "backfill": backfill}, **given
        )

    def pause(
        self, key: str, *, entrants: str | None = None, inside: str | None = None, timers: str | None = None,
        until: str | None = None, then: str | None = None, catch_up: str | None = None, **given: Unpack[Given],
    ) -> CommandAnswer:  # fmt: skip
        """Freeze everybody where they stand, or as the choices say; nothing is sent."""
        options = {
            "entrants": entrants, "inside": inside, "timers": timers, "until": until, "then": then,
            "catch_up": catch_up,
        }  # fmt: skip
        return self.command(key, "pause", options, **given)

    def resume(
        self, key: str, *, with_changes: bool = False, answers: Mapping[str, Any] | None = None,
        backfill: str | None = None, **given: Unpack[Given],
    ) -> CommandAnswer:  # fmt: skip
        """Let everybody go on; `with_changes`: in the draft, which is published by it, with `answers` and `backfill`."""
        options = {"with_changes": with_changes or None, "answers": answers, "backfill": backfill}
        return self.command(key, "resume", options, **given)

    def close(self, key: str, **given: Unpack[Given]) -> CommandAnswer:
        """Close to new entrances: people inside go on to the end."""
        return self.command(key, "close", **given)

    def stop(self, key: str, **given: Unpack[Given]) -> CommandAnswer:
        """Stop at once: everybody inside is cancelled."""
        return self.command(key, "stop", **given)

    def restart(self, key: str, **given: Unpack[Given]) -> CommandAnswer:
        """Start again what is stopped or finished: a new version, live."""
        return self.command(key, "restart", **given)

    def edit(self, key: str, **given: Unpack[Given]) -> CommandAnswer:
        """Get a draft to edit: the one that stands, else one of the newest version."""
        return self.command(key, "edit", **given)

    def new_version(self, key: str, *, source: int | None = None, **given: Unpack[Given]) -> CommandAnswer:
        """Make a draft with the definition of a published version."""
        return self.command(key, "new_version", {"from": source}, **given)

    def duplicate(self, key: str, *, new_key: str | None = None, **given: Unpack[Given]) -> CommandAnswer:
        """Make an independent journey in draft with the same definition."""
        return self.command(key, "duplicate", {"key": new_key}, **given)

    def delete(self, key: str, *, stop_first: bool = False, **given: Unpack[Given]) -> CommandAnswer:
        """Delete a journey, or one version of it, for good."""
        return self.command(key, "delete", {"stop_first": stop_first or None}, **given)

    def command(
        self, key: str, command: str, options: Mapping[str, Any] | None = None, **given: Unpack[Given]
    ) -> CommandAnswer:
        """Give any command by its name; options of None are not sent."""
        body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        again = body.pop("idempotency_key", None)
        chosen = {name: value for name, value in (options or {}).items() if value is not None}
        if chosen:
            body["options"] = chosen
        return cast("CommandAnswer", self._post(journey_path(key, f"/commands/{command}"), body, again))

    def plan(
        self, key: str, *, people: str | None = None, answers: Mapping[str, Any] | None = None
    ) -> PublishPlan:
        """Tell what publishing the draft would change, for whom, and which groups need an answer."""
        body = {
            name: value for name, value in (("people", people), ("answers", answers)) if value is not None
        }
        reply = self._transport.ask(
            "POST", journey_path(key, "/publish-plan"), json_body=body, repeatable=True
        )
        return cast("PublishPlan", reply.json)

    def resume_preview(self, key: str, *, hours: int = 24) -> list[ResumePreview]:
        """Tell what a resume would set free now, for each version that is paused."""
        return cast("list[ResumePreview]", self._get(journey_path(key, "/resume-preview"), hours=hours))

    def scheduled(self, key: str | None = None, *, past: bool = False) -> list[Scheduled]:
        """List the commands that somebody gave for later, the next one first."""
        return cast("list[Scheduled]", self._get("/api/scheduled-commands", journey=key, past=past))

    def unschedule(self, number: int, *, reason: str | None = None) -> Scheduled:
        """Take a command back that was given for later."""
        reply = self._transport.ask(
            "DELETE", f"/api/scheduled-commands/{int(number)}", query={"reason": reason}
        )
        return cast("Scheduled", reply.json)

    def add_people(
        self, key: str, user_ids: Sequence[str], *, reason: str | None = None, dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> PeopleAnswer:  # fmt: skip
        """Suggest people to a journey by hand; the entrance rules still decide."""
        return self._people(key, "add", user_ids, {"reason": reason, "dry_run": dry_run}, idempotency_key)

    def remove_people(
        self, key: str, user_ids: Sequence[str], *, version: int | None = None, reason: str | None = None,
        dry_run: bool = False, idempotency_key: str | None = None,
    ) -> PeopleAnswer:  # fmt: skip
        """Take people out of a journey by hand, wherever they stand."""
        return self._people(
            key,
            "remove",
            user_ids,
            {"version": version, "reason": reason, "dry_run": dry_run},
            idempotency_key,
        )

    def _people(
        self, key: str, change: str, user_ids: Sequence[str], given: Mapping[str, Any], again: str | None
    ) -> PeopleAnswer:
        """Send them in requests of as many as one takes, and add the answers up."""
        again = again or str(uuid.uuid4())
        said = {name: value for name, value in given.items() if value is not None}
        whole: PeopleAnswer | None = None
        for first in range(0, max(1, len(user_ids)), MANY):
            body = said | {"user_ids": list(user_ids[first : first + MANY])}
            mark = again if first == 0 else f"{again}-{first}"
            found = cast("PeopleAnswer", self._post(journey_path(key, f"/participants/{change}"), body, mark))
            if whole is None:
                whole = found
                continue
            whole["unknown"] += found["unknown"]
            whole["outside"] += found["outside"]
            for name, n in found["counts"].items():
                whole["counts"][name] = whole["counts"].get(name, 0) + n
        assert whole is not None
        return whole

    def _post(self, path: str, body: Mapping[str, Any], again: str | None) -> Any:
        headers = {"Idempotency-Key": again or str(uuid.uuid4())}
        return self._transport.ask("POST", path, json_body=dict(body), headers=headers, repeatable=True).json
