"""Whole boxes for the appliance tests, and the app that they deploy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.box import Box, running_box

_APP = Path(__file__).parent / "app"


@pytest.fixture(scope="session")
def app_files(python_base: str) -> dict[str, str]:  # noqa: ARG001 - it is there then
    """The test app; its base image is there."""
    return {name: (_APP / name).read_text(encoding="utf-8") for name in ("Dockerfile", "server.py")}


@pytest.fixture
def box(
    docker_host: str,  # noqa: ARG001 - its end tells what was left
    request: pytest.FixtureRequest,
) -> Iterator[Box]:
    """A box of its own for the test; a marker `settings` changes its settings."""
    marker = request.node.get_closest_marker("settings")
    with running_box(**(marker.kwargs if marker else {})) as box:
        yield box


@pytest.fixture
def deployed(box: Box, app_files: dict[str, str]) -> Callable[[str], str]:
    """Makes a project and deploys the test app to it; gives the project's id."""

    def deploy(slug: str) -> str:
        project_id = box.create(slug)
        deployment = box.deploy(slug, app_files)
        assert deployment["status"] == "running", deployment
        return project_id

    return deploy
