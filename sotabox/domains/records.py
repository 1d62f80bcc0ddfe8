"""The DNS records that lead a domain to this box."""

from dataclasses import dataclass
from typing import Final

from sotabox.model.domain import Domain

APEX: Final = "@"


@dataclass(frozen=True, slots=True)
class BoxAddresses:
    """The box's addresses, as DNS should name them; `note` says what is doubtful about them."""

    v4: tuple[str, ...] = ()
    v6: tuple[str, ...] = ()
    note: str | None = None

    @property
    def all(self) -> frozenset[str]:
        """Both kinds."""
        return frozenset(self.v4 + self.v6)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a registrar's form asks for it: `name` is relative to the registered domain."""

    type: str
    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.type} {self.name} → {self.value}"


def plan_records(domain: Domain, app_host: str, box: BoxAddresses) -> list[Record]:
    """The records to set for `domain`; of an apex one for each address of the box.

    Args:
        app_host: the project's name below the box's own domain.
    """
    if not domain.is_apex:
        return [Record("CNAME", domain.domain.removesuffix(f".{domain.zone}"), app_host)]
    v4 = [Record("A", APEX, address) for address in box.v4]
    v6 = [Record("AAAA", APEX, address) for address in box.v6]
    return [*(v4 or [Record("A", APEX, "")]), *v6]
