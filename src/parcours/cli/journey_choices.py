"""The choices of `parcours journey pause` on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["CatchUp", "Entrants", "Inside", "Then", "Timers", "Until"]

Entrants = Annotated[
    str | None,
    typer.Option(help="Who would enter: queue (unless told otherwise) or drop.", show_default=False),
]
Inside = Annotated[
    str | None,
    typer.Option(
        help="Those inside: freeze (unless told otherwise), hold them or discard them at the next message.",
        show_default=False,
    ),
]
Timers = Annotated[
    str | None,
    typer.Option(
        help="Deadlines: run (unless told otherwise), or extend them by the length of the pause.",
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        help="When the pause ends by itself; in the journey's time zone where it has no offset; none: never.",
        show_default=False,
    ),
]
Then = Annotated[
    str | None,
    typer.Option(help="At --until: resume (unless told otherwise), close or stop.", show_default=False),
]
CatchUp = Annotated[
    str | None,
    typer.Option(
        help="After the resume, set at most so many people free a second; none: all at once.",
        show_default=False,
    ),
]
