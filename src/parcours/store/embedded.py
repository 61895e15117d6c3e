"""The PostgreSQL that comes with the package: started where no database is named, and shared by processes."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from parcours.store.embedded_cluster import Cluster
from parcours.store.embedded_host import find_host

__all__ = ["Running", "release", "start", "stop"]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. `notes` are lines that tell a person what was done to get there."""

    url: str
    data_dir: Path
    log_file: Path
    notes: tuple[str, ...]
    in_use: int = field(repr=False)  # descriptor of the shared lock that says: this process uses it


def start(data: Path, *, durable: bool = True, programs: Path | None = None, timeout: float = 120) -> Running:
    """Start the server of the folder `data`, or find it running; wait until it answers.

    It goes on after this process: give it back with `release`, which stops it when nobody uses it any more,
    or end it with `stop`. `programs` names the bin folder of another PostgreSQL; without `durable` a crash of
    the machine may lose everything. Blocks for up to `timeout` seconds.
    Raises ParcoursError `disk_full`, `data_not_writable`, `embedded_unreachable`, `embedded_account`,
    `embedded_version`, `embedded_missing` or `embedded_failed`.
    """
    cluster = _cluster(data)
    deadline = time.monotonic() + timeout
    host = find_host(cluster.root, programs=programs)
    notes = list(host.notes)
    cluster.prepare(host)
    with _alone(cluster):
        if cluster.is_orphan():
            cluster.end()
            notes.append("The database server was started again: the installation that it came from is gone.")
        if cluster.answers(deadline):
            notes = [f"The database server in {cluster.root} was already running."]
        else:
            if not cluster.data.exists():
                cluster.initialise(host, durable=durable)
                notes.append(f"Made a new database in {cluster.root}.")
            cluster.launch(host, durable=durable, deadline=deadline)
        cluster.ensure_database()
        in_use = os.open(cluster.data, os.O_RDONLY)
        fcntl.flock(in_use, fcntl.LOCK_SH)
    return Running(
        url=cluster.url(), data_dir=cluster.data, log_file=cluster.log, notes=tuple(notes), in_use=in_use
    )


def release(running: Running) -> bool:
    """Give a server back, once. Return True when it was stopped because no other process uses it."""
    cluster = Cluster(running.data_dir.parent)
    with _alone(cluster):
        os.close(running.in_use)
        probe = os.open(cluster.data, os.O_RDONLY)
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(probe)
        return _stop(cluster)


def stop(data: Path) -> bool:
    """Stop the server of the folder `data`, whoever uses it. Return False when none was running."""
    cluster = _cluster(data)
    if not cluster.data.exists():
        return False
    with _alone(cluster):
        return _stop(cluster)


def _stop(cluster: Cluster) -> bool:
    if not cluster.is_up():
        return False
    cluster.end()
    return True


def _cluster(data: Path) -> Cluster:
    return Cluster(data.expanduser().resolve() / "postgres")


@contextmanager
def _alone(cluster: Cluster) -> Iterator[None]:
    """Be the only one who starts or stops this server; the lock goes with the process, however it ends."""
    lock = os.open(cluster.root, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
