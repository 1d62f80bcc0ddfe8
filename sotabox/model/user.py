"""Users of a box, and their API keys."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a user may do."""

    ADMIN = "admin"  # everything, the box itself included
    MEMBER = "member"  # own projects
    VIEWER = "viewer"  # look, change nothing


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user's row."""

    id: str
    email: str
    role: Role
    password_hash: str | None
    created_at: str


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key's row; the key itself is shown once and not kept."""

    id: str
    user_id: str
    name: str
    key_prefix: str
    created_at: str
    last_used_at: str | None
