"""Trees: what detection sees."""

from pathlib import Path

import pytest

from sotabox.builds.source import DirectoryTree, MemoryTree, Tree

FILES = {"a.txt": "A", "src/main.py": "M", "src/[id]/x.ts": "X", "web/app/y.tsx": "Y"}


@pytest.fixture(params=["memory", "directory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    if request.param == "memory":
        return MemoryTree(FILES)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return DirectoryTree(tmp_path)


def test_tree_lists_and_reads(tree: Tree) -> None:
    """Both trees say the same of the same files."""
    assert tree.paths == tuple(sorted(FILES))
    assert tree.read("a.txt") == "A"
    assert tree.read("./a.txt") == "A"
    assert tree.read("src") is None
    assert tree.read("none") is None
    assert tree.read("../a.txt") is None
    assert tree.read("src/main.py", max_bytes=0) == ""


def test_tree_exists_knows_directories(tree: Tree) -> None:
    """A directory exists if something is in it."""
    assert tree.exists("src")
    assert tree.exists("src/")
    assert tree.exists("web/app/y.tsx")
    assert not tree.exists("web/ap")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", {"a.txt"}),
        ("**/*.py", {"src/main.py"}),
        ("**/a.txt", {"a.txt"}),
        ("src/**", {"src/main.py", "src/[id]/x.ts"}),
        ("*/*.py", {"src/main.py"}),
        ("**/*.{ts,tsx}", {"src/[id]/x.ts", "web/app/y.tsx"}),
        ("{a,b}.txt", {"a.txt"}),
        ("?.txt", {"a.txt"}),
        ("[ab].txt", {"a.txt"}),
        ("[!a].txt", set()),
        ("*", {"a.txt"}),
    ],
)
def test_tree_glob_matches(tree: Tree, pattern: str, found: set[str]) -> None:
    """Triggers are patterns over whole paths."""
    assert set(tree.glob(pattern)) == found


def test_tree_subtree_is_rooted_anew(tree: Tree) -> None:
    """An app in a directory is seen as if it were the root."""
    assert tree.subtree("src").paths == ("[id]/x.ts", "main.py")
    assert tree.subtree("src/").read("main.py") == "M"


def test_directory_tree_never_reads_outside(tmp_path: Path) -> None:
    """A link in an upload shows nothing of the box."""
    (tmp_path / "secret").write_text("s")
    root = tmp_path / "root"
    (root / "node_modules" / "x").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "node_modules" / "x" / "f").write_text("")
    (root / ".git" / "config").write_text("")
    (root / "link").symlink_to("../secret")
    (root / "folder").symlink_to("..")
    (root / "fine").symlink_to("real")
    (root / "real").write_text("r")
    tree = DirectoryTree(root)
    assert tree.paths == ("fine", "folder", "link", "real")
    assert tree.read("link") is None
    assert tree.read("folder/secret") is None
    assert tree.read("fine") == "r"


def test_directory_tree_reads_odd_encodings(tmp_path: Path) -> None:
    """A manifest with a BOM or a wrong byte is still read."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfx")
    (tmp_path / "b").write_bytes(b"caf\xe9")
    assert DirectoryTree(tmp_path).read("a") == "x"
    assert DirectoryTree(tmp_path).read("b") == "caf\ufffd"
