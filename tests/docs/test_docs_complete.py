"""Nothing that people can write, set, call or read is missing from the docs, and every example is sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from parcours.cli.app import COMMANDS, load
from parcours.domain.journey import Audience, Email, Journey
from parcours.domain.keys import COUNTS, OPERATORS, OUTCOMES, STEP_KINDS, TABLES
from parcours.domain.lifecycle import COMMANDS as LIFECYCLE_COMMANDS
from parcours.domain.lifecycle import (
    DROP_OUT_REASONS,
    ENTRANTS,
    INSIDE,
    MESSAGE_STATES,
    PARTICIPANT_STATUSES,
    REFUSAL_REASONS,
    STATUSES,
    TIMERS,
)
from parcours.domain.options import OPTIONS
from parcours.domain.parse import parse_audience, parse_condition, parse_journey
from parcours.domain.problems import Problem
from parcours.service.editing.checking import definition_problems
from parcours.service.editing.files import load_text
from parcours.settings import PREFIX, Settings
from support.runner import Case, command, email, event, journey, reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# A table of the format -> the heading of journey-file.md under which its keys stand.
HEADINGS = {
    "journey": "Top level",
    "audience": "Audience files",
    "entry": "Entry",
    "event_trigger": "Triggers",
    "audience_trigger": "Triggers",
    "schedule_trigger": "Triggers",
    "manual_trigger": "Triggers",
    "once": "Triggers",
    "reentry": "Re-entry",
    "waves": "Waves",
    "goal_with": "Goal",
    "email_defaults": "Defaults of mails",
    "window": "Window",
    "step": "Steps",
    "email": "email",
    "wait": "wait",
    "awaited": "wait_for",
    "timeout": "wait_for",
    "branch": "split",
    "otherwise": "split",
    "share": "experiment",
    "webhook": "webhook",
    "update_profile": "update_profile",
    "end": "end",
    "all_of": "Conditions",
    "any_of": "Conditions",
    "negation": "Conditions",
    "audience_test": "Conditions",
    "event_test": "Keys of event",
    "message_test": "Outcomes of message",
    "time_range": "Time",
}
# Their keys stand in two places: the form under Conditions, the rest under a heading of its own.
IN_PARTS = {"field_test": ("Conditions", "Operators of field"), "time_test": ("Conditions", "Time")}


@cache
def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """The text under each heading, up to the next heading of any level; code is no heading."""
    found: dict[str, list[str]] = {}
    heading, fenced = "", False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        made = None if fenced else re.fullmatch(r"#+ (.+)", line)
        if made:
            heading = made[1]
        found.setdefault(heading, []).append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def keys_in(section: str) -> set[str]:
    """The first cells of its tables that are code."""
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def code_in(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


# The format -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_key_of_the_file_is_described(table: str) -> None:
    found = sections(text_of("journey-file.md"))
    headings = IN_PARTS.get(table) or (HEADINGS[table],)
    documented = set().union(*(keys_in(found[heading]) for heading in headings))
    assert set(TABLES[table]) - documented == set()


def test_no_described_key_is_unknown() -> None:
    found = sections(text_of("journey-file.md"))
    places: dict[str, set[str]] = {}
    for table, heading in HEADINGS.items():
        places.setdefault(heading, set()).update(TABLES[table])
    for table, headings in IN_PARTS.items():
        for heading in headings:
            places.setdefault(heading, set()).update(TABLES[table])
    places["Conditions"] |= {"event", "message", "field"}
    extra = {heading: keys_in(found[heading]) - keys for heading, keys in places.items()}
    assert {heading: keys for heading, keys in extra.items() if keys} == {}


def test_every_kind_of_step_operator_count_and_outcome_is_described() -> None:
    found = sections(text_of("journey-file.md"))
    assert set(STEP_KINDS) - set(found) == set()
    assert set(OPERATORS) == keys_in(found["Operators of field"])
    assert set(COUNTS) <= keys_in(found["Keys of event"])
    assert set(OUTCOMES) <= keys_in(found["Outcomes of message"])


# The life -------------------------------------------------------------------------------------------------------


def test_every_reason_is_described() -> None:
    found = sections(text_of("lifecycle.md"))
    assert keys_in(found["Why people drop out"]) == set(DROP_OUT_REASONS)
    numbered = [line for line in found["Admission"].splitlines() if re.match(r"\d+\. ", line)]
    assert [code for line in numbered for code in re.findall(r"`(\w+)`", line)] == list(REFUSAL_REASONS)


def test_every_word_of_the_life_is_described() -> None:
    words = code_in(text_of("lifecycle.md"))
    expected = {
        *STATUSES, *LIFECYCLE_COMMANDS, *PARTICIPANT_STATUSES, *MESSAGE_STATES, *ENTRANTS, *INSIDE, *TIMERS,
    }  # fmt: skip
    assert expected - words == set()


# Settings and commands ------------------------------------------------------------------------------------------


def setting_rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        made = {"data": "user data folder"}.get(name)
        default = made or (f"`{field.default}`" if field.default is not None else "unset")
        yield f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def test_the_table_of_settings_is_that_of_the_code() -> None:
    table = [line for line in text_of("operations.md").splitlines() if line.startswith(f"| `{PREFIX}")]
    assert table == list(setting_rows())


def test_the_table_of_runtime_settings_is_that_of_the_code() -> None:
    table = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", sections(text_of("api.md"))["Settings"], re.MULTILINE
    )
    assert table == [(name, str(one.default).lower(), one.meaning) for name, one in OPTIONS.items()]


def called(name: str) -> Iterator[tuple[str, Any]]:
    """A command and the commands below it, with the words that call each."""
    top = load(name)
    below = getattr(top, "commands", None)
    if below is None:
        yield name, top
        return
    for word, one in below.items():
        yield f"{name} {word}", one


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_and_option_is_described(name: str) -> None:
    page = text_of("operations.md")
    rows = {
        row[0].split(" ", 1)[1]: row[1]
        for row in re.findall(r"^\| `(parcours [^`]+)` \| (.*) \|$", page, re.MULTILINE)
    }
    for words, one in called(name):
        matching = [
            (call, rest) for call, rest in rows.items() if call == words or call.startswith(f"{words} ")
        ]
        assert matching, f"`parcours {words} …` has no row in docs/operations.md"
        said = " ".join(f"{call} {rest}" for call, rest in matching)
        for parameter in one.params:
            options = [option for option in parameter.opts if option.startswith("--")]
            if options and options != ["--help"]:
                assert any(option in said for option in options), f"parcours {words}: {options[0]}"


# Output lines ---------------------------------------------------------------------------------------------------


def test_every_key_of_the_output_is_described() -> None:
    case = Case(
        journeys=(journey({"hello": email(), "rest": {"wait": {"for": "1d"}}}),),
        feed=(event("10:00", "u1", "Go"), event("11:00", "u1", "Go")),
        commands=(command("12:00", "close"),),
    )
    kinds: dict[str, set[str]] = {}
    for line in reference(case):
        kinds.setdefault(line["kind"], set()).update(line)
    assert set(kinds) == {"command", "participant", "message", "refusal", "move", "ledger"}
    found = sections(text_of("simulation.md"))
    for kind, keys in kinds.items():
        assert keys_in(found[kind]) == keys - {"kind"}, kind


# Examples -------------------------------------------------------------------------------------------------------


def blocks() -> Iterator[tuple[str, str, str]]:
    for page in (ROOT / "README.md", DOCS / "journey-file.md"):
        text = page.read_text(encoding="utf-8")
        for number, made in enumerate(
            re.finditer(r"^```yaml ?([a-z ]*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        ):
            yield f"{page.name}:{number}", made[1], made[2]


BLOCKS = list(blocks())


@pytest.mark.parametrize(("kind", "text"), [b[1:] for b in BLOCKS], ids=[b[0] for b in BLOCKS])
def test_examples_are_sound(kind: str, text: str) -> None:
    document, problems = load_text(text)
    assert problems == []
    form, _, later = kind.partition(" ")
    if form == "condition":
        _, found = parse_condition(document)
    else:
        found = problems_of(whole(document) if form == "steps" else document)
    errors = {problem.code for problem in found if problem.severity == "error"}
    assert errors == ({"not_available"} if later == "later" else set()), found


def whole(steps: object) -> object:
    defaults = {"from": "a@example.com", "reply_to": "a@example.com", "subscription": "news"}
    return {"journey": "example", "email": defaults, "steps": steps}


def problems_of(document: object) -> list[Problem]:
    definition: Journey | Audience | None
    if isinstance(document, dict) and "audience" in document:
        definition, found = parse_audience(document)
    else:
        definition, found = parse_journey(document)
    assert definition is not None, found
    if isinstance(definition, Journey):
        named = (s.template for s in definition.steps.values() if isinstance(s, Email))
        definition = replace(definition, templates={name: "unsubscribe" for name in named if name})
    return [*found, *definition_problems(definition)]


def test_there_are_examples() -> None:
    assert {name.partition(":")[0] for name, _, _ in BLOCKS} == {"README.md", "journey-file.md"}
