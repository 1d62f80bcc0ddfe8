"""How many requests a client may still make: a window of one minute, in memory."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

WINDOW_S: Final = 60
_IPV6_SITE_BITS: Final = 64  # what one customer has: counting single addresses would limit nobody


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client after a request."""

    limit: int
    remaining: int
    reset_at: int  # unix seconds
    exceeded: bool

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every response says of it."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset_at),
        ]


class RateLimit:
    """Counts requests of all clients; the windows of all begin with the minute.

    So the counts of a window go all at once, and memory holds one minute's clients.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._window = 0
        self._counts: defaultdict[str, int] = defaultdict(int)

    def take(self, client: str, now_s: float) -> Allowance:
        """Counts one request of `client`."""
        window = int(now_s // WINDOW_S)
        if window != self._window:
            self._window = window
            self._counts.clear()
        self._counts[client] += 1
        count = self._counts[client]
        return Allowance(
            limit=self._limit,
            remaining=max(0, self._limit - count),
            reset_at=(window + 1) * WINDOW_S,
            exceeded=count > self._limit,
        )


def sender_address(peer: str | None, headers: Mapping[bytes, bytes]) -> str:
    """The address that a request came from.

    Our own proxy sits on this machine and writes the last entry of `X-Forwarded-For`; from anywhere
    else the header is hearsay.
    """
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    if forwarded and (peer is None or is_loopback(peer)):
        return forwarded
    return peer or "local"


def client_address(peer: str | None, headers: Mapping[bytes, bytes]) -> str:
    """The address that an anonymous request is counted for; IPv6 addresses stand for their /64."""
    address = sender_address(peer, headers)
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"{int(parsed) >> (128 - _IPV6_SITE_BITS):x}/{_IPV6_SITE_BITS}"
    return str(parsed)


def is_loopback(peer: str) -> bool:
    """Whether a connection from `peer` was made on this machine."""
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False
