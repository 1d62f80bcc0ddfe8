"""A build's log in words that people know."""

import pytest

from sotabox.builds.plan import BuildMethod, BuildPlan, Step, Toolchain
from sotabox.pipeline.narration import narrated

LINES = ["#1 [run 1/3] FROM a", "#2 [dependencies 1/3] FROM b", "#3 [dependencies 2/3] RUN npm ci"]


@pytest.mark.parametrize(
    ("install", "said"),
    [
        ((Step("npm ci"),), [LINES[0], "Installing dependencies...", *LINES[1:]]),
        ((), LINES),
    ],
)
def test_installation_is_announced_once_where_there_is_one(
    install: tuple[Step, ...], said: list[str]
) -> None:
    """Before its first step, as on the hosted service; an app without any has no such line."""
    plan = BuildPlan(
        build_method=BuildMethod.AUTO, toolchain=Toolchain(name="node", image="b", install=install)
    )
    heard: list[str] = []
    tell = narrated(plan, heard.append)
    for line in LINES:
        tell(line)
    assert heard == said
