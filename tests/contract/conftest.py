"""One whole box for all contract tests, and the official clients that speak to it."""

import secrets
from collections.abc import Iterator

import pytest

from tests.box import Box, archive, running_box
from tests.contract.wire import GoClient, SdkClient

SITE = archive({"index.html": "<h1>It works</h1>"})
OTHER_SITE = archive({"index.html": "<h1>Second</h1>"})


@pytest.fixture(scope="session")
def box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    with running_box() as box:
        yield box


@pytest.fixture(params=["direct", "by Caddy"])
def door(request: pytest.FixtureRequest, box: Box) -> tuple[int, str]:
    """Port and host of the API: on loopback, and as clients from outside reach it."""
    if request.param == "direct":
        return box.api_port, f"127.0.0.1:{box.api_port}"
    return box.port, "api.localhost"


@pytest.fixture
def go(box: Box, door: tuple[int, str]) -> GoClient:
    return GoClient(*door, box.key)


@pytest.fixture
def sdk(box: Box, door: tuple[int, str]) -> SdkClient:
    return SdkClient(*door, box.key)


@pytest.fixture
def slug() -> str:
    """A slug that no other test uses."""
    return f"t{secrets.token_hex(4)}"


@pytest.fixture
def project(box: Box, slug: str) -> Iterator[str]:
    """The id of a new project."""
    id_ = box.create(slug)
    yield id_
    box.request("DELETE", f"/v1/projects/{id_}")


@pytest.fixture(scope="session")
def live(box: Box) -> tuple[str, str]:
    """A project with one deployment that runs, for tests that only look: both ids."""
    id_ = box.create("live")
    deployment = box.deploy("live", SITE)
    assert deployment["status"] == "running", deployment
    return id_, deployment["id"]


@pytest.fixture(scope="session")
def site_archive() -> bytes:
    return SITE


@pytest.fixture(scope="session")
def other_archive() -> bytes:
    return OTHER_SITE
