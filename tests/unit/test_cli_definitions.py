"""Commands that need no database: check, plan, explain, schema; and how the command line itself answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parcours import __version__
from parcours.cli import COMMANDS, load
from support.cli import WELCOME, Cli


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    return Cli(capsys, tmp_path)


def broken() -> dict[str, Any]:
    steps = {
        **WELCOME["steps"],
        "hello": {"email": {"subject": "Hi {{ profile.name | nofilter }}", "text": "Hello"}},
        "breathe": {"wait": {"for": "2d"}, "next": "openedd"},
    }
    return {**WELCOME, "steps": steps}


def test_a_sound_file_has_no_problems(cli: Cli) -> None:
    answer = cli("check", cli.file("welcome.yaml", WELCOME))
    assert (answer.status, answer.out) == (0, "")
    assert answer.error == "1 file: no problems\n"


def test_all_problems_are_told_at_once_each_with_place_code_and_hint(cli: Cli) -> None:
    path = cli.file("broken.yaml", broken())
    answer = cli("check", path)
    assert answer.status == 1
    step, template = answer.lines[:2]
    assert step == (
        f"{path}: steps.breathe.next: There is no step `openedd`. (unknown_step) Did you mean `opened`?"
    )
    assert template == (
        f"{path}: steps.hello.email.subject: Unknown filter 'nofilter' (line 1) (template_error) "
        "Correct the template at this line."
    )
    assert all(": warning: " in line for line in answer.lines[2:])


def test_a_fault_in_mjml_names_file_and_line(cli: Cli) -> None:
    hello = {"email": {"subject": "Hi", "template": "hello.mjml"}}
    path = cli.file("mails.yaml", {**WELCOME, "steps": {**WELCOME["steps"], "hello": hello}})
    template = cli.folder / "hello.mjml"
    template.write_text("<mjml>\n<mj-body>\n<mj-txt>{{ unsubscribe_url }}</mj-txt>\n</mj-body>\n</mjml>")
    answer = cli("check", path)
    assert answer.status == 1
    assert answer.lines[0] == (
        f"{path}: steps.hello.email.template: `hello.mjml`, line 3: <mj-txt> is no tag of MJML. (mjml_error) "
        "Correct the template at this line."
    )
    template.write_text(template.read_text().replace("mj-txt", "mj-raw").replace("url", "url | nofilter"))
    assert "Unknown filter 'nofilter' (line 3) (template_error)" in cli("check", path).lines[0]
    template.write_text(template.read_text().replace(" | nofilter", ""))
    assert (cli("check", path).status, cli("check", path).out) == (0, "")


def test_problems_as_json_name_their_file(cli: Cli) -> None:
    path = cli.file("broken.yaml", broken())
    answer = cli("check", "--json", path)
    assert answer.status == 1
    first = answer.json[0]
    assert (first["file"], first["code"], first["step_id"]) == (str(path), "unknown_step", "breathe")


def test_a_file_that_is_not_there_is_a_problem_of_that_file(cli: Cli) -> None:
    answer = cli("check", cli.folder / "none.yaml", cli.file("welcome.yaml", WELCOME))
    assert answer.status == 1
    assert "(unreadable_file)" in answer.out


def test_the_plan_names_every_rest_and_its_ways_out(cli: Cli) -> None:
    answer = cli("plan", cli.file("welcome.yaml", WELCOME))
    assert answer.status == 0
    assert answer.lines[:3] == ["journey welcome", "entry", "  route 1: hello"]
    assert "opened (wait_for)" in answer.lines
    assert "  event App Opened" in answer.lines


def test_explain_shows_sql_with_its_constants_and_the_fingerprint(cli: Cli) -> None:
    path = cli.file("welcome.yaml", WELCOME)
    everything = cli("explain", path)
    assert everything.lines[0].startswith("fingerprint ")
    one = cli("explain", path, "admit")
    assert "-- admit" in one.lines
    assert "-- due" not in one.lines
    assert "INSERT INTO parcours.passage" in one.out
    assert any(line.startswith("-- constants: {") for line in one.lines)
    as_json = cli("explain", path, "admit", "--json").json
    assert f"fingerprint {as_json['fingerprint']}" == everything.lines[0]
    assert list(as_json["statements"]) == ["admit"]


def test_explain_of_an_unknown_statement_names_those_there_are(cli: Cli) -> None:
    answer = cli("explain", cli.file("welcome.yaml", WELCOME), "admitt")
    assert answer.status == 1
    assert "there is no statement admitt (unknown_statement)" in answer.error
    assert "There are inside, keep, due, admit" in answer.error


def test_a_broken_file_has_no_plan_but_problems(cli: Cli) -> None:
    answer = cli("plan", cli.file("broken.yaml", broken()))
    assert answer.status == 1
    assert "(unknown_step)" in answer.out


def test_an_audience_has_no_plan(cli: Cli) -> None:
    answer = cli("plan", cli.file("staff.yaml", {"audience": "staff", "members": ["u1"]}))
    assert (answer.status, "(no_journey)" in answer.error) == (1, True)


def test_the_schema_is_json_schema(cli: Cli) -> None:
    assert cli("schema").json["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "arguments", [["chek"], ["plan"], ["check", "--nope", "x"], ["journey", "pawse", "x"]]
)
def test_a_misused_command_line_ends_with_two(cli: Cli, arguments: list[str]) -> None:
    answer = cli(*arguments)
    assert answer.status == 2
    assert "Usage: parcours" in answer.error


def test_a_misspelt_command_is_met_with_the_nearest(cli: Cli) -> None:
    assert "There is no command chek. Did you mean check?" in cli("chek").error


def test_a_misspelt_variable_is_an_error_with_its_code(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_DATABSE_URL", "postgresql://x")
    answer = cli("journey", "list")
    assert answer.status == 1
    assert answer.error.splitlines() == [
        "There is no setting PARCOURS_DATABSE_URL (settings_unknown)",
        "Did you mean PARCOURS_DATABASE_URL?",
    ]


def test_help_lists_every_command_with_its_first_sentence(cli: Cli) -> None:
    answer = cli("--help")
    assert answer.status == 0
    for name, place in COMMANDS.items():
        command = load(name)
        assert (command.help or "").split("\n\n")[0].replace("\n", " ") == place.purpose
        assert f" {name} " in answer.out


def test_python_m_parcours_is_parcours() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "parcours", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"parcours {__version__}\n")
