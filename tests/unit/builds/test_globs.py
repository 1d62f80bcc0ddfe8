"""Patterns and paths that both come from a stranger."""

import pytest

from sotabox.builds.dockerignore import parse_dockerignore
from sotabox.builds.source import MemoryTree

LONG = "a" * 240
DEEP = "a/" * 500 + "x"


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*a" * 30, LONG, True),
        ("*a" * 30 + "b", LONG, False),
        ("**/a/" * 30 + "x", DEEP, True),
        ("**/a/" * 30 + "b", DEEP, False),
        ("**/*a*a*a*b", f"{DEEP}/{LONG}", False),
        ("**/" * 30 + "b", DEEP, False),
        ("*ab*ba*", "xabxbax", True),
        ("*ab*ba*", "xabax", False),
        ("**/a/**/b/**/c", "a/x/b/a/b/c", True),
        ("a/**/b/*.txt", "a/b/b/c.txt", True),
    ],
)
def test_pattern_of_many_stars_is_answered(pattern: str, path: str, matches: bool) -> None:
    """One line of a `.dockerignore`, or of a workspace, can't stop the box for years."""
    assert bool(MemoryTree({path: ""}).glob(pattern)) is matches
    assert parse_dockerignore(pattern).judge(path).excluded is matches


def test_pattern_of_many_braces_is_cut_short() -> None:
    """Thirty choices of two would be a thousand million patterns."""
    assert MemoryTree({"a" * 30: ""}).glob("{a,b}" * 30) == ("a" * 30,)
    assert MemoryTree({"b" * 30: ""}).glob("{a,b}" * 30) == ()


def test_pattern_that_cannot_be_read_matches_nothing() -> None:
    """A range that runs backwards is no error of ours."""
    assert MemoryTree({"b": ""}).glob("[z-a]") == ()
    assert parse_dockerignore("[z-a]").judge("b").excluded is False
