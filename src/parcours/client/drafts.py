"""Definitions: read, checked and saved, with the files that stand beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from parcours.client.asking import Asking, journey_path
from parcours.client.errors import ServerError
from parcours.client.forms import Checked, Draft, Problem
from parcours.client.transport import segment
from parcours.domain.errors import ParcoursError

__all__ = ["Definition", "Drafts"]

Definition: TypeAlias = Mapping[str, Any] | str  # as data, or as the text of a YAML file


class Drafts(Asking):
    """Drafts and published definitions."""

    def draft(self, key: str) -> Draft:
        """Return the draft of a journey. Raises ServerError `no_draft`."""
        return cast("Draft", self._get(journey_path(key, "/draft")))

    def definition(self, key: str, version: int) -> Draft:
        """Return the definition of a version with its files."""
        return cast("Draft", self._get(journey_path(key, f"/versions/{int(version)}")))

    def check(self, definition: Definition) -> Checked:
        """Tell everything that is wrong with a definition; nothing is kept."""
        return cast("Checked", self._send("POST", "/api/check", definition, repeatable=True))

    def save_draft(self, definition: Definition, key: str, *, etag: str | None = None) -> Draft:
        """Save a definition as the draft that was read with `etag`, or as a new one where none stands.

        Raises ServerError `draft_changed` where somebody has saved meanwhile; nothing is changed then.
        """
        sign = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        return cast("Draft", self._send("PUT", journey_path(key, "/draft"), definition, sign))

    def put_file(self, key: str, name: str, content: bytes, *, etag: str) -> Draft:
        """Put a file beside the draft: a template, or one that mails carry."""
        path = journey_path(key, f"/draft/files/{segment(name)}")
        headers = {"If-Match": etag, "Content-Type": "application/octet-stream"}
        return cast("Draft", self._transport.ask("PUT", path, body=content, headers=headers).json)

    def test_mails(
        self, key: str, user_id: str, to: str, *, version: int | None = None, steps: Sequence[str] | None = None,
        event: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Send the mails of a journey, a draft too, to one address, with the data of one person; nothing is stored."""
        body = {
            "user_id": user_id, "to": to, "version": version, "steps": None if steps is None else list(steps),
            "event": None if event is None else dict(event),
        }  # fmt: skip
        return cast("list[dict[str, Any]]", self._ask("POST", journey_path(key, "/test-mails"), body))

    def apply(
        self, definition: Definition | Path, *, files: Mapping[str, bytes] | None = None
    ) -> tuple[Draft, list[Problem]]:
        """Save a journey file as the draft of its journey, in place of one that stands; a new journey is made.

        Of a path the templates and attachments beside it come too; else `files` are those. Returns the draft and
        everything that is wrong with it: problems do not keep it from being saved.
        """
        folder = None
        if isinstance(definition, Path):
            folder, definition = definition.parent, _read(definition).decode("utf-8-sig")
        key = (
            definition.get("journey")
            if isinstance(definition, Mapping)
            else self.check(definition)["journey"]
        )
        if not isinstance(key, str):
            raise ParcoursError(
                "bad_definition", "the definition cannot be read", place="journey",
                hint="`check` tells what is wrong with it.",
            )  # fmt: skip
        saved = self._save(key, definition)
        problems: list[Problem] = saved.get("problems", [])
        draft = cast("Draft", saved)
        put = False
        for name, content in _beside(folder, draft["definition"]) if folder else (files or {}).items():
            if draft["templates"].get(name) == content.decode("utf-8-sig", "replace"):
                continue
            draft, put = self.put_file(key, name, content, etag=draft["etag"]), True
        if put:
            path = journey_path(key, "/problems")
            [found] = self._get(path, version=draft["version"])
            problems = found["problems"]
        return draft, problems

    def _save(self, key: str, definition: Definition) -> dict[str, Any]:
        try:
            etag: str | None = self.draft(key)["etag"]
        except ServerError as error:
            if error.code == "unknown_journey":
                return cast("dict[str, Any]", self._send("POST", "/api/journeys", definition))
            if error.code != "no_draft":
                raise
            etag = None
        return cast("dict[str, Any]", self.save_draft(definition, key, etag=etag))

    def _send(
        self, method: str, path: str, definition: Definition, headers: Mapping[str, str] | None = None, *,
        repeatable: bool = False,
    ) -> Any:  # fmt: skip
        if isinstance(definition, str):
            sent = {"Content-Type": "application/yaml", **(headers or {})}
            body = definition.encode()
            return self._transport.ask(method, path, body=body, headers=sent, repeatable=repeatable).json
        return self._transport.ask(
            method, path, json_body=dict(definition), headers=headers, repeatable=repeatable
        ).json


def _beside(folder: Path, definition: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that the mails of a definition name, as far as they stand in its folder."""
    names: dict[str, None] = {}
    steps = definition.get("steps")
    for step in steps.values() if isinstance(steps, dict) else ():
        mail = step.get("email") if isinstance(step, dict) else None
        if isinstance(mail, dict):
            attached = mail.get("attachments")
            named = [mail.get("template"), *(attached if isinstance(attached, list) else ())]
            names |= dict.fromkeys(name for name in named if isinstance(name, str))
    for name in names:
        path = folder / name
        if path.parent.resolve() == folder.resolve() and path.is_file():
            yield name, _read(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ParcoursError(
            "unreadable_file", f"the file cannot be read: {error.strerror}", place=str(path),
            hint="Check the name and the rights.",
        ) from None  # fmt: skip
