"""The small vocabulary of random cases: instants on a coarse grid, values of every JSON type, conditions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from hypothesis import strategies as st

__all__ = [
    "ATTRIBUTES",
    "AUDIENCES",
    "CLOCKS",
    "EVENTS",
    "OTHER_RULE",
    "RULE",
    "conditions",
    "durations",
    "event_tests",
    "instants",
    "json_values",
    "slot",
    "values_of",
]

Document: TypeAlias = dict[str, Any]

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
SLOT = timedelta(minutes=30)
HISTORY = -4  # slots before the clock
LAST = 24  # slots in which something is given

CLOCKS = ("00:00", "01:30", "02:30", "04:00", "06:00", "09:00")
ZONES = ("Europe/Stockholm", "America/New_York", "Asia/Kathmandu", "europe/stockholm", "CET+1")
EVENTS = ("Go", "Buy", "Look", "Bye")
AUDIENCES = ("vip", "staff")
RULE = "rule"  # an audience by condition, where a case has one
OTHER_RULE = "other"  # another one, which may name it
TEXTS = ("pro", "free", "Pro", "prov", "", "10", "ärlig", "2026-03-02T05:00:00Z")
NUMBERS = (0, 1, 2, 10, 10.0, 2.5, -1, 0.1)
LISTS: tuple[Any, ...] = (["pro", 1], [True], [], ["10"], [None, 10], [["pro"]])
PATTERNS = ("^p", "o$", "^[Pp]ro?$", r"\d+", "(free|pro)v", "^$", "r.{1,2}$", r"\w-\d")


def slot(number: int) -> str:
    """Return an instant of the grid."""
    return (START + number * SLOT).strftime("%Y-%m-%dT%H:%M:%SZ")


def _variants(number: int) -> list[str]:
    """Write one instant in several ways, the first one as outputs do."""
    at = START + number * SLOT
    plain = at.strftime("%Y-%m-%dT%H:%M:%S")
    local = (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    return [f"{plain}Z", plain, f"{local}+01:00", f"{plain}.500z", plain[:10]]


@cache
def instants(first: int = HISTORY, last: int = LAST) -> st.SearchStrategy[str]:
    """Draw instants of the grid, mostly as outputs write them."""
    plain = st.integers(first, last).map(slot)
    variants = st.tuples(st.integers(first, last), st.integers(0, 4))
    return st.one_of(plain, plain, variants.map(lambda pair: _variants(pair[0])[pair[1]]))


durations = st.sampled_from(("30m", "1h", "90m", "2h", "4h"))
scalars = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans())
json_values = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.booleans(),
    st.none(),
    instants(),
    st.sampled_from(LISTS),
    st.sampled_from([{"city": "Lund"}, {"city": 10}, {}]),
)
# An attribute or property -> what it usually holds.
ATTRIBUTES: dict[str, st.SearchStrategy[Any]] = {
    "plan": st.sampled_from(("pro", "free")),
    "score": st.sampled_from((0, 1, 2, 10)),
    "tags": st.sampled_from(LISTS),
    "due": instants(),
    "flag": st.booleans(),
    "timezone": st.sampled_from(ZONES),
    "place": st.sampled_from([{"city": "Lund"}, {"city": "Malmö"}, {}]),
}


@cache
def values_of(name: str) -> st.SearchStrategy[Any]:
    """Draw a value of an attribute: mostly its usual type, sometimes anything."""
    usual = ATTRIBUTES[name]
    return st.one_of(usual, usual, usual, json_values)


@cache
def _field_paths(roots: tuple[str, ...]) -> st.SearchStrategy[str]:
    paths = [f"{root}.{name}" for root in roots if root != "participant" for name in ATTRIBUTES]
    paths += [f"{root}.place.city" for root in roots if root != "participant"]
    if "participant" in roots:
        paths += [f"participant.{name}" for name in ("entry_no", "version", "entered_at")]
    if "profile" in roots:
        paths += ["profile.user_id"]
    return st.sampled_from(paths)


def _pair(values: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=2, max_size=2).map(sorted)


_ORDERED = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(TEXTS))
_OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    "is": scalars,
    "is_not": scalars,
    "in": st.lists(scalars, min_size=1, max_size=3),
    "not_in": st.lists(scalars, min_size=1, max_size=3),
    "gt": _ORDERED,
    "gte": _ORDERED,
    "lt": _ORDERED,
    "lte": _ORDERED,
    "between": st.one_of(_pair(NUMBERS), _pair(TEXTS)),
    "contains": scalars,
    "not_contains": scalars,
    "starts_with": st.sampled_from(("p", "pro", "1", "")),
    "ends_with": st.sampled_from(("o", "e", "0", "")),
    "matches": st.sampled_from(PATTERNS),
    "exists": st.booleans(),
    "before": instants(),
    "after": instants(),
    "within_last": durations,
    "within_next": durations,
}


@cache
@st.composite
def field_tests(draw: st.DrawFn, roots: tuple[str, ...]) -> Document:
    """Draw a test of a field: half of them such that the usual values decide it."""
    if draw(st.booleans()):
        name = draw(st.sampled_from(("plan", "score", "flag", "due")))
        root = draw(st.sampled_from([root for root in roots if root != "participant"]))
        op = {"plan": "is", "score": draw(st.sampled_from(("gte", "lt", "is"))), "flag": "is"}.get(name)
        if op is None:
            op = draw(st.sampled_from(("within_last", "within_next", "before", "exists")))
            return {"field": f"{root}.{name}", op: draw(_OPERANDS[op])}
        return {"field": f"{root}.{name}", op: draw(ATTRIBUTES[name])}
    op = draw(st.sampled_from(sorted(_OPERANDS)))
    return {"field": draw(_field_paths(roots)), op: draw(_OPERANDS[op])}


@cache
@st.composite
def event_tests(draw: st.DrawFn) -> Document:
    """Draw a count of events."""
    test: Document = {"event": draw(st.sampled_from(EVENTS))}
    if draw(st.integers(0, 2)) == 0:
        count = draw(st.sampled_from(("at_least", "at_least", "at_most", "exactly")))
        test[count] = draw(st.integers(0 if count != "at_least" else 1, 3))
    if draw(st.integers(0, 3)) == 0:
        test["within"] = draw(durations)
    if draw(st.integers(0, 3)) == 0:
        test["when"] = draw(field_tests(("event", "profile")))
    return test


@cache
@st.composite
def _time_tests(draw: st.DrawFn) -> Document:
    test: Document = {}
    if draw(st.booleans()):
        test["weekdays"] = draw(st.sampled_from((["mon"], ["sun"], ["tue", "sat"], ["mon", "sun"])))
    if not test or draw(st.booleans()):
        test["from"] = draw(st.sampled_from(CLOCKS))
    if draw(st.booleans()):
        test["to"] = draw(st.sampled_from(CLOCKS))
    return {"time": test}


def _message_tests(steps: tuple[str, ...]) -> st.SearchStrategy[Document]:
    return st.builds(
        lambda step, outcome, expected: {"message": step, outcome: expected},
        st.sampled_from(steps),
        st.sampled_from(("sent", "sent", "bounced", "opened", "clicked")),
        st.sampled_from((True, True, False)),
    )


@cache
def conditions(
    roots: tuple[str, ...] = ("profile", "event"), messages: tuple[str, ...] = ()
) -> st.SearchStrategy[Document]:
    """Draw a condition over these roots and email steps."""
    leaves = [field_tests(roots), field_tests(roots), event_tests(), event_tests()]
    named = st.sampled_from((*AUDIENCES, *AUDIENCES, RULE))
    leaves += [st.builds(lambda key: {"audience": key}, named), _time_tests()]
    if messages:
        leaves.append(_message_tests(messages))
    leaf = st.one_of(leaves)
    tree = st.one_of(
        st.lists(leaf, max_size=3).map(lambda items: {"all": items}),
        st.lists(leaf, max_size=3).map(lambda items: {"any": items}),
        leaf.map(lambda item: {"not": item}),
        st.tuples(leaf, leaf, leaf).map(lambda t: {"any": [t[0], {"all": [t[1], {"not": t[2]}]}]}),
    )
    return st.one_of(leaf, leaf, tree)
