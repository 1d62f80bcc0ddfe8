"""The one file: what starts it, and how trees for several interpreters become one."""

import importlib.util
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = EXTENSION_SUFFIXES[0]
OTHER = ".cpython-399-x86_64-linux-gnu.so"
BUILD, OLD = "0123456789abcdef", "fedcba9876543210"
#: Says that it runs, and goes on until somebody closes its standard input.
PROGRAM = "def main():\n    print('runs', flush=True)\n    input()\n"


def loaded(name: str, path: Path) -> ModuleType:
    """A module of `.ci`."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packed(folder: Path, build: str = BUILD, suffixes: tuple[str, ...] = (OWN, OTHER)) -> Path:
    """A zipapp packed as the real one is, of a tree with two native modules."""
    tree, launcher = folder / f"site-{build}", folder / f"launcher_{build}"
    (tree / "sotabox").mkdir(parents=True)
    (tree / "sotabox" / "__init__.py").touch()
    (tree / "sotabox" / "__main__.py").write_text(PROGRAM)
    for suffix in (OWN, OTHER):
        (tree / f"native{suffix}").touch()
    (tree / "bin").mkdir()
    (tree / "bin" / "caddy").touch(0o755)
    launcher.mkdir()
    (launcher / "__init__.py").write_text((ROOT / ".ci/launcher/__init__.py").read_text())
    (launcher / "contents.py").write_text(f"SUFFIXES = {suffixes!r}\n")
    output = folder / f"{build}.pyz"
    environ = {**os.environ, "SOURCE_DATE_EPOCH": "1735689600"}
    paths = [str(path) for path in (tree, launcher, output)]
    subprocess.run(
        [sys.executable, str(ROOT / ".ci/pack.py"), build, *paths], env=environ, check=True
    )
    return output


def begin(program: Path, root: Path) -> "subprocess.Popen[str]":
    """Starts a zipapp that unpacks itself below `root`."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(program)],
        env={**os.environ, "SHIV_ROOT": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(program: Path, root: Path) -> str:
    """What a zipapp prints."""
    return begin(program, root).communicate("\n", timeout=60)[0]


def folders(root: Path) -> set[str]:
    """The builds that lie unpacked."""
    return {path.name.partition("-")[0] for path in root.iterdir() if path.is_dir()}


def test_first_start_unpacks_what_this_interpreter_can_load(tmp_path: Path) -> None:
    """Other interpreters' native modules, most of the file, take no room on my disk."""
    root = tmp_path / "root"
    assert run(packed(tmp_path), root) == "runs\n"
    (site,) = root.glob("*/site-packages")
    assert sorted(path.name for path in site.iterdir()) == ["bin", f"native{OWN}", "sotabox"]
    assert os.access(site / "bin" / "caddy", os.X_OK)


def test_many_first_starts_at_once_all_run(tmp_path: Path) -> None:
    """Whoever comes second waits for the first, and nobody sees half of it."""
    program, root = packed(tmp_path), tmp_path / "root"
    started = [begin(program, root) for _ in range(5)]
    assert [process.communicate("\n", timeout=60)[0] for process in started] == ["runs\n"] * 5
    assert len(list(root.glob("*-*"))) == 1


def test_unpacking_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    """Half of a program is never taken for a whole one, and doesn't stay."""
    program, root = packed(tmp_path), tmp_path / "root"
    name = f"{BUILD}-{sys.implementation.cache_tag}"
    (root / f"{name}.partial" / "site-packages" / "sotabox").mkdir(parents=True)
    (root / f"{OLD}-cpython-311.removed" / "site-packages").mkdir(parents=True)
    assert run(program, root) == "runs\n"
    assert [path.name for path in root.glob("*-*")] == [name]


def test_old_builds_go_unless_they_run(tmp_path: Path) -> None:
    """An upgrade leaves no 130 MB behind, and takes no file from under what still runs."""
    old, new, root = packed(tmp_path, OLD), packed(tmp_path), tmp_path / "root"
    (tmp_path / "root").mkdir()
    (root / "notes-of-mine").mkdir()
    running = begin(old, root)
    assert running.stdout
    assert running.stdout.readline() == "runs\n"
    run(new, root)
    assert folders(root) == {OLD, BUILD, "notes"}
    running.communicate("\n", timeout=60)
    newest = packed(tmp_path, "a" * 16)
    run(newest, root)
    assert folders(root) == {"a" * 16, "notes"}


def test_other_interpreter_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Not a traceback about a missing module, but which Python it takes, and nothing unpacked."""
    program, root = packed(tmp_path, suffixes=(OTHER,)), tmp_path / "root"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program)],
        env={**os.environ, "SHIV_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "runs on CPython 3.99 for x86_64-linux-gnu" in done.stderr
    assert f"python3.99 {program}" in done.stderr
    assert not root.exists()


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """It says where it wanted to unpack, and how to name another place."""
    blocked = tmp_path / "file"
    blocked.touch()
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(packed(tmp_path))],
        env={**os.environ, "SHIV_ROOT": str(blocked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert str(blocked) in done.stderr
    assert "SHIV_ROOT=" in done.stderr


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`.ci/zipapp.py`, which finds its neighbours as a program does."""
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    module = loaded("zipapp_build", ROOT / ".ci" / "zipapp.py")
    monkeypatch.delitem(sys.modules, "sbom", raising=False)
    return module


def test_trees_of_two_interpreters_become_one(build: ModuleType, tmp_path: Path) -> None:
    """Each brings its native modules; what pip noted of both is kept."""
    for name, line in (("one", "a.so,,"), ("two", "b.so,,")):
        info = tmp_path / name / "lib-1.dist-info"
        info.mkdir(parents=True)
        (info / "RECORD").write_text(f"{line}\nlib.py,,\n")
        (info / "WHEEL").write_text(name)
        (tmp_path / name / line.partition(",")[0]).touch()
        (tmp_path / name / "lib.py").write_text("same")
    build.merge(tmp_path / "two", tmp_path / "one")
    assert {path.name for path in tmp_path.iterdir()} == {"one"}
    tree = tmp_path / "one"
    assert {path.name for path in tree.iterdir()} == {"a.so", "b.so", "lib.py", "lib-1.dist-info"}
    assert (tree / "lib-1.dist-info" / "RECORD").read_text() == "a.so,,\nb.so,,\nlib.py,,\n"


def test_trees_that_contradict_each_other_end_the_build(build: ModuleType, tmp_path: Path) -> None:
    """One file can't serve two interpreters whose packages differ: the build says which."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lib.py").write_text(name)
    with pytest.raises(SystemExit, match=r"lib\.py differs between versions"):
        build.merge(tmp_path / "two", tmp_path / "one")


def test_nothing_that_differs_from_build_to_build_goes_in(
    build: ModuleType, tmp_path: Path
) -> None:
    """The folder that a build happens in is named by nothing that is packed: same commit, same bytes."""
    info = tmp_path / "lib-1.dist-info"
    info.mkdir()
    (info / "direct_url.json").write_text('{"url": "file:///home/me"}')
    kept = ["lib.py,sha256=a,1\n", "../../bin/caddy,sha256=b,1\n"]
    gone = ["../../bin/lib,sha256=c,1\n", "lib-1.dist-info/direct_url.json,,\n"]
    (info / "RECORD").write_text("".join(kept + gone))
    for name in ("lib", "caddy"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text("#!/home/me/bin/python\n")
    build.prune(tmp_path)
    assert (info / "RECORD").read_text() == "".join(kept)
    assert [path.name for path in info.iterdir()] == ["RECORD"]
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["caddy"]


def test_manual_goes_in_and_nothing_else_of_its_folder(build: ModuleType, tmp_path: Path) -> None:
    """What no command prints, such as pictures of the web's pages, makes the program no larger."""
    docs = tmp_path / "sotabox" / "_docs"
    shutil.copytree(ROOT / "docs", docs)
    (tmp_path / "bin").mkdir()
    build.prune(tmp_path)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert {str(path.relative_to(docs)) for path in docs.rglob("*")} == pages
