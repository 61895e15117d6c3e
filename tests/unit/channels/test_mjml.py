"""MJML made into HTML: Liquid survives as written, and every fault has its line."""

from __future__ import annotations

import re

import pytest

from parcours.channels.mjml import MjmlFailed, html_of, is_mjml
from parcours.channels.plaintext import text_of
from parcours.channels.template import Source, compile_template
from parcours.clock import SystemClock

NOW = SystemClock().now()


def mail(content: str, head: str = "") -> str:
    """Put content, from line 3 on, into a column."""
    return f"<mjml>{head}<mj-body><mj-section>\n<mj-column>\n{content}\n</mj-column></mj-section></mj-body></mjml>"


def rendered(mjml: str, **values: object) -> tuple[str, str]:
    """Return what a person gets: HTML and text."""
    content = compile_template(Source("Hi", html_of(mjml))).render(values, NOW)
    assert content.html is not None
    return content.html, content.text


def test_a_name_in_any_case_is_mjml() -> None:
    assert is_mjml("mails/Hello.MJML")
    assert not is_mjml("hello.mjml.html")


def test_mjml_becomes_tables() -> None:
    html = html_of(mail("<mj-text>Good morning</mj-text>"))
    assert html.startswith("<!doctype html>")
    assert "<mj-" not in html
    assert text_of(html) == "Good morning\n"


def test_nothing_is_fetched_from_elsewhere_unasked() -> None:
    assert not re.search(r"(?:href|src|url)\W*http", html_of(mail("<mj-text>x</mj-text>")))
    font = '<mj-head><mj-font name="Inter" href="https://fonts.example/inter.css"/></mj-head>'
    html = html_of(mail('<mj-text font-family="Inter">x</mj-text>', font))
    assert "https://fonts.example/inter.css" in html


def test_liquid_is_rendered_after_the_conversion() -> None:
    mjml = mail(
        """<mj-text>Hi {{ profile.name | default: "friend" }}</mj-text>
        {% if profile.points < 3 and profile.points >= 1 %}<mj-text>few</mj-text>{% endif %}
        {% for item in event.items %}<mj-text>{{ item }}</mj-text>{% endfor %}
        <mj-button href="https://shop.example/?a=1&b={{ event.id | url_encode }}">Go</mj-button>"""
    )
    html, text = rendered(mjml, profile={"points": 2}, event={"items": ["Tea", "A & B"], "id": "x y"})
    assert text == "Hi friend\nfew\nTea\nA & B\n\nGo (https://shop.example/?a=1&b=x+y)\n"
    assert "A &amp; B" in html
    assert "https://shop.example/?a=1&b=x+y" in html
    html, text = rendered(mjml, profile={"points": 3, "name": "<Bo>"}, event={})
    assert "few" not in html
    assert "&lt;Bo&gt;" in html
    assert text.startswith("Hi <Bo>\n")


@pytest.mark.parametrize(
    "mjml",
    [
        "<mjml><mj-body>{% if a %}<mj-section></mj-section>{% endif %}</mj-body></mjml>",
        "<mjml><mj-body><mj-section>{% if a %}<mj-column></mj-column>{% endif %}</mj-section></mj-body></mjml>",
        "<mjml><mj-body><mj-wrapper>{% if a %}<mj-section></mj-section>{% endif %}</mj-wrapper></mj-body></mjml>",
        "<mjml><mj-body><mj-hero>{% if a %}<mj-text>x</mj-text>{% endif %}</mj-hero></mj-body></mjml>",
        mail("<mj-raw>{% if a %}</mj-raw><mj-text>x</mj-text><mj-raw>{% endif %}</mj-raw>"),
        mail("<mj-table>{% if a %}<tr><td>{{ x }}</td></tr>{% endif %}</mj-table>"),
        mail('<mj-image src="{{ a }}" alt="{% if a %}x{% endif %}" href="{{ b }}"/>'),
        mail('<mj-text color="{{ a }}" padding="{{ b }}" css-class="{{ c }}">x</mj-text>'),
        mail("<mj-text>x</mj-text>", "<mj-head><mj-preview>{{ a }}</mj-preview></mj-head>"),
        mail("<mj-text>x</mj-text>", "<mj-head><mj-style>.a { color: {{ a }} }</mj-style></mj-head>"),
        mail("<mj-text>lqd0x lqdq1x {{ a }} {% raw %}{{ <b> }}{% endraw %}</mj-text>"),
        mail("<mj-text>{% comment %} </mj-text> {% endcomment %} {{ a }}</mj-text>"),
    ],
)
def test_liquid_survives_as_written(mjml: str) -> None:
    html = html_of(mjml)
    for piece in re.findall(r"\{%.*?%\}|\{\{.*?\}\}", mjml):
        assert piece in html
    assert "lqdqq" not in html
    compile_template(Source("Hi", html)).render({}, NOW)


@pytest.mark.parametrize(
    ("mjml", "line", "said"),
    [
        ("", 1, "does not begin with <mjml>"),
        ("<html></html>", 1, "cannot stand here"),
        ("<mjml>\n<mj-body>\n</mjml>", 2, "<mj-body> is not closed"),
        ("<mjml>\n<mj-body>", 2, "<mj-body> is not closed"),
        (mail("<mj-text>\n<b>x</mj-text>"), 4, "<b> is not closed"),
        (mail("</mj-text>"), 3, "</mj-text> closes nothing"),
        (mail("\n<mj-text color=red>x</mj-text>"), 4, "attributes need quotes"),
        (mail("{% if\n a %}\n<mj-text>1 < 2</mj-text>{% endif %}"), 5, "`<` is `&lt;`"),
        (mail("<mj-txt>x</mj-txt>"), 3, "<mj-txt> is no tag of MJML"),
        (mail("<mj-social>\n{{ x }}<mj-social-element/></mj-social>"), 4, "cannot stand here"),
        (
            mail("\n\n<mj-text {% if x %}color='red'{% endif %}>x</mj-text>"),
            5,
            "among the attributes of <mj-text>",
        ),
        (mail("\n<mj-image width='{{ x }}px' src='x'/>"), 4, "it would be lost"),
        (mail("<mj-include path='/etc/passwd'/>"), 3, "mj-include reads no files"),
        (mail("<b>" * 100_000), 3, "More than 100 tags are open"),
    ],
)
def test_a_fault_has_its_line(mjml: str, line: int, said: str) -> None:
    with pytest.raises(MjmlFailed) as failed:
        html_of(mjml)
    assert said in failed.value.message
    assert failed.value.line == line
