"""One PostgreSQL cluster on disk: make it, launch it, recognise it after a crash, end it."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import quote

import psycopg
from psycopg import sql

from parcours.domain.errors import ParcoursError
from parcours.store.embedded_host import Host
from parcours.store.embedded_settings import settings_of

__all__ = ["Cluster"]

NAME: Final = "parcours"  # of the role and of the database
SOCKET: Final = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT: Final = 100  # bytes; systems allow 104 to 108
SPACE_TO_BEGIN: Final = 150 * 2**20
LOG_LIMIT: Final = 10 * 2**20
ANSWER_SECONDS: Final = 5
STOP_SECONDS: Final = 120
POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster in one folder. `root` is closed to others and holds data, socket and log."""

    root: Path

    @property
    def data(self) -> Path:
        """The data directory, there only when it is whole."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """The server's log of late; the part before it is `server.log.1`."""
        return self.root / "server.log"

    @property
    def socket_folder(self) -> Path:
        """The folder of the unix socket: `root`, or a short name made from it where that is too long."""
        if len(os.fsencode(self.root / SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.root
        return Path("/tmp", f"parcours-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]}")  # noqa: S108

    def url(self, database: str = NAME) -> str:
        """Return the address of a database; it never changes for a folder."""
        return f"postgresql://{NAME}@/{database}?host={quote(str(self.socket_folder), safe='')}&port=5432"

    def prepare(self, host: Host) -> None:
        """Make the closed folder, and see that the server's account can come in."""
        try:
            self._see_entrance(host, next(p for p in self.root.parents if p.exists()))
            if not self.root.parent.exists():
                self.root.parent.mkdir(parents=True, exist_ok=True)
                self.root.parent.chmod(0o755 if host.account else 0o700)
            _make_closed(self.root, host)
            _make_closed(self.socket_folder, host)
            if not os.access(self.root, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            self._fail(error.strerror or str(error))
        self._see_entrance(host, self.root)

    def initialise(self, host: Host, *, durable: bool) -> None:
        """Make the data directory under another name, then rename it."""
        if (free := shutil.disk_usage(self.root).free) < SPACE_TO_BEGIN:
            reason = os.strerror(errno.ENOSPC)
            self._fail(f"{reason}: {free // 2**20} MB free, {SPACE_TO_BEGIN // 2**20} MB needed to begin")
        draft = self.root / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        options = [
            f"--username={NAME}",
            "--encoding=UTF8",
            "--locale=C",  # text compares by code point
            "--data-checksums",
            "--auth-local=trust",  # who can enter the folder may come in
            "--auth-host=reject",
        ]
        if not durable:
            options.append("--no-sync")
        done = self._run(host, "initdb", "-D", str(draft), *options, timeout=300)
        if done.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            self._fail(done.stdout)
        draft.rename(self.data)

    def launch(self, host: Host, *, durable: bool, deadline: float) -> None:
        """Start the server and wait until it answers. After a crash, wait for what is left of the old one."""
        self._refuse_other_version(host)
        self._clear_stale_locks()
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.root / "server.log.1")
        options = self._options(host, durable=durable)
        while True:
            logged = self.log.stat().st_size if self.log.exists() else 0
            seconds = max(1, int(deadline - time.monotonic()))
            arguments = ["-D", str(self.data), "-l", str(self.log), "-o", options, "-w", "-t", str(seconds)]
            done = self._run(host, "pg_ctl", *arguments, "start", timeout=seconds + 30)
            if done.returncode == 0:
                return
            said = self._log_since(logged) or done.stdout
            if "still in use" not in said or time.monotonic() > deadline:
                self._fail(said)
            time.sleep(POLL_SECONDS)

    def answers(self, deadline: float) -> bool:
        """Tell whether the server answers; where it is there but not ready, wait until it is, or is gone."""
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=ANSWER_SECONDS).close()
            except psycopg.OperationalError as error:
                if not self.is_up():
                    return False
                if time.monotonic() > deadline:
                    self._fail(str(error))
                time.sleep(POLL_SECONDS)
            else:
                return True

    def is_up(self) -> bool:
        """Tell whether the postmaster of this cluster is alive."""
        pid = _first_number(self.data / "postmaster.pid")
        return pid is not None and self._is_postmaster(pid)

    def is_orphan(self) -> bool:
        """Tell whether the server runs while the programs that it was started from have been removed.

        It answers, but finds none of its files any more: time zones, libraries, its own program for new connections.
        """
        try:
            started = shlex.split((self.data / "postmaster.opts").read_text())
        except OSError:
            return False
        return self.is_up() and bool(started) and not Path(started[0]).exists()

    def ensure_database(self) -> None:
        """Create the database, unless an earlier start came so far."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def end(self) -> None:
        """Stop the server: open transactions are rolled back, everything committed is written down."""
        pid = _first_number(self.data / "postmaster.pid")
        if pid is None or not self._is_postmaster(pid):
            return
        os.kill(pid, signal.SIGINT)  # "fast shutdown", as pg_ctl does
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_postmaster(pid):
            if time.monotonic() > deadline:
                self._fail(f"it does not stop within {STOP_SECONDS} seconds")
            time.sleep(POLL_SECONDS)
        if self.socket_folder != self.root:
            with suppress(OSError):
                self.socket_folder.rmdir()

    def _see_entrance(self, host: Host, folder: Path) -> None:
        if not host.can_enter(folder):
            who = host.account.name if host.account else "you"
            raise ParcoursError(
                "embedded_unreachable",
                f"The database server runs as the user {who}, who cannot enter {folder}",
                hint="Choose a data folder outside of closed ones, such as /var/lib/parcours.",
            )

    def _options(self, host: Host, *, durable: bool) -> str:
        settings = settings_of(durable=durable) | {"unix_socket_directories": str(self.socket_folder)}
        if "--with-lz4" in self._run(host, "pg_config", "--configure", timeout=30).stdout:
            settings["wal_compression"] = "lz4"
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _refuse_other_version(self, host: Host) -> None:
        made_with = (self.data / "PG_VERSION").read_text().strip()
        present = re.search(r"\) (\d+)", self._run(host, "postgres", "--version", timeout=30).stdout)
        here = present[1] if present else "unknown"
        if here != made_with:
            raise ParcoursError(
                "embedded_version",
                f"{self.data} was made with PostgreSQL {made_with}; the one here is {here}",
                hint="Dump it with the version that made it, and restore it into a new data folder.",
            )

    def _clear_stale_locks(self) -> None:
        """Remove lock files whose process number meanwhile belongs to another process, or to a zombie.

        PostgreSQL itself trusts the number: after a restart of the machine it may be any process of this
        user, and in a container a dead postmaster may stay as a zombie.
        """
        for file in (self.data / "postmaster.pid", self.socket_folder / f"{SOCKET}.lock"):
            pid = _first_number(file)
            if pid is not None and _exists(pid) and not self._is_postmaster(pid):
                file.unlink(missing_ok=True)

    def _is_postmaster(self, pid: int) -> bool:
        # Its command line names the data directory; that of a zombie is empty.
        if Path("/proc/self/cmdline").exists():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                return False
            return os.fsencode(self.data) in words
        listing = subprocess.run(  # noqa: S603 - a fixed program and a number
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        return os.fsencode(self.data) in listing.stdout

    def _run(
        self, host: Host, program: str, *arguments: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        try:
            return host.run(program, *arguments, timeout=timeout)
        except (OSError, subprocess.TimeoutExpired) as error:
            self._fail(f"{host.programs / program}: {error}")

    def _log_since(self, position: int) -> str:
        try:
            return self.log.read_bytes()[position:].decode(errors="replace")
        except OSError:
            return ""

    def _fail(self, said: str) -> NoReturn:
        if "No space left on device" in said:
            raise ParcoursError(
                "disk_full", f"The disk of {self.root} is full", hint=f"Make room there. {_last_line(said)}"
            )
        if re.search("Permission denied|Read-only file system|Not a directory|File exists|belongs to", said):
            raise ParcoursError(
                "data_not_writable",
                f"The database cannot be kept in {self.root}: {_last_line(said)}",
                hint="Choose another folder with --data or PARCOURS_DATA.",
            )
        raise ParcoursError(
            "embedded_failed",
            f"The database server in {self.root} does not start or stop: {_last_line(said)}",
            hint=f"Its log is {self.log}.",
        )


def _make_closed(folder: Path, host: Host) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise PermissionError(errno.EACCES, f"{folder} belongs to somebody else or is open to others")
    if host.account and found.st_uid == os.geteuid() and not any(folder.iterdir()):
        # New, made by us or by another starter at this very moment: hand it over.
        os.chown(folder, host.account.uid, host.account.gid, follow_symlinks=False)
    if folder.lstat().st_uid != (host.account.uid if host.account else os.geteuid()):
        raise PermissionError(errno.EACCES, f"{folder} belongs to somebody else or is open to others")


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search("FATAL|PANIC|error:", line)]
    return (telling or lines or ["no reason given"])[-1]
