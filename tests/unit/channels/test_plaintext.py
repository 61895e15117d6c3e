"""HTML made readable as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.channels.plaintext import text_of, text_template


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a <b>bold</b> word", "a bold word"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div><div>deep</div></div><div>next</div>", "deep\nnext"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a b\nc d"),
        ('<a href="https://x.se">https://x.se</a>', "https://x.se"),
        ('<a href="https://x.se/a"><b>Go</b></a>!', "Go (https://x.se/a)!"),
        ('<a href="mailto:a@x.se">a@x.se</a>', "a@x.se"),
        ('<a href="#top">up</a>', "up"),
        ('<a href="https://x.se"><img src="a.png"></a>', "https://x.se"),
        ("AT&amp;T &lt;x&gt; &aring;", "AT&T <x> å"),
        ("<head><title>t</title><body>b", "b"),
        ("<p hidden>no</p>yes", "yes"),
        ("<style>a{}</style><script>b()</script>c", "c"),
        ("<!--[if mso]><p>no</p><![endif]-->yes", "yes"),
        ("", ""),
    ],
)
def test_reads_as(html: str, expected: str) -> None:
    assert text_of(html) == expected + "\n"


def test_liquid_stays_where_text_is_read_and_blocks_stay_everywhere() -> None:
    assert text_template("<p>{{ a }}{% if b %}<i class='{{ c }}'>x</i>{% endif %}</p>") == (
        "\n\n{{ a }}{% if b %}x{% endif %}"
    )
    assert text_template("<style>{% if a %}p{ {{ b }} }{% endif %}</style>") == "{% if a %}{% endif %}"
    assert text_template("{% comment %}<p>{% endcomment %}{% raw %}{{ <b> }}{% endraw %}") == (
        "{% raw %}{{ <b> }}{% endraw %}"
    )


@given(st.text(st.sampled_from('<>/="a pbr{}%!-&;\ue000\ue0010iftd'), max_size=200))
def test_nothing_breaks_it(html: str) -> None:
    assert isinstance(text_of(html), str)
    assert isinstance(text_template(html), str)
