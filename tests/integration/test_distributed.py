"""`parcours migrate --distributed` where there is no Citus: told, and nothing is touched."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from support.cli import Cli


@pytest.mark.both_servers
def test_a_plain_database_is_refused_before_anything_is_made(
    empty_database_url: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", empty_database_url)
    answer = Cli(capsys, tmp_path)("migrate", "--distributed")
    assert answer.status == 1
    assert "(citus_missing)" in answer.error
    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute("SELECT to_regnamespace('parcours')").fetchone()
    assert found == (None,)


def test_the_built_in_database_is_refused_without_being_started(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path / "data"))
    answer = Cli(capsys, tmp_path)("migrate", "--distributed")
    assert (answer.status, "(citus_missing)" in answer.error) == (1, True)
    assert not (tmp_path / "data").exists()
