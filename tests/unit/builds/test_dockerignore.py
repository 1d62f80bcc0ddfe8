"""`.dockerignore`."""

import pytest

from sotabox.builds.dockerignore import Verdict, first_of, parse_dockerignore


def excluded(text: str, path: str) -> bool:
    ignore = parse_dockerignore(text)
    verdict: Verdict | None = None
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        verdict = ignore.judge("/".join(parts[:end]), verdict)
    return verdict is not None and verdict.excluded


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        ("*.log", "a.log", True),
        ("*.log", "d/a.log", False),
        ("**/*.log", "d/a.log", True),
        ("**/*.log", "a.log", True),
        ("build", "build/x/y", True),
        ("build", "src/build", False),
        ("build/", "build/x", True),
        ("/build", "build", True),
        ("./build", "build", True),
        ("a/../build", "build", True),
        ("**/build", "a/b/build/c", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a/**", "a/b", True),
        ("a/**", "a", False),
        ("*\n!keep", "keep", False),
        ("*\n!keep", "other", True),
        ("*\n!d/keep", "d/keep", False),
        ("*\n!d/keep", "d/other", True),
        ("d\n!d/keep\nd/keep", "d/keep", True),
        ("!a\na", "a", True),
        ("# *.js\n", "a.js", False),
        (" *.js ", "a.js", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c].txt", "b.txt", True),
        ("[^a-c].txt", "b.txt", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        ("a.b", "axb", False),
        ("a$+(", "a$+(", True),
        ("**", "a/b", True),
        ("**a.log", "d/a.log", True),
        ("a**", "ab/c", True),
        ("a**c", "ac", True),
        ("a**c", "ab/c", True),
        ("a**c", "abc", False),
        ("", "a", False),
        (".", "a", False),
        ("!", "a", False),
        ("[", "[", True),
    ],
)
def test_dockerignore_means_what_docker_means(text: str, path: str, out: bool) -> None:
    """The patterns, as Docker's reference explains them."""
    assert excluded(text, path) is out


def test_dockerignore_of_the_dockerfile_comes_first() -> None:
    """`{Dockerfile}.dockerignore` replaces the general file."""
    assert first_of((None, "b")).judge("b").excluded
    assert not first_of(("a", "b")).judge("b").excluded
    assert not first_of((None, None)).judge("b").excluded
