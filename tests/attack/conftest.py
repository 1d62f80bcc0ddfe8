"""One box with two projects for all attacks of a module; the attacker owns `mine`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box import Box, running_box

_APP = Path(__file__).parent.parent / "appliance" / "app"


@pytest.fixture(scope="module")
def box(python_base: str, docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - they are there then
    """A box whose two apps serve."""
    files = {
        name: (_APP / name).read_text(encoding="utf-8") for name in ("Dockerfile", "server.py")
    }
    with running_box() as box:
        for slug in ("mine", "theirs"):
            box.create(slug)
            assert box.deploy(slug, files)["status"] == "running"
        yield box
