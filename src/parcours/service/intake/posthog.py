"""PostHog's form of events, as messages of ours: people in `$set`, merges in `$identify` and `$create_alias`."""

from __future__ import annotations

from typing import Any, Final

from parcours.domain.errors import ParcoursError

__all__ = ["from_posthog"]

Message = dict[str, Any]

PAGES: Final = {"$pageview": ("page", "$pathname", "Page"), "$screen": ("screen", "$screen_name", "Screen")}
# What we have no place for; `$set_once` among them, which must not write over what is there.
WITHOUT_EFFECT: Final = ("$groupidentify", "$feature_flag_called", "$pageleave", "$set_once")
OF_PEOPLE: Final = ("$set", "$set_once", "distinct_id")


def from_posthog(event: Message, place: str) -> list[Message]:
    """Return the messages that say the same: one, and behind it what the event says of the person.

    Raises ParcoursError where its parts have other types.
    """
    properties = _object(event, event, "properties", place)
    who = event.get("distinct_id", properties.get("distinct_id"))
    common: Message = {
        "userId": str(who) if isinstance(who, int) and not isinstance(who, bool) else who,
        "timestamp": event.get("timestamp"), "messageId": event.get("uuid") or event.get("messageId"),
        "sentAt": event.get("sent_at"),
    }  # fmt: skip
    name = event.get("event")
    if isinstance(name, str) and name in WITHOUT_EFFECT:
        return [{**common, "type": "group"}]
    if name == "$create_alias":
        # `distinct_id` is the former name, `alias` the one that is known from now on.
        former = properties.get("distinct_id", who)
        return [{**common, "type": "alias", "userId": properties.get("alias"), "previousId": former}]
    traits = _object(event, properties, "$set", place)
    if name in ("$identify", "$set"):
        former = properties.get("$anon_distinct_id")
        return [{**common, "type": "identify", "anonymousId": former, "traits": traits}]
    plain = {key: value for key, value in properties.items() if key not in OF_PEOPLE}
    if isinstance(name, str) and name in PAGES:
        kind, title, otherwise = PAGES[name]
        main = {**common, "type": kind, "name": properties.get(title) or otherwise, "properties": plain}
    else:
        main = {**common, "type": "track", "event": name, "properties": plain}
    if not traits:
        return [main]
    key = common["messageId"]
    return [
        main,
        {**common, "type": "identify", "traits": traits, "messageId": f"{key}/set" if key else None},
    ]


def _object(event: Message, inside: Message, key: str, place: str) -> Message:
    value = event.get(key)
    value = inside.get(key) if value is None else value
    if not isinstance(value, dict | None):
        raise ParcoursError(
            "not_an_object", f"{key} is not an object", place=f"{place} {key}", hint="Send {…}."
        )
    return value or {}
