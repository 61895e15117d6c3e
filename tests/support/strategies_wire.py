"""Random bodies as they come over the wire: JSON with what breaks readers in it, and events made of such parts.

Brackets and quotes are balanced in all of it, so that one knows where each event of a batch ends.
"""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st

__all__ = ["good_properties", "odd_event", "odd_json"]

DEPTHS: Final = (20, 31, 32, 33, 34, 100, 490, 900, 950, 980, 990, 1000, 1100, 3000)
ODD: Final = (
    b"1e999", b"-1e400", b"1e301", b"1e308", str(10**400).encode(), b"1" * 5000, b"9223372036854775808", b"-0", b"01",
    b".5", b"1.", b"NaN", b"Infinity", b"-", b"tru", b"null", b"true", b'"\\u0000"', b'"\x00"', b'"\\ud800"',
    b'"\\ud83d\\ude00"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\xc3"', b'"\\x"', b'"\\u12"', b'"\t"', b'""', b'" "', b"[]",
    b"{}", b'"\\udc00\\ud800"',
    b"{,}", b"[1,]", b'{"a" 1}', b'{"a":1,"a":2}', b'{"":""}', b'"2026-02-30"', b'"0001-01-01T00:00:00+23:59"',
    b'"9999-12-31T23:59:59-23:59"', b'"2026-03-01T00:00:00Z"', b'"2999-01-01"', b"[[]]", b"\xef\xbb\xbf1", b"",
)  # fmt: skip
NAMES: Final = (
    "type", "userId", "anonymousId", "event", "name", "properties", "traits", "context", "timestamp", "sentAt",
    "originalTimestamp", "messageId", "previousId", "groupId", "op", "audience", "subscription", "state", "source",
    "distinct_id", "uuid", "$set", "$anon_distinct_id", "alias", "foo", "", "\x00", "_id", "integrations",
)  # fmt: skip
KINDS: Final = (
    "identify", "track", "page", "screen", "group", "alias", "audience", "consent", "$identify", "$create_alias",
    "$pageview",
)  # fmt: skip


def _nested(depth: int, opens: bytes, closes: bytes) -> bytes:
    return opens * depth + b"1" + closes * depth


DEEP: Final = st.builds(
    lambda depth, kind: _nested(depth, *kind),
    st.sampled_from(DEPTHS),
    st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"b":', b"}]")]),
)
TEXTS: Final = st.text(max_size=20).map(lambda text: json.dumps(text).replace("\\\\", "").encode())
LONG: Final = st.sampled_from([255, 256, 257, 4096, 40_000]).map(lambda n: b'"' + b"x" * n + b'"')


def _object(members: list[tuple[bytes, bytes]]) -> bytes:
    return b"{" + b",".join(name + b":" + value for name, value in members) + b"}"


def _list(items: list[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


odd_json: st.SearchStrategy[bytes] = st.recursive(
    st.one_of(st.sampled_from(ODD), st.sampled_from(ODD), TEXTS, DEEP, LONG),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(_list),
        st.lists(st.tuples(TEXTS | st.just(b'"\xff"') | st.just(b'"\\u0000"'), inner), max_size=3).map(
            _object
        ),
    ),
    max_leaves=4,
)


@st.composite
def odd_event(draw: st.DrawFn) -> bytes:
    """Draw an event: mostly one with a kind and a person, some members of it odd, some twice; at times no object."""
    if draw(st.integers(0, 9)) == 0:
        return draw(odd_json)
    kind = draw(st.sampled_from(KINDS))
    members: list[tuple[bytes, bytes]] = [(b'"type"', json.dumps(kind).encode()), (b'"userId"', b'"odd"')]
    members += [(b'"event"', json.dumps(kind if kind[0] == "$" else "Odd").encode()), (b'"name"', b'"Odd"')]
    kept = draw(st.lists(st.sampled_from(members), unique=True, min_size=2, max_size=4))
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4))
    return _object(kept + [(json.dumps(name).encode(), draw(odd_json)) for name in names])


KEYS: Final = st.text(alphabet='aå{["\\,', max_size=5)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
# What must be kept as it is, whatever lies beside it.
good_properties: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["a", "b", "ö"]), PLAIN, max_size=3
)
