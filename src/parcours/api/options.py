"""/api/settings: what is set for the whole installation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Depends, Query
from pydantic import BaseModel, Field

from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.api.sentences import Sentence
from parcours.domain.access import Principal
from parcours.domain.options import OPTIONS, Value
from parcours.service.access.options import change_options, read_options

__all__ = ["router"]

router = Router("/settings", "settings")


class Setting(BaseModel):
    """One setting."""

    name: str = Field(examples=["publish_needs_second_person"])
    value: bool | int
    default: bool | int
    type: str = Field(description="boolean or integer")
    least: int | None
    most: int | None
    meaning: Sentence


Changes = Annotated[
    dict[str, Any],
    Body(
        min_length=1,
        description="settings by name; all of them are changed, or none",
        examples=[{"publish_needs_second_person": True}],
    ),
]


@router.get("")
async def settings(
    _who: Annotated[Principal, Depends(require("viewer"))], work: InTransaction
) -> list[Setting]:
    """List every setting, with the value it has."""
    return _settings(await read_options(work.connection))


@router.patch("")
async def change_settings(
    who: Annotated[Principal, Depends(require("admin"))],
    work: InTransaction,
    changes: Changes,
    reason: Annotated[str | None, Query(max_length=1000, description="why; kept in the audit")] = None,
) -> list[Setting]:
    """Change settings; each change is in the audit."""
    return _settings(
        await change_options(work.connection, changes, at=work.now, actor=who.actor, reason=reason)
    )


def _settings(values: dict[str, Value]) -> list[Setting]:
    return [
        Setting(
            name=name, value=values[name], default=option.default, type=option.kind, meaning=option.meaning,
            least=option.least if option.kind == "integer" else None,
            most=option.most if option.kind == "integer" else None,
        )
        for name, option in OPTIONS.items()
    ]  # fmt: skip
