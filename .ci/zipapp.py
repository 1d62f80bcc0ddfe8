"""Builds sotabox.pyz, the one file that a box runs: `make zipapp`, or `python3 .ci/zipapp.py`.

Needs only this checkout, a Python with `venv`, and a package index: `install.sh` calls it on a bare
machine, so it imports nothing that is not in the standard library. Same commit, same bytes: every
input is pinned by hash, every time-stamp is the commit's, nothing compiled goes in.

The tree that is packed is made for the running interpreter's ABI (`wheels`); a file for several
interpreters is the union of several such trees, as native modules carry their ABI in their names.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import sbom

ROOT: Final = Path(__file__).resolve().parent.parent
TOOLS_LOCK: Final = ROOT / ".ci" / "zipapp.lock"
LOCK: Final = ROOT / "requirements.lock"
EPOCH_WITHOUT_GIT: Final = "1735689600"  # 2025-01-01: a checkout without history has no date
PRUNED: Final = (
    # pattern, relative to the tree: why nothing at run time asks for it
    "faker*",  # polyfactory's fake data; Litestar asks for it only to invent examples in its schema
    "pip",  # `sqlite-utils install`, a command that is not ours
    "pip-*",
    "pygments*",  # colours of tracebacks that `rich` would print
    "multidict/_testcapi*",  # tests of its C interface
    "**/__pycache__",
)
PROGRAMS: Final = ("caddy",)  # of bin/: the rest are wrappers for libraries' own command lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds sotabox.pyz")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "sotabox.pyz")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "zipapp")
    arguments = parser.parse_args()
    output, cache = arguments.output.resolve(), arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:  # two builds at once would write the same files
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(output, cache)
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    print(f"{output}  {output.stat().st_size / 1e6:.1f} MB  sha256 {digest}")


def build(output: Path, cache: Path) -> None:
    """Makes `output`, unless it was made of the same inputs already."""
    os.environ["SOURCE_DATE_EPOCH"] = _commit_time()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sotabox-zipapp-") as scratch:
        source, tree = Path(scratch) / "source", Path(scratch) / "site"
        copy_sources(source)
        inputs, record = fingerprint(source), output.with_suffix(".inputs")
        if not (output.exists() and record.exists() and record.read_text() == inputs):
            tools = build_tools(cache)
            collect(tools, source, tree)
            prune(tree)
            vendor = json.loads((source / "static" / "vendor.json").read_text(encoding="utf-8"))
            sbom.write(tree, LOCK.read_text(encoding="utf-8"), vendor["packages"])
            record.unlink(missing_ok=True)
            pack(tools, tree, output)
            record.write_text(inputs)


def copy_sources(target: Path) -> None:
    """What the wheel is made of, without what Git ignores: a stray file must not change bytes."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "node_modules")
    target.mkdir()
    for name in ("sotabox", "templates", "static", "examples", "docs"):
        shutil.copytree(ROOT / name, target / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, target / name)


def fingerprint(source: Path) -> str:
    """What the bytes of the result depend on: when it is the same, there is nothing to do."""
    digest = hashlib.sha256(f"{sys.version} {os.environ['SOURCE_DATE_EPOCH']}".encode())
    sources = [path for path in source.rglob("*") if path.is_file()]
    own = [
        path
        for path in (ROOT / ".ci").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    for path in sorted([*own, LOCK, *sources]):
        name = path.relative_to(source if path in sources else ROOT)
        digest.update(f"\0{name}\0{path.stat().st_mode:o}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build_tools(cache: Path) -> Path:
    """The `bin` folder of an environment that holds what zipapp.lock names, made once a lock."""
    key = hashlib.sha256(TOOLS_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = cache / key
    if not (home / "complete").exists():
        venv.create(home, with_pip=True, clear=True)
        _run([home / "bin" / "python", *_PIP, "--require-hashes", "-r", TOOLS_LOCK])
        (home / "complete").touch()
    return home / "bin"


def collect(tools: Path, source: Path, tree: Path) -> None:
    """Installs what requirements.lock names, and sotabox itself, into `tree`."""
    into_tree = [tools / "python", *_PIP, "--target", tree, "--no-compile", "--no-deps"]
    _run([*into_tree, "--only-binary=:all:", "--require-hashes", "-r", LOCK])
    wheels = source / "dist"
    _run([tools / "hatchling", "build", "-t", "wheel", "-d", wheels], cwd=source)
    (wheel,) = wheels.glob("*.whl")
    _run([*into_tree, "--no-index", wheel])


def prune(tree: Path) -> None:
    """Takes out of `tree` what no code path of a box reaches."""
    for pattern in PRUNED:
        for path in sorted(tree.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for program in (tree / "bin").iterdir():
        if program.name not in PROGRAMS:
            program.unlink()
    for record in tree.glob("*.dist-info/direct_url.json"):
        record.unlink()  # names the build's own folder, which differs from build to build
    for record in tree.glob("sotabox-*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if "direct_url.json" not in line))


def pack(tools: Path, tree: Path, output: Path) -> None:
    """Writes `tree` as one executable file, complete or not at all."""
    partial = output.with_suffix(".partial")
    _run(
        [
            tools / "shiv",
            *("--site-packages", tree, "--output-file", partial),
            *(
                "--entry-point",
                "sotabox.__main__:main",
                "--python",
                "/usr/bin/env -S python3 -I -S",
            ),
            *("--root", "~/.cache/sotabox"),  # where it unpacks unless SHIV_ROOT says otherwise
            *("--compressed", "--reproducible"),
        ]
    )
    partial.replace(output)


_PIP: Final = ("-m", "pip", "--disable-pip-version-check", "install", "-qq")


def _commit_time() -> str:
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return EPOCH_WITHOUT_GIT


def _run(command: Sequence[str | Path], cwd: Path = ROOT) -> None:
    arguments = [str(part) for part in command]
    if subprocess.run(arguments, cwd=cwd, check=False).returncode != 0:
        sys.exit(f"zipapp: this step failed: {' '.join(arguments)}")


if __name__ == "__main__":
    main()
