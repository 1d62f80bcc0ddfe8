"""Under which addresses this box is reached from outside."""

import socket
from ipaddress import ip_address
from typing import Final

from sotabox.domains.records import BoxAddresses
from sotabox.domains.resolver import Resolver

#: Nobody's (RFC 5737, RFC 3849): the kernel says which of our addresses it would use on the way.
_ANYWHERE: Final = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_SET_IT: Final = "set SOTABOX_PUBLIC_IP to the address that the internet sees"


class Addresses:
    """Finds them: from the setting, else from the default route, else from the box's own name."""

    def __init__(self, public_ip: str, box_domain: str, resolver: Resolver) -> None:
        self._given = public_ip
        self._box_domain = box_domain
        self._resolver = resolver

    async def find(self) -> BoxAddresses:
        """Today's addresses: they may change while the box runs."""
        if self._given:
            return sort_addresses(self._given.replace(",", " ").split())
        own = [address for family, target in _ANYWHERE if (address := _outgoing(family, target))]
        public = [address for address in own if ip_address(address).is_global]
        if any(ip_address(address).version == 4 for address in public):
            return sort_addresses(public)
        # Behind an address translator: whoever set the box up has pointed its name at it.
        named = (await self._resolver.look(self._box_domain)).addresses
        if known := [address for address in named if ip_address(address).is_global]:
            return sort_addresses(known)
        if not own:
            return BoxAddresses(note=f"This box could not find its own address: {_SET_IT}")
        found = sort_addresses(own)
        private = f"{', '.join(found.v4) or 'the address'} is private: {_SET_IT}"
        return BoxAddresses(found.v4, tuple(a for a in found.v6 if a in public), private)


def sort_addresses(addresses: list[str], note: str | None = None) -> BoxAddresses:
    """Addresses by their kind, each as it is usually written."""
    parsed = sorted({ip_address(address) for address in addresses}, key=str)
    return BoxAddresses(
        tuple(str(address) for address in parsed if address.version == 4),
        tuple(str(address) for address in parsed if address.version == 6),
        note,
    )


def _outgoing(family: socket.AddressFamily, target: str) -> str | None:
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))  # of a datagram socket: nothing is sent
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return address
