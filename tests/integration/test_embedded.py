"""The embedded server: shared, found again, alive after a crash, and polite to the machine it runs on."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parcours.domain.errors import ParcoursError
from parcours.store import embedded, embedded_host
from support.folders import open_folder

DEBIAN = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder
        embedded.stop(folder)


def start(folder: Path) -> embedded.Running:
    return embedded.start(folder, durable=False)


def execute(running: embedded.Running, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(running.url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def postmaster(running: embedded.Running) -> int:
    return int((running.data_dir / "postmaster.pid").read_text().split()[0])


def test_keeps_data_over_a_restart_at_the_same_address(folder: Path) -> None:
    first = embedded.start(folder)
    execute(first, "CREATE TABLE kept AS SELECT 42 AS number")
    assert any("Made a new database" in line for line in first.notes)
    assert embedded.release(first)
    assert not embedded.stop(folder)
    second = embedded.start(folder)
    assert second.url == first.url
    assert execute(second, "SELECT number FROM kept") == [(42,)]
    assert not any("Made a new database" in line for line in second.notes)


def test_a_server_whose_installation_was_removed_is_started_again(folder: Path) -> None:
    """As when a checkout is thrown away, or its packages are installed anew elsewhere, while the server goes on."""
    programs = embedded_host.find_host(folder).programs
    with open_folder() as copied:
        package = programs.parent.parent
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, copied / part.name, symlinks=True)
        there = copied / programs.relative_to(package.parent)
        first = embedded.start(folder, durable=False, programs=there)
        execute(first, "CREATE TABLE kept AS SELECT 42 AS number")
        before = postmaster(first)
    second = start(folder)
    assert postmaster(second) != before
    assert any("is gone" in line for line in second.notes)
    zoned = "SELECT number, timestamptz '2026-07-01T12:00Z' AT TIME ZONE 'Europe/Stockholm' FROM kept"
    assert [(number, at.hour) for number, at in execute(second, zoned)] == [(42, 14)]
    assert start(folder).notes == (f"The database server in {folder}/postgres was already running.",)


def test_the_server_is_set_up_as_agreed(folder: Path) -> None:
    running = embedded.start(folder)
    rows = execute(running, "SELECT name, setting FROM pg_settings")
    expected = {
        "data_checksums": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "lc_collate": None,
        "listen_addresses": "",
        "max_connections": "100",
        "server_encoding": "UTF8",
        "synchronous_commit": "on",
        "TimeZone": "UTC",
    }
    settings = dict(rows)
    assert {name: settings.get(name) for name in expected} == expected
    assert execute(running, "SELECT 'Z' < 'a', 'z' < 'é'") == [(True, True)]
    assert stat.S_IMODE(running.data_dir.parent.stat().st_mode) == 0o700


def test_stops_only_when_the_last_user_gives_it_back(folder: Path) -> None:
    first, second = start(folder), start(folder)
    assert second.notes == (f"The database server in {folder}/postgres was already running.",)
    assert not embedded.release(first)
    assert execute(second, "SELECT 1") == [(1,)]
    assert embedded.release(second)


def test_starters_at_the_same_time_share_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        running = list(threads.map(start, [folder] * 4))
    assert len({one.url for one in running}) == 1
    assert sum("Made a new database" in line for one in running for line in one.notes) == 1
    assert [embedded.release(one) for one in running] == [False, False, False, True]


def test_a_killed_user_does_not_hold_it(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from parcours.store import embedded\n"
        "embedded.start(Path(sys.argv[1]), durable=False); print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        running = start(folder)
        process.kill()
        process.wait()
    assert embedded.release(running)


def test_starts_again_after_the_postmaster_was_killed(folder: Path) -> None:
    first = start(folder)
    execute(first, "CREATE TABLE kept AS SELECT 42 AS number")
    pid = postmaster(first)
    os.kill(pid, signal.SIGKILL)
    second = start(folder)
    assert postmaster(second) != pid
    assert execute(second, "SELECT number FROM kept") == [(42,)]


def test_a_stale_number_of_a_living_process_does_not_fool_it(folder: Path) -> None:
    running = start(folder)
    lines = (running.data_dir / "postmaster.pid").read_text().splitlines()
    owner = running.data_dir.stat()
    embedded.release(running)
    same_user = owner.st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "600"], user=same_user) as stranger:
        for name in (running.data_dir / "postmaster.pid", running.data_dir.parent / ".s.PGSQL.5432.lock"):
            name.write_text("\n".join([str(stranger.pid), *lines[1:]]))
            os.chown(name, owner.st_uid, owner.st_gid)
        assert execute(start(folder), "SELECT 1") == [(1,)]
        stranger.kill()


def test_a_broken_first_start_does_not_count(folder: Path) -> None:
    running = start(folder)
    embedded.release(running)
    running.data_dir.rename(running.data_dir.with_name("data.new"))
    assert any("Made a new database" in line for line in start(folder).notes)


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    running = start(folder / ("long" * 30))
    socket_folder = Path(running.url.partition("host=")[2].partition("&")[0].replace("%2F", "/"))
    assert socket_folder.parent == Path("/tmp")
    assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    assert execute(running, "SELECT 1") == [(1,)]
    assert embedded.release(running)
    assert not socket_folder.exists()


def test_a_file_where_the_folder_should_be_is_told(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(ParcoursError) as raised:
        start(folder / "file")
    assert raised.value.code in {"data_not_writable", "embedded_unreachable"}


@pytest.mark.skipif(not DEBIAN.exists(), reason="needs a second version of PostgreSQL")
def test_refuses_data_of_another_version(folder: Path) -> None:
    embedded.release(start(folder))
    with pytest.raises(ParcoursError, match="was made with PostgreSQL 18; the one here is 15") as raised:
        embedded.start(folder, programs=DEBIAN)
    assert raised.value.code == "embedded_version"


@pytest.mark.root_only
def test_root_runs_it_as_somebody_else_and_says_so(folder: Path) -> None:
    running = start(folder)
    owner = pwd.getpwuid(running.data_dir.stat().st_uid)
    assert owner.pw_name == "parcours"
    assert any("the system user parcours" in line for line in running.notes)
    assert Path(f"/proc/{postmaster(running)}").stat().st_uid == owner.pw_uid


@pytest.mark.root_only
def test_root_opens_nobodys_home(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    with pytest.raises(ParcoursError, match=f"cannot enter {home}") as raised:
        start(home / "data")
    assert raised.value.code == "embedded_unreachable"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert list(home.iterdir()) == []


@pytest.mark.root_only
def test_root_copies_programs_that_others_cannot_read(folder: Path) -> None:
    closed = folder / "root"
    closed.mkdir(mode=0o700)
    wheel = embedded_host._wheel_programs()
    shutil.copytree(wheel.parent, closed / embedded_host.PACKAGE / embedded_host.INSTALL)
    notes: list[str] = []
    copied = embedded_host._copy(
        closed / embedded_host.PACKAGE / embedded_host.INSTALL / "bin", folder, notes
    )
    assert notes[0].startswith(f"Copied the database server's programs to {folder}/pg-0.6")
    host = embedded_host.find_host(folder / "data" / "postgres", programs=copied)
    assert "PostgreSQL" in host.run("postgres", "--version", timeout=30).stdout
    assert not list(copied.parents[2].rglob("include"))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


AS_NOBODY = """
import os, pwd, sys
from pathlib import Path
from typing import Any
from parcours.domain.errors import ParcoursError
from parcours.store import embedded
nobody = pwd.getpwnam("nobody")
os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
try:
    running = embedded.start(Path(sys.argv[1]), durable=False, programs=Path(sys.argv[2]))
except ParcoursError as error:
    print(error.code)
else:
    print(running.notes, embedded.release(running))
"""


def as_nobody(folder: Path) -> str:
    programs = embedded_host.find_host(folder / "none").programs
    command = [sys.executable, "-c", AS_NOBODY, str(folder), str(programs)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.root_only
def test_an_ordinary_user_starts_it_as_itself(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own = folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    assert as_nobody(own) == f"('Made a new database in {own}/postgres.',) True\n"
    assert (own / "postgres" / "data").stat().st_uid == nobody.pw_uid


@pytest.mark.root_only
def test_root_goes_on_as_the_owner_of_the_data(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own = folder / "own"
    own.mkdir(mode=0o755)
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    as_nobody(own)
    running = start(own)
    assert "Root may not run the database server: it runs as the user nobody." in running.notes
    assert embedded.release(running)


@pytest.mark.root_only
def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    assert as_nobody(folder) == "data_not_writable\n"


@pytest.mark.root_only
def test_a_full_disk_is_told(folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(disk)], check=False
    ).returncode:
        pytest.skip("no right to mount")
    try:
        embedded.release(start(disk / "data"))
        with pytest.raises(OSError, match="No space left"):
            (disk / "filling").write_bytes(b"x" * 2**28)
        for data in ("data", "new"):
            with pytest.raises(ParcoursError) as raised:
                start(disk / data)
            assert raised.value.code == "disk_full"
    finally:
        subprocess.run(["umount", str(disk)], check=True)
