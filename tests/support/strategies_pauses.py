"""Random pauses for the cases of the reference and the engine: choices, second pauses, an end by themselves."""

from __future__ import annotations

from hypothesis import strategies as st

from support.strategies_values import LAST, Document, slot

__all__ = ["pause_options", "second_options"]


@st.composite
def pause_options(draw: st.DrawFn, at: int) -> Document:
    """Draw the choices of a pause that begins at a slot; half of them say nothing."""
    if draw(st.booleans()):
        return {}
    found: Document = {}
    if draw(st.booleans()):
        found["entrants"] = draw(st.sampled_from(("queue", "drop")))
    if draw(st.integers(0, 2)):
        found["inside"] = draw(st.sampled_from(("freeze", "hold", "hold", "discard", "discard")))
    if found.get("inside", "freeze") == "freeze" and draw(st.booleans()):
        found["timers"] = "extend"
    if draw(st.integers(0, 3)) == 0:
        found["catch_up"] = draw(st.sampled_from((1, 0.001, 0.0005, "1000/s")))
    if draw(st.integers(0, 3)) == 0:
        found["until"] = slot(draw(st.integers(at + 1, at + LAST // 2)))
        found["then"] = draw(st.sampled_from(("resume", "resume", "close", "stop")))
    return found


@st.composite
def second_options(draw: st.DrawFn, at: int) -> Document:
    """Draw what another pause says: what may be changed, and what may not."""
    return draw(
        st.sampled_from(
            (
                {},
                {"until": "none"},
                {"catch_up": "none"},
                {"catch_up": 0.0007},
                {"until": {"at": slot(at + 3), "then": "close"}},
                {"until": slot(at)},
                {"entrants": "drop"},
                {"entrants": "queue"},
                {"inside": "hold"},
                {"timers": "extend"},
                {"pace": 3},
            )
        )
    )
