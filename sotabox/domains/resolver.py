"""What DNS says of a name."""

import asyncio
from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.message
import dns.resolver
from dns.rdatatype import RdataType

from sotabox.domains.verification import Seen

_ANSWER_S: Final = 5.0
_KINDS: Final = (RdataType.A, RdataType.AAAA)


class Resolver:
    """Asks one name server (`HOST:PORT`), or those of this machine (empty); remembers nothing."""

    def __init__(self, server: str = "") -> None:
        self._server = server

    async def look(self, name: str) -> Seen:
        """Aliases and addresses of `name`, in at most `_ANSWER_S` seconds."""
        try:
            resolver = self._open()
            found = await asyncio.gather(*(_ask(resolver, name, kind) for kind in _KINDS))
        except (dns.exception.DNSException, OSError) as error:
            return Seen(trouble=_words(error))
        aliases = max((seen.aliases for seen in found), key=len)
        return Seen(aliases, frozenset().union(*(seen.addresses for seen in found)))

    def _open(self) -> dns.asyncresolver.Resolver:
        # Anew each time: /etc/resolv.conf may have changed.
        resolver = dns.asyncresolver.Resolver(configure=not self._server)
        resolver.lifetime = _ANSWER_S
        if self._server:
            host, _, port = self._server.rpartition(":")
            resolver.nameservers = [host.strip("[]")]
            resolver.port = int(port)
        return resolver


async def _ask(resolver: dns.asyncresolver.Resolver, name: str, kind: RdataType) -> Seen:
    try:
        answer = await resolver.resolve(name, kind, search=False, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN as error:
        responses: dict[Any, dns.message.QueryMessage] = error.responses()  # type: ignore[no-untyped-call]
        return _read(next(iter(responses.values())))  # it may be an alias of nothing
    return _read(answer.response)


def _read(response: dns.message.QueryMessage) -> Seen:
    chain = response.resolve_chaining()
    aliases = tuple(str(alias[0].target).removesuffix(".").lower() for alias in chain.cnames)
    return Seen(aliases, frozenset(record.address for record in chain.answer or ()))


def _words(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no name server answered in time"
    if isinstance(error, dns.resolver.NoNameservers):
        return "the name servers answered with an error"
    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "this machine has no name server set"
    return f"the name server could not be asked ({str(error) or type(error).__name__})"
