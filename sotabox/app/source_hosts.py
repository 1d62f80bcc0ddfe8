"""From which hosts something may be fetched for the people of this box."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from sotabox.errors import Invalid
from sotabox.webhooks.addresses import Policy
from sotabox.webhooks.resolver import Refused, Resolver, Unresolved

_RESOLVE_S: Final = 10.0


class SourceHosts:
    """Judges the hosts of repositories and registries as those of webhooks are judged."""

    def __init__(self, policy: Policy) -> None:
        self._resolver = Resolver(policy)

    async def addresses(self, host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        """Where to dial for a host.

        Raises:
            Invalid: it has no address, or one that is not for us.
        """
        try:
            async with asyncio.timeout(_RESOLVE_S):
                return await self._resolver.addresses(host, port)
        except (Refused, Unresolved) as error:
            raise Invalid(
                str(error), hint="SOTABOX_PRIVATE_SOURCES=true allows private networks."
            ) from error
        except TimeoutError as error:
            raise Invalid(f"No name server answers for {host}", hint="Try again later.") from error

    def close(self) -> None:
        """Lets go of look-ups under way."""
        self._resolver.close()
