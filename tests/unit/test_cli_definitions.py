"""Commands that need no database: check, plan, explain, schema; and how the command line itself answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
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


# Every command, with arguments that it takes. On a server: it asks the server that --server names.
ON_A_SERVER: dict[str, tuple[str, ...]] = {
    "apply": ("FILE",),
    "journey list": (),
    "journey show": ("k",),
    "journey problems": ("k",),
    "journey publish": ("k",),
    "journey pause": ("k",),
    "journey resume": ("k",),
    "journey close": ("k",),
    "journey stop": ("k",),
    "journey restart": ("k",),
    "journey new-version": ("k",),
    "journey edit": ("k",),
    "journey duplicate": ("k",),
    "journey delete": ("k",),
    "journey add-people": ("k", "u1"),
    "journey remove-people": ("k", "u1"),
    "journey scheduled": (),
    "journey unschedule": ("1",),
    "audience list": (),
    "audience show": ("k",),
    "audience preview": ("{field: profile.n, is: 1}",),
    "audience members": ("k",),
    "audience import": ("k", "FILE"),
    "audience export": ("k",),
    "audience from": ("k", "--journey", "j", "--inside"),
    "audience rename": ("k", "n"),
    "audience delete": ("k",),
    "hold": (),
    "used": ("audience", "k"),
    "test mails": ("k", "--to", "a@example.com", "--as", "u1"),
    "subscription set": ("k",),
    "subscription list": (),
    "sender set": ("k", "--address", "a@example.com"),
    "sender list": (),
    "sender remove": ("k",),
    "subscription remove": ("k",),
    "suppress add": ("a@example.com",),
    "suppress remove": ("a@example.com",),
    "suppress list": (),
    "person export": ("u1",),
    "person erase": ("u1",),
    "person consent": ("u1",),
    "import": ("FILE",),
    "source add": ("n",),
    "source list": (),
    "source revoke": ("n",),
    "events": (),
    "why": ("u1", "k"),
    "stuck": (),
    "mailbox list": (),
    "mailbox show": ("1",),
    "ledger": (),
    "audit": (),
    "alerts": (),
    "retention": (),
    "user list": (),
    "user add": ("a@example.com",),
    "user change": ("a@example.com", "--role", "viewer"),
    "user disable": ("a@example.com",),
    "user enable": ("a@example.com",),
    "user link": ("a@example.com",),
    "user invite": ("a@example.com",),
    "user sign-out": ("a@example.com",),
    "key add": ("n", "--scope", "read"),
    "key list": (),
    "key revoke": ("n",),
    "settings": (),
}
# Local by nature: why, and arguments. It says so where a server is named.
LOCAL: dict[str, tuple[str, tuple[str, ...]]] = {
    "demo": ("it is an installation of its own", ()),
    "simulate": ("it plays in a database of its own", ("FILE", "--from", "2026-01-01", "--to", "2026-01-02")),
    "test walk": ("it plays in a database of its own", ("k", "--as", "u1")),
    "subscription rotate-key": ("the key of signatures never leaves the database", ()),
    "user setup-link": ("whoever has it is an administrator, and nobody has a key yet", ()),
    "mailbox clear": ("it throws away files of the machine", ()),
    "doctor": ("it looks at the machine", ()),
    "backup": ("it copies the files of the database", ("FILE",)),
    "restore": ("it replaces the database", ("FILE",)),
    "serve": ("it is the server", ()),
    "work": ("it is a part of the installation", ()),
    "migrate": ("it changes the schema, and no server may run meanwhile", ()),
    "database status": ("it looks at the machine", ()),
    "database stop": ("it ends a process of the machine", ()),
}
FILES_ALONE = {"check", "plan", "explain", "schema"}  # they look at files, and need neither


def test_every_command_works_on_a_server_or_says_that_it_is_local(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {" ".join(path) for name in COMMANDS for path, _ in leaves(load(name), (name,))}
    assert known == ON_A_SERVER.keys() | LOCAL.keys() | FILES_ALONE, "say of a new command where it works"
    file = str(cli.file("welcome.yaml", WELCOME))
    monkeypatch.setenv("PARCOURS_SERVER", "nowhere")  # no address, which is told before anybody is asked
    monkeypatch.setenv("PARCOURS_DATA", str(cli.folder / "none"))
    wrong = {}
    for name, arguments in {**ON_A_SERVER, **{one: given for one, (_, given) in LOCAL.items()}}.items():
        answer = cli(*name.split(), *(file if given == "FILE" else given for given in arguments))
        expected = "(bad_server)" if name in ON_A_SERVER else "(only_local)"
        if answer.status != 1 or expected not in answer.error:
            wrong[name] = answer.error
    assert wrong == {}
    assert not (cli.folder / "none").exists()


def leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the commands of a group, and of groups in it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
    for name, one in (below or {}).items():
        yield from leaves(one, (*path, name))
