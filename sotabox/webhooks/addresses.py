"""Where a webhook may lead: out into the world, and not into the box or the network around it.

A URL that a user gives and the box calls is a way in (server-side request forgery): to services on
loopback, to other projects' containers, to the neighbours in the data centre, to the metadata of the
cloud. So an address is judged as the number that will be dialled, whatever was written for it.

Source: the IANA registries of special-purpose addresses (RFC 6890), of 2026-01.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Policy:
    """What one box allows.

    Attributes:
        private: whether targets in private networks, and on the box itself, are allowed.
        own_networks: where this box's apps live; refused unless private targets are allowed.
        public_ports: those of Caddy: all of the box that the world is meant to reach.
    """

    private: bool
    own_networks: tuple[IPv4Network, ...]
    public_ports: tuple[int, ...] = (80, 443)


#: Gives its secrets to whoever calls it.
_METADATA: Final = (
    IPv4Network("169.254.169.254/32"),
    IPv4Network("169.254.170.0/24"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.0.0.192/32"),
    IPv6Network("fd00:ec2::/32"),
    IPv6Network("fd20:ce::/32"),
)
#: The same, and where nobody can be called.
_NEVER: Final = (
    *((network, "a cloud's metadata service") for network in _METADATA),
    (IPv4Network("0.0.0.0/8"), "no host"),
    (IPv4Network("224.0.0.0/4"), "a multicast group"),
    (IPv4Network("255.255.255.255/32"), "everybody (broadcast)"),
    (IPv6Network("::/128"), "no host"),
    (IPv6Network("ff00::/8"), "a multicast group"),
)
#: NAT64 of a network's own (RFC 8215): where in it an IPv4 address stands, only that network knows.
_OWN_NAT64: Final = IPv6Network("64:ff9b:1::/48")
_PRIVATE: Final = (
    (IPv4Network("127.0.0.0/8"), "the box itself"),
    (IPv4Network("10.0.0.0/8"), "a private network"),
    (IPv4Network("172.16.0.0/12"), "a private network"),
    (IPv4Network("192.168.0.0/16"), "a private network"),
    (IPv4Network("169.254.0.0/16"), "the local link"),
    (IPv4Network("100.64.0.0/10"), "a provider's inner network"),
    (IPv4Network("192.0.0.0/24"), "a reserved network"),
    (IPv4Network("192.0.2.0/24"), "a network for examples"),
    (IPv4Network("198.51.100.0/24"), "a network for examples"),
    (IPv4Network("203.0.113.0/24"), "a network for examples"),
    (IPv4Network("192.88.99.0/24"), "a reserved network"),
    (IPv4Network("198.18.0.0/15"), "a network for measurements"),
    (IPv4Network("240.0.0.0/4"), "a reserved network"),
    (IPv6Network("::1/128"), "the box itself"),
    (IPv6Network("fc00::/7"), "a private network"),
    (IPv6Network("fe80::/10"), "the local link"),
    (_OWN_NAT64, "behind a translator of a network's own"),
    (IPv6Network("2001::/23"), "a reserved network"),
    (IPv6Network("2001:db8::/32"), "a network for examples"),
    (IPv6Network("3fff::/20"), "a network for examples"),
)
_IPV6_PUBLIC: Final = IPv6Network("2000::/3")  # all that is given out so far
#: An IPv4 address within an IPv6 one, and how many bits stand behind it.
_CARRIERS: Final = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # translated (RFC 2765)
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
    (IPv6Network("::/96"), 0),  # compatible, long out of use
)
_SPECIAL_IPV6: Final = frozenset({IPv6Address("::"), IPv6Address("::1")})
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.IGNORECASE)


def judge_address(address: Address, policy: Policy) -> str | None:
    """Why nothing may be sent to `address`, in words; None when it may."""
    inner = _carried(address)
    for reading in _readings(inner):
        if (kind := _kind(_NEVER, reading)) is not None:
            return f"{address} is {kind}"
    if policy.private:
        return None
    if any(inner in network for network in policy.own_networks):
        return f"{address} is in the network of this box's apps"
    if (kind := _kind(_PRIVATE, inner)) is not None:
        return f"{address} is {kind}"
    if isinstance(inner, IPv6Address) and inner not in _IPV6_PUBLIC:
        return f"{address} is not a public address"
    return None


def judge_host(host: str, policy: Policy) -> str | None:
    """Why a URL may not have this host, as far as its text tells; None when it may.

    Names are resolved, and what they resolve to is judged, each time that something is sent.
    """
    name = host.rstrip(".").lower()
    if (literal := read_literal(name)) is not None:
        return judge_address(literal, policy)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return "write the address as four decimal numbers, such as 203.0.113.7"
    if not _HOST.fullmatch(name) or name.startswith("-") or ".-" in name:
        return "this is not the name of a host"
    if not policy.private and (name == "localhost" or name.endswith(".localhost")):
        return f"{host} is the box itself"
    return None


def judge_all(addresses: Sequence[Address], policy: Policy) -> tuple[list[Address], str | None]:
    """The addresses of a name that may be dialled, and why the first of the others may not."""
    verdicts = [(address, judge_address(address, policy)) for address in addresses]
    allowed = [address for address, problem in verdicts if problem is None]
    return allowed, next((problem for _, problem in verdicts if problem), None)


def read_literal(host: str) -> Address | None:
    """The address that `host` is, in its usual text form; None where it is a name, or odd."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _carried(address: Address) -> Address:
    """The address that is reached in the end."""
    if isinstance(address, IPv4Address) or address in _SPECIAL_IPV6:
        return address
    plain = IPv6Address(int(address))  # without a zone (fe80::1%eth0)
    for network, behind in _CARRIERS:
        if plain in network:
            return IPv4Address(int(plain) >> behind & 0xFFFFFFFF)
    return plain


def _readings(address: Address) -> list[Address]:
    """An address, and what a translator of a network's own may make of it that nobody may reach.

    Source: RFC 6052, 2.2: behind a prefix of 48, 56, 64 or 96 bits; the ninth byte is left out.
    """
    if address not in _OWN_NAT64:
        return [address]
    raw = address.packed
    packed = raw[:8] + raw[9:]
    starts = (packed[6:10], packed[7:11], packed[8:12], raw[12:])
    found = [IPv4Address(start) for start in starts]
    return [address, *(one for one in found if any(one in network for network in _METADATA))]


def _kind(table: Sequence[tuple[IPv4Network | IPv6Network, str]], address: Address) -> str | None:
    return next((kind for network, kind in table if address in network), None)
