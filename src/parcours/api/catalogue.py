"""/api/catalogue: fields, events and values that there are, to write conditions and templates with."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Query

from parcours.api.models.catalogue import Known, ValueSeen
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.service.browsing.catalogue import field_values, known_names, property_values
from parcours.service.browsing.paging import Row

__all__ = ["router"]

router = Router("/catalogue", "people")
VIEWER: Final = (Depends(require("viewer")),)
Name = Annotated[str, Query(min_length=1, max_length=200)]


@router.get("", response_model=Known, dependencies=VIEWER)
async def known(work: InTransaction) -> Row:
    """List known fields, events with their properties, audiences and journeys."""
    return await known_names(work.connection)


@router.get("/field-values", response_model=list[ValueSeen], dependencies=VIEWER)
async def values_of_field(work: InTransaction, field: Name) -> list[Row]:
    """List values of an attribute that some people have, the most frequent first."""
    return await field_values(work.connection, field)


@router.get("/property-values", response_model=list[ValueSeen], dependencies=VIEWER)
async def values_of_property(work: InTransaction, event: Name, field: Name) -> list[Row]:
    """List values of a property of an event, the most frequent first."""
    return await property_values(work.connection, event, field)
