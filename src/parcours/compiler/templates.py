"""The SQL templates of the compiler, one file per statement under steps/."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from psycopg import sql

__all__ = ["template"]


@cache
def template(name: str) -> sql.SQL:
    """Return a template by its file name without `.sql`."""
    text = (files("parcours.compiler") / "steps" / f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text.strip())
