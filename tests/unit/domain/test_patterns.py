from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.patterns import pattern_fault, python_pattern
from support.patterns import PATTERNS


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "anything", True),
        ("b", "abc", True),
        ("^b", "abc", False),
        ("c$", "abc", True),
        ("c$", "abc\n", False),  # the very end, as in PostgreSQL
        ("^b", "a\nb", False),
        ("a.c", "a\nc", True),
        (r"\d{3}-\d{2}", "tel 123-45", True),
        (r"^\w+$", "å", False),  # the classes of ASCII, as under COLLATE "C"
        (r"[^a-z]", "abC", True),
        (r"[$.\]]", "a$", True),
        (r"^(se|no)-[0-9]+$", "no-47", True),
        (r"a\$", "a$", True),
        (r"[\$a]$", "b$", True),
        ("a|", "zzz", True),
        (r"[a\-z]", "-", True),
    ],
)
def test_patterns_are_read_as_postgresql_reads_them(pattern: str, text: str, expected: bool) -> None:
    assert pattern_fault(pattern) == ""
    assert (python_pattern(pattern).search(text) is not None) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "*", "a**", "a+?", "a*+", "a??", "+a", "|*", "(*)", "^*", "$+", "(?:a)", "(?i)a", "***=a",
        r"(a)\1", r"\b", r"\D", r"\Z", r"\A", r"\n", r"\x41", r"\_", "\\", "a)", "(a", "a]", "a}", "{2}",
        "a{", "a{,2}", "a{2,1}", "a{256}", "a{1,256}", "a{1}{2}", "a{x}", "[]", "[]a]", "[a", "[^]",
        "[[:alpha:]]", "[[a]", "[z-a]", "[a-", r"[\d-z]", r"[a-\d]", "[a-z-9]", "[a--]", "[a&&b]", "[~~]",
        "[a||b]", "(" * 40 + ")" * 40, "a" * 501, "((a{99}){99})",
    ],
)  # fmt: skip
def test_everything_with_two_readings_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern)


@given(PATTERNS, st.text("ab-_.$ \n1å", max_size=8))
def test_what_is_accepted_compiles_without_a_warning(pattern: str, text: str) -> None:
    assert pattern_fault(pattern) == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        python_pattern(pattern).search(text)


@given(st.text(r"ab[](){}|*+?^$\dws-,.:=&123", max_size=14))
def test_any_text_is_refused_or_compiles(pattern: str) -> None:
    if not pattern_fault(pattern):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            python_pattern(pattern).search("ab1")
