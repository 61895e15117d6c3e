"""The audit in the reader's language: what the engine says of itself is translated, what people wrote is not."""

from __future__ import annotations

from parcours.api.audit import for_reader
from parcours.api.sentences import READER


def test_the_engine_speaks_the_language_of_the_reader_and_people_their_own() -> None:
    reason = "nobody is inside any more"
    token = READER.set("sv")
    try:
        assert for_reader({"actor": "engine", "reason": reason})["reason"] == "ingen är inne längre"
        assert for_reader({"actor": "user:anna@example.com", "reason": reason})["reason"] == reason
        assert for_reader({"actor": "engine", "reason": None})["reason"] is None
    finally:
        READER.reset(token)
