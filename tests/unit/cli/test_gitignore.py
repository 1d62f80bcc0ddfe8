"""Whether we leave out what git leaves out: trees and patterns made up, git itself as the judge."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotabox.cli.gitignore import parse_patterns
from sotabox.cli.packing import walk

NAMES = ["a", "b", "ab", "a b", "dist", "x.tmp", "é", "[a]", "a.b", ".h", "A", "#x", "!y", " s"]
PARTS = [
    "a", "b", "*", "**", "***", "?", "??", "[ab]", "[!a]", "[^a]", "[a-c]b", "[]a]", "[\\]a]", "[a",
    "[[:alpha:]]", "[[:nope:]]", "[b-a]", "[a-]", "a*", "*b", "a**", "**a", "*.tmp", "x.*", "dist",
    "é", "{a,b}", ".h", "\\[a\\]", "\\#x", "#x", "\\!y", "a\\ b", "a b ", "\\a", "a\\",
]  # fmt: skip

names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
patterns = st.builds(
    lambda back, root, parts, end: back + root + "/".join(parts) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " ", "\\ ", "\r", "\t", "\x0b"]),
)
files_of_patterns = st.lists(patterns, min_size=1, max_size=4).map("\n".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository's folder, which serves any tree."""
    place = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", "--bare", place], check=True, env=plain())
    return place


def plain() -> dict[str, str]:
    return os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def kept_by_git(repository: Path, tree: Path) -> set[str]:
    """What git would take from a tree."""
    listed = subprocess.run(
        ["git", "--git-dir", repository, "--work-tree", ".", "-c", "core.bare=false",
         "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"],
        cwd=tree, check=True, capture_output=True, env=plain(),
    )  # fmt: skip
    return {os.fsdecode(name) for name in listed.stdout.split(b"\0") if name}


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(names, min_size=2, max_size=10, unique=True),
    links=st.lists(names, max_size=2),
    top=files_of_patterns,
    below=files_of_patterns,
    place=names,
)
def test_any_patterns_leave_out_what_git_leaves_out(
    repository: Path, files: list[str], links: list[str], top: str, below: str, place: str
) -> None:
    """Whatever stands in my `.gitignore` files: what git would not commit is not uploaded."""
    with tempfile.TemporaryDirectory() as made:
        tree = Path(made)
        for name in files:
            _make(tree / name, None)
        for name in links:
            _make(tree / name, tree)
        (tree / ".gitignore").write_text(top + "\n", encoding="utf-8")
        folder = tree / place
        if folder.is_dir() and not folder.is_symlink():
            (folder / ".gitignore").write_text(below, encoding="utf-8")
        assert set(walk(tree)) == kept_by_git(repository, tree)


def _make(path: Path, target: Path | None) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if target:
            path.symlink_to(target)
        else:
            path.touch(exist_ok=False)
    except (FileExistsError, NotADirectoryError):
        return  # another name of the tree has its place


def test_comments_and_empty_lines_are_no_patterns() -> None:
    """A mark of byte order and Windows' line ends change nothing either."""
    text = b"\xef\xbb\xbf# comment\r\n\r\n*.tmp\r\n!/keep/"
    found = [(p.takes_back, p.folders_only, p.anchored) for p in parse_patterns(text)]
    assert found == [(False, False, False), (True, True, True)]
