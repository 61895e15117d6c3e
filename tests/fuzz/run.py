"""Ask everything that the OpenAPI describes, at random, and hold every answer to what is written there.

make fuzz                                        some minutes
make fuzz ARGS="--examples 200 --seed 7"         longer, with the dice of an earlier run
make fuzz ARGS="--path /api/journeys"            addresses that match
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fuzz.sample import fill
from support.api import ApiServer, api_server
from support.postgres import remove_server, run_folder, start_server

__all__ = ["CALLERS", "ask", "main"]

HERE: Final = Path(__file__).parent
CALLERS: Final[dict[str, tuple[str, ...]]] = {"admin": ("admin", "ingest"), "viewer": ("read",), "nobody": ()}
PHASES: Final = "examples,coverage,fuzzing,stateful"


def ask(api: ApiServer, caller: str, seed: int, *options: str, told: bool = True) -> tuple[int, str]:
    """Run Schemathesis as somebody; return its status, 0 where nothing was wrong, and what it said, unless `told`."""
    scopes = CALLERS[caller]
    environment = {
        **os.environ, "PYTHONPATH": str(HERE.parent), "FUZZ_DATABASE": api.database_url, "FUZZ_SCOPES": " ".join(scopes),
        "FUZZ_KEY": api.key(*scopes) if scopes else "",
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("st")), "--config-file", str(HERE / "schemathesis.toml")]
    command += ["run", f"{api.url}/api/openapi.json", "--seed", str(seed), *options]
    with tempfile.TemporaryDirectory() as folder:  # it writes down what it found
        done = subprocess.run(
            command, env=environment, cwd=folder, check=False, text=True,
            stdout=None if told else subprocess.PIPE, stderr=None if told else subprocess.STDOUT,
        )  # fmt: skip
    return done.returncode, done.stdout or ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and return the exit status: 0 when every answer was as described."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=25, help="requests drawn for each operation, at most")
    parser.add_argument("--caller", choices=CALLERS, action="append", help="only as one of these")
    parser.add_argument("--phases", default=PHASES, help=f"of Schemathesis; default {PHASES}")
    parser.add_argument("--path", default="", help="a regular expression that addresses match")
    parser.add_argument("--seed", type=int, help="of an earlier run, for the same dice")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    for name in list(os.environ):
        if name.startswith("PG") or (name.startswith("PARCOURS_") and not name.startswith("PARCOURS_TEST_")):
            del os.environ[name]
    run_folder()
    options = ["--max-examples", str(given.examples), "--phases", given.phases, "--continue-on-failure"]
    options += ["--include-path-regex", given.path] if given.path else []
    failed = []
    try:
        postgres = start_server()
        for caller in given.caller or CALLERS:
            say(f"as {caller}, seed {seed}")
            with api_server(postgres) as api:
                fill(api)
                if ask(api, caller, seed, *options)[0]:
                    failed.append(caller)
    finally:
        remove_server()
    verdict = f"FAILED as {', '.join(failed)}" if failed else "ok"
    say(f'{verdict}; the same again: make fuzz ARGS="--seed {seed} --examples {given.examples}"')
    return 1 if failed else 0


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    sys.exit(main())
