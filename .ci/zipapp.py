"""Builds sotabox.pyz, the one file that a box runs: `make zipapp`, or `python3 .ci/zipapp.py`.

Needs only this checkout, a Python with `venv`, and a package index: `install.sh` calls it on a bare
machine, so it imports nothing that is not in the standard library. Same commit, same bytes: every
input is pinned by hash, every time-stamp is the commit's, nothing compiled goes in.

One file serves every CPython of `VERSIONS` on one processor: what is packed is the union of what pip
installs for each of them, as native modules carry interpreter and processor in their names. With
`--quick` it serves only the version that builds it, which is a quarter of the downloads.
"""

import argparse
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sbom

ROOT: Final = Path(__file__).resolve().parent.parent
TOOLS_LOCK: Final = ROOT / ".ci" / "zipapp.lock"
LOCK: Final = ROOT / "requirements.lock"
PACKER: Final = ROOT / ".ci" / "pack.py"
LAUNCHER: Final = ROOT / ".ci" / "launcher"
VERSIONS: Final = ("3.11", "3.12", "3.13", "3.14")
MACHINES: Final = ("x86_64", "aarch64")
#: Wheels for older C libraries than this run as well: Ubuntu 22.04 has 2.35, RHEL 9 has 2.34.
GLIBC_MINOR: Final = 34
#: A build that grows beyond this fails: somebody has to look at what came in.
BUDGET_MB: Final = 60
EPOCH_WITHOUT_GIT: Final = "1735689600"  # 2025-01-01: a checkout without history has no date
PRUNED: Final = (
    # pattern, relative to the tree: why nothing at run time asks for it
    "faker*",  # polyfactory's fake data; Litestar asks for it only to invent examples in its schema
    "pip",  # `sqlite-utils install`, a command that is not ours
    "pip-*",
    "pygments*",  # colours of tracebacks that `rich` would print
    "share",  # manual pages of libraries' own command lines
    "sotabox/_docs/decisions",  # `sotabox docs` prints the manual's pages, and none of the rest
    "sotabox/_docs/images",
    "sotabox/_docs/performance.json",
    "multidict/_testcapi*",  # tests of its C interface
    "**/__pycache__",
)
PROGRAMS: Final = ("caddy",)  # of bin/: the rest are wrappers for libraries' own command lines


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file shall run: versions of CPython, and a processor."""

    versions: tuple[str, ...]
    machine: str

    @property
    def platforms(self) -> Iterator[str]:
        """The tags of wheels that run there, as pip takes them (PEP 600)."""
        yield f"manylinux2014_{self.machine}"
        for minor in range(17, GLIBC_MINOR + 1):
            yield f"manylinux_2_{minor}_{self.machine}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds sotabox.pyz")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "sotabox.pyz")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "zipapp")
    parser.add_argument("--machine", choices=MACHINES, default=platform.machine())
    parser.add_argument("--quick", action="store_true", help="for this version of Python only")
    parser.add_argument("--release-key", type=Path, help="public key that checks later releases")
    arguments = parser.parse_args()
    output, cache = arguments.output.resolve(), arguments.cache.resolve()
    own = "{}.{}".format(*sys.version_info)
    target = Target((own,) if arguments.quick else VERSIONS, arguments.machine)
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:  # two builds at once would write the same files
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(output, cache, target, arguments.release_key)
    report(output, target)


def build(output: Path, cache: Path, target: Target, release_key: Path | None) -> None:
    """Makes `output`, unless it was made of the same inputs already."""
    os.environ["SOURCE_DATE_EPOCH"] = _commit_time()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sotabox-zipapp-") as scratch:
        source, tree = Path(scratch) / "source", Path(scratch) / "site"
        copy_sources(source)
        if release_key:
            shutil.copyfile(release_key, source / "sotabox" / "release.pub")
        inputs, record = fingerprint(source, target), output.with_suffix(".inputs")
        if not (output.exists() and record.exists() and record.read_text() == inputs):
            tools = build_tools(cache)
            collect(tools, source, tree, target)
            prune(tree)
            vendor = json.loads((source / "static" / "vendor.json").read_text(encoding="utf-8"))
            sbom.write(tree, LOCK.read_text(encoding="utf-8"), vendor["packages"])
            record.unlink(missing_ok=True)
            pack(tools, tree, output)
            record.write_text(inputs)


def report(output: Path, target: Target) -> None:
    """Prints what was made and where its size comes from; ends the program if that is too much."""
    size_mb = output.stat().st_size / 1e6
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    print(f"{output}  {size_mb:.1f} MB  sha256 {digest}")
    parts = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sorted(shares(output).items()))
    print(f"for CPython {', '.join(target.versions)} on {target.machine}; in MB: {parts}")
    if size_mb > BUDGET_MB:
        sys.exit(f"zipapp: that is more than {BUDGET_MB} MB: see what came in, or raise BUDGET_MB")


def shares(output: Path) -> Counter[str]:
    """Packed bytes by what they are for: Caddy, each interpreter's native modules, the rest."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(output) as packed:
        for member in packed.infolist():
            native = re.search(r"\.cpython-3(\d+)-[^/]*\.so$", member.filename)
            of_all = "Caddy" if member.filename == "site-packages/bin/caddy" else "all versions"
            found[f"only {'3.' + native[1]}" if native else of_all] += member.compress_size
    return found


def copy_sources(target: Path) -> None:
    """What the wheel is made of, without what Git ignores: a stray file must not change bytes."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "node_modules")
    target.mkdir()
    for name in ("sotabox", "templates", "static", "examples", "docs"):
        shutil.copytree(ROOT / name, target / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, target / name)


def fingerprint(source: Path, target: Target) -> str:
    """What the bytes of the result depend on: when it is the same, there is nothing to do."""
    digest = hashlib.sha256(f"{target} {sys.version} {os.environ['SOURCE_DATE_EPOCH']}".encode())
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


def collect(tools: Path, source: Path, tree: Path, target: Target) -> None:
    """Installs what requirements.lock names, and sotabox itself, into `tree`."""
    pip = [tools / "python", *_PIP, "--no-compile", "--no-deps"]
    wheels = [*pip, "--only-binary=:all:", "--require-hashes", "-r", LOCK]
    platforms = [f"--platform={name}" for name in target.platforms]
    for version in target.versions:
        part = tree.with_name(f"site-{version}") if tree.exists() else tree
        wanted = ["--implementation=cp", f"--python-version={version}", *platforms]
        _run([*wheels, *wanted, "--target", part])
        if part != tree:
            merge(part, tree)
    dist = source / "dist"
    _run([tools / "hatchling", "build", "-t", "wheel", "-d", dist], cwd=source)
    (wheel,) = dist.glob("*.whl")
    _run([*pip, "--target", tree, "--no-index", wheel])


def merge(part: Path, tree: Path) -> None:
    """Moves into `tree` what only `part` has; ends the program where the two contradict each other."""
    for path in sorted(path for path in part.rglob("*") if path.is_file()):
        known = tree / path.relative_to(part)
        if not known.exists():
            known.parent.mkdir(parents=True, exist_ok=True)
            path.rename(known)
        elif path.name == "RECORD":
            lines = {*known.read_text().splitlines(), *path.read_text().splitlines()}
            known.write_text("".join(f"{line}\n" for line in sorted(lines)))
        elif path.name != "WHEEL" and path.read_bytes() != known.read_bytes():
            sys.exit(f"zipapp: {known.relative_to(tree)} differs between versions of Python")
    shutil.rmtree(part)


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
    for record in tree.glob(
        "*.dist-info/RECORD"
    ):  # the wrappers' sums differ as well: they name it
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if not _GONE.search(line)))


def pack(tools: Path, tree: Path, output: Path) -> None:
    """Writes `tree` as one executable file, complete or not at all."""
    digest = hashlib.sha256()
    suffixes = set()
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        is_program = path.parent == tree / "bin"
        path.chmod(0o755 if is_program else 0o644)  # whatever this machine's umask made of it
        digest.update(f"\0{path.relative_to(tree)}\0".encode() + path.read_bytes())
        if native := re.search(r"\.cpython-.*\.so$", path.name):
            suffixes.add(native[0])
    launcher = tree.with_name("launcher")
    shutil.copytree(LAUNCHER, launcher, ignore=shutil.ignore_patterns("__pycache__"))
    (launcher / "contents.py").write_text(f"SUFFIXES = {sorted(suffixes)!r}\n")
    for path in launcher.iterdir():
        path.chmod(0o644)
    partial = output.with_suffix(".partial")
    _run([tools / "python", "-P", PACKER, digest.hexdigest()[:16], tree, launcher, partial])
    partial.chmod(0o755)
    partial.replace(output)


_GONE: Final = re.compile(r"^\.\./\.\./bin/(?!caddy,)|/direct_url\.json,")
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
