"""People imported from a file by the command line, against a bare COPY of the rows that they become.

A CSV with a key, an address, a name and a plan; `parcours import` in a process of its own, into an empty installation.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from house import House, arguments, house, say, step

COLUMNS = "bucket, profile_id, user_id, attributes, created_at, updated_at"


def write_people(file: Path, people: int) -> None:
    """Write a row per person."""
    with file.open("w", encoding="utf-8") as out:
        out.write("userId,email,first_name,plan\n")
        for number in range(1, people + 1):
            out.write(
                f"p{number},p{number}@example.com,Person {number},{'pro' if number % 5 == 0 else 'free'}\n"
            )


def load(url: str, file: Path) -> float:
    """Import the file as a user does; return the seconds."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "parcours", "import", str(file)],
        env={**os.environ, "PARCOURS_DATABASE_URL": url}, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.monotonic() - began


def copy(ground: House, url: str) -> float:
    """Copy the people of a database into an empty one; return the seconds."""
    with ground.clone("empty") as target, psycopg.connect(url) as source, psycopg.connect(target) as into:
        with source.cursor().copy(f"COPY (SELECT {COLUMNS} FROM parcours.profile) TO STDOUT") as out:
            rows = b"".join(map(bytes, out))
        began = time.monotonic()
        with into.cursor().copy(f"COPY parcours.profile ({COLUMNS}) FROM STDIN") as copied:
            copied.write(rows)
        into.commit()
        return time.monotonic() - began


def main() -> None:
    """Write, import, copy, print."""
    given = arguments(__doc__ or "", people=(1_000_000, 20_000, "people"))
    with house() as ground, tempfile.TemporaryDirectory() as folder:
        ground.create("empty")
        url = ground.create("import")
        file = Path(folder) / "people.csv"
        step(f"writing {given.people:,} rows")
        write_people(file, given.people)
        step("importing")
        seconds = load(url, file)
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        with psycopg.connect(url) as connection:
            [(stored,)] = connection.execute("SELECT count(*) FROM parcours.profile").fetchall()
        if stored != given.people:
            raise SystemExit(f"{stored:,} of {given.people:,} people are there")
        bare = copy(ground, url)
        say(f"people imported a second          {given.people / seconds:>9,.0f}   {seconds:.1f} s")
        say(f"a bare COPY of their rows         {given.people / bare:>9,.0f}   ratio {bare / seconds:.2f}")
        say(f"memory of the import at most, MB  {megabytes:>9,.0f}")


if __name__ == "__main__":
    main()
