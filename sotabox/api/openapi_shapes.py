"""Shapes of the OpenAPI document that no type of ours stands for: events, errors, pages."""

from typing import Any, Final, TypeAlias

Json: TypeAlias = dict[str, Any]

EVENT: Final[Json] = {
    "description": "Each event of the stream.",
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}
_DETAIL: Final[Json] = {
    "type": "object",
    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    "required": ["field", "message"],
}
ERROR: Final[Json] = {
    "title": "Error",
    "description": "Why a request failed, what to do next, and which fields were wrong.",
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "code": {"type": "string"},
                "hint": {"type": "string"},
                "details": {"type": "array", "items": _DETAIL},
            },
            "required": ["message", "code"],
        }
    },
    "required": ["error"],
}
PAGINATION: Final[Json] = {
    "title": "Pagination",
    "description": "Where the next page begins; null where there is none.",
    "type": "object",
    "properties": {"next_cursor": {"type": ["string", "null"]}, "has_more": {"type": "boolean"}},
    "required": ["next_cursor", "has_more"],
}
