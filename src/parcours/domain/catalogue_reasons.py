"""What the reasons mean for which people drop out or are refused; they are facts, with no way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["DROPPING_OUT", "REFUSING"]

DROPPING_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exit_rule": "An exit rule of the journey was met.",
        "excluded": "The person came onto an exclusion list.",
        "entered_elsewhere": "The person entered another journey that removes people from this one.",
        "wait_timeout": "Nothing came before the time-out, and that branch drops out.",
        "split_else": "No branch of a split was true, and the last one drops out.",
        "no_consent": "The person has not agreed to such messages.",
        "not_subscribed": "The person does not subscribe to messages of this kind.",
        "no_address": "The person has no address for this channel.",
        "duplicate_address": "Another person with the same address has had the message.",
        "suppressed": "The address must not be written to any more.",
        "frequency_cap": "The person has had as many messages as are allowed.",
        "expired": "The message was too old to be sent.",
        "send_failed": "The message could not be handed over.",
        "step_failed": "The step failed for this person; the record holds the text of the error.",
        "profile_deleted": "The person was deleted.",
        "removed_by_user": "Somebody took the person out by hand.",
        "merged": "The profile was joined with another one, which goes on.",
        "pause_discard": "The journey was paused so that whoever comes to an action drops out.",
        "lifetime_exceeded": "The person was inside for as long as the journey allows.",
        "step_removed": "A new version has no such step any more.",
        "loop_stopped": "The person went round without rest and was stopped.",
    }
)

REFUSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "profile_deleted": "The person was deleted.",
        "journey_paused": "The journey is paused and takes nobody in.",
        "journey_closed": "The journey is closed to new entrances.",
        "journey_stopped": "The journey is stopped.",
        "filter": "The entry filter was not met.",
        "excluded": "The person is on an exclusion list.",
        "already_inside": "The person is inside already.",
        "reentry_once": "The person has been inside, and may enter once only.",
        "reentry_interval": "The person entered a shorter time ago than re-entry allows.",
        "entry_cap": "As many people have entered as the version allows.",
    }
)
