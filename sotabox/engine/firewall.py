"""What apps and builds may not reach: the cloud's metadata service, and services of the host itself.

Two chains of this box's own, one for what is forwarded and one for what is meant for the host; only
packets from the bridges of this box's projects enter them, so that another box on this host, with the
same pool of addresses, is not fenced in, and those from the engine's own bridge: BuildKit runs every
step of a build there and knows no other network, and a step is anybody's program as much as an app
is. All other rules of the host stay as they are, and apply to whatever these let pass.

Apps have no IPv6; a bridge has an address of its own all the same (`fe80::`), at which the host's
services listen. Nothing of IPv6 passes from a project's bridge, whatever the engine may hand out.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sotabox.engine.labels import bridge_prefix

_TIMEOUT_S: Final = 20
_METADATA: Final = "169.254.0.0/16"
_DOCKERS: Final = "DOCKER-USER"
#: The engine's own bridge, where builds run.
_BUILDS: Final = "docker0"
_V6: Final = Path("/proc/net/if_inet6")
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


def render_rules_v6(chains: Chains) -> str:
    """The same for `ip6tables-restore`: nothing passes."""
    names = (chains.forward, chains.input)
    head = ["*filter", *(f":{name} - [0:0]" for name in names)]
    return "\n".join([*head, *(f"-A {name} -j REJECT" for name in names), "COMMIT", ""])


def jumps(instance_id: str, chain: str, *, builds: bool = True) -> list[list[str]]:
    """The rules, without their place, that lead packets of a box's apps and builds into a chain."""
    bridges = [f"{bridge_prefix(instance_id)}+", *([_BUILDS] if builds else [])]
    return [["-i", bridge, *_COMMENT, "-j", chain] for bridge in bridges]


def check_stale(listing: str, chain: str, rules: Sequence[list[str]]) -> list[list[str]]:
    """Jumps in the output of `iptables -S` to a chain that are none of `rules`."""
    lines = (line.split() for line in listing.splitlines())
    found = [line[2:] for line in lines if line[0] == "-A" and line[-2:] == ["-j", chain]]
    return [jump for jump in found if jump not in rules]


@dataclass(frozen=True, slots=True)
class Place:
    """A chain of the host, and which rules in it shall lead into which of ours; maybe none."""

    parent: str
    chain: str
    rules: Sequence[list[str]]


class Firewall:
    """Puts the rules in force, and takes them away; both may be repeated at any time."""

    def __init__(self, instance_id: str) -> None:
        self._instance_id = instance_id
        self._chains = chains_of(instance_id)

    async def ensure(self, ports: Sequence[int]) -> str | None:
        """None when the rules are in force, else why not, in words for an operator.

        To be repeated after the engine or another firewall was restarted. `ports` are those of
        the host that apps and builds may reach.
        """
        try:
            await _run(["iptables-restore", "-w", "--noflush"], render_rules(self._chains, ports))
            await self._ensure_jumps("iptables")
            if await _has_v6():
                await _run(["ip6tables-restore", "-w", "--noflush"], render_rules_v6(self._chains))
                await self._ensure_jumps("ip6tables")
        except _Failed as error:
            return f"Apps can reach the host's own services and cloud metadata: {error}"
        return None

    async def check(self, ports: Sequence[int]) -> str | None:
        """None when the rules are in force, else what is missing, in words; changes nothing."""
        wanted = {"iptables": render_rules(self._chains, ports)}
        try:
            if await _has_v6():
                wanted["ip6tables"] = render_rules_v6(self._chains)
            for program, text in wanted.items():
                if problem := await self._check(program, text.splitlines()):
                    return problem
        except _Failed as error:
            return str(error)
        return None

    async def remove(self) -> str | None:
        """None when nothing of this box is left in the firewall, else why not."""
        try:
            await self._remove("iptables")
            if await _has_v6():
                await self._remove("ip6tables")
        except _Failed as error:
            return f"The firewall's rules could not be removed: {error}"
        return None

    async def _check(self, program: str, wanted: Sequence[str]) -> str | None:
        for place in await self._places(program):
            for rule in place.rules:
                if not await _succeeds([program, "-w", "-C", place.parent, *rule]):
                    return f"packets from {rule[1]} do not pass its rules in {place.parent} ({program})"
        for chain in (self._chains.forward, self._chains.input):
            listing = await _run([program, "-w", "-S", chain])
            there = sum(line.startswith("-A ") for line in listing.splitlines())
            if there != sum(line.startswith(f"-A {chain} ") for line in wanted):
                return f"the rules of {chain} are not the box's"
        return None

    async def _remove(self, program: str) -> None:
        for place in await self._places(program):
            await _drop_stale(program, replace(place, rules=()))
        for chain in (self._chains.forward, self._chains.input):
            if await _succeeds([program, "-w", "-F", chain]):
                await _run([program, "-w", "-X", chain])

    async def _places(self, program: str) -> list[Place]:
        """Where packets of apps and builds are led into our chains.

        An engine that keeps its own rules in nftables, and an older one for IPv6, has no chain for
        its users; packets pass through the host's FORWARD all the same. It may be replaced by one of
        the other kind: what was led from FORWARD is then led from there no longer. Of IPv6 only
        projects are kept from all: the engine's own bridge may have it for others.
        """
        forward, incoming = (
            jumps(self._instance_id, chain, builds=program == "iptables")
            for chain in (self._chains.forward, self._chains.input)
        )
        has_dockers = await _succeeds([program, "-w", "-S", _DOCKERS])
        parents = {_DOCKERS: forward, "FORWARD": []} if has_dockers else {"FORWARD": forward}
        through = [Place(parent, self._chains.forward, rules) for parent, rules in parents.items()]
        return [*through, Place("INPUT", self._chains.input, incoming)]

    async def _ensure_jumps(self, program: str) -> None:
        for place in await self._places(program):
            await _drop_stale(program, place)
            for rule in place.rules:
                if not await _succeeds([program, "-w", "-C", place.parent, *rule]):
                    await _run([program, "-w", "-I", place.parent, "1", *rule])


async def _drop_stale(program: str, place: Place) -> None:
    listing = await _run([program, "-w", "-S", place.parent])
    for stale in check_stale(listing, place.chain, place.rules):
        await _run([program, "-w", "-D", place.parent, *stale])


async def _has_v6() -> bool:
    """Whether this host speaks IPv6, and so needs rules for it."""
    return _V6.exists() and await _succeeds(["ip6tables", "-w", "-S", "INPUT"])


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
