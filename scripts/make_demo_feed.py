# ruff: noqa: INP001 (a script, not a package)
"""Write the sample people and their history as feed files, for `parcours import` and `parcours simulate`.

`python scripts/make_demo_feed.py FOLDER` makes people.jsonl and history.jsonl; the same for a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from parcours.clock import SystemClock
from parcours.demo.feed import as_json, history, introduce
from parcours.demo.people import HISTORY_DAYS, people
from parcours.domain.records import FeedLine
from parcours.domain.timing import format_instant, parse_instant


def main() -> None:
    """Read the options and write both files."""
    options = argparse.ArgumentParser(description="Write sample people and their history as feed files.")
    options.add_argument("folder", type=Path, help="where people.jsonl and history.jsonl are written")
    options.add_argument("--people", type=int, default=5000, help="how many (default 5000)")
    options.add_argument(
        "--days", type=int, default=HISTORY_DAYS, help=f"of history (default {HISTORY_DAYS})"
    )
    options.add_argument(
        "--end", type=_instant, help="end of the history, as 2026-12-01T08:00:00Z (default now)"
    )
    options.add_argument("--seed", type=int, default=1, help="another seed makes other people (default 1)")
    given = options.parse_args()
    end = given.end or SystemClock().now()
    given.folder.mkdir(parents=True, exist_ok=True)
    shown = people(given.people, seed=given.seed, end=end, days=given.days)
    _write(given.folder / "people.jsonl", introduce(shown))
    _write(given.folder / "history.jsonl", history(shown, seed=given.seed, end=end, days=given.days))
    print(f"The history ends at {format_instant(end)}.")  # noqa: T201 (a script)


def _instant(text: str) -> datetime:
    instant = parse_instant(text)
    if instant is None:
        raise argparse.ArgumentTypeError(f"{text} is not an instant")
    return instant


def _write(path: Path, lines: Iterable[FeedLine]) -> None:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for item in lines:
            file.write(as_json(item) + "\n")
            count += 1
    print(f"{path}: {count:,} lines")  # noqa: T201 (a script)


if __name__ == "__main__":
    main()
