"""What DNS says → whether a domain leads here, and when to look again. Decides, touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sotabox.domains.records import BoxAddresses, Record
from sotabox.model.domain import WILDCARD, Domain, DomainStatus
from sotabox.model.times import parse_time

SOON_S: Final = 60
#: From a day on a domain is looked at every 1,440th part of its age: a minute, then ever less often.
_PARTS: Final = 24 * 60
_PENDING_MAX_S: Final = 6 * 3600
#: A certificate authority takes five failures an hour for a name (Let's Encrypt, 2025).
_UNCERTIFIED_FIRST_S: Final = 120
_UNCERTIFIED_MAX_S: Final = 3600
_ACTIVE_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Seen:
    """The names that a name is an alias of, in order, and the addresses at the end.

    `trouble`: why DNS gave no answer, in words; to say that there is no such name is one.
    """

    aliases: tuple[str, ...] = ()
    addresses: frozenset[str] = frozenset()
    trouble: str | None = None


def probe_name(domain: Domain, token: str) -> str:
    """The name to ask DNS for: of a wildcard one that nobody can have set by itself."""
    return domain.domain.replace(WILDCARD, f"sotabox-{token}.", 1)


def check_dns(
    domain: Domain, records: Sequence[Record], app_host: str, box: BoxAddresses, seen: Seen
) -> str | None:
    """Why `domain` does not lead to its project, in words; None where it does.

    An alias of the project's own name is enough, wherever that leads. Plain addresses must all be
    ours: visitors, and the certificate authority, choose any of them.

    Args:
        records: what its owner was told to set.
        app_host: the project's name below the box's own domain.
    """
    if seen.trouble:
        return f"DNS could not be asked about {domain.domain}: {seen.trouble}"
    if app_host in seen.aliases:
        return None
    problem = _alias_problem(app_host, seen) or _address_problem(box, seen)
    if problem is None:
        return None
    return f"{domain.domain} {problem}; expected: {', '.join(map(str, records))}"


def _alias_problem(app_host: str, seen: Seen) -> str | None:
    box_domain = app_host.partition(".")[2]
    other = next((alias for alias in seen.aliases if alias.endswith(f".{box_domain}")), None)
    return f"is an alias of {other}, another project" if other else None


def _address_problem(box: BoxAddresses, seen: Seen) -> str | None:
    if not seen.addresses and seen.aliases:
        return f"is an alias of {seen.aliases[-1]}, which has no address"
    if not seen.addresses:
        return "has no record in DNS yet"
    foreign = sorted(seen.addresses - box.all)
    if not foreign:
        return None
    also = "also " if len(foreign) < len(seen.addresses) else ""
    return f"{also}points to {', '.join(foreign)}, not to this box"


def next_check_s(domain: Domain, now: datetime) -> float:
    """In how many seconds to look at `domain` again.

    Every minute for a day, then ever less often; as certificates are refused, less often soon.
    """
    if domain.status is DomainStatus.ACTIVE:
        return _ACTIVE_S
    if domain.status is DomainStatus.VERIFIED and domain.verified_at:
        waited_s = (now - parse_time(domain.verified_at)).total_seconds()
        return min(max(waited_s, _UNCERTIFIED_FIRST_S), _UNCERTIFIED_MAX_S)
    age_s = (now - parse_time(domain.created_at)).total_seconds()
    return min(max(age_s / _PARTS, SOON_S), _PENDING_MAX_S)
