"""Random pauses for the cases of the reference and the engine: choices, second pauses, an end by themselves."""

from __future__ import annotations

from hypothesis import strategies as st

from support.strategies_values import Document

__all__ = ["pause_options", "second_options"]


@st.composite
def pause_options(draw: st.DrawFn, at: int) -> Document:
    """Draw the choices of a pause that begins at a slot; half of them say nothing."""
    if draw(st.booleans()):
        return {}
    return {"entrants": draw(st.sampled_from(("queue", "drop", "drop")))}


@st.composite
def second_options(draw: st.DrawFn, at: int) -> Document:
    """Draw what another pause says: what may be changed, and what may not."""
    return draw(
        st.sampled_from(
            (
                {},
                {"entrants": "drop"},
                {"entrants": "queue"},
                {"inside": "hold"},
                {"timers": "extend"},
                {"pace": 3},
            )
        )
    )
