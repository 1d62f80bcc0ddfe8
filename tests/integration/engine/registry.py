"""A real container registry on loopback, which asks for tokens as the public ones do.

Debian's `docker-registry` does the work; a small token server in this process says who may do what:
anybody may pull `public/…` and `library/…`, the user of this registry may do all. The engine takes
plain HTTP from 127.0.0.1.
"""

import base64
import io
import json
import secrets
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import docker
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.box import archive
from tests.machine.place import Inside, here

_SERVICE: Final = "registry"
_PUBLIC: Final = ("public/", "library/")


@dataclass(frozen=True)
class Registry:
    """A running registry. `address` is host:port; `user` and `password` may do everything."""

    address: str
    user: str
    password: str

    @property
    def credentials(self) -> tuple[str, str]:
        return self.user, self.password

    def push(
        self, engine: docker.DockerClient, repository: str, files: Mapping[str, str | bytes]
    ) -> str:
        """Puts an image built of `files` here; its reference, which the engine itself has no more."""
        reference = f"{self.address}/{repository}-{secrets.token_hex(4)}:1"
        engine.images.build(
            fileobj=io.BytesIO(archive(files)),
            custom_context=True,
            encoding="gzip",
            tag=reference,
        )
        for line in engine.images.push(
            reference, auth_config=self.sdk_auth, stream=True, decode=True
        ):
            assert "error" not in line, line
        engine.images.remove(reference, force=True)
        return reference

    @property
    def sdk_auth(self) -> dict[str, str]:
        """The credentials as the Docker SDK takes them."""
        return {"username": self.user, "password": self.password}


@contextmanager
def running(folder: Path, port: int, inside: Inside = here) -> Iterator[Registry]:
    """A registry at 127.0.0.1:`port` of a place; it keeps its data below `folder`."""
    signer = _Signer(folder / "token.pem")
    registry = Registry(f"127.0.0.1:{port}", "ann", secrets.token_hex(8))
    handler = _handler(registry, signer)
    server = inside(lambda: ThreadingHTTPServer(("127.0.0.1", 0), handler))
    thread = threading.Thread(target=server.serve_forever, name="token server")
    thread.start()
    with (folder / "registry.log").open("wb") as log:
        config = _config(folder, port, server.server_port)
        process = inside(
            lambda: subprocess.Popen([_program(), "serve", str(config)], stdout=log, stderr=log)
        )
    try:
        _wait_until_it_answers(registry.address, process, folder, inside)
        yield registry
    finally:
        process.terminate()
        process.wait(timeout=10)
        server.shutdown()
        thread.join()
        server.server_close()


def _program() -> str:
    program = shutil.which("docker-registry")
    assert program is not None, "docker-registry is missing: apt-get install docker-registry"
    return program


def _config(folder: Path, port: int, token_port: int) -> Path:
    config = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "auth": {
            "token": {
                "realm": f"http://127.0.0.1:{token_port}/token",
                "service": _SERVICE,
                "issuer": _SERVICE,
                "rootcertbundle": str(folder / "token.pem"),
            }
        },
    }
    path = folder / "config.yml"
    path.write_text(json.dumps(config))  # JSON is YAML, too
    return path


def _wait_until_it_answers(
    address: str, process: subprocess.Popen[bytes], folder: Path, inside: Inside
) -> None:
    for _ in range(200):
        if inside(lambda: _answers(address)):
            return
        assert process.poll() is None, (folder / "registry.log").read_text()
        time.sleep(0.05)
    raise AssertionError((folder / "registry.log").read_text())


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"http://{address}/v2/", timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401
    except OSError:
        pass
    return False


class _Signer:
    """Signs tokens that a registry with its certificate trusts."""

    def __init__(self, certificate: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tokens")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        der = made.public_bytes(serialization.Encoding.DER)
        self._chain = [base64.b64encode(der).decode()]

    def token(self, user: str, access: list[dict[str, object]]) -> str:
        now = int(time.time())
        claims = {
            "iss": _SERVICE,
            "sub": user,
            "aud": _SERVICE,
            "nbf": now - 60,
            "iat": now,
            "exp": now + 600,
            "jti": secrets.token_hex(8),
            "access": access,
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"x5c": self._chain})


def _handler(registry: Registry, signer: _Signer) -> type[BaseHTTPRequestHandler]:
    class TokenHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            user = self._user()
            if user is None:
                self._send(401, {"details": "incorrect username or password"})
                return
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            access = [_granted(scope, user) for scope in query.get("scope", [])]
            self._send(200, {"token": signer.token(user, access), "expires_in": 600})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            """Say nothing."""

        def _user(self) -> str | None:
            """Who asks: empty for anybody, None for a wrong password."""
            header = self.headers.get("Authorization", "")
            if not header.startswith("Basic "):
                return ""
            pair = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
            return registry.user if (pair[0], pair[2]) == registry.credentials else None

        def _send(self, status: int, body: dict[str, object]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    return TokenHandler


def _granted(scope: str, user: str) -> dict[str, object]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    wanted = actions.split(",")
    allowed = wanted if user else ["pull"] if name.startswith(_PUBLIC) else []
    return {"type": kind, "name": name, "actions": [a for a in wanted if a in allowed]}
