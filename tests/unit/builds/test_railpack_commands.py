"""Railpack's command lines and answers."""

import json
from pathlib import Path

import pytest

from sotabox.builds.plan import BuildMethod, BuildPlan
from sotabox.builds.railpack_commands import (
    BuildTool,
    RailpackBuild,
    build_command,
    prepare_command,
    read_info,
    read_version,
)

BUILD = RailpackBuild(
    folder=Path("/tree/app"),
    scratch=Path("/scratch"),
    frontend="registry.test/railpack-frontend",
    version="0.9.1",
    tag="sotabox/shop:1",
    cache_key="project-1",
    secrets_hash="abc",
    variables=("TOKEN", "API_URL"),
)


def test_prepare_names_variables_and_never_their_values() -> None:
    """A secret is in no process list."""
    plan = BuildPlan(build_method=BuildMethod.RAILPACK, start="bin/serve --port $PORT")
    assert prepare_command(Path("/tree/app"), Path("/scratch"), plan, ("TOKEN", "API_URL")) == (
        "railpack", "prepare", "/tree/app",
        "--plan-out", "/scratch/railpack-plan.json",
        "--info-out", "/scratch/railpack-info.json",
        "--start-cmd", "bin/serve --port $PORT",
        "--env", "API_URL", "--env", "TOKEN",
    )  # fmt: skip


def test_buildx_builds_the_plan_by_the_frontend_of_the_same_version() -> None:
    """The documented way with Docker's own tool."""
    assert build_command(BuildTool.BUILDX, BUILD) == (
        "docker", "buildx", "build", "--progress", "plain",
        "--build-arg", "BUILDKIT_SYNTAX=registry.test/railpack-frontend:v0.9.1",
        "--file", "/scratch/railpack-plan.json",
        "--build-arg", "cache-key=project-1",
        "--build-arg", "secrets-hash=abc",
        "--secret", "id=API_URL,env=API_URL", "--secret", "id=TOKEN,env=TOKEN",
        "--output", "type=docker,name=sotabox/shop:1",
        "/tree/app",
    )  # fmt: skip


def test_buildctl_leaves_the_image_in_a_file() -> None:
    """The documented way with BuildKit's own tool, which knows no engine."""
    assert build_command(BuildTool.BUILDCTL, BUILD) == (
        "buildctl", "build", "--progress", "plain",
        "--local", "context=/tree/app", "--local", "dockerfile=/scratch",
        "--frontend", "gateway.v0",
        "--opt", "source=registry.test/railpack-frontend:v0.9.1",
        "--opt", "build-arg:cache-key=project-1",
        "--opt", "build-arg:secrets-hash=abc",
        "--secret", "id=API_URL,env=API_URL", "--secret", "id=TOKEN,env=TOKEN",
        "--output", "type=docker,name=sotabox/shop:1,dest=/scratch/image.tar",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("railpack version 0.9.1\n", "0.9.1"),
        ("railpack v1.0.0-rc1", "1.0.0-rc1"),
        ("railpack version dev", None),
    ],
)
def test_version_is_read_from_what_it_prints(text: str, version: str | None) -> None:
    """The frontend must be of the same version."""
    assert read_version(text) == version


@pytest.mark.parametrize(
    ("metadata", "framework"),
    [
        ({"providers": "node", "nodeRuntime": "next"}, "nextjs"),
        ({"providers": "python", "pythonRuntime": "django"}, "django"),
        ({"providers": "php", "phpLaravel": "true"}, "laravel"),
        ({"providers": "node,python", "nodeRuntime": "node"}, "node"),
        ({}, None),
    ],
)
def test_framework_has_the_name_that_our_own_detection_gives(
    metadata: dict[str, str], framework: str | None
) -> None:
    """A dashboard shows the same word whoever built."""
    info = read_info(json.dumps({"success": True, "metadata": metadata}))
    assert (info.problem, info.framework) == (None, framework)


def test_problem_is_what_railpack_says() -> None:
    """I learn why it can't plan my app."""
    said = {"success": False, "logs": [{"level": "error", "msg": "No start command was found"}]}
    assert read_info(json.dumps(said)).problem == "No start command was found"
    assert read_info('{"success": false}').problem == "it gives no reason"
