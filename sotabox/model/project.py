"""A project: an app, its name on the box, and its limits."""

import re
from typing import Final

import msgspec

#: First labels that the box itself answers to, or may come to.
RESERVED_SLUGS: Final = frozenset(
    {
        "api",
        "www",
        "admin",
        "dashboard",
        "app",
        "sotabox",
        "status",
        "docs",
        "mail",
        "ns1",
        "ns2",
        "ftp",
        "static",
        "assets",
        "localhost",
    }
)
SLUG_MAX: Final = 63  # a DNS label, RFC 1035
NAME_MAX: Final = 100

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Limits(msgspec.Struct, frozen=True):
    """What a container may use."""

    memory_mb: int
    cpus: float
    pids: int


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project's row."""

    id: str
    user_id: str
    name: str
    slug: str
    deleting: bool = False
    paused: bool = False
    created_at: str
    updated_at: str


def derive_slug(name: str) -> str:
    """The slug that a name suggests, or an empty text when it holds no letter or digit.

    >>> derive_slug("My App!")
    'my-app'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:SLUG_MAX].strip("-")


def suggest_slug(name: str) -> str:
    """A slug that a project of this name may have, whatever the name.

    >>> suggest_slug("My App!"), suggest_slug("app"), suggest_slug("日本語")
    ('my-app', 'app-app', 'my-app')
    """
    slug = derive_slug(name) or "my-app"
    return slug if check_slug(slug) is None else f"{slug}-app"


def check_slug(slug: str) -> str | None:
    """Why `slug` can't be one, in words; None when it can."""
    if not _SLUG.fullmatch(slug):
        return "use 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends"
    if slug in RESERVED_SLUGS:
        return f"'{slug}' is reserved for the box itself"
    return None
