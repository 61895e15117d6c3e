"""Folders for tests that the embedded server's user can enter, also when root runs the tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["open_folder"]


@contextmanager
def open_folder() -> Iterator[Path]:
    """Yield a new folder that everybody may enter, removed afterwards (pytest's own are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="parcours-test-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)
