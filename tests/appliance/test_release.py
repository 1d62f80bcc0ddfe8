"""A signed release: made, published on a web server of this machine, installed, tampered with."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.appliance.test_install import Installation

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"sotabox-{platform.machine()}.pyz"

pytestmark = [pytest.mark.engine, pytest.mark.slow]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A web server with nothing on it: its address and its folder."""
    folder = tmp_path_factory.mktemp("site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/releases", folder / "releases"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def release(site: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the newest release, signed by a key of this test."""
    url, folder = site
    key = tmp_path_factory.mktemp("key") / "release"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    make = ["--key", str(key), "--releases", url, "--output", str(folder), "--quick"]
    machine = ["--machine", platform.machine()]
    subprocess.run([sys.executable, str(ROOT / ".ci/release.py"), *make, *machine], check=True)
    (made,) = folder.iterdir()
    shutil.copytree(made, folder / "latest")
    return made


@pytest.fixture
def box(free_port: Callable[[], int]) -> Iterator[Installation]:
    prefix = Path(tempfile.mkdtemp(prefix="sotabox-"))
    yield Installation(ROOT, prefix, free_port(), free_port())
    shutil.rmtree(prefix, ignore_errors=True)


def piped(release: Path, box: Installation, *options: str) -> "subprocess.CompletedProcess[str]":
    """`curl …/install.sh | sh -s -- OPTIONS`, as root, below the box's prefix."""
    ports = ["--http-port", str(box.http_port), "--listen", box.listen]
    ours = ["--prefix", str(box.prefix), "--keep-engine", *ports, *options]
    return subprocess.run(
        ["sh", "-s", "--", *ours],
        input=(release / "install.sh").read_text(),
        env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_release_is_installed_and_knows_the_next_one(release: Path, box: Installation) -> None:
    """One line installs it; again, it changes nothing; later releases are looked for in its place."""
    done = piped(release, box)
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        assert "its sum and its signature are right" in done.stdout
        assert box.program.read_bytes() == (release / PROGRAM).read_bytes()
        before = box.files()
        again = piped(release, box)
        assert again.returncode == 0, again.stdout + again.stderr
        assert "→" not in again.stdout
        assert box.files() == before
        said = box.sotabox("upgrade", "--dry-run")
        assert "nothing was changed" in said
    finally:
        gone = piped(release, box, "--uninstall", "--purge")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not box.prefix.exists()


@pytest.mark.parametrize("harm", ["altered", "signed by another", "cut short", "not there"])
def test_release_that_is_not_ours_is_refused(
    release: Path, box: Installation, tmp_path: Path, harm: str
) -> None:
    """Nothing runs, and nothing is put in place, unless sum and signature are right."""
    bad = release.with_name(harm.replace(" ", "-"))
    shutil.copytree(release, bad)
    try:
        program = bad / PROGRAM
        content = program.read_bytes()
        if harm == "not there":
            program.unlink()
        elif harm == "cut short":
            program.write_bytes(content[:-1000])
        elif harm == "altered":  # with its sum, as somebody would who can write to the server
            program.write_bytes(content + b"x")
            _sum_up(program)
        else:
            key = tmp_path / "key"
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
            subprocess.run(make, check=True)
            Path(f"{program}.sig").unlink()
            sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "sotabox"]
            subprocess.run([*sign, str(program)], check=True)
        done = piped(release, box, "--version", bad.name)
    finally:
        shutil.rmtree(bad)
    words = {"not there": "can't be fetched", "cut short": "was damaged on its way"}
    assert done.returncode == 1
    assert words.get(harm, "is not signed by the makers") in done.stderr, done.stderr
    assert not box.program.exists()
    assert not box.launcher.exists()


def _sum_up(program: Path) -> None:
    digest = subprocess.run(["sha256sum", str(program)], capture_output=True, check=True).stdout
    Path(f"{program}.sha256").write_bytes(digest)


def test_killed_after_any_line_it_ends_as_if_it_had_not_been(
    release: Path, box: Installation
) -> None:
    """Power cut, lost connection, Ctrl-C: the same command again, and all is as it should be."""
    ports = ["--http-port", str(box.http_port), "--listen", box.listen]
    ours = ["--prefix", str(box.prefix), "--keep-engine", *ports]
    command = ["sh", str(ROOT / "install.sh"), *ours, "--from", str(release / PROGRAM)]
    environ = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

    def interrupted(line: int) -> list[str]:
        """Installs, and dies once it has printed so many lines; what it printed."""
        said: list[str] = []
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            while len(said) < line and (words := process.stdout.readline()):
                said.append(words)
            process.kill()
        return said

    try:
        line = 4  # before that it only looks
        while len(said := interrupted(line)) == line and "Ready in" not in said[-1]:
            line += 1
        assert line > 6, said
        whole = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert whole.returncode == 0, whole.stdout + whole.stderr
        files = box.files()
        assert {Path(path).name for path in files if "unpacked" not in path} == {
            "sotabox", "sotabox.pyz", "sotabox.env", "running", "sotabox-install"
        }  # fmt: skip
        again = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        assert "→" not in again.stdout
        assert box.files() == files
    finally:
        gone = piped(release, box, "--uninstall", "--purge")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not box.prefix.exists()
