"""A small internet of its own: a name server, a certificate authority that speaks ACME, and a box.

All are real, and live in network and mount name spaces made for the test, as an authority looks at
ports 80 and 443, and names have to resolve for it.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from sotabox.router.files import RouterFiles
from sotabox.router.upstream import Upstreams
from tests.box import Box, running_box
from tests.machine.name_server import NameServer, name_server
from tests.machine.place import Place

BOX = "box.example.test"
REFUSED = "refused.example.org"
_ACME_PORT = 14000
_AUTHORITY_LOG = "authority.log"


class Town(Place):
    """The place; an engine is not there, and no test here needs one."""

    docker_host = "unix:///nonexistent/docker.sock"

    def listen(self, kind: int, port: int) -> socket.socket:
        """A socket on 127.0.0.1 of the place."""
        bound = self.inside(lambda: socket.socket(socket.AF_INET, kind))
        bound.bind(("127.0.0.1", port))
        return bound

    def spawn(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Starts a program in the place."""
        return self.inside(lambda: subprocess.Popen(command, **options))


@dataclass
class Visit:
    """What curl was answered, or the word for why it was not."""

    status: int
    version: str
    location: str
    body: str
    error: str


@dataclass
class Internet:
    """What a test drives."""

    town: Town
    box: Box
    dns: NameServer
    root: Path
    authority_log: Path

    def visit(self, url: str, *arguments: str) -> Visit:
        """Asks as a visitor does: by name, trusting our authority."""
        form = "\\n%{http_code} %{http_version} %{redirect_url}"
        curl = self.town.spawn(
            *("curl", "-sS", "-m", "20", "--noproxy", "*", "--cacert", str(self.root)),
            *("-w", form, *arguments, url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, error = curl.communicate(timeout=30)
        body, _, last = out.decode().rpartition("\n")
        status, version, location = (last + "  ").split(" ")[:3]
        return Visit(int(status), version, location, body, error.decode().strip())

    def project(self, slug: str) -> str:
        """A project that was deployed once; its app says its name."""
        id_ = self.box.create(slug)
        with closing(sqlite3.connect(self.box.directory / "sotabox.db")) as database, database:
            moment = "2026-01-01T00:00:00.000Z"
            database.execute(
                "INSERT INTO deployments (id, project_id, number, status, source, image_id, url,"
                " created_at, updated_at) VALUES (?, ?, 1, 'stopped', 'archive', 'i', 'u', ?, ?)",
                (secrets.token_hex(8), id_, moment, moment),
            )
        Upstreams(RouterFiles(self.box.directory).upstreams).point(id_, "127.0.0.1:9000")
        return id_

    def add(self, slug: str, domain: str, **more: Any) -> dict[str, Any]:
        """Adds a domain; as the API shows it."""
        path = f"/v1/projects/{slug}/domains"
        answer = self.box.request("POST", path, {"domain": domain, **more})
        assert answer.status == 201, answer.body
        found: dict[str, Any] = answer.data["domain"]
        return found

    def until(self, slug: str, domain: str, **wanted: Any) -> dict[str, Any]:
        """The domain, once it is as `wanted`; `...` stands for anything but null."""
        deadline = time.monotonic() + 40
        while True:
            path = f"/v1/projects/{slug}/domains/{domain}"
            found: dict[str, Any] = self.box.request("GET", path).data["domain"]
            if all(
                found[key] == value or (value is ... and found[key] is not None)
                for key, value in wanted.items()
            ):
                return found
            assert time.monotonic() < deadline, (found, self.said())
            time.sleep(0.05)

    def said(self) -> str:
        """The last words of the box, its router and the authority."""
        router = RouterFiles(self.box.directory).log
        logs = {
            "box": self.box.log_text(),
            "router": _text(router),
            "ca": _text(self.authority_log),
        }
        return "\n".join(f"== {name}\n{log[-4000:]}" for name, log in logs.items())


@contextmanager
def small_internet(caddy: Path) -> Iterator[Internet]:
    """Brings it up, and takes it down."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="acme-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        town = Town()
        stack.callback(town.close)
        (directory / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        town.inside(lambda: _bind(directory / "resolv.conf", Path("/etc/resolv.conf")))
        dns = stack.enter_context(name_server(town.listen(socket.SOCK_DGRAM, 53)))
        dns.records |= {BOX: [("A", "127.0.0.1")], f"*.{BOX}": [("A", "127.0.0.1")]}
        stack.enter_context(_app(town))
        root = stack.enter_context(_authority(town, caddy, directory))
        box = stack.enter_context(
            running_box(
                town,  # type: ignore[arg-type]  # a place without an engine
                domain=BOX,
                http_port="80",
                https_port="443",
                tls="auto",
                acme_ca=f"https://localhost:{_ACME_PORT}/acme/local/directory",
                acme_ca_root=str(root),
                dns=dns.address,
                public_ip="127.0.0.1",
            )
        )
        yield Internet(town, box, dns, root, directory / _AUTHORITY_LOG)


def _text(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""


def _bind(source: Path, target: Path) -> None:
    subprocess.run(["mount", "--bind", source, target.resolve()], check=True, timeout=30)


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"hello {self.headers['Host']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a test reads what curl says."""


@contextmanager
def _app(town: Town) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 9000), _Hello, bind_and_activate=False)
    server.socket.close()
    server.socket = town.listen(socket.SOCK_STREAM, 9000)
    server.server_activate()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def _authority(town: Town, caddy: Path, directory: Path) -> Iterator[Path]:
    """A Caddy that signs what it can reach by its name; the file with its root."""
    storage = directory / "authority"
    document = {
        "admin": {"disabled": True},
        "logging": {"logs": {"default": {"level": "DEBUG"}}},
        "storage": {"module": "file_system", "root": str(storage)},
        "apps": {
            "http": {
                "http_port": 14001,
                "https_port": _ACME_PORT,
                "servers": {
                    "acme": {
                        "listen": [f"127.0.0.1:{_ACME_PORT}"],
                        "automatic_https": {"disable_redirects": True},
                        "routes": [
                            {
                                "match": [{"host": ["localhost"]}],
                                "handle": [
                                    {
                                        "handler": "acme_server",
                                        "ca": "local",
                                        "policy": {"deny": {"domains": [REFUSED]}},
                                    }
                                ],
                            }
                        ],
                    }
                },
            },
            "tls": {"automation": {"policies": [{"issuers": [{"module": "internal"}]}]}},
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
        },
    }
    (directory / "authority.json").write_text(json.dumps(document))
    with (directory / _AUTHORITY_LOG).open("wb") as log:
        process = town.spawn(
            *("setpriv", "--pdeathsig", "KILL", str(caddy)),
            *("run", "--config", str(directory / "authority.json")),
            env=os.environ | {"HOME": str(directory), "XDG_DATA_HOME": str(directory)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    root = storage / "pki/authorities/local/root.crt"
    deadline = time.monotonic() + 20
    while not (storage / "certificates/local/localhost/localhost.crt").exists():
        assert time.monotonic() < deadline, (directory / _AUTHORITY_LOG).read_text()
        time.sleep(0.02)
    try:
        yield root
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
