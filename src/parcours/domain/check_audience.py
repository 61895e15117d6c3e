"""What is wrong with an audience by condition: it sees the person alone, in no journey."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.domain.condition import AudienceTest, Condition, EventTest, FieldTest, MessageTest
from parcours.domain.journey import Audience
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at
from parcours.domain.walk import parts

__all__ = ["check_audience"]


def check_audience(audience: Audience) -> list[Problem]:
    """Return every problem of an audience that could be read."""
    return [] if audience.where is None else list(_problems(audience.key, audience.where))


def _problems(key: str, where: Condition) -> Iterator[Problem]:
    tested = [f"{place}.when" for place, part in parts(where, "where") if isinstance(part, EventTest)]
    for place, part in parts(where, "where"):
        match part:
            case AudienceTest(audience) if audience == key:
                message = "The condition asks for the audience itself."
                hint = "Say by other tests who belongs to it."
                yield problem_at("error", "audience_cycle", f"{place}.audience", message, hint)
            case MessageTest(step=step):
                message = f"An audience knows no step `{step}`: it belongs to no journey."
                hint = "Count the events Email Opened or Email Link Clicked."
                yield problem_at("error", "unknown_message", f"{place}.message", message, hint)
            case FieldTest(root=root) if root != "profile":
                if root == "event" and any(place.startswith(inside) for inside in tested):
                    continue
                message = f"An audience sees no `{root}`: the test never holds."
                hint = "Test a field of the profile, or an event with `when`."
                yield problem_at("warning", "unknown_field", f"{place}.field", message, hint)
