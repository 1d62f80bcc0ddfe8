"""From inside an app's container: what is not there, and what does not get out."""

import subprocess
from contextlib import closing
from typing import Any

import docker
import pytest

from tests.box import Box

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture
def mine(box: Box) -> dict[str, Any]:
    """The attacker's container, as the engine describes it, and its bridge on the host."""
    return described(box, "mine")


def described(box: Box, slug: str) -> dict[str, Any]:
    project_id = box.request("GET", f"/v1/projects/{slug}").data["id"]
    with closing(docker.DockerClient(timeout=60)) as engine:
        [container] = engine.containers.list(
            filters={"label": f"sotabox.project={project_id}"}, ignore_removed=True
        )
        [network] = container.attrs["NetworkSettings"]["Networks"].values()
        options = engine.networks.get(network["NetworkID"]).attrs["Options"]
        return {**container.attrs, "bridge": options["com.docker.network.bridge.name"]}


def inside(container: dict[str, Any], script: str, *arguments: str) -> str:
    """What a Python script prints as root of the container, with no more rights than the app's."""
    with closing(docker.DockerClient(timeout=60)) as engine:
        done = engine.containers.get(container["Id"]).exec_run(
            ["python3", "-c", script, *arguments], user="0"
        )
        printed: str = done.output.decode(errors="replace")
        return printed


def test_container_sees_no_socket_and_no_file_of_the_host(mine: dict[str, Any], box: Box) -> None:
    """Neither Docker's socket nor Caddy's nor the data directory is there; nothing is mounted."""
    assert mine["Mounts"] == []
    paths = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd", str(box.directory)]
    paths.append(str(box.directory / "router/run/admin.sock"))
    found = inside(
        mine, "import os,sys; print([p for p in sys.argv[1:] if os.path.exists(p)])", *paths
    )
    assert found == "[]\n"


def test_container_has_no_ipv6_and_can_t_turn_it_on(mine: dict[str, Any]) -> None:
    """A bridge has a fe80:: address at which the host's services listen: no app gets to it."""
    script = (
        "import socket\n"
        "print(open('/proc/net/if_inet6').read().strip() or 'no address')\n"
        "try: open('/proc/sys/net/ipv6/conf/eth0/disable_ipv6', 'w').write('0'); print('written')\n"
        "except OSError as error: print(error.strerror)\n"
        "for kind in (socket.AF_PACKET, socket.AF_INET6, socket.AF_INET):\n"
        "    try: socket.socket(kind, socket.SOCK_RAW, 255).close(); print('raw')\n"
        "    except PermissionError as error: print(error.strerror)\n"
    )
    assert inside(mine, script).splitlines() == [
        "no address",
        "Read-only file system",
        *["Operation not permitted"] * 3,
    ]


def test_ipv6_of_a_bridge_is_shut_even_where_a_container_has_it(mine: dict[str, Any]) -> None:
    """Should an engine give IPv6 to apps: no packet of theirs passes from a project's bridge."""
    rules = subprocess.run(
        ["ip6tables", "-w", "-S"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    prefix = f"{mine['bridge'][:7]}+"
    chains = [
        line.split()[-1] for line in rules if line.startswith("-A") and f"-i {prefix} " in line
    ]
    assert len(chains) == 2
    for chain in chains:
        assert f"-A {chain} -j REJECT --reject-with icmp6-port-unreachable" in rules


def test_fork_bomb_stays_in_its_container(mine: dict[str, Any], box: Box) -> None:
    """It meets its limit; the neighbour and the control plane answer meanwhile."""
    script = (
        "import os, time, signal\n"
        "pids = []\n"
        "try:\n"
        "    while len(pids) < 5000:\n"
        "        pid = os.fork()\n"
        "        if not pid: time.sleep(20); os._exit(0)\n"
        "        pids.append(pid)\n"
        "except OSError as error: print(error.strerror, len(pids) < 512)\n"
        "for pid in pids: os.kill(pid, signal.SIGKILL)\n"
    )
    assert inside(mine, script) == "Resource temporarily unavailable True\n"
    assert box.visit("theirs").status == 200
    assert box.request("GET", "/readyz").status == 200


def test_memory_and_files_end_at_their_limits(mine: dict[str, Any], box: Box) -> None:
    """What eats memory is killed inside its container; open files have a bound."""
    eaten = inside(mine, "x = [bytearray(1 << 20) for _ in range(2000)]; print('all of it')")
    assert "all of it" not in eaten
    files = inside(mine, "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[1])")
    assert int(files) <= 65_536
    assert box.visit("theirs").status == 200


def test_flood_of_logs_is_cut(mine: dict[str, Any]) -> None:
    """What an app prints without end takes 30 MB at most."""
    config = mine["HostConfig"]["LogConfig"]
    assert config["Type"] == "local"
    assert (config["Config"]["max-size"], config["Config"]["max-file"]) == ("10m", "3")
