"""The command line: read the arguments, call a service, print the answer. No SQL, no rules."""

from parcours.cli.app import COMMANDS, app, load, main

__all__ = ["COMMANDS", "app", "load", "main"]
