"""Projects' networks on the real engine: apart from each other, and from the host."""

import asyncio
import subprocess
from ipaddress import IPv4Network

import pytest

from sotabox.engine.container import Container
from sotabox.engine.firewall import Firewall, chains_of
from sotabox.engine.networks import Networks, free_address
from sotabox.engine.sockets import established_to, listening
from sotabox.errors import Unavailable
from tests.integration.engine.box import POOL, Box, Run

pytestmark = pytest.mark.engine


def connects(container: Container, address: str, port: int) -> str:
    """What a TCP connection from inside a container's network ends in."""
    script = (
        "import socket,sys\n"
        "try:\n"
        " socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close(); print('open')\n"
        "except OSError as error: print(type(error).__name__)"
    )
    command = ["nsenter", "-t", str(container.pid), "-n", "python3", "-c", script]
    done = subprocess.run([*command, address, str(port)], capture_output=True, check=True)
    return done.stdout.decode().strip()


async def test_ensure_gives_a_project_one_network_for_ever(box: Box) -> None:
    """A project keeps its network, also when two ask for it at once or the box restarts."""
    first, second = await asyncio.gather(
        box.networks.ensure("p1", "blog"), box.networks.ensure("p1", "blog")
    )
    again = await Networks(box.engine, POOL).ensure("p1", "renamed")
    assert first == second == again
    assert first.subnet.prefixlen == 27
    assert first.subnet.subnet_of(POOL)
    assert await box.networks.list_ours() == {"p1": first}


async def test_ensure_gives_two_projects_ranges_of_their_own(box: Box) -> None:
    """No two projects share an address."""
    one, two = await asyncio.gather(
        box.networks.ensure("p1", "blog"), box.networks.ensure("p2", "shop")
    )
    assert not one.subnet.overlaps(two.subnet)


async def test_ensure_with_the_pool_used_up_says_what_to_set(box: Box) -> None:
    """When no range is left I am told which setting to change."""
    networks = Networks(box.engine, IPv4Network("10.215.255.192/27"))
    await networks.ensure("p1", "blog")
    with pytest.raises(Unavailable, match=r"10\.215\.255\.192/27") as caught:
        await networks.ensure("p2", "shop")
    assert "SOTABOX_NETWORK_POOL" in str(caught.value.hint)


async def test_remove_of_a_network_can_be_repeated(box: Box) -> None:
    """Deleting a project twice is fine."""
    await box.networks.ensure("p1", "blog")
    await box.networks.remove("p1")
    await box.networks.remove("p1")
    assert await box.networks.find("p1") is None


async def test_apps_of_two_projects_cannot_reach_each_other(box: Box, run: Run) -> None:
    """My neighbour's app can't talk to mine; the box can."""
    other = await box.networks.ensure("p2", "shop")
    server = await box.containers.inspect(
        await run("while :; do nc -l -p 8000 </dev/null; done", address=None)
    )
    mine = await box.containers.inspect(await run("sleep 600"))
    theirs = await box.containers.inspect(
        await run("sleep 600", network_id=other.id, project_id="p2")
    )
    assert server.address is not None
    await _until_listening(server)
    assert connects(theirs, server.address, 8000) == "TimeoutError"
    assert connects(mine, server.address, 8000) == "open"
    assert theirs.address == free_address(other, [])


async def test_firewall_keeps_apps_from_the_host_and_metadata(box: Box, run: Run) -> None:
    """An app reaches the router, but neither the host's services nor the cloud's metadata."""
    firewall = Firewall(box.instance_id)
    mine = await box.containers.inspect(await run("sleep 600"))
    network = await box.networks.ensure("p1", "blog")
    gateway = str(network.gateway)
    async with (
        await asyncio.start_server(_accept, "0.0.0.0", 0) as router,
        await asyncio.start_server(_accept, "0.0.0.0", 0) as secret,
    ):
        port, hidden = (s.sockets[0].getsockname()[1] for s in (router, secret))
        try:
            assert await asyncio.to_thread(connects, mine, gateway, hidden) == "open"
            assert await firewall.ensure([port]) is None
            assert await firewall.ensure([port]) is None
            assert await asyncio.to_thread(connects, mine, gateway, port) == "open"
            blocked = await asyncio.to_thread(connects, mine, gateway, hidden)
            assert blocked == "ConnectionRefusedError"
            metadata = await asyncio.to_thread(connects, mine, "169.254.169.254", 80)
            assert metadata == "ConnectionRefusedError"
            assert _rules(box.instance_id) == 4
        finally:
            assert await firewall.remove() is None
        assert _rules(box.instance_id) == 0
        assert await asyncio.to_thread(connects, mine, gateway, hidden) == "open"
        assert await firewall.remove() is None


async def test_firewall_of_one_box_leaves_another_s_apps_alone(box: Box, run: Run) -> None:
    """Two boxes on a host, with one pool of addresses, don't fence in each other's apps."""
    mine = await box.containers.inspect(await run("sleep 600"))
    gateway = str((await box.networks.ensure("p1", "blog")).gateway)
    other = Firewall(f"{box.instance_id}-other")
    async with await asyncio.start_server(_accept, "0.0.0.0", 0) as router:
        port = router.sockets[0].getsockname()[1]
        try:
            assert await other.ensure([]) is None
            assert await asyncio.to_thread(connects, mine, gateway, port) == "open"
        finally:
            assert await other.remove() is None


@pytest.mark.parametrize("parent", ["INPUT", "FORWARD"])
async def test_firewall_drops_its_jumps_of_another_day(box: Box, parent: str) -> None:
    """No rule of an older sotabox, or for an older engine, is left behind."""
    firewall = Firewall(box.instance_id)
    chains = chains_of(box.instance_id)
    chain = chains.input if parent == "INPUT" else chains.forward
    old = ["iptables", "-w", "-I", parent, "-s", "10.9.0.0/24", "-j", chain]
    try:
        await firewall.ensure([80])
        subprocess.run(old, check=True)
        assert _rules(box.instance_id) == 5
        await firewall.ensure([80])
        assert _rules(box.instance_id) == 4
        subprocess.run(old, check=True)
    finally:
        assert await firewall.remove() is None
    assert chain not in _listing()


async def test_firewall_without_iptables_says_so(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without a firewall gets a sentence, not a crash."""
    monkeypatch.setenv("PATH", "/nowhere")
    problem = await Firewall(box.instance_id).ensure([80])
    assert problem is not None
    assert "iptables-restore is not installed" in problem


async def test_sockets_show_where_an_app_listens_and_who_is_connected(box: Box, run: Run) -> None:
    """The box finds the port of an app, and knows when its last visitor has gone."""
    container = await box.containers.inspect(await run("nc -l -p 8123 -e sleep 600"))
    address = str(container.address)
    await _until_listening(container)
    assert 8123 in {port for _, port in listening(container.pid)}
    assert established_to(address, 8123) == 0
    _, writer = await asyncio.open_connection(address, 8123)
    assert established_to(address, 8123) == 1
    writer.close()
    await writer.wait_closed()
    assert listening(2**22 + 1) == []


async def _until_listening(container: Container) -> None:
    async with asyncio.timeout(10):
        while not any(not ip.startswith("127.") for ip, _ in listening(container.pid)):
            await asyncio.sleep(0.01)


async def _accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def _listing() -> str:
    done = subprocess.run(["iptables", "-w", "-S"], capture_output=True, check=True)
    return done.stdout.decode()


def _rules(instance_id: str) -> int:
    """How many jumps into a box's chains the host has."""
    chains = chains_of(instance_id)
    return sum(
        line.endswith((f"-j {chains.forward}", f"-j {chains.input}"))
        for line in _listing().splitlines()
    )
