"""Patterns of the subset that `matches` takes, for property tests in Python and in PostgreSQL."""

from __future__ import annotations

from hypothesis import strategies as st

from parcours.domain.patterns import pattern_fault

__all__ = ["PATTERNS"]

LITERALS = st.sampled_from(["a", "b", "-", "_", " ", "å", "1", "\n", r"\.", r"\$", r"\-", r"\\", r"\]"])
CLASSES = st.sampled_from([".", r"\d", r"\w", r"\s", "^", "$"])
MEMBERS = st.lists(
    st.sampled_from(["a", "b", "a-z", "0-9", r"\d", r"\w", r"\s", r"\]", r"\-", "$", ".", "^b", "å", " "]),
    min_size=1,
    max_size=4,
).map("".join)
BRACKETS = st.builds("[{}{}]".format, st.sampled_from(["", "^"]), MEMBERS)
QUANTIFIERS = st.sampled_from(["", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}"])

PATTERNS: st.SearchStrategy[str] = st.recursive(
    st.lists(
        st.builds(
            lambda atom, times: atom if atom in "^$" else atom + times,
            LITERALS | CLASSES | BRACKETS,
            QUANTIFIERS,
        ),
        max_size=4,
    ).map("".join),
    lambda inner: st.builds("({}){}".format, inner, QUANTIFIERS) | st.builds("{}|{}".format, inner, inner),
    max_leaves=4,
).filter(lambda pattern: not pattern_fault(pattern))
