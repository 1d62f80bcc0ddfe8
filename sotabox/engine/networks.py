"""A network of its own for each project: apps of two projects can't reach each other."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_network
from pathlib import Path
from typing import Any, Final

from sotabox.engine import labels
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.labels import Role
from sotabox.errors import Unavailable

_PREFIX_LENGTH: Final = 27  # 30 addresses: the gateway's, and those of three versions of eight
_ATTEMPTS: Final = 64
_BRIDGE_NAME: Final = "com.docker.network.bridge.name"
_ROUTES: Final = Path("/proc/net/route")


@dataclass(frozen=True, slots=True)
class Network:
    """A project's network."""

    id: str
    subnet: IPv4Network
    gateway: IPv4Address


class NetworkFull(Exception):
    """Every address of a project's network is taken."""


def free_address(network: Network, taken: Collection[str]) -> str:
    """The fixed address that the project's next container takes.

    The one after the highest taken, and from the start again after the last: so an address is not
    given away at once after its container has gone, while somebody may still be dialling it.

    Raises:
        NetworkFull: there is none.
    """
    hosts = [host for host in network.subnet.hosts() if host != network.gateway]
    used = {IPv4Address(address) for address in taken}
    start = sum(host <= max(used) for host in hosts) if used else 0
    for host in hosts[start:] + hosts[:start]:
        if host not in used:
            return str(host)
    raise NetworkFull(f"all {len(hosts)} addresses of {network.subnet} are taken")


def free_addresses(network: Network, taken: Collection[str], count: int) -> list[str]:
    """The fixed addresses that the project's next containers take, as `free_address` gives them."""
    addresses: list[str] = []
    for _ in range(count):
        addresses.append(free_address(network, {*taken, *addresses}))
    return addresses


def free_subnets(pool: IPv4Network, taken: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    """The subnets of `pool`, in order, that a project could get: none overlaps what is `taken`."""
    size = 2 ** (pool.max_prefixlen - _PREFIX_LENGTH)
    start, end = int(pool.network_address), int(pool.broadcast_address) + 1
    spans = sorted((int(net.network_address), int(net.broadcast_address) + 1) for net in taken)
    for first, after in [*spans, (end, end)]:
        while start + size <= min(first, end):
            yield IPv4Network((start, _PREFIX_LENGTH))
            start += size
        if start < after:  # what is taken may end within a subnet
            start += -(-(after - start) // size) * size


def parse_routes(text: str) -> list[IPv4Network]:
    """The networks that a host reaches by a route other than its default one.

    Source: `/proc/net/route`: addresses are hexadecimal in the machine's (little-endian) order.
    """
    routes = []
    for line in text.splitlines()[1:]:
        columns = line.split()
        address, mask = (_address(columns[index]) for index in (1, 7))
        if int(mask):
            routes.append(IPv4Network(f"{address}/{mask}", strict=False))
    return routes


class Networks:
    """The projects' networks, found by label and made out of a pool of addresses."""

    def __init__(self, engine: Engine, pool: IPv4Network) -> None:
        self._engine = engine
        self._pool = pool
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}  # by project, with its users

    async def ensure(self, project_id: str, slug: str) -> Network:
        """The project's network, made if there is none; some 80 ms when it is.

        Raises:
            Unavailable: the pool is used up.
        """
        async with self._alone(project_id):
            if (network := await self.find(project_id)) is not None:
                return network
            return await self._create(project_id, slug)

    async def find(self, project_id: str) -> Network | None:
        """The project's network, if it has one."""
        rows = await self._rows(project_id)
        if not rows:
            return None
        # Two, if we were killed between the engine's making one and our knowing: the same for all.
        return _read(min(rows, key=lambda row: (row["Created"], row["Id"])))

    async def list_ours(self) -> dict[str, Network]:
        """All networks of this box by project."""
        rows = sorted(await self._rows(None), key=lambda row: (row["Created"], row["Id"]))
        return {row["Labels"][labels.PROJECT]: _read(row) for row in reversed(rows)}

    async def remove(self, project_id: str) -> None:
        """Let go of the project's network; its containers must be gone."""
        for row in await self._rows(project_id):
            try:
                await self._engine.call("remove_network", row["Id"])
            except EngineError as error:
                if error.status != 404:
                    raise

    async def _create(self, project_id: str, slug: str) -> Network:
        taken = await self._taken()
        for attempt, subnet in enumerate(free_subnets(self._pool, taken)):
            if attempt == _ATTEMPTS:
                break
            gateway = next(subnet.hosts())
            try:
                answer = await self._engine.call(
                    "create_network",
                    f"sotabox-{slug}-{secrets.token_hex(3)}",
                    driver="bridge",
                    options={_BRIDGE_NAME: self._bridge_name()},
                    ipam={"Driver": "default", "Config": [_ipam(subnet, gateway)]},
                    labels=labels.labels_of(
                        self._engine.instance_id, Role.NETWORK, project_id=project_id
                    ),
                )
            except EngineError as error:
                if "overlap" not in error.message.lower():
                    raise
                continue  # somebody on this engine was faster, or the host uses it in another way
            return Network(str(answer["Id"]), subnet, gateway)
        raise Unavailable(
            f"No address range is left for a project in {self._pool}.",
            hint="Give a larger or another SOTABOX_NETWORK_POOL, or delete projects.",
        )

    def _bridge_name(self) -> str:
        return labels.bridge_prefix(self._engine.instance_id) + secrets.token_hex(4)

    async def _taken(self) -> list[IPv4Network]:
        routes = parse_routes(_ROUTES.read_text(encoding="ascii")) if _ROUTES.exists() else []
        return routes + [
            subnet
            for row in await self._engine.call("networks")
            for config in (row.get("IPAM") or {}).get("Config") or ()
            if isinstance(subnet := ip_network(config["Subnet"], strict=False), IPv4Network)
        ]

    async def _rows(self, project_id: str | None) -> list[dict[str, Any]]:
        wanted = labels.filter_of(
            self._engine.instance_id, role=Role.NETWORK, project_id=project_id
        )
        rows: list[dict[str, Any]] = await self._engine.call("networks", filters={"label": wanted})
        return rows

    @asynccontextmanager
    async def _alone(self, project_id: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(project_id, (asyncio.Lock(), 0))
        self._locks[project_id] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks.pop(project_id)
            if users > 1:
                self._locks[project_id] = (lock, users - 1)


def _read(row: Mapping[str, Any]) -> Network:
    config = row["IPAM"]["Config"][0]
    return Network(row["Id"], IPv4Network(config["Subnet"]), IPv4Address(config["Gateway"]))


def _ipam(subnet: IPv4Network, gateway: IPv4Address) -> dict[str, str]:
    return {"Subnet": str(subnet), "Gateway": str(gateway)}


def _address(text: str) -> IPv4Address:
    return IPv4Address(int.from_bytes(bytes.fromhex(text), "little"))
