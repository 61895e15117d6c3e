"""Random consent: by which subscription mails go, what people say of it, addresses that are written to no more."""

from __future__ import annotations

from hypothesis import strategies as st

from support.strategies_values import HISTORY, LAST, Document, slot

__all__ = ["consent_commands", "consents", "mail_kinds", "own_kinds"]

TYPES = ("news", "tips")
ADDRESSES = ("p0@example.com", "P1@Example.com", " p2@example.com ", "nobody@example.org")


@st.composite
def mail_kinds(draw: st.DrawFn) -> Document:
    """Draw what holds for all mails of a journey."""
    return draw(
        st.sampled_from((
            {"transactional": True},
            {"transactional": True, "subscription": "news"},
            {"subscription": "news"},
            {"subscription": "news"},
            {"subscription": "tips", "transactional": False},
        ))
    )  # fmt: skip


@st.composite
def own_kinds(draw: st.DrawFn) -> Document:
    """Draw what a single mail says otherwise."""
    if draw(st.integers(0, 3)):
        return {}
    return draw(st.sampled_from(({"subscription": "tips"}, {"transactional": True})))


@st.composite
def consents(draw: st.DrawFn, person: str) -> Document:
    """Draw a line of the feed in which somebody says something."""
    line: Document = {
        "type": "consent",
        "userId": person,
        "state": draw(st.sampled_from(("in", "out", "out"))),
    }
    subscription = draw(st.sampled_from((None, "*", *TYPES, *TYPES)))
    if subscription is not None:
        line["subscription"] = subscription
    if draw(st.integers(0, 7)) == 0:
        line["state"] = "maybe"
    if draw(st.integers(0, 9)) == 0:
        line["context"] = {"historical": True}
    return {**line, "timestamp": slot(draw(st.integers(HISTORY, LAST)))}


@st.composite
def consent_commands(draw: st.DrawFn) -> list[Document]:
    """Draw one command about consent."""
    at = slot(draw(st.sampled_from((0, 0, draw(st.integers(0, LAST))))))
    name = draw(st.sampled_from(("subscription", "subscription", "suppress", "suppress", "unsuppress")))
    if name == "subscription":
        options: Document = {
            "key": draw(st.sampled_from(TYPES)),
            "default": draw(st.sampled_from(("in", "out"))),
        }
    else:
        options = {
            "addresses": draw(st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=2, unique=True))
        }
        reason = draw(st.sampled_from((None, "manual", "bounce", "complaint")))
        if reason is not None:
            options["reason"] = reason
    return [{"at": at, "journey": None, "command": name, "options": options}]
