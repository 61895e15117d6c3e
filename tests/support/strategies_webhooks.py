"""Random webhooks, and what their servers say."""

from __future__ import annotations

from hypothesis import strategies as st

from support.strategies_values import ATTRIBUTES, Document, json_values, values_of

__all__ = ["webhook_stubs", "webhooks"]

URLS = (
    "https://crm.example.com/hook",
    "https://crm.example.com/hook",
    "http://me:secret@crm.example.com:8080/{{ profile.user_id }}?a=1",
    "https://crm.example.com/{{ order.plan }}",
    "{{ profile.name }}",
)
FAILS = "{% if profile.plan == 'pro' %}{{ 1 | divided_by: 0 }}{% endif %}"


@st.composite
def webhooks(draw: st.DrawFn, ahead: list[str], save_as: str) -> Document:
    """Draw a webhook step; `ahead` are the steps that its errors may lead to."""
    webhook: Document = {"url": draw(st.sampled_from(URLS))}
    if draw(st.integers(0, 2)):
        webhook["save_as"] = save_as
    if draw(st.booleans()):
        webhook["body"] = draw(json_values)
    if draw(st.integers(0, 5)) == 0:
        where = draw(st.sampled_from(("body", "headers", "query")))
        webhook[where] = {"x": FAILS}
    if draw(st.integers(0, 2)) == 0:
        webhook["on_error"] = draw(st.sampled_from(["next", "drop_out", *ahead]))
    return {"webhook": webhook}


@st.composite
def webhook_stubs(draw: st.DrawFn) -> Document:
    """Draw what a server answers: mostly an object that has attributes."""
    if draw(st.integers(0, 4)) == 0:
        return {"status": draw(st.sampled_from((201, 204, 302, 404, 429, 500)))}
    names = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=2, unique=True))
    body = {name: draw(values_of(name)) for name in names} if draw(st.integers(0, 4)) else draw(json_values)
    said: Document = draw(
        st.sampled_from(({}, {"status": 200}, {"outcome": "sent"}, {"outcome": "uncertain"}))
    )
    return {**said, "body": body}
