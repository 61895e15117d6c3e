"""The pages made from tables are current, and no code is missing from the catalogue."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from parcours.domain.catalogue import CATALOGUE, FAMILIES
from parcours.domain.lifecycle import DROP_OUT_REASONS, REFUSAL_REASONS

ROOT = Path(__file__).parents[2]
# Functions whose call makes a problem or an error -> which argument is the code.
MAKERS = {"error": 0, "bad": 0, "Refuse": 0, "refusal": 0, "ParcoursError": 0, "problem_at": 1, "Problem": 1}


def make_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "scripts" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["errors.md", "lifecycle-tables.md", "roles.md"])
def test_made_pages_are_current(name: str) -> None:
    made = make_docs().pages()[name]
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made, "run: python scripts/make_docs.py"


def codes_in(path: Path) -> Iterator[str]:
    """Every code written as a plain text where a problem or an error is made."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        at = MAKERS.get(name)
        if at is not None and len(node.args) > at:
            code = node.args[at]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value


def written_codes() -> dict[str, str]:
    paths = sorted((ROOT / "src" / "parcours").rglob("*.py"))
    return {code: str(path.relative_to(ROOT)) for path in paths for code in codes_in(path)}


def test_every_code_is_in_the_catalogue() -> None:
    known = {code for _, code in CATALOGUE}
    missing = {code: path for code, path in written_codes().items() if code not in known}
    assert not missing, "add them to src/parcours/domain/catalogue_*.py"


def test_every_problem_of_the_catalogue_is_made_somewhere() -> None:
    made = set(written_codes()) | {"duplicate_journey", "duplicate_audience"}
    families = {"file", "value", "journey", "order", "feed", "program"}
    assert {code for family, code in CATALOGUE if family in families} - made == set()


def test_entries_say_something() -> None:
    for entry in CATALOGUE.values():
        assert entry.family in FAMILIES
        assert entry.meaning.endswith(".")
        assert entry.family in {"entrance", "drop_out"} or entry.remedy.endswith(".")


def test_reasons_are_those_of_the_lifecycle() -> None:
    assert [code for family, code in CATALOGUE if family == "entrance"] == list(REFUSAL_REASONS)
    assert [code for family, code in CATALOGUE if family == "drop_out"] == list(DROP_OUT_REASONS)
