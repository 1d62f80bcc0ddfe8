"""What goes into an archive and what stays at home, compared with git itself where git decides."""

import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from sotabox.cli.packing import pack, walk
from sotabox.errors import Invalid, NotFound

IGNORED_BY_DEFAULT = (
    ".git/config",
    "node_modules/x/index.js",
    "web/node_modules/x.js",
    ".env",
    ".env.local",
    "debug.log",
    ".DS_Store",
    ".sota.json",
    "app/__pycache__/x.pyc",
    ".venv/bin/python",
    "vendor/autoload.php",
)


def grow(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_defaults_stay_at_home(tmp_path: Path) -> None:
    """Secrets, dependencies and history are not uploaded, without a word from me."""
    grow(tmp_path, dict.fromkeys((*IGNORED_BY_DEFAULT, "app/main.py", ".envrc", "env.py"), ""))
    assert list(walk(tmp_path)) == [".envrc", "app/main.py", "env.py"]


@pytest.mark.parametrize(
    ("gitignore", "sotaignore", "files", "expected"),
    [
        ("*.tmp", None, ["a.tmp", "b/c.tmp", "d"], ["d"]),
        ("/a", None, ["a", "b/a"], ["b/a"]),
        ("build/", None, ["build/x", "src/build"], ["src/build"]),
        ("a/**/z", None, ["a/z", "a/b/c/z", "z"], ["z"]),
        ("*\n!keep", None, ["keep", "drop"], ["keep"]),
        ("dir\n!dir/keep", None, ["dir/keep", "top"], ["top"]),
        ("dir/*\n!dir/keep", None, ["dir/keep", "dir/drop"], ["dir/keep"]),
        (r"\!odd", None, ["!odd", "even"], ["even"]),
        ("# comment\n\nx", None, ["x", "# comment"], ["# comment"]),
        ("foo[ab]", None, ["fooa", "fooc"], ["fooc"]),
        ("dist/", "!dist/", ["dist/x", "y"], ["dist/x", "y"]),
        ("!secret", "secret", ["secret", "y"], ["y"]),
        (None, "!vendor/", ["vendor/x"], ["vendor/x"]),
        (None, "docs", ["docs/a", "b"], ["b"]),
        (None, "!.git", ["b"], ["b"]),
    ],
)
def test_patterns_mean_what_they_mean_to_git(
    tmp_path: Path,
    gitignore: str | None,
    sotaignore: str | None,
    files: list[str],
    expected: list[str],
) -> None:
    """Patterns of `.gitignore` and `.sotaignore` leave out what their author meant."""
    grow(tmp_path, dict.fromkeys([*files, ".git/config"], ""))
    for name, text in ((".gitignore", gitignore), (".sotaignore", sotaignore)):
        if text is not None:
            (tmp_path / name).write_text(text)
    assert [name for name in walk(tmp_path) if not name.endswith("ignore")] == expected


def test_gitignores_below_agree_with_git(tmp_path: Path) -> None:
    """In a tree with a `.gitignore` in several folders, we upload what git would commit."""
    grow(
        tmp_path,
        {
            ".gitignore": "*.out\n/only-top\nsub/deep/\n",
            "sub/.gitignore": "!keep.out\n/local\n",
            "sub/keep.out": "", "sub/lose.out": "", "sub/local": "", "sub/more/local": "",
            "sub/deep/file": "", "only-top": "", "sub/only-top": "", "keep.out": "",
            "sub/more/.gitignore": "*\n!*.txt\n", "sub/more/a.txt": "", "sub/more/b.md": "",
        },
    )  # fmt: skip
    environ = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", tmp_path], check=True, env=environ)
    listed = subprocess.run(
        ["git", "-C", tmp_path, "ls-files", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True, env=environ,
    )  # fmt: skip
    assert sorted(walk(tmp_path)) == sorted(listed.stdout.split())


def test_links_and_programs_arrive_as_they_are(tmp_path: Path) -> None:
    """A link stays a link, also to a folder, and a program can still be run."""
    grow(tmp_path, {"bin/start": "#!/bin/sh\n", "data/x": ""})
    (tmp_path / "bin/start").chmod(0o755)
    (tmp_path / "link").symlink_to("data")
    os.mkfifo(tmp_path / "pipe")
    with tarfile.open(fileobj=packed(tmp_path)) as archive:
        members = {member.name: member for member in archive}
    assert set(members) == {"bin/start", "data/x", "link"}
    assert members["bin/start"].mode & 0o111
    assert (members["link"].linkname, members["bin/start"].uid) == ("data", 0)


def test_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    """Packing twice gives the same archive, so that what is cached by content stays cached."""
    grow(tmp_path, {"b": "2", "a": "1"})
    assert packed(tmp_path).getvalue() == packed(tmp_path).getvalue()


def test_names_in_every_language_arrive(tmp_path: Path) -> None:
    """A file may be called what its author likes, at any length."""
    name = f"übermäßig/{'長' * 60}/x y.txt"
    grow(tmp_path, {name: "hi"})
    with tarfile.open(fileobj=packed(tmp_path)) as archive:
        assert archive.getnames() == [name]


def test_empty_folder_is_refused_with_a_reason(tmp_path: Path) -> None:
    """Nothing to deploy is said before anything is sent."""
    (tmp_path / ".gitignore").write_text("*\n")
    with pytest.raises(Invalid, match="nothing to deploy"):
        packed(tmp_path)
    with pytest.raises(NotFound, match="not a folder"):
        packed(tmp_path / "nowhere")


def packed(folder: Path) -> io.BytesIO:
    out = io.BytesIO()
    pack(folder, out, lambda _: None)
    out.seek(0)
    return out
