# ruff: noqa: INP001 (a script, not a package)
"""Write the pages of docs/ that are made from tables: errors.md, lifecycle-tables.md and roles.md.

Run it after a table has changed: `python scripts/make_docs.py`. A test compares the pages with the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from parcours.domain.access import NEEDS, PERMISSIONS, ROLES, SCOPE_ROLES, SCOPES, Principal, Scope, may
from parcours.domain.availability import NOT_AVAILABLE
from parcours.domain.catalogue import CATALOGUE, FAMILIES
from parcours.domain.lifecycle import (
    COMMANDS,
    ENTRANTS,
    INSIDE,
    MATRIX,
    MESSAGE_OUTCOMES,
    MESSAGE_STATES,
    PARTICIPANT_STATUSES,
    STATES,
    TERMINAL_PARTICIPANT_STATUSES,
    TIMERS,
    Become,
    Delete,
    NewVersion,
    NoOp,
    Outcome,
    Refuse,
    entry_is_open,
    rights,
    status_of,
)

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
NOTE: Final = "<!-- Made by scripts/make_docs.py from the tables in the code. Do not edit. -->"


def pages() -> Mapping[str, str]:
    """Return the text of each page by its name."""
    return {"errors.md": errors(), "lifecycle-tables.md": lifecycle(), "roles.md": roles()}


def errors() -> str:
    """Return the page of all codes."""
    parts = ["# Codes", NOTE, "Every problem, refusal and error has a code that does not change."]
    for family, title in FAMILIES.items():
        entries = [entry for entry in CATALOGUE.values() if entry.family == family]
        parts.append(f"## {title}")
        if any(entry.remedy for entry in entries):
            rows = [(f"`{e.code}`", e.meaning, e.remedy) for e in entries]
            parts.append(table(("code", "meaning", "what to do"), rows))
        else:
            parts.append(table(("code", "meaning"), [(f"`{e.code}`", e.meaning) for e in entries]))
    return "\n\n".join(parts) + "\n"


def lifecycle() -> str:
    """Return the page of the tables of life."""
    columns = [state.replace("paused_shut", "paused, shut") for state in STATES]
    matrix = [[command, *(outcome(MATRIX[command, state]) for state in STATES)] for command in COMMANDS]
    statuses = [
        (f"`{status}`", "yes" if status in TERMINAL_PARTICIPANT_STATUSES else "no")
        for status in PARTICIPANT_STATUSES
    ]
    outcomes = [(f"`{state}`", "yes" if state in MESSAGE_OUTCOMES else "no") for state in MESSAGE_STATES]
    missing = [(feature.name, feature.instead) for feature in NOT_AVAILABLE]
    parts = [
        "# Tables of life",
        NOTE,
        "## Commands",
        "— nothing happens; ✗ refused with this code, which [errors.md](errors.md) explains.",
        table(("", *columns), matrix),
        "## Rights",
        "What the fence of a version allows, as four bits: admit, move, send, leave.",
        table(("version", "rights"), rights_rows()),
        "## Pause choices",
        table(("axis", "choices, the default first"), choices()),
        "## Participants",
        table(("status", "terminal"), statuses),
        "## Messages",
        table(("state", "outcome"), outcomes),
    ]
    if missing:
        parts += [
            "## Not carried out yet",
            "The format knows these; publishing a journey that uses them is refused with `not_available`.",
            table(("feature", "instead"), missing),
        ]
    return "\n\n".join(parts) + "\n"


def roles() -> str:
    """Return the page of who may do what."""
    people = {role: Principal("user", "somebody", role, "somebody") for role in ROLES}
    may_what = [
        (one.what, *("✓" if may(people[role], one.role) else "" for role in ROLES)) for one in PERMISSIONS
    ]
    keys = {scope: key_of(scope) for scope in SCOPES}
    callers = {**people, **{f"key: {scope}": key for scope, key in keys.items()}}
    needs = [(f"`{need}`", *("✓" if may(who, need) else "" for who in callers.values())) for need in NEEDS]
    parts = [
        "# Roles",
        NOTE,
        "What somebody may do is a matter of the role; each may what those before it may.",
        table(("may", *ROLES), may_what),
        "## What endpoints ask for",
        "Each operation says it as `x-role` in `/api/openapi.json`.",
        table(("asks for", *callers), needs),
        "## Scopes of API keys",
        "A key has one or more; what it may is the most that one of them allows.",
        table(
            ("scope", "allows what this role may"),
            [(f"`{scope}`", SCOPE_ROLES.get(scope, "none: it sends people and events")) for scope in SCOPES],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def key_of(scope: Scope) -> Principal:
    """Return a key with one scope."""
    return Principal("key", scope, SCOPE_ROLES.get(scope), "somebody", frozenset([scope]))


def outcome(found: Outcome) -> str:
    """Return a cell of the command matrix."""
    match found:
        case Become(state):
            return state.replace("paused_shut", "paused, shut")
        case NoOp():
            return "—"
        case Refuse(code):
            return f"✗ `{code}`"
        case NewVersion(state):
            return f"{state} n+1"
        case Delete(stop_first):
            return "gone, with `stop_first`" if stop_first else "gone"


def rights_rows() -> Iterable[tuple[str, str]]:
    """Yield each case of the rights with its four bits."""
    for state in STATES:
        status, is_open = status_of(state), entry_is_open(state)
        name = state.replace("paused_shut", "paused, shut")
        yield name, f"`{rights(status, entry_open=is_open)}`"
        if state == "live":
            yield "live, before its start", f"`{rights(status, entry_open=True, before_start=True)}`"
        if state == "paused":
            yield "paused, entrants drop", f"`{rights(status, entry_open=True, entrants='drop')}`"
        if status == "paused":
            bits = {str(rights(status, entry_open=is_open, inside=way)) for way in INSIDE if way != "freeze"}
            yield f"{name}, inside hold or discard", f"`{bits.pop()}`"


def choices() -> Iterable[tuple[str, str]]:
    """Yield the axes of a pause that are closed lists."""
    for axis, words in (("entrants", ENTRANTS), ("inside", INSIDE), ("timers", TIMERS)):
        yield f"`{axis}`", " · ".join(f"`{word}`" for word in words)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in lines)


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
