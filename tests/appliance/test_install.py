"""install.sh on this machine: installs, mends, leaves alone, removes. Everything in it is real.

The box lives below a folder of its own (`--prefix`), on free ports, beside whatever else runs here,
and the engine is left as it is (`--keep-engine`).
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "examples" / "static" / "index.html").read_text(encoding="utf-8")

pytestmark = [pytest.mark.engine, pytest.mark.slow]


class Installation:
    """A box made by install.sh below `prefix`."""

    def __init__(self, checkout: Path, prefix: Path, http_port: int, listen_port: int) -> None:
        self._script = checkout / "install.sh"
        self.prefix = prefix
        self.http_port = http_port
        self.data_dir = prefix / "var/lib/sotabox"
        self.program = prefix / "usr/local/lib/sotabox/sotabox.pyz"
        self.launcher = prefix / "usr/local/bin/sotabox"
        self.config = prefix / "etc/sotabox/sotabox.env"
        self.listen = f"127.0.0.1:{listen_port}"
        self._settings = ["--http-port", str(http_port), "--listen", self.listen]

    def run(self, *options: str) -> str:
        """What install.sh prints; it must succeed."""
        command = [str(self._script), "--prefix", str(self.prefix), "--keep-engine"]
        # As on a server: without what this environment's own Python brings along.
        environ = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        done = subprocess.run(
            [*command, *options], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self) -> str:
        return self.run("--demo", *self._settings)

    def sotabox(self, *arguments: str) -> str:
        """What the installed command prints."""
        done = subprocess.run(
            [str(self.launcher), *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def get(self, host: str, path: str = "/", key: str = "") -> str:
        """The body of a page that Caddy serves for `host`."""
        headers = {"Host": host, "Authorization": f"Bearer {key}"}
        url = f"http://127.0.0.1:{self.http_port}{path}"
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=10
        ) as answer:
            return str(answer.read().decode())

    def serve_pid(self) -> int:
        return int((self.data_dir / "serve.pid").read_text())

    def instance(self) -> str:
        return (self.data_dir / "instance-id").read_text().strip()

    def files(self) -> dict[str, int]:
        """Every file outside the data directory, with the time of its last change."""
        return {
            str(path): path.stat().st_mtime_ns
            for path in self.prefix.rglob("*")
            if path.is_file()
            and not path.is_relative_to(self.data_dir)
            and "build" not in path.parts
        }


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout that nobody edits meanwhile: the same source, the same program."""
    copy = tmp_path_factory.mktemp("checkout") / "sotabox"
    others = shutil.ignore_patterns(".git", ".venv", ".*cache", "__pycache__", "dist", "tests")
    shutil.copytree(ROOT, copy, ignore=others)
    return copy


@pytest.fixture
def installation(checkout: Path, free_port: Callable[[], int]) -> Iterator[Installation]:
    # Not pytest's own folder: a socket's path below it would be longer than the kernel allows.
    prefix = Path(tempfile.mkdtemp(prefix="sotabox-"))
    made = Installation(checkout, prefix, free_port(), free_port())
    yield made
    if prefix.exists():
        made.run("--uninstall", "--purge")
        shutil.rmtree(prefix, ignore_errors=True)


def _of_instance(docker_host: str, instance: str) -> list[str]:
    engine = docker.DockerClient(base_url=docker_host, timeout=60)
    wanted = {"label": f"sotabox.instance={instance}"}
    try:
        containers = engine.containers.list(all=True, filters=wanted, ignore_removed=True)
        networks = engine.networks.list(filters=wanted)
        images = engine.images.list(all=True, filters=wanted)
        return [str(thing.id) for thing in (*containers, *networks, *images)]
    finally:
        engine.close()


def _processes_naming(text: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command_line = process.read_bytes()
        except OSError:
            continue
        if text.encode() in command_line:
            found.append(command_line.replace(b"\0", b" ").decode())
    return found


def test_demo_from_first_command_to_nothing_left(
    installation: Installation, docker_host: str
) -> None:
    """One command ends with a live app; repeated it changes nothing, mends what broke, and removes."""
    box = installation

    said = box.install()
    assert box.get("hello.localhost") == PAGE
    assert f"http://hello.localhost:{box.http_port}" in said
    assert re.search(rf"Set up your login: http://localhost:{box.http_port}/setup/\S{{20,}}", said)
    key = re.search(r"API key: +(sota_[0-9a-f]{40})", said)
    assert key, said
    assert "hello" in box.get("localhost", "/v1/projects", key.group(1))
    first = box.serve_pid()

    before = box.files()
    said = box.install()
    assert "→" not in said, said
    assert "sota_" not in said
    assert box.files() == before
    assert box.serve_pid() == first

    os.kill(first, signal.SIGKILL)
    assert box.get("hello.localhost") == PAGE  # apps don't need the control plane
    said = box.install()
    assert "started sotabox in the background" in said
    assert box.serve_pid() != first
    assert "hello" in box.get("localhost", "/v1/projects", key.group(1))

    instance = box.instance()
    box.run("--uninstall")
    assert not box.launcher.exists()
    assert _of_instance(docker_host, instance)  # apps and data stay
    assert _processes_naming(str(box.prefix)) == []

    box.install()
    assert box.instance() == instance
    assert box.get("hello.localhost") == PAGE
    box.run("--uninstall", "--purge")
    assert not box.prefix.exists()
    assert _of_instance(docker_host, instance) == []
    assert _processes_naming(str(box.prefix)) == []


def test_new_program_replaces_the_old_one(installation: Installation) -> None:
    """An upgrade is the same command: program swapped, control plane restarted, settings kept."""
    box = installation
    box.install()
    key = box.sotabox("apikey", "create", "--name", "test")
    first, settings = box.serve_pid(), box.config.read_text()
    # A zip archive may have anything before its first entry, and a shebang may say anything.
    shebang, rest = box.program.read_bytes().split(b"\n", 1)
    other = box.prefix.with_suffix(".pyz")
    other.write_bytes(shebang + b" -I\n" + rest)
    try:
        said = box.run("--from", str(other))
    finally:
        other.unlink()
    assert "sotabox.pyz (" in said
    assert box.serve_pid() != first
    assert box.config.read_text() == settings
    assert "hello" in box.get("localhost", "/v1/projects", key)
    unpacked = list((box.prefix / "usr/local/lib/sotabox/unpacked").iterdir())
    assert len(unpacked) == 1


def test_taken_port_is_named_before_anything_changes(
    free_port: Callable[[], int], tmp_path: Path
) -> None:
    """Whoever holds port 80 is named, with the flag that helps, and nothing was touched."""
    port = free_port()
    program = ["python3", "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(
        [*program, "--directory", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as holder:
        assert holder.stdout
        try:
            holder.stdout.readline()  # it says so once it listens
            command = [str(ROOT / "install.sh"), "--prefix", str(tmp_path / "box")]
            ports = ["--http-port", str(port), "--listen", f"127.0.0.1:{free_port()}"]
            done = subprocess.run([*command, *ports], capture_output=True, text=True, check=False)
        finally:
            holder.kill()
    assert done.returncode == 1
    assert re.search(rf"port {port} is taken by python3\S* \(process {holder.pid}\)", done.stderr)
    assert "--http-port" in done.stderr
    assert not (tmp_path / "box").exists()


def test_dry_run_changes_nothing(free_port: Callable[[], int], tmp_path: Path) -> None:
    """A dry run says each thing that would be done, and does none; values may follow a `=` as well."""
    prefix = tmp_path / "box"
    ports = ["--http-port", str(free_port()), "--listen", f"127.0.0.1:{free_port()}"]
    done = subprocess.run(
        [str(ROOT / "install.sh"), f"--prefix={prefix}", "--dry-run", "--demo", *ports],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(prefix / "usr/local/lib/sotabox/sotabox.pyz") in done.stdout
    assert done.stdout.endswith("Nothing was changed.\n")
    assert not prefix.exists()


def test_script_cut_off_does_nothing(tmp_path: Path) -> None:
    """A download that breaks off anywhere runs nothing: only the last line starts the work."""
    lines = (ROOT / "install.sh").read_text().splitlines(keepends=True)
    assert lines[-1] == 'main "$@"\n'
    done = subprocess.run(
        ["sh", "-s", "--", "--prefix", str(tmp_path / "box")],
        input="".join(lines[:-1]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []
