"""The S3-compatible server that all tests of this room share."""

from collections.abc import Iterator

import pytest

from tests.integration.upkeep.s3 import Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One that checks signatures; each test keeps to a folder of its own there."""
    with serving() as server:
        yield server
