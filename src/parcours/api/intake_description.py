"""How the OpenAPI describes /v1/* and PostHog's /batch: what may be sent, and every answer with its type."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["beforehand", "taking"]

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
TEXT: Final[dict[str, Any]] = {"type": "string"}
OBJECT: Final[dict[str, Any]] = {"type": "object", "additionalProperties": True}
COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}

MEMBERS: Final[dict[str, Any]] = {
    "userId": {**TEXT, "maxLength": 256, "examples": ["anna"]},
    "anonymousId": {**TEXT, "maxLength": 256},
    "messageId": {**TEXT, "maxLength": 256, "description": "taken once within seven days"},
    "timestamp": {**TEXT, "examples": ["2026-12-01T08:00:00Z"]},
    "context": OBJECT,
}
# What each kind needs beside a person; and what it may have.
NAMED: Final = {**TEXT, "minLength": 1, "maxLength": 200, "examples": ["Signed Up"]}
KINDS: Final[dict[str, tuple[dict[str, Any], tuple[str, ...]]]] = {
    "identify": ({"traits": {**OBJECT, "examples": [{"email": "anna@example.com"}]}}, ()),
    "track": ({"event": NAMED, "properties": OBJECT}, ("event",)),
    "page": ({"name": NAMED, "properties": OBJECT}, ("name",)),
    "screen": ({"name": NAMED, "properties": OBJECT}, ("name",)),
    "group": ({"groupId": TEXT}, ()),
    "alias": ({"previousId": {**TEXT, "minLength": 1, "maxLength": 256}}, ("previousId",)),
}
BATCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {
            "type": "array", "maxItems": 2500,
            "items": {
                "type": "object",
                "properties": {"type": {"enum": [*KINDS, "audience", "consent"]}, **MEMBERS, "event": TEXT},
                "required": ["type"],
            },
            "examples": [[{"type": "track", "userId": "anna", "event": "Signed Up"}]],
        },
        "sentAt": {**TEXT, "description": "the instant of sending by the client's clock"},
        "writeKey": {**TEXT, "description": "where there is no Authorization header"},
    },
}  # fmt: skip
POSTHOG: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {
            "type": "array", "maxItems": 2500,
            "items": {
                "type": "object",
                "required": ["event"],
                "properties": {
                    "event": TEXT, "distinct_id": TEXT, "properties": OBJECT, "timestamp": TEXT, "uuid": TEXT,
                },
            },
            "examples": [[{"event": "Signed Up", "distinct_id": "anna", "properties": {"$set": {"plan": "pro"}}}]],
        },
        "api_key": TEXT,
        "historical_migration": {"type": "boolean"},
        "sentAt": TEXT,
    },
}  # fmt: skip
RESULT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["index", "result"],
    "properties": {
        "index": {**COUNT, "description": "which of the batch, or of the lines; from 0"},
        "result": {"enum": ["taken", "repeated", "refused"]},
        "messageId": TEXT,
        "code": {**TEXT, "description": "of what was refused; docs/errors.md lists every one"},
        "place": {**TEXT, "examples": ["batch[1] timestamp"]},
        "message": TEXT,
        "hint": TEXT,
    },
    "additionalProperties": False,
}
COUNTED: Final[dict[str, Any]] = {
    "success": {"type": "boolean", "description": "whether none was refused"},
    "taken": COUNT, "repeated": COUNT, "refused": COUNT,
    "results": {"type": "array", "items": RESULT},
}  # fmt: skip
SINGLE: Final[dict[str, Any]] = {
    **RESULT, "required": ["success", "index", "result"],
    "properties": {"success": {"const": True}, **RESULT["properties"]},
}  # fmt: skip
MANY: Final[dict[str, Any]] = {
    "type": "object", "required": list(COUNTED), "properties": COUNTED, "additionalProperties": False,
}  # fmt: skip
STREAM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["mode", *COUNTED],
    "properties": {
        "mode": {"enum": ["live", "state", "history"]},
        **COUNTED,
        "code": {**TEXT, "description": "why it ended before its end; what was taken stays"},
        "message": TEXT,
        "hint": TEXT,
    },
    "additionalProperties": False,
}
AGAIN: Final[dict[str, Any]] = {
    "Retry-After": {"required": True, "description": "seconds", "schema": {"type": "integer", "minimum": 1}}
}
ANSWERS: Final[dict[str, str]] = {
    "400": "Nothing of it was taken: the request cannot be read, or every event was refused.",
    "401": "There is no write key, or nobody has this one.",
    "403": "The API key has no scope ingest, or somebody who signed in asks.",
    "413": "It is too large, as sent or unpacked.",
    "429": "Too much waits; send the same again.",
    "503": "The database is away; send the same again.",
}


def taking(path: str, summary: str, kind: str = "") -> dict[str, Any]:
    """Return the operation of an address; `kind` is that of the one event which it takes."""
    taken = SINGLE if kind else STREAM if path == "/v1/import" else MANY
    return {
        "summary": summary,
        "description": "A write key, or an API key with the scope ingest. A body may be gzipped (docs/intake.md).",
        "tags": ["intake"],
        "requestBody": {"required": True, "content": _bodies(path, kind)},
        "responses": {
            "200": {"description": "Durable; `results` names what was refused.", "content": {JSON: {"schema": taken}}},
            **{status: _refusal(status, meaning) for status, meaning in ANSWERS.items()},
        },
        **({"parameters": [MODE]} if path == "/v1/import" else {}),
    }  # fmt: skip


MODE: Final[dict[str, Any]] = {
    "name": "mode", "in": "query",
    "description": "state: attributes and memberships act, events are history; live: events act too; history: none acts",
    "schema": {"enum": ["live", "state", "history"], "default": "state"},
}  # fmt: skip


def beforehand() -> dict[str, Any]:
    """Return the operation by which browsers ask whether they may send."""
    any_text = {"required": True, "schema": TEXT}
    names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers")
    return {
        "summary": "What browsers ask beforehand",
        "tags": ["intake"],
        "responses": {
            "204": {"description": "Any site may send.", "headers": dict.fromkeys(names, any_text)}
        },
    }


def _bodies(path: str, kind: str) -> dict[str, Any]:
    """Return what may be sent, by type. The type is not asked for: clients in browsers send text/plain."""
    if kind:
        more, needed = KINDS[kind]
        schema = {
            "type": "object",
            "required": list(needed),
            "properties": {**MEMBERS, **more, "writeKey": TEXT},
        }
        return {JSON: {"schema": schema}}
    if path.startswith("/batch"):
        return {JSON: {"schema": POSTHOG}}
    lines = {
        "schema": {
            **TEXT,
            "examples": ['{"type": "identify", "userId": "anna", "traits": {"plan": "pro"}}\n'],
        }
    }
    return {JSON: {"schema": BATCH}} | ({"application/x-ndjson": lines} if path == "/v1/import" else {})


def _refusal(status: str, meaning: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": meaning,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return answer | ({"headers": AGAIN} if status in ("429", "503") else {})
