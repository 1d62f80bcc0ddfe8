"""The Dockerfiles of Node's apps, whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.source import DirectoryTree

APPS = Path(__file__).parents[3] / "apps"


@pytest.mark.parametrize(
    "app",
    [
        "node-express",  # nothing built
        "node-fastify-pnpm",  # built and pruned
        "node-koa-yarn",
        "node-hono-berry",
        "node-vite-react",  # a site
        "node-next-standalone",  # an output that runs alone
        "node-npm-workspace",
    ],
)
def test_dockerfile_of_app_is_the_golden_one(app: str, golden: Callable[[str, str], None]) -> None:
    """Same app, same Dockerfile: a change of it is seen and read before it is committed."""
    plan = detect(DirectoryTree(APPS / app))
    golden(app, render_dockerfile(plan, RenderOptions(project="p1")))
