"""Flags of a deployment without an upload."""

import argparse

import pytest

from sotabox.cli.sources import add_sources, source_of
from sotabox.errors import BadRequest


def source(*argv: str, **environ: str) -> dict[str, object] | None:
    parser = argparse.ArgumentParser()
    add_sources(parser)
    return source_of(parser.parse_args(argv), environ)


def test_flags_become_what_the_box_is_asked_for() -> None:
    """An image with its port, a repository with its branch and the token from the environment."""
    assert source() is None
    assert source("--image", "a:1", "--port", "80") == {"image": "a:1", "port": 80}
    wanted = {"git": "https://x.test/a", "ref": "main", "token": "t"}
    assert source("--git", "https://x.test/a", "--ref", "main", SOTA_GIT_TOKEN="t") == wanted
    assert source("--image", "a:1", SOTA_GIT_TOKEN="t") == {"image": "a:1"}


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--ref", "main"], "--ref goes with --git"),
        (["--port", "80"], "--port goes with --image"),
        (["--git", "u", "--port", "80"], "--port goes with --image"),
        (["--git", "u", "--image", "i"], "do not go together"),
    ],
)
def test_flags_that_do_not_go_together_are_named(argv: list[str], named: str) -> None:
    """Nothing is deployed by half of what I said."""
    with pytest.raises(BadRequest, match=named):
        source(*argv)
