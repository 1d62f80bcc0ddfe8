"""Users of a box, and their API keys."""

from enum import StrEnum
from typing import Final

import msgspec


class Role(StrEnum):
    """What a user may do."""

    ADMIN = "admin"  # everything, the box itself included
    MEMBER = "member"  # own projects, and those to which they were added
    VIEWER = "viewer"  # look, change nothing


class Plan(StrEnum):
    """How much of the box a user may take."""

    BOX = "box"  # what the box's settings give to everybody
    FREE = "free"  # what a partner's users get


class Quota(msgspec.Struct, frozen=True):
    """The bounds of a plan; None: those of the box."""

    projects_max: int | None = None
    memory_mb: int | None = None  # a container
    cpus: float | None = None  # a container
    replicas: int | None = None  # containers of a version


QUOTAS: Final[dict[Plan, Quota]] = {
    Plan.BOX: Quota(),
    Plan.FREE: Quota(projects_max=5, memory_mb=256, cpus=0.5, replicas=1),
}


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user's row."""

    id: str
    email: str
    role: Role
    password_hash: str | None
    plan: Plan = Plan.BOX
    created_at: str


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key's row; the key itself is shown once and not kept."""

    id: str
    user_id: str
    name: str
    key_prefix: str
    created_at: str
    last_used_at: str | None
    expires_at: str | None = None  # None: never


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user who works on somebody else's project: as `member`, or to look only as `viewer`."""

    project_id: str
    user_id: str
    email: str
    role: Role
    created_at: str
