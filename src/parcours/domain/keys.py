"""The keys of journey and audience files: one table per mapping, read by the parser and the JSON Schema.

A table maps each key to the name of its type: a table here, or a plain type of `schema.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, get_args

from parcours.domain.condition import CountKind, Operator

__all__ = [
    "ALTERNATIVES",
    "CONDITIONS",
    "COUNTS",
    "OPERATORS",
    "OUTCOMES",
    "STEP_KINDS",
    "TABLES",
    "TRIGGERS",
    "WAIT_KINDS",
    "Table",
]

Table: TypeAlias = Mapping[str, str]

OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
COUNTS: Final[tuple[CountKind, ...]] = get_args(CountKind)
OUTCOMES: Final = ("sent", "opened", "clicked", "bounced")

# The key that tells which condition, trigger, wait or step kind it is -> the table of that form.
CONDITIONS: Final[Table] = MappingProxyType(
    {
        "all": "all_of",
        "any": "any_of",
        "not": "negation",
        "field": "field_test",
        "event": "event_test",
        "audience": "audience_test",
        "message": "message_test",
        "time": "time_test",
    }
)
TRIGGERS: Final[Table] = MappingProxyType(
    {
        "event": "event_trigger",
        "schedule": "schedule_trigger",
        "audience": "audience_trigger",
        "manual": "manual_trigger",
    }
)
ALTERNATIVES: Final[Table] = MappingProxyType({"event": "awaited", "timeout": "timeout"})
WAIT_KINDS: Final = ("for", "until", "until_field", "until_time")
# A step kind -> whether the step has a `next` of its own; the others have branches only.
STEP_KINDS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "email": True,
        "wait": True,
        "wait_for": False,
        "split": False,
        "experiment": False,
        "webhook": True,
        "update_profile": True,
        "end": False,
    }
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "journey": {
            "journey": "key",
            "name": "line",
            "description": "text",
            "folder": "line",
            "tags": "lines",
            "timezone": "zone",
            "profile_timezone": "flag",
            "entry": "entry",
            "goal": "goal",
            "exit": "conditions",
            "lifetime": "duration",
            "email": "email_defaults",
            "window": "window",
            "steps": "steps",
            "layout": "layout",
        },
        "audience": {"audience": "key", "name": "line", "members": "lines", "where": "condition"},
        "entry": {
            "triggers": "triggers",
            "filter": "condition",
            "exclude": "keys",
            "reentry": "reentry",
            "cap": "count",
            "rate": "rate",
            "waves": "waves",
            "removes_from": "keys",
            "start": "instant",
            "end": "instant",
            "at_end": "close|stop",
        },
        "event_trigger": {"event": "line", "when": "condition"},
        "audience_trigger": {"audience": "key", "on": "enter|leave|both", "when": "condition"},
        "schedule_trigger": {"audience": "key", "schedule": "schedule", "when": "condition"},
        "manual_trigger": {"manual": "yes"},
        "once": {"once": "instant"},
        "reentry": {"mode": "once|after_exit|always", "min_interval": "duration"},
        "waves": {"parts": "count", "every": "duration"},
        "goal_with": {"when": "condition", "leave": "flag"},
        "email_defaults": {
            "from": "line",
            "reply_to": "line",
            "subscription": "key",
            "transactional": "flag",
            "on_skip": "target",
        },
        "window": {"days": "weekdays", "from": "clock", "to": "clock"},
        "step": {
            "label": "line",
            "note": "text",
            "next": "step_id",
            "email": "email",
            "wait": "wait",
            "wait_for": "alternatives",
            "split": "branches",
            "experiment": "shares",
            "webhook": "webhook",
            "update_profile": "update_profile",
            "end": "end",
        },
        "email": {
            "subject": "line",
            "template": "line",
            "html": "content",
            "text": "content",
            "preheader": "line",
            "from": "line",
            "reply_to": "line",
            "subscription": "key",
            "transactional": "flag",
            "attachments": "lines",
            "on_skip": "target",
            "on_error": "target",
            "expires": "duration",
        },
        "wait": {
            "for": "duration",
            "until": "instant",
            "until_field": "field",
            "offset": "offset",
            "on_missing": "target",
            "until_time": "clock",
            "weekdays": "weekdays",
        },
        "awaited": {
            "event": "line",
            "when": "condition",
            "save_as": "key",
            "next": "step_id",
            "drop_out": "yes",
        },
        "timeout": {"timeout": "duration", "next": "step_id", "drop_out": "yes"},
        "branch": {"when": "condition", "next": "step_id", "drop_out": "yes"},
        "otherwise": {"else": "yes", "next": "step_id", "drop_out": "yes"},
        "share": {"name": "line", "share": "number", "next": "step_id", "drop_out": "yes"},
        "webhook": {
            "url": "line",
            "method": "GET|POST|PUT|PATCH|DELETE",
            "headers": "texts",
            "query": "texts",
            "body": "json",
            "timeout": "duration",
            "retries": "count",
            "save_as": "key",
            "on_error": "target",
            "expires": "duration",
        },
        "update_profile": {"set": "attributes", "unset": "lines", "add_to": "keys", "remove_from": "keys"},
        "end": {"start": "key", "if": "succeeded|completed|any"},
        "all_of": {"all": "conditions"},
        "any_of": {"any": "conditions"},
        "negation": {"not": "condition"},
        "field_test": {"field": "field", **dict.fromkeys(OPERATORS, "operand")},
        "event_test": {
            "event": "line",
            **dict.fromkeys(COUNTS, "count"),
            "within": "duration",
            "when": "condition",
        },
        "audience_test": {"audience": "key"},
        "message_test": {"message": "step_id", **dict.fromkeys(OUTCOMES, "flag")},
        "time_test": {"time": "time_range"},
        "time_range": {"weekdays": "weekdays", "from": "clock", "to": "clock"},
    }
)
