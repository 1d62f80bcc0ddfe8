"""A custom domain: a name of its owner's that leads to a project."""

from enum import StrEnum
from typing import Final

import msgspec

WILDCARD: Final = "*."


class DomainStatus(StrEnum):
    """How far a domain has come."""

    PENDING = "pending"  # its DNS does not lead to this box yet
    VERIFIED = "verified"  # DNS is right, visitors are served; it has no certificate yet
    ACTIVE = "active"  # it answers with its certificate (or, on a box without TLS, it answers)


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A domain's row.

    `domain` is lower case and in punycode; `*.` before it stands for one label. `zone` is what its
    owner registered: `example.co.uk` of `shop.example.co.uk`. `user_id` is the project's owner.
    """

    id: str
    project_id: str
    user_id: str
    domain: str
    zone: str
    status: DomainStatus
    redirect_to: str | None
    last_checked_at: str | None
    next_check_at: str
    verified_at: str | None
    error_message: str | None
    created_at: str
    updated_at: str

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for all names one label below it."""
        return self.domain.startswith(WILDCARD)

    @property
    def is_apex(self) -> bool:
        """Whether it is the registered name itself, where DNS allows no CNAME (RFC 1034, 3.6.2)."""
        return self.domain == self.zone

    @property
    def dns_type(self) -> str:
        """The kind of record that leads it here."""
        return "A" if self.is_apex else "CNAME"


def covers(pattern: str, name: str) -> bool:
    """Whether `pattern`, a name or a wildcard, stands for `name`.

    >>> covers("*.example.com", "a.example.com"), covers("*.example.com", "a.b.example.com")
    (True, False)
    """
    if not pattern.startswith(WILDCARD):
        return pattern == name
    return name.partition(".")[2] == pattern.removeprefix(WILDCARD)
