"""A real Git server on loopback: `git http-backend` behind a small HTTP server, with tokens.

`/public/…` is anybody's, all else asks for a token; `/moved/…` redirects, `/slow/…` never answers.
"""

import base64
import os
import secrets
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.machine.place import Inside, here

_AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATH": os.environ["PATH"],
}


@dataclass(frozen=True)
class GitServer:
    """A running server; repositories lie below `root`."""

    root: Path
    port: int
    token: str
    asked: list[str]

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def commit(self, name: str, files: Mapping[str, str | bytes], message: str = "Change") -> str:
        """Adds files to a repository, which is made where there is none; the commit's id."""
        work = self.root / name
        if not work.exists():
            work.mkdir(parents=True)
            self.git(name, "init", "--quiet", "--initial-branch=main")
        for path, content in files.items():
            target = work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git(name, "add", "--all")
        self.git(name, "commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.git(name, "rev-parse", "HEAD").strip()

    def git(self, name: str, *arguments: str) -> str:
        """Runs `git` in a repository."""
        done = subprocess.run(
            ["git", "-C", str(self.root / name), *arguments],
            env=_AUTHOR,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout


@contextmanager
def running(root: Path, inside: Inside = here) -> Iterator[GitServer]:
    """A server of the repositories below `root`, on the loopback of a place."""
    token, asked = secrets.token_hex(20), list[str]()
    handler = _handler(root, token, asked)
    server = inside(lambda: ThreadingHTTPServer(("127.0.0.1", 0), handler))
    thread = threading.Thread(target=server.serve_forever, name="git server")
    thread.start()
    try:
        yield GitServer(root, server.server_port, token, asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(root: Path, token: str, asked: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            """Say nothing."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            asked.append(parts.path)
            if parts.path.startswith("/moved/"):
                self.send_response(301)
                self.send_header("Location", self.path.replace("/moved/", "/public/", 1))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if not parts.path.startswith("/public/") and not self._knows_token():
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._backend(parts.path, parts.query)

        def _knows_token(self) -> bool:
            header = self.headers.get("Authorization", "").removeprefix("Basic ")
            return base64.b64decode(header).decode().partition(":")[2] == token

        def _backend(self, path: str, query: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            done = subprocess.run(
                ["git", "http-backend"],
                input=self.rfile.read(length),
                env={
                    "PATH": os.environ["PATH"],
                    "GIT_PROJECT_ROOT": str(root),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                    "GIT_CONFIG_COUNT": "1",
                    "GIT_CONFIG_KEY_0": "safe.directory",
                    "GIT_CONFIG_VALUE_0": "*",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "REMOTE_ADDR": "127.0.0.1",
                },
                check=False,  # it fails where it has told why in its answer
                capture_output=True,
                timeout=60,
            )
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
