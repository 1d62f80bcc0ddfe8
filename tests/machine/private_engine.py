"""A Docker engine of a test's own, which may be stopped, killed, hung, filled and rebooted.

It lives in network and mount name spaces of its own, so that it shares neither bridges and packet
filters nor mounts with the engine that everybody uses. `containerd` is a process beside `dockerd`, as
under systemd. What talks to its containers must live there as well: `inside` runs a callable in a
thread of that place, and the processes and sockets that it makes belong there for as long as they are.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import docker

from tests.machine import sweep
from tests.machine.place import Place, T, run_briefly
from tests.machine.small_disk import fill

_PREFIX: Final = "sotabox-engine-"
_READY_S: Final = 30.0
_STOP_S: Final = 30.0


class PrivateEngine:
    """The engine; make one with `private_engine`."""

    def __init__(self, directory: Path, *, size_mb: int | None) -> None:
        self.directory = directory
        self.data_root = directory / "data"
        self.docker_host = f"unix://{directory}/docker.sock"
        self._size_mb = size_mb
        self._cgroup = directory.name
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._place = Place()
        self.data_root.mkdir()
        if size_mb is not None:
            size = f"size={size_mb}m"
            self.inside(
                lambda: run_briefly(
                    "mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.data_root)
                )
            )

    def inside(self, work: Callable[[], T]) -> T:
        """What `work` gives, run where the engine's containers can be reached; it must not wait."""
        return self._place.inside(work)

    @property
    def pid(self) -> int:
        """The process id of dockerd."""
        return self._processes["dockerd"].pid

    def start(self, *, live_restore: bool = False) -> None:
        """Starts it, and returns when it answers."""
        self._config("daemon.json").write_text(json.dumps({"live-restore": live_restore}))
        if "containerd" not in self._processes:
            self._start_containerd()
        (self.directory / "docker.pid").unlink(missing_ok=True)
        self._spawn(
            "dockerd",
            *("--config-file", str(self._config("daemon.json"))),
            *("--data-root", str(self.data_root)),
            *("--exec-root", str(self.directory / "exec")),
            *("--pidfile", str(self.directory / "docker.pid")),
            *("--host", self.docker_host),
            *("--containerd", str(self.directory / "containerd.sock")),
            *("--cgroup-parent", f"/{self._cgroup}"),
        )
        self._wait_ready("dockerd", self.answers)

    def stop(self) -> None:
        """Ends dockerd in order: without live-restore its containers end with it."""
        self._end("dockerd", signal.SIGTERM)

    def kill(self) -> None:
        """Ends dockerd as a crash does; containerd and the containers go on."""
        self._end("dockerd", signal.SIGKILL)

    def power_off(self) -> None:
        """Ends everything at once, and leaves nothing but files, as a power cut does."""
        self._kill_all()
        self._processes.clear()
        self._place.close()
        for volatile in ("exec", "state"):
            shutil.rmtree(self.directory / volatile, ignore_errors=True)
        assert self._size_mb is None, "a file system in memory does not outlive the power"
        self._place = Place()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """For the time of the block dockerd takes connections and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[docker.DockerClient]:
        """A client of it."""
        with closing(docker.DockerClient(self.docker_host, timeout=60)) as client:
            yield client

    def load(self, tag: str) -> None:
        """Copies an image from the engine that everybody uses."""
        with closing(docker.DockerClient.from_env(timeout=60)) as shared, self.client() as own:
            image = shared.images.get(tag).save(named=tag)
            own.images.load(image)  # type: ignore[arg-type]  # whatever requests can stream

    def answers(self) -> bool:
        """Whether it answers right now."""
        with closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.settimeout(2)
            try:
                probe.connect(self.docker_host.removeprefix("unix://"))
                probe.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in probe.recv(64)
            except OSError:
                return False

    def log_text(self) -> str:
        """What dockerd printed over all its starts."""
        return (self.directory / "dockerd.log").read_text(errors="replace")

    def free_bytes(self) -> int:
        """What is free on the file system of its data."""
        return self.inside(lambda: shutil.disk_usage(self.data_root).free)

    @contextmanager
    def full(self) -> Iterator[None]:
        """For the time of the block the file system of its data has not one byte left."""
        assert self._size_mb is not None, "that would fill the machine's disk"
        ballast = self.data_root / "ballast"
        self.inside(lambda: fill(ballast))
        try:
            yield
        finally:
            self.inside(ballast.unlink)

    def close(self) -> None:
        """Ends everything and removes its files."""
        self._kill_all()
        self._place.close()
        remove_remains(self.directory)

    def _config(self, name: str) -> Path:
        return self.directory / name

    def _start_containerd(self) -> None:
        self._config("containerd.toml").write_text(
            f"version = 2\nroot = '{self.directory}/root'\nstate = '{self.directory}/state'\n"
            f"disabled_plugins = ['io.containerd.grpc.v1.cri']\n"
            f"[grpc]\naddress = '{self.directory}/containerd.sock'\n"
        )
        (self.directory / "containerd.sock").unlink(missing_ok=True)
        self._spawn("containerd", "--config", str(self._config("containerd.toml")))
        self._wait_ready("containerd", (self.directory / "containerd.sock").exists)

    def _spawn(self, program: str, *arguments: str) -> None:
        """Starts a program that dies with this process, should that be killed."""
        with (self.directory / f"{program}.log").open("ab") as log:
            self._processes[program] = self.inside(
                lambda: subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _wait_ready(self, program: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _READY_S
        log = self.directory / f"{program}.log"
        while not ready():
            assert self._processes[program].poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
            time.sleep(0.02)

    def _end(self, program: str, number: signal.Signals) -> None:
        process = self._processes.pop(program)
        process.send_signal(number)
        process.wait(_STOP_S)

    def _kill_all(self) -> None:
        kill_remains(self.directory.name)
        for process in self._processes.values():
            process.wait(_STOP_S)


def kill_remains(name: str) -> None:
    """Kills all processes of the engine whose directory has that name, its containers' included."""
    while victims := [pid for pid in _processes() if _belongs(pid, name)]:
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def remove_remains(directory: Path) -> None:
    """Removes the files and control groups of an engine that is dead."""
    shutil.rmtree(directory, ignore_errors=True)
    for cgroup in sorted(Path("/sys/fs/cgroup").glob(f"*/{directory.name}/**/"), reverse=True):
        with suppress(OSError):
            cgroup.rmdir()


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _belongs(pid: int, name: str) -> bool:
    """Whether a living process is one of an engine's (it names its directory) or of its containers'."""
    if pid == os.getpid():
        return False
    with suppress(FileNotFoundError, ProcessLookupError):
        process = Path("/proc", str(pid))
        if b") Z " in (process / "stat").read_bytes():
            return False
        command = (process / "cmdline").read_bytes().split(b"\0")
        ours = {b"dockerd", b"containerd", b"containerd-shim-runc-v2", b"setpriv"}
        if Path(os.fsdecode(command[0])).name.encode() in ours:
            return name.encode() in b" ".join(command)
        return f"/{name}/" in (process / "cgroup").read_text()
    return False


@contextmanager
def private_engine(*, size_mb: int | None = None) -> Iterator[PrivateEngine]:
    """An engine for the time of the block, not started yet.

    With `size_mb` its data lie on a file system in memory of that size.
    """
    parent = Path(tempfile.gettempdir())
    for remains in parent.glob(f"{_PREFIX}*"):
        pid = remains.name.removeprefix(_PREFIX).partition("-")[0]
        if sweep.of_dead_runs(f"{sweep.PREFIX}{pid}-"):
            kill_remains(remains.name)
            remove_remains(remains)
    directory = parent / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    directory.mkdir(mode=0o711)
    engine = PrivateEngine(directory, size_mb=size_mb)
    try:
        yield engine
    except BaseException:
        sys.stderr.write(engine.log_text()[-3000:] if (directory / "dockerd.log").exists() else "")
        raise
    finally:
        engine.close()
