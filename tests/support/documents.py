"""Documents of journeys for property tests: any JSON at all, and documents that parse without a problem."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

KEYS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12).filter(
    lambda key: key not in {"entry", "next", "drop_out", "profile", "event", "participant"}
)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NUMBERS = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)
DURATIONS = st.builds(
    lambda number, unit: f"{number}{unit}", st.integers(1, 500), st.sampled_from("smhdw")
) | st.sampled_from(["1h30m", "2w3d", "1d1s"])
INSTANTS = st.sampled_from(
    [
        "2026-03-29T02:30:00",
        "2026-10-25T02:30:00",
        "2026-12-01",
        "2026-12-01T08:00:00.25+05:30",
        "2026-12-01t08:00:00z",
    ]
)
CLOCKS = st.times().map(lambda t: t.isoformat("seconds")[:8]) | st.sampled_from(["08:00", "23:59"])
WEEKDAYS = st.lists(
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=7
)
SCALARS = st.booleans() | NUMBERS | TEXTS
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=30,
)
PLAIN_JSON: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINES, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.builds(
    lambda root, path: ".".join([root, *path]),
    st.sampled_from(["profile", "event", "participant", "saved"]),
    st.lists(KEYS, min_size=1, max_size=3),
)


def mapping(required: Document, optional: Document | None = None) -> st.SearchStrategy[Document]:
    """Build a mapping with some keys always and others sometimes."""
    return st.fixed_dictionaries(required, optional=optional or {})


def field_tests() -> st.SearchStrategy[Document]:
    """Every operator with operands of its type."""
    ordered = NUMBERS | TEXTS
    pairs = st.lists(NUMBERS, min_size=2, max_size=2) | st.lists(TEXTS, min_size=2, max_size=2)
    operands: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(("is", "is_not", "contains", "not_contains"), SCALARS),
        **dict.fromkeys(("in", "not_in"), st.lists(SCALARS, max_size=3)),
        **dict.fromkeys(("gt", "gte", "lt", "lte"), ordered),
        **dict.fromkeys(("starts_with", "ends_with"), TEXTS),
        **dict.fromkeys(("before", "after"), INSTANTS),
        **dict.fromkeys(("within_last", "within_next"), DURATIONS),
        "between": pairs,
        "matches": st.sampled_from([r"^a+$", r"[a-z_]{2,3}|\d\.\w", ""]),
        "exists": st.booleans(),
    }
    return st.one_of(*(mapping({"field": FIELDS, op: operand}) for op, operand in operands.items()))


def time_ranges(days: str) -> st.SearchStrategy[Document]:
    """A window (`days`) or a time test (`weekdays`), never empty."""
    return mapping({}, {days: WEEKDAYS, "from": CLOCKS, "to": CLOCKS}).filter(bool)


def _counted() -> st.SearchStrategy[Document]:
    counts = st.sampled_from(["at_least", "at_most", "exactly"])
    return st.builds(lambda how, times: {how: times}, counts, st.integers(0, 9)) | st.just({})


CONDITIONS: st.SearchStrategy[Document] = st.recursive(
    field_tests()
    | mapping({"audience": KEYS})
    | st.builds(
        lambda step, how, flag: {"message": step, how: flag},
        KEYS,
        st.sampled_from(["sent", "opened", "clicked", "bounced"]),
        st.booleans(),
    )
    | mapping({"time": time_ranges("weekdays")}),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: {"all": items})
        | st.lists(inner, max_size=3).map(lambda items: {"any": items})
        | inner.map(lambda item: {"not": item})
        | st.builds(
            lambda event, count: event | count,
            mapping({"event": LINES}, {"within": DURATIONS, "when": inner}),
            _counted(),
        )
    ),
    max_leaves=6,
)
TRIGGERS = (
    mapping({"event": LINES}, {"when": CONDITIONS})
    | mapping({"audience": KEYS}, {"on": st.sampled_from(["enter", "leave", "both"]), "when": CONDITIONS})
    | mapping(
        {
            "audience": KEYS,
            "schedule": st.sampled_from(["now", "0 9 * * 1", "*/15 8-18 1,15 jan-mar mon-fri"])
            | mapping({"once": INSTANTS}),
        }
    )
    | st.just({"manual": True})
)
ENTRIES = mapping(
    {},
    {
        "triggers": st.lists(TRIGGERS, max_size=3),
        "filter": CONDITIONS,
        "exclude": st.lists(KEYS, max_size=2),
        "reentry": mapping(
            {}, {"mode": st.sampled_from(["once", "after_exit", "always"]), "min_interval": DURATIONS}
        ),
        "cap": st.integers(0, 1000),
        "rate": st.builds(lambda n, unit: f"{n}/{unit}", st.integers(1, 10**6), st.sampled_from("smhd"))
        | st.sampled_from(["0.1/s", "2.5/h", "0.000001/d"]),
        "waves": mapping({"parts": st.integers(1, 9), "every": DURATIONS}),
        "removes_from": st.lists(KEYS, max_size=2),
        "start": INSTANTS,
        "end": INSTANTS,
        "at_end": st.sampled_from(["close", "stop"]),
    },
)


def steps(ids: list[str]) -> st.SearchStrategy[Document]:
    """One step of any kind, leading to any of these ids."""
    names = st.sampled_from(ids)
    routes = names | st.sampled_from(["next", "drop_out"])
    target = names.map(lambda name: {"next": name}) | st.just({"drop_out": True})
    addresses = st.sampled_from(["anna@example.com", "Anna Ö <anna@example.com>", "{{ profile.owner }}"])
    emails = mapping(
        {},
        {
            **dict.fromkeys(("subject", "template", "preheader"), LINES),
            **dict.fromkeys(("html", "text"), TEXTS),
            **dict.fromkeys(("from", "reply_to"), addresses),
            **dict.fromkeys(("on_skip", "on_error"), routes),
            "subscription": KEYS,
            "transactional": st.booleans(),
            "attachments": st.lists(LINES, max_size=2),
            "expires": DURATIONS,
        },
    )
    waits = (
        mapping({"for": DURATIONS})
        | mapping({"until": INSTANTS})
        | mapping({"until_field": FIELDS}, {"offset": DURATIONS.map("-".__add__), "on_missing": routes})
        | mapping({"until_time": CLOCKS}, {"weekdays": WEEKDAYS})
    )
    awaited = mapping({"event": LINES}, {"when": CONDITIONS, "save_as": KEYS})
    both = st.builds(lambda item, to: item | to, awaited, target)
    timeouts = st.builds(lambda time, to: {"timeout": time, **to}, DURATIONS, target)
    branches = st.builds(lambda when, to: {"when": when, **to}, CONDITIONS, target)
    rest = target.map(lambda to: {"else": True, **to})
    shares = st.lists(st.tuples(st.floats(0, 100) | st.integers(0, 100), target), max_size=3).map(
        lambda arms: [{"name": f"arm {n}", "share": share, **to} for n, (share, to) in enumerate(arms)]
    )
    webhooks = mapping(
        {},
        {
            "url": st.just("https://example.com/hook"),
            "method": st.sampled_from(["GET", "POST"]),
            "headers": st.dictionaries(LINES, LINES, max_size=2),
            "query": st.dictionaries(LINES, LINES, max_size=2),
            "body": PLAIN_JSON,
            "timeout": DURATIONS,
            "retries": st.integers(0, 5),
            "save_as": KEYS,
            "on_error": routes,
            "expires": DURATIONS,
        },
    )
    names_only = LINES.filter(lambda name: "." not in name)
    updates = mapping(
        {},
        {
            "set": st.dictionaries(names_only, PLAIN_JSON | st.none(), max_size=2),
            "unset": st.lists(names_only, max_size=2),
            **dict.fromkeys(("add_to", "remove_from"), st.lists(KEYS, max_size=2)),
        },
    )
    ends = mapping({}, {"start": KEYS, "if": st.sampled_from(["succeeded", "completed", "any"])})
    common = {"label": LINES, "note": TEXTS}
    own_next = {**common, "next": names}
    return st.one_of(
        mapping({"email": emails}, own_next),
        mapping({"wait": waits}, own_next),
        mapping({"webhook": webhooks}, own_next),
        mapping({"update_profile": updates}, own_next),
        mapping(
            {
                "wait_for": st.builds(
                    lambda a, b: a + b, st.lists(both, max_size=2), st.lists(timeouts, max_size=1)
                )
            },
            common,
        ),
        mapping({"split": st.builds(lambda a, b: [*a, b], st.lists(branches, max_size=2), rest)}, common),
        mapping({"experiment": shares}, common),
        mapping({"end": ends}, common),
    )


def _journeys(ids: list[str]) -> st.SearchStrategy[Document]:
    all_steps = st.tuples(*(steps(ids) for _ in ids)).map(lambda made: dict(zip(ids, made, strict=True)))
    return mapping(
        {"journey": KEYS, "timezone": st.sampled_from(["Europe/Stockholm", "UTC"]), "steps": all_steps},
        {
            **dict.fromkeys(("name", "folder"), LINES),
            "description": TEXTS,
            "tags": st.lists(LINES, max_size=2),
            "profile_timezone": st.booleans(),
            "entry": ENTRIES,
            "goal": CONDITIONS | mapping({"when": CONDITIONS}, {"leave": st.booleans()}),
            "exit": st.lists(CONDITIONS, max_size=2),
            "lifetime": DURATIONS,
            "email": mapping(
                {}, {"subscription": KEYS, "transactional": st.booleans(), "on_skip": st.just("next")}
            ),
            "window": time_ranges("days"),
            "layout": st.dictionaries(KEYS, st.lists(NUMBERS, min_size=2, max_size=2), max_size=2),
        },
    )


JOURNEYS: st.SearchStrategy[Document] = st.lists(
    KEYS.filter(lambda key: key != "end"), min_size=1, max_size=5, unique=True
).flatmap(_journeys)
