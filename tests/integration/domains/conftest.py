import socket
from collections.abc import Iterator

import pytest

from tests.machine.name_server import NameServer, name_server


@pytest.fixture
def dns() -> Iterator[NameServer]:
    """A real name server on loopback."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    with name_server(bound) as server:
        yield server
