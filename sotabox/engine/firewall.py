"""What apps may not reach: the cloud's metadata service, and services of the host itself.

Two chains of this box's own, one for what is forwarded and one for what is meant for the host; only
packets from the bridges of this box's projects enter them, so that another box on this host, with the
same pool of addresses, is not fenced in. All other rules of the host stay as they are, and apply to
whatever these let pass.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sotabox.engine.labels import bridge_prefix

_TIMEOUT_S: Final = 20
_METADATA: Final = "169.254.0.0/16"
_DOCKERS: Final = "DOCKER-USER"
_COMMENT: Final = ("-m", "comment", "--comment", "sotabox")


@dataclass(frozen=True, slots=True)
class Chains:
    """The names of a box's chains; iptables allows 28 characters."""

    forward: str
    input: str


def chains_of(instance_id: str) -> Chains:
    """The chains of one of several boxes on a host."""
    digest = hashlib.sha256(instance_id.encode()).hexdigest()[:10]
    return Chains(f"SOTABOX-FWD-{digest}", f"SOTABOX-IN-{digest}")


def render_rules(chains: Chains, ports: Sequence[int]) -> str:
    """Both chains as input for `iptables-restore --noflush`, which swaps them in at once.

    Name service stays open in both: some clouds have theirs at a metadata address, some hosts at
    an address of their own. `ports` are the router's: apps may call each other by public name.
    """
    names = [chains.forward, chains.input]
    forward = [
        *_allow(f"{chains.forward} -d {_METADATA}", ("udp", "tcp"), 53),
        f"-A {chains.forward} -d {_METADATA} -j REJECT",
    ]
    incoming = [
        f"-A {chains.input} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
        *_allow(chains.input, ("udp", "tcp"), 53),
        *(rule for port in ports for rule in _allow(chains.input, ("tcp", "udp"), port)),
        f"-A {chains.input} -j REJECT",
    ]
    head = ["*filter", *(f":{name} - [0:0]" for name in names)]
    return "\n".join([*head, *forward, *incoming, "COMMIT", ""])


def jump(instance_id: str, chain: str) -> list[str]:
    """The rule, without its place, that leads packets from a box's bridges into a chain."""
    return ["-i", f"{bridge_prefix(instance_id)}+", *_COMMENT, "-j", chain]


def check_stale(listing: str, rule: Sequence[str]) -> list[list[str]]:
    """Jumps in the output of `iptables -S` to the chain of `rule` that are not as `rule` says."""
    lines = (line.split() for line in listing.splitlines())
    jumps = [line[2:] for line in lines if line[0] == "-A" and line[-2:] == [*rule[-2:]]]
    return [found for found in jumps if found != [*rule]]


class Firewall:
    """Puts the rules in force, and takes them away; both may be repeated at any time."""

    def __init__(self, instance_id: str) -> None:
        self._instance_id = instance_id
        self._chains = chains_of(instance_id)

    async def ensure(self, ports: Sequence[int]) -> str | None:
        """None when the rules are in force, else why not, in words for an operator.

        To be repeated after the engine or another firewall was restarted. `ports` are those of
        the host that apps may reach.
        """
        try:
            await _run(["iptables-restore", "-w", "--noflush"], render_rules(self._chains, ports))
            for parent, chain in await self._parents():
                rule = jump(self._instance_id, chain)
                await self._drop_stale(parent, rule)
                if not await _succeeds(["iptables", "-w", "-C", parent, *rule]):
                    await _run(["iptables", "-w", "-I", parent, "1", *rule])
        except _Failed as error:
            return f"Apps can reach the host's own services and cloud metadata: {error}"
        return None

    async def check(self, ports: Sequence[int]) -> str | None:
        """None when the rules are in force, else what is missing, in words; changes nothing."""
        try:
            for parent, chain in await self._parents():
                rule = jump(self._instance_id, chain)
                if not await _succeeds(["iptables", "-w", "-C", parent, *rule]):
                    return f"packets of apps do not pass its rules in {parent}"
            wanted = render_rules(self._chains, ports).splitlines()
            for chain in (self._chains.forward, self._chains.input):
                listing = await _run(["iptables", "-w", "-S", chain])
                there = sum(line.startswith("-A ") for line in listing.splitlines())
                if there != sum(line.startswith(f"-A {chain} ") for line in wanted):
                    return f"the rules of {chain} are not the box's"
        except _Failed as error:
            return str(error)
        return None

    async def remove(self) -> str | None:
        """None when nothing of this box is left in the firewall, else why not."""
        try:
            for parent, chain in await self._parents():
                rule = jump(self._instance_id, chain)
                while await _succeeds(["iptables", "-w", "-D", parent, *rule]):
                    continue
                await self._drop_stale(parent, rule)
            for chain in (self._chains.forward, self._chains.input):
                if await _succeeds(["iptables", "-w", "-F", chain]):
                    await _run(["iptables", "-w", "-X", chain])
        except _Failed as error:
            return f"The firewall's rules could not be removed: {error}"
        return None

    async def _parents(self) -> list[tuple[str, str]]:
        """Which chain of the host leads into which of ours.

        An engine that keeps its own rules in nftables has no chain for its users; packets pass
        through the host's FORWARD all the same.
        """
        has_dockers = await _succeeds(["iptables", "-w", "-S", _DOCKERS])
        forward = _DOCKERS if has_dockers else "FORWARD"
        return [(forward, self._chains.forward), ("INPUT", self._chains.input)]

    async def _drop_stale(self, parent: str, rule: Sequence[str]) -> None:
        listing = await _run(["iptables", "-w", "-S", parent])
        for stale in check_stale(listing, rule):
            await _run(["iptables", "-w", "-D", parent, *stale])


def _allow(match: str, protocols: Sequence[str], port: int) -> list[str]:
    return [f"-A {match} -p {name} -m {name} --dport {port} -j RETURN" for name in protocols]


class _Failed(Exception):
    """A command of the firewall did not do its work."""


async def _run(command: Sequence[str], stdin: str = "") -> str:
    """The command's output.

    Raises:
        _Failed: it is not there, took too long, or ended with an error.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise _Failed(f"{command[0]} is not installed") from error
    except PermissionError as error:
        raise _Failed(f"{command[0]} may not be run") from error
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            output, complaint = await process.communicate(stdin.encode())
    except TimeoutError as error:
        raise _Failed(f"{command[0]} did not end within {_TIMEOUT_S} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise _Failed(complaint.decode(errors="replace").strip() or f"{command[0]} failed")
    return output.decode(errors="replace")


async def _succeeds(command: Sequence[str]) -> bool:
    try:
        await _run(command)
    except _Failed:
        return False
    return True
