from __future__ import annotations

from datetime import UTC, datetime

import pytest

from parcours.domain.errors import ParcoursError
from parcours.service.intake.arrivals import Fate
from parcours.service.intake.messages import Reader
from parcours.service.intake.recent import recent_row

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEAD = b'{"type": "track", "userId": "a", "event": "E", '


@pytest.mark.parametrize("key", [b"", b'"messageId": "m", '])
def test_a_part_that_means_nothing_may_nest_as_deep_as_it_likes(key: bytes) -> None:
    """Where reading ends and writing again would not: whatever the depth, the event is taken or refused."""
    for depth in (*range(100, 900, 100), *range(900, 1020)):
        raw = HEAD + key + b'"foo": ' + b"[" * depth + b"]" * depth + b"}"
        arrival = Reader(NOW).read(raw, "batch[0]")
        if isinstance(arrival.line, ParcoursError):
            assert (arrival.line.code, arrival.line.place) == ("too_deep", "batch[0]")
        else:
            recent_row(Fate(arrival, "taken", feed_no=1), "tests", NOW, 8)


def test_what_cannot_be_kept_of_an_event_is_not_shown_and_spoils_no_other() -> None:
    arrival = Reader(NOW).read(HEAD + b'"foo": "\\u0000"}', "batch[0]")
    assert recent_row(Fate(arrival, "taken", feed_no=1), "tests", NOW, 8)["data"] == {
        "not_to_be_kept_here": True
    }
