"""The tree of commands. A command's module is imported when it is called, so that short answers come fast."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from parcours import __version__
from parcours.domain.errors import ParcoursError

__all__ = ["COMMANDS", "app", "load", "main"]

STARTING: Final = "A first look"
DEFINITIONS: Final = "Files"
JOURNEYS: Final = "Journeys and people"
REPORTS: Final = "What happened"
RUNNING: Final = "Running an installation"


class Place(NamedTuple):
    """Where a command is made, under which heading it is listed, and its first sentence."""

    module: str
    heading: str
    purpose: str


# In the order of `parcours --help`. A test holds the sentences against those of the commands themselves.
COMMANDS: Final[Mapping[str, Place]] = MappingProxyType(
    {
        "demo": Place(
            "demo", STARTING, "Show journeys at work: sample people, live traffic, mails in a mailbox."
        ),
        "check": Place("definitions", DEFINITIONS, "Show every problem of journey and audience files."),
        "plan": Place("definitions", DEFINITIONS, "Show what a journey file compiles to, step by step."),
        "explain": Place("definitions", DEFINITIONS, "Show the SQL that a journey file compiles to."),
        "schema": Place("definitions", DEFINITIONS, "Print the JSON Schema of journey and audience files."),
        "simulate": Place("simulate", DEFINITIONS, "Play journeys over a feed, under a virtual clock."),
        "apply": Place("applying", JOURNEYS, "Save files as drafts, and audiences as they are."),
        "journey": Place("journey", JOURNEYS, "Show journeys, command them, add and remove people."),
        "audience": Place(
            "audience",
            JOURNEYS,
            "Show audiences, count and preview conditions, import and export lists, make lists of counts.",
        ),
        "hold": Place("holding", JOURNEYS, "Hold all sending, of every journey, or release it."),
        "used": Place(
            "used", JOURNEYS, "Tell where a journey, audience, sender, template, event or field is used."
        ),
        "test": Place("trial", JOURNEYS, "Try a journey on yourself, with the data of somebody you choose."),
        "subscription": Place(
            "subscribing", JOURNEYS, "Declare kinds of mail that people may get or refuse."
        ),
        "sender": Place("senders", JOURNEYS, "Keep the addresses that mails come from."),
        "suppress": Place("suppressing", JOURNEYS, "Keep the list of addresses that are written to no more."),
        "person": Place("person", JOURNEYS, "Do what one person may ask for: export, erase, consent."),
        "import": Place("importing", JOURNEYS, "Load people and events from files."),
        "source": Place(
            "source",
            JOURNEYS,
            "The sites, apps and servers that may send people and events, each with a write key.",
        ),
        "events": Place(
            "source",
            REPORTS,
            "Show the latest that came over HTTP, and what each caused: for connecting a client.",
        ),
        "why": Place("why", REPORTS, "Tell why a person did, or did not, enter and move."),
        "stuck": Place(
            "stuck",
            REPORTS,
            "List people who should move and do not, and why; or do something about one of them.",
        ),
        "mailbox": Place("mailbox", REPORTS, "Read the mail that the built-in mailbox caught."),
        "ledger": Place("reports", REPORTS, "Show where everybody who entered is, and that nobody is lost."),
        "audit": Place(
            "reports", REPORTS, "Show who commanded what, when, why, with which choices and effect."
        ),
        "alerts": Place(
            "alerts", RUNNING, "List what deserves attention: alerts that stand, since when, and what to do."
        ),
        "doctor": Place("doctor", RUNNING, "Tell what is wrong with this installation, and how to mend it."),
        "retention": Place("keeping", RUNNING, "Show for how long things are kept, or settle it."),
        "backup": Place(
            "backup", RUNNING, "Write the built-in database to a file, while everything goes on."
        ),
        "restore": Place("backup", RUNNING, "Put the database of a backup in the place of the built-in one."),
        "user": Place("users", RUNNING, "Show and change who works here: roles, sign-in links, invitations."),
        "key": Place("keys", RUNNING, "Make, list and revoke API keys."),
        "settings": Place("options", RUNNING, "Show and change what is set for the whole installation."),
        "serve": Place("running", RUNNING, "Run the HTTP server."),
        "work": Place("running", RUNNING, "Run a worker: move people and send messages."),
        "migrate": Place("running", RUNNING, "Bring the database to this version's schema."),
        "database": Place("database", RUNNING, "Look at the database, and stop the built-in one."),
    }
)


def load(name: str) -> TyperCommand | TyperGroup:
    """Return a command, its module imported. Raises KeyError for a name that there is not."""
    found = typer.main.get_group(import_module(f"parcours.cli.{COMMANDS[name].module}").app)
    command = found.commands.get(name, found)
    assert isinstance(command, TyperCommand | TyperGroup)
    return command


class Commands(TyperGroup):
    """The group of all commands; listing them imports none."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - the signature of its base
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        """Return what the list of commands needs to know of one."""
        place = COMMANDS.get(cmd_name)
        return TyperCommand(cmd_name, help=place.purpose, rich_help_panel=place.heading) if place else None

    def resolve_command(
        self, ctx: Any, args: list[str]
    ) -> tuple[str | None, TyperCommand | TyperGroup | None, list[str]]:
        """Return the command that is called, whole."""
        name, *rest = args
        if name not in COMMANDS:
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"There is no command {name}." + (f" Did you mean {near[0]}?" if near else ""))
        return name, load(name), rest


app = typer.Typer(
    cls=Commands,
    name="parcours",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: parcours check welcome.yaml",
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"parcours {__version__}")
        raise typer.Exit


@app.callback()
def parcours(
    context: typer.Context,
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the built-in database; also PARCOURS_DATA.", show_default=False),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            help="Address of a server to ask, with the API key in PARCOURS_KEY; also PARCOURS_SERVER.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Customer journeys, compiled to SQL and run in sets on PostgreSQL.

    Where PARCOURS_DATABASE_URL is not set, commands start the PostgreSQL that comes with the package; it runs
    until `parcours database stop`. With --server they ask a server instead, and need no database.
    """
    context.obj = data
    # Under a name of its own, for the commands below (session.remote).
    context.meta["parcours.server"] = server or os.environ.get("PARCOURS_SERVER") or None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 after an error, 2 where it was misused."""
    try:
        app(list(arguments) if arguments is not None else None, prog_name="parcours")
    except ParcoursError as error:
        from parcours.cli.output import show_error  # noqa: PLC0415 - rich is slow to import

        show_error(error)
        return 1
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130
    return 0
