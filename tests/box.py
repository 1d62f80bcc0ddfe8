"""A whole sotabox as a process of its own, on free ports, for tests and benches to use from outside.

It is driven as a person would: the command line makes its key, HTTP does the rest. Its instance id is
one of a test's, so that whatever it leaves on the engine is found.
"""

import asyncio
import gzip
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar

import docker

from sotabox.engine.firewall import Firewall
from tests.machine import sweep
from tests.machine.private_engine import PrivateEngine

_T = TypeVar("_T")

READY_S = 30.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> Any:
        return self.json["error"]

    @property
    def code(self) -> str:
        """The error's code."""
        code: str = self.error["code"]
        return code


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A `.tar.gz` of these files."""
    buffer = io.BytesIO()
    with (
        gzip.open(buffer, "wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o755 if name.endswith(".sh") else 0o644
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def multipart(data: bytes, boundary: str = "sotabox-test") -> tuple[bytes, str]:
    """A body with `data` as its field `archive`, and its content type."""
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="archive"; filename="archive.tar.gz"\r\n'
        "Content-Type: application/gzip\r\n\r\n"
    )
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def free_port() -> int:
    """A TCP port that nothing uses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass
class Box:
    """A sotabox. Make one with `running_box`."""

    directory: Path
    instance_id: str
    port: int  # Caddy's, for HTTP
    api_port: int  # the control plane's
    settings: dict[str, str]
    log_directory: Path
    key: str = ""
    engine: PrivateEngine | None = None  # where it lives, unless with the engine of all
    python: str = sys.executable  # what runs it
    process: subprocess.Popen[bytes] | None = None
    logs: list[Path] = field(default_factory=list)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def inside(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, run in the network where the box lives."""
        return self.engine.inside(work) if self.engine else work()

    def make_socket(self) -> socket.socket:
        """A TCP socket that reaches the box: one belongs to the network that it was made in."""
        return self.inside(socket.socket)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def caddy_pid(self) -> int:
        """The process that listens behind Caddy's admin socket."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.directory / "router/run/admin.sock"))
            return int.from_bytes(
                probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder
            )

    def start(self, *, wait: bool = True, **settings: str) -> float:
        """Starts the process; the seconds until it was ready."""
        started = time.monotonic()
        self.process = self.spawn("serve", **settings)
        if wait:
            self.wait_ready()
        return time.monotonic() - started

    def spawn(self, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        """Starts `sotabox …` as a process that goes on; what it prints is kept."""
        environ = self.environ | {f"SOTABOX_{k.upper()}": v for k, v in settings.items()}
        log = self.log_directory / f"{arguments[0]}-{len(self.logs)}.log"
        self.logs.append(log)
        with log.open("wb") as output:
            child = self.inside(
                lambda: subprocess.Popen(
                    [self.python, "-m", "sotabox", *arguments],
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )
        self.children.append(child)
        return child

    def wait_ready(self) -> None:
        """Returns when `/readyz` answers 200."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, f"sotabox ended:\n{self.log_text()}"
            try:
                if self.request("GET", "/readyz").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.01)
        raise AssertionError(f"not ready after {READY_S} s:\n{self.log_text()}")

    def kill(self) -> None:
        """Ends the process as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s: float = 20) -> int:
        """Ends the process in order; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout_s)

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SOTABOX_")}
        return kept | {f"SOTABOX_{k.upper()}": v for k, v in self.settings.items()}

    def command(self, *arguments: str) -> str:
        """Runs `sotabox …` against this box's data; its standard output."""
        done = subprocess.run(
            [self.python, "-m", "sotabox", *arguments],
            env=self.environ,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
        )
        return done.stdout

    def log_text(self) -> str:
        """What the process printed so far, over all its starts."""
        return "\n".join(log.read_text(errors="replace") for log in self.logs)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        host: str | None = None,
        timeout_s: float = 60,
    ) -> Answer:
        """Asks the control plane; with `host`, Caddy under that name. A dict is sent as JSON."""
        sent = dict(headers or {})
        if self.key and not host:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if host:
            sent["Host"] = host
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        with self.connection(self.port if host else self.api_port, timeout_s) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())

    @contextmanager
    def connection(self, port: int, timeout_s: float) -> Iterator[HTTPConnection]:
        """A connection to a port of the box."""
        with closing(HTTPConnection("127.0.0.1", port)) as connection, self.make_socket() as made:
            made.settimeout(timeout_s)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.connect(("127.0.0.1", port))
            connection.sock = made
            yield connection

    def visit(self, slug: str, path: str = "/", **options: Any) -> Answer:
        """Asks an app through Caddy, as its visitors do."""
        return self.request(options.pop("method", "GET"), path, host=f"{slug}.localhost", **options)

    def create(self, slug: str) -> str:
        """A new project; its id."""
        answer = self.request("POST", "/v1/projects", {"name": slug, "slug": slug})
        assert answer.status == 201, answer.body
        id_: str = answer.data["id"]
        return id_

    def upload(self, slug: str, data: bytes | Mapping[str, str | bytes]) -> Answer:
        """Sends an archive, made of files or given as it is."""
        packed = data if isinstance(data, bytes) else archive(data)
        body, content_type = multipart(packed)
        return self.request(
            "POST", f"/v1/projects/{slug}/deploy", body, headers={"Content-Type": content_type}
        )

    def deploy(self, slug: str, data: bytes | Mapping[str, str | bytes]) -> dict[str, Any]:
        """Sends an archive and waits; the settled deployment."""
        answer = self.upload(slug, data)
        assert answer.status == 202, answer.body
        return self.settled(slug, answer.data["id"])

    def again(self, slug: str, verb: str = "redeploy", body: Any = None) -> dict[str, Any]:
        """Redeploys or rolls back and waits; the settled deployment."""
        answer = self.request("POST", f"/v1/projects/{slug}/{verb}", body)
        assert answer.status == 200, answer.body
        return self.settled(slug, answer.data["id"])

    def settled(self, slug: str, deployment_id: str, timeout_s: float = 120) -> dict[str, Any]:
        """The deployment, once its log stream has ended."""
        for _ in self.stream(slug, deployment_id, timeout_s=timeout_s):
            pass
        deployment: dict[str, Any] = self.deployment(slug, deployment_id)
        return deployment

    def deployment(self, slug: str, deployment_id: str) -> dict[str, Any]:
        """A deployment as the API shows it."""
        data: dict[str, Any] = self.request(
            "GET", f"/v1/projects/{slug}/deployments/{deployment_id}"
        ).data
        return data

    def log_of(self, slug: str, deployment_id: str) -> str:
        """A deployment's log, as text."""
        path = f"/v1/projects/{slug}/deployments/{deployment_id}/logs"
        return self.request("GET", path).body.decode()

    def stream(self, slug: str, deployment_id: str, timeout_s: float = 120) -> Iterator[str]:
        """The lines of a deployment's log as they come, to the stream's end."""
        deadline = time.monotonic() + timeout_s
        path = f"/v1/projects/{slug}/deployments/{deployment_id}/logs/stream"
        with self.connection(self.api_port, timeout_s) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.key}"})
            response: HTTPResponse = connection.getresponse()
            assert response.status == 200, response.read()
            for raw in response:
                assert time.monotonic() < deadline, f"not settled within {timeout_s} s"
                if raw.startswith(b"data: "):
                    yield raw[6:].decode().rstrip("\n")


@contextmanager
def running_box(
    engine: PrivateEngine | None = None, python: str = sys.executable, **settings: str
) -> Iterator[Box]:
    """A box for the time of the block; nothing of it stays on the machine.

    With an engine of the test's own it lives beside that one, else with the engine of all. A data
    directory in the settings must be empty, and is removed like one of its own.
    """
    directory = Path(tempfile.mkdtemp(prefix="box-"))
    data = Path(settings.get("data_dir") or directory / "d")  # short: sockets lie below it
    data.mkdir(exist_ok=True)
    instance_id = f"{sweep.PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    (data / "instance-id").write_text(instance_id)
    port, api_port = free_port(), free_port()
    box = Box(
        data,
        instance_id,
        port,
        api_port,
        {
            "data_dir": str(data),
            "http_port": str(port),
            "listen": f"127.0.0.1:{api_port}",
            "rate_limit": "0",
            "disk_floor_mb": "0",
            **({"docker_host": engine.docker_host} if engine else {}),
            **settings,
        },
        log_directory=directory,
        engine=engine,
        python=python,
    )
    try:
        box.start()
        box.key = box.command("apikey", "create", "--name", "test").strip()
        yield box
    finally:
        _end(box)
        shutil.rmtree(directory, ignore_errors=True)


def _end(box: Box) -> None:
    if box.process is not None and box.process.poll() is None:
        box.process.terminate()
    stuck = [child for child in box.children if child is box.process and not _ends(child)]
    try:
        caddy = box.caddy_pid
    except OSError:
        caddy = None
    if caddy:
        os.kill(caddy, signal.SIGKILL)
    stuck += [child for child in box.children if not _ends(child)]
    if not box.engine:  # else all else is its engine's, and goes with it
        asyncio.run(Firewall(box.instance_id).remove())
        with closing(docker.DockerClient(timeout=60)) as engine:
            sweep.remove(engine, sweep.find(engine, lambda instance: instance == box.instance_id))
    assert not stuck, f"had to be killed: {[child.args for child in stuck]}\n{box.log_text()}"


def _ends(child: subprocess.Popen[bytes]) -> bool:
    """Whether a process ends by itself; one that doesn't is killed, so that nothing of it stays."""
    try:
        child.wait(60)  # on a machine that others load, too
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False
    return True
