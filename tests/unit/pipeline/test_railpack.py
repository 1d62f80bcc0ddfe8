"""Railpack where it is missing, or half there."""

from pathlib import Path

import pytest

from sotabox.builds.railpack_commands import BuildTool
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.railpack import find_railpack


def program(folder: Path, name: str, script: str) -> None:
    """A program of that name in `folder`."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


async def test_server_without_railpack_says_what_to_install(tmp_path: Path) -> None:
    """Choosing Railpack where it isn't is a clear error with two ways out."""
    with pytest.raises(DeploymentFailed) as caught:
        await find_railpack("registry.test/frontend", str(tmp_path))
    assert "no railpack program on this server" in caught.value.reason
    assert caught.value.hint is not None
    assert "Install railpack" in caught.value.hint
    assert "own builder" in caught.value.hint


async def test_server_without_a_build_tool_says_what_to_install(tmp_path: Path) -> None:
    """A docker without buildx is not enough."""
    program(tmp_path, "railpack", "echo railpack version 0.9.1")
    program(tmp_path, "docker", "exit 1")
    with pytest.raises(DeploymentFailed) as caught:
        await find_railpack("registry.test/frontend", str(tmp_path))
    assert "neither is on this server" in caught.value.reason
    assert caught.value.hint is not None
    assert "docker-buildx-plugin" in caught.value.hint


async def test_server_without_a_frontend_names_the_setting(tmp_path: Path) -> None:
    """What can't be guessed is asked for."""
    program(tmp_path, "railpack", "echo railpack version 0.9.1")
    program(tmp_path, "buildctl", "exit 0")
    with pytest.raises(DeploymentFailed) as caught:
        await find_railpack("", str(tmp_path))
    assert caught.value.hint is not None
    assert "SOTABOX_RAILPACK_FRONTEND" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "tool"), [("docker", BuildTool.BUILDX), ("buildctl", BuildTool.BUILDCTL)]
)
async def test_installed_railpack_is_found_with_its_tool(
    tmp_path: Path, name: str, tool: BuildTool
) -> None:
    """Either tool will do."""
    program(tmp_path, "railpack", "echo railpack version 0.9.1")
    program(tmp_path, name, "exit 0")
    found = await find_railpack("registry.test/frontend", str(tmp_path))
    assert (found.version, found.tool) == ("0.9.1", tool)


async def test_railpack_that_says_nothing_holds_up_no_build_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that hangs is told of, and my build fails instead of the whole queue's."""
    monkeypatch.setattr("sotabox.pipeline.railpack._ASK_TIMEOUT_S", 0.2)
    program(tmp_path, "railpack", "while :; do :; done")
    program(tmp_path, "buildctl", "exit 0")
    with pytest.raises(DeploymentFailed, match="does not tell its version in time"):
        await find_railpack("registry.test/frontend", str(tmp_path))
