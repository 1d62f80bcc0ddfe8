"""Fixtures that every room shares: the engine, base images, ports, and the check that nothing stays.

Whatever a test makes on the engine carries the label `sotabox.instance` with an id from the fixture
`instance_id`. The id holds this run's process id: so the end of the run can tell its own leftovers,
and the next run those of one that was killed (`tests/machine/sweep.py`).
"""

import gc
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.machine import sweep

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str]:
    """The engine's address. Its end is the run's end: what tests left there fails the run."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    try:
        engine = docker.DockerClient(base_url=host, timeout=60)
        engine.ping()
    except docker.errors.DockerException as error:
        pytest.fail(f"No engine answers at {host}: run tests/machine/engine first ({error})")
    yield host
    leftovers = sweep.find(engine, sweep.of_run(os.getpid()))
    sweep.remove(engine, leftovers)
    engine.close()
    if leftovers:
        pytest.fail("Tests left on the engine: " + ", ".join(map(str, leftovers)))


@pytest.fixture(scope="module", autouse=True)
def leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a file's tests leave open is told of while they run, and not in the midst of others'."""
    yield
    if "unit" not in request.path.parts:
        gc.collect()


@pytest.fixture
def instance_id() -> str:
    """A new box's id: labels everything that one test makes on the engine."""
    return f"{sweep.PREFIX}{os.getpid()}-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def base_image(docker_host: str) -> Callable[[str], str]:
    """Makes sure that the engine has a base of `tests/bases/make.py`; gives its tag."""

    def make(name: str) -> str:
        command = [sys.executable, str(ROOT / "tests" / "bases" / "make.py"), name]
        environ = os.environ | {"DOCKER_HOST": docker_host}
        made = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True, text=True)
        return made.stdout.strip()

    return make


@pytest.fixture(scope="session")
def busybox(base_image: Callable[[str], str]) -> str:
    """The tag of a 2 MB image with a shell."""
    return base_image("busybox")


@pytest.fixture(scope="session")
def python_base(base_image: Callable[[str], str]) -> str:
    """The tag of an image with Python and pip."""
    return base_image("python")


@pytest.fixture(scope="session")
def node_base(base_image: Callable[[str], str]) -> str:
    """The tag of an image with Node and npm."""
    return base_image("node")


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a TCP port of 127.0.0.1 that nothing uses, another one at each call."""
    given = set[int]()

    def find() -> int:
        while True:
            with socket.create_server(("127.0.0.1", 0)) as server:
                port: int = server.getsockname()[1]
            if port not in given:
                given.add(port)
                return port

    return find


@pytest.fixture(scope="session")
def caddy() -> Path:
    """The Caddy program that sotabox carries."""
    program = Path(sys.executable).parent / "caddy"
    assert program.exists(), f"{program} is missing: run tests/machine/environment"
    return program
