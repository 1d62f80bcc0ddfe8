"""Names to addresses that may be dialled."""

import asyncio
import errno
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address
from typing import Final

from sotabox.webhooks.addresses import Address, Policy, judge_all, judge_host, read_literal

_THREADS: Final = 4


class Refused(Exception):
    """Nothing may be sent there; the text says why."""


class Unresolved(Exception):
    """There is no address to send to, at the moment."""


class Resolver:
    """Asks the system for a name's addresses, and judges them.

    Threads of its own: a name server that does not answer holds up other names, not the box.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._threads = ThreadPoolExecutor(_THREADS, "resolve")

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Where to dial for `host`, the best first. The caller bounds the time.

        Raises:
            Refused: all that it leads to is out of bounds.
            Unresolved: the name has no address, or no name server answers.
        """
        if problem := judge_host(host, self._policy):
            raise Refused(problem)
        literal = read_literal(host.rstrip("."))
        found = [literal] if literal is not None else await self._look_up(host, port)
        allowed, problem = judge_all(found, self._policy)
        dialled = [address for address in allowed if not self._is_hidden(address, port)]
        if not dialled:
            raise Refused(problem or f"port {port} of the box itself is not for the world")
        return dialled

    def close(self) -> None:
        """Lets go of look-ups under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, host: str, port: int) -> list[Address]:
        def ask() -> list[Address]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return [ip_address(where[0]) for *_, where in found if isinstance(where[0], str)]

        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise Unresolved(f"{host} has no address: {reason or error}") from error
        return list(dict.fromkeys(found))

    def _is_hidden(self, address: Address, port: int) -> bool:
        """Whether this is a port of the box that its firewall would keep from the world."""
        return (
            not self._policy.private and port not in self._policy.public_ports and _is_own(address)
        )


def _is_own(address: Address) -> bool:
    """Whether `address` is one of this machine: only those can be bound."""
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            return False
        raise
    return True
