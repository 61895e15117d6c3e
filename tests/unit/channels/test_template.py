"""Templates: what people get, what authors are told, and what no template can do."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from parcours.channels.template import (
    Content,
    Renderer,
    Source,
    TemplateFailed,
    check,
    compile_template,
    variables,
)

NOW = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def rendered(source: Source, now: datetime = NOW, **context: Any) -> Content:
    return compile_template(source).render(context, now)


def text(template: str, now: datetime = NOW, **context: Any) -> str:
    return rendered(Source(subject="", text=template), now, **context).text


def test_html_is_escaped_subject_and_text_are_not() -> None:
    content = rendered(
        Source(
            subject="Hi {{ profile.name }}", html="<p>Hi {{ profile.name }}</p>", text="Hi {{ profile.name }}"
        ),
        profile={"name": "<Tom & Ann>"},
    )
    assert content == Content("Hi <Tom & Ann>", "<p>Hi &lt;Tom &amp; Ann&gt;</p>", "Hi <Tom & Ann>")


def test_text_alone_gives_no_html() -> None:
    assert rendered(Source(subject="S", text="T")) == Content("S", None, "T")


def test_html_alone_gives_a_text_with_the_links() -> None:
    content = rendered(
        Source(
            subject="S",
            html="""<html><head><title>T</title><style>p {color: {{ c }}}</style></head><body>
              <h1>Hello   {{ profile.name }}</h1>
              <p>Your <b>plan</b> is&nbsp;{{ profile.plan | default: "free" }}.
              <a href="https://example.com/{{ profile.id }}?a=1&amp;b=2">Change it</a></p>
              <ul>{% for i in items %}<li class="{% cycle 'odd', 'even' %}">{{ i }}</li>{% endfor %}</ul>
              <!-- not seen --><script>not(seen)</script>
              <div style="display: none">not seen</div>
              <img src="x.png" alt="A {{ thing }}"><br>Bye</body></html>""",
        ),
        profile={"name": "Tom & Ann", "id": 7},
        items=["one", "<two>"],
        thing="tree",
    )
    assert content.text == (
        "Hello Tom & Ann\n\n"
        "Your plan is free. Change it (https://example.com/7?a=1&b=2)\n\n"
        "- one\n- <two>\n\n"
        "A tree\nBye\n"
    )


def test_the_text_follows_the_branches_of_the_html() -> None:
    source = Source(
        subject="S",
        html='{% assign x = "in the head" %}<p>A</p>{% if pro %}<p>Pro</p>{% else %}<p>Free</p>{% endif %}'
        "<table><tr><td>{{ x }}</td><td {% if pro %}bgcolor='{{ x }}'{% endif %}>2</td></tr></table>",
    )
    assert rendered(source, pro=True).text == "A\n\nPro\n\nin the head 2\n"
    assert rendered(source, pro=False).text == "A\n\nFree\n\nin the head 2\n"


def test_html_and_liquid_interlaced_still_give_a_text() -> None:
    source = Source(
        subject="S", html='<p {% if a %}title="{% endif %}x">Hello {{ n }}</p>{% raw %}{{ x }}{% endraw %}'
    )
    assert "Hello Ann" in rendered(source, a=True, n="Ann").text


def test_what_is_marked_safe_is_html_in_one_part_and_text_in_the_other() -> None:
    content = rendered(
        Source(subject="S", html="{{ crm.note | safe }}|{{ crm.note }}|{{ crm.note | escape }}"),
        crm={"note": "<b>R&amp;D</b>"},
    )
    shown = "&lt;b&gt;R&amp;amp;D&lt;/b&gt;"
    assert content.html == f"<b>R&amp;D</b>|{shown}|{shown}"
    assert content.text == "R&D|<b>R&amp;D</b>|<b>R&amp;D</b>\n"


def test_the_subject_is_one_line_whatever_it_holds() -> None:
    content = rendered(Source(subject=" {{ x }}\n{{ y }} ", text=""), x="a\r\nBcc: all@x.se\0", y="b\t c")
    assert content.subject == "a Bcc: all@x.se b c"


def test_the_preheader_is_hidden_at_the_top_of_the_body() -> None:
    source = Source(
        subject="S", html="<html><body class='a'><p>Hi</p></body></html>", preheader="{{ p }} & more"
    )
    content = rendered(source, p="<News>")
    assert content.html is not None
    assert content.html.startswith("<html><body class='a'><div style=\"display:none")
    assert ">&lt;News&gt; &amp; more</div><p>Hi</p>" in content.html
    assert content.text == "Hi\n"


def test_what_is_unknown_renders_empty() -> None:
    assert text("[{{ a }}{{ profile.b.c[0].d }}{{ e | upcase }}{% for x in y %}x{% endfor %}]") == "[]"


def test_a_broken_value_fails_with_a_reason_and_a_line() -> None:
    with pytest.raises(TemplateFailed, match=r"line 2") as caught:
        text("\n{{ x | divided_by: 0 }}", x=1)
    assert caught.value.code == "template_failed"
    assert caught.value.place == "text"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ 'now' | date: '%Y-%m-%d %H:%M' }}", "2026-07-02 00:30"),
        ("{{ 'today' | date: '%A %-d %B' }}", "Thursday 2 July"),
        ("{{ now | date: '%H:%M %z' }}", "00:30 +0200"),
        ("{{ today }}", "2026-07-02"),
        ("{{ at | date: '%H:%M' }}", "14:00"),
        ("{{ day | date: '%d/%m/%Y' }}", "24/12/2026"),
        ("{{ local | date: '%H:%M' }}", "08:15"),
        ("{{ 0 | date: '%Y-%m-%d %H' }}", "1970-01-01 01"),
        ("{{ '86400' | date: '%d' }}", "02"),
        ("{{ 'now' | date: '%s' }}", "1782945000"),
        ("{{ 'soon' | date: '%d' }}", "soon"),
        ("{{ '10:30' | date: '%d' }}", "10:30"),
        ("{{ nothing | date: '%d' }}{{ null | date: '%d' }}", ""),
        ("{{ 99999999999999999999 | date: '%d' }}", "99999999999999999999"),
    ],
)
def test_dates_come_from_now_alone(template: str, expected: str) -> None:
    shown = text(
        template,
        now=NOW.astimezone(ZoneInfo("Europe/Stockholm")),
        at="2026-06-01T12:00:00Z",
        day="2026-12-24",
        local="2026-12-24T08:15:00",
    )
    assert shown == expected


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in (1..10001) %}x{% endfor %}",
        "{% for a in (1..200) %}{% for b in (1..200) %}x{% endfor %}{% endfor %}",
        "{% for a in (1..6000) %}x{% endfor %}{% for a in (1..6000) %}x{% endfor %}",
        "{% tablerow a in (1..10001) %}x{% endtablerow %}",
        "{{ (1..10000000000) | join: 'x' }}",
        "{% assign a = (1..10000000000) | reverse %}",
        "{{ (1..1000000000000000000000000) | join }}",
        "{{ '' | split: '' | concat: (1..10000000000) | size }}",
        "{{ long | replace: 'a', long }}",
        "{{ long | split: 'a' | join: long }}",
        "{% assign a = long %}{% for i in (1..99) %}{% assign a = a | append: a %}{% endfor %}",
        "{% for i in (1..9999) %}{{ long }}{% endfor %}",
        "{% capture x %}{% for i in (1..9999) %}{{ long }}{% endfor %}{% endcapture %}",
        "{% assign n = 9 %}{% for i in (1..99) %}{% assign n = n | times: n %}{% endfor %}{{ n }}",
    ],
)
def test_no_template_takes_more_than_its_share(template: str) -> None:
    with pytest.raises(TemplateFailed):
        text(template, long="a" * 30_000)


@pytest.mark.parametrize(
    "value", ["a", "<b>", "", None, 7, 1.5, True, [1, "<"], {"y": "<"}, {}, datetime(2026, 1, 1, tzinfo=UTC)]
)
@pytest.mark.parametrize("path", ["x", "x.y", "x.size", "x.first", "x[0]", "x['y']", "z", "now", "today"])
def test_a_template_without_tags_says_what_it_says_among_tags(value: Any, path: str) -> None:
    plain = f"One {{{{ {path} }}}} two {{{{ name }}}}"
    among = f"{{% if true %}}{{% endif %}}{plain}"
    given = {"x": value, "name": "Tom & Ann"}
    assert rendered(Source("", plain, plain), **given) == rendered(Source("", among, among), **given)


def test_a_value_larger_than_a_mail_fails_without_tags_too() -> None:
    assert len(text("{{ x }}{{ x }}", x="a" * 500_000)) == 1_000_000
    with pytest.raises(TemplateFailed, match="1000000"):
        text("{{ x }}{{ x }}.", x="a" * 500_000)


@pytest.mark.parametrize("tag", ["include 'x'", "render 'x'", "extends 'x'"])
def test_no_template_reads_a_file(tag: str) -> None:
    (problem,) = check(f"{{% {tag} %}}")
    assert problem.code == "template_error"


@pytest.mark.parametrize("path", ["x.__class__", "x['__class__']", "x.year", "x.tzinfo"])
def test_no_template_reaches_behind_a_value(path: str) -> None:
    assert text(f"{{{{ {path} }}}}", x=NOW) == ""


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a\n{% for x %}\n{{ y }}{% endfor %}", "Expected in, found end of expression (line 2)"),
        (
            "{% if a %}\n{% endif %}{% if b %}\nc {{ d }}",
            "Expected tag endif, found end of expression (line 2)",
        ),
        ("a\n\n{{ x | shout }}", "Unknown filter 'shout' (line 3)"),
        ("a\n{% nonsense %}", "Unexpected tag 'nonsense' (line 2)"),
        ("\n{{ x | }}\n{{ y }}", "Expected word, found end of expression (line 2)"),
        ("\n{{ x ", "Expected '}}', found end of file (line 2)"),
    ],
)
def test_check_names_the_error_and_its_line(template: str, message: str) -> None:
    (problem,) = check(template, "steps.hello.email.html")
    assert (problem.severity, problem.code) == ("error", "template_error")
    assert problem.place == "steps.hello.email.html"
    assert problem.message == message


def test_check_finds_nothing_wrong_with_a_good_template() -> None:
    assert check("{{ a | upcase }}{% if b %}c{% endif %}") == []


def test_variables_are_the_paths_read_from_outside() -> None:
    assert variables(
        "{{ profile.first_name | default: event.name }}{% assign mine = profile.x %}{{ mine.y }}"
        "{% for o in event.orders %}{{ o.id }}{{ forloop.index }}{% endfor %}{{ now | date: '%d' }}"
        "{{ crm['a b'].c[0].d }}{{ profile[key] }}{% if participant.step == 'a' %}{% endif %}"
    ) == {
        "profile.first_name", "event.name", "profile.x", "event.orders", "crm.a b.c", "profile", "key",
        "participant.step",
    }  # fmt: skip
    assert variables("{% if %}") == set()


def test_the_renderer_compiles_once_per_version_and_step_and_forgets_the_oldest() -> None:
    renderer, asked, version = Renderer(capacity=2), [], UUID(int=1)

    def source(step: str) -> Source:
        asked.append(step)
        return Source(subject=step, text="{{ x }}")

    for step in ("a", "b", "a", "c", "a", "b"):
        template = renderer.template(version, step, partial(source, step))
        assert template.render({"x": 1}, NOW) == Content(step, None, "1")
    assert asked == ["a", "b", "c", "b"]


def test_a_source_that_does_not_parse_says_which_part() -> None:
    with pytest.raises(TemplateFailed) as caught:
        compile_template(Source(subject="{{ x", text="ok"))
    assert caught.value.place == "subject"
    with pytest.raises(TemplateFailed):
        compile_template(Source(subject="nothing else"))
