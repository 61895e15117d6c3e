"""A definition as YAML, such as it is read again."""

from __future__ import annotations

import json
from typing import Any

import yaml

from parcours.service.editing.files import load_text

__all__ = ["yaml_text"]


def yaml_text(document: dict[str, Any]) -> str:
    """Return a document as YAML; as JSON, which is YAML too, where the words of an older YAML would be misread."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    if load_text(text)[0] == document:
        return text
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
