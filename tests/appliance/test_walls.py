"""What an app may reach: the internet and its own network. Asked from inside real containers."""

import socket
import subprocess
from collections.abc import Callable
from contextlib import closing
from typing import Any

import docker
import pytest

from tests.box import Box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

METADATA = "169.254.169.254"


@pytest.fixture
def pids(deployed: Callable[[str], str]) -> dict[str, Any]:
    """Two projects' containers: process id and address of each."""
    found = {}
    for slug in ("mine", "theirs"):
        project_id = deployed(slug)
        with closing(docker.DockerClient(timeout=60)) as engine:
            [container] = engine.containers.list(
                filters={"label": f"sotabox.project={project_id}"}, ignore_removed=True
            )
            networks = container.attrs["NetworkSettings"]["Networks"]
            [network] = networks.values()
            found[slug] = {
                "pid": container.attrs["State"]["Pid"],
                "address": network["IPAddress"],
                "gateway": network["Gateway"],
                "config": container.attrs["HostConfig"],
            }
    return found


def reaches(pid: int, address: str, port: int) -> bool:
    """Whether a connection from inside a container's network comes about within two seconds."""
    script = (
        "import socket,sys\n"
        "try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()\n"
        "except OSError: sys.exit(1)\n"
    )
    command = ["nsenter", "-t", str(pid), "-n", "python3", "-c", script, address, str(port)]
    return subprocess.run(command, check=False, timeout=10).returncode == 0


def test_app_reaches_its_own_network_and_nothing_else(box: Box, pids: dict[str, Any]) -> None:
    """Not the neighbour, not the control plane, not the metadata address; the router, as anyone."""
    mine, theirs = pids["mine"], pids["theirs"]
    assert reaches(mine["pid"], mine["address"], 8080)
    assert not reaches(mine["pid"], theirs["address"], 8080)
    assert not reaches(mine["pid"], "127.0.0.1", box.api_port)
    assert not reaches(mine["pid"], mine["gateway"], box.api_port)
    assert not reaches(mine["pid"], METADATA, 80)
    assert reaches(mine["pid"], mine["gateway"], box.port)


def test_service_of_the_host_is_out_of_reach(pids: dict[str, Any]) -> None:
    """Whatever else the box runs on all addresses, apps do not get to it."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]
        assert not reaches(pids["mine"]["pid"], pids["mine"]["gateway"], port)
        assert not reaches(pids["mine"]["pid"], pids["theirs"]["gateway"], port)


def test_container_is_hardened(pids: dict[str, Any]) -> None:
    """No privilege, no published port, bounded memory, processes and logs."""
    config = pids["mine"]["config"]
    assert config["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in config["SecurityOpt"]
    assert config["Init"]
    assert not config["PortBindings"]
    assert config["Memory"] == 512 * 1024 * 1024
    assert config["PidsLimit"] == 512
    assert config["RestartPolicy"]["Name"] == "unless-stopped"
