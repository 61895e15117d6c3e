"""When a message of a version may be handed out: its window, and how old it may become (R21)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from parcours.domain.fence import FenceVersion
from parcours.domain.journey import Email, Journey, Webhook
from parcours.domain.timing import format_instant
from parcours.engine.versions import Version

__all__ = ["limits_of", "subscriptions_of", "window_of"]


def window_of(journey: Journey) -> dict[str, Any]:
    """Return the window as the queries take it: local times and where they are read; `opens` None for none."""
    window = journey.window
    return {
        "zone": journey.timezone,
        "own_zone": journey.profile_timezone,
        "weekdays": sorted(window.weekdays) if window and window.weekdays else None,
        "opens": (window.start or time()).isoformat() if window else None,
        "shuts": (window.until or time()).isoformat() if window else None,
    }


def subscriptions_of(journey: Journey) -> dict[str, str]:
    """Return the type of subscription of each email step that is advertising."""
    return {
        step.id: journey.subscription_of(step)
        for step in journey.steps.values()
        if isinstance(step, Email) and not journey.is_transactional(step)
    }


def limits_of(sending: Iterable[FenceVersion], versions: Mapping[int, Version]) -> str:
    """Return, as JSON, a row for each version that sends: floor, window, the age that ends each message step.

    And by which subscription each mail goes; one that is no advertising has none.
    """
    rows = []
    for entry in sending:
        journey = versions[entry.version_id].journey
        expires = {
            step.id: f"{step.expires.total_seconds():.0f} seconds"
            for step in journey.steps.values()
            if isinstance(step, Email | Webhook) and step.expires is not None
        }
        floor = format_instant(entry.floor) if entry.floor else None
        rows.append(
            {
                "version_id": entry.version_id,
                "floor": floor,
                "expires": expires,
                "discard": entry.inside == "discard",
                "subscriptions": subscriptions_of(journey),
                **window_of(journey),
            }
        )
    return json.dumps(rows)
