"""Secrets that are known, so that they can be looked for wherever a spy could look."""

import base64
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_LOOK_EVERY_S = 0.02


class Canaries:
    """Secrets by name; `found_in` knows them again, also where they were encoded."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self._pattern: re.Pattern[bytes] | None = None

    def new(self, name: str) -> str:
        """A secret nobody else has: letters and digits, which no encoding of URLs changes."""
        return self.add(name, f"canary{secrets.token_hex(16)}")

    def add(self, name: str, secret: str) -> str:
        """One that somebody else has made."""
        self.made[name] = secret
        self._pattern = None
        return secret

    def found_in(self, content: bytes) -> set[str]:
        """The names of those that are in it."""
        if self._pattern is None:
            groups = (
                f"(?P<{name}>{'|'.join(map(re.escape, _forms(secret)))})"
                for name, secret in self.made.items()
            )
            self._pattern = re.compile("|".join(groups).encode())
        return {str(match.lastgroup) for match in self._pattern.finditer(content)}


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, in hex, and in base64 at any place of a longer text."""
    raw = secret.encode()
    yield secret
    yield raw.hex()
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        whole = encoded[cut:] if (before + len(raw)) % 3 == 0 else encoded[cut:-1]
        yield whole
        yield whole.translate(str.maketrans("+/", "-_"))


class Arguments:
    """The command lines of every process of this machine, as anybody on it may read them."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._ending = threading.Event()

    @contextmanager
    def watched(self) -> Iterator["Arguments"]:
        """Looks all the time, in a thread of its own."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield self
        finally:
            self._ending.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK_EVERY_S):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    self.seen.add((process / "cmdline").read_bytes())
                except OSError:
                    continue  # it has ended


@contextmanager
def refusing() -> Iterator[tuple[str, list[bytes]]]:
    """A server that refuses everything; its address, and all that it was sent."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(f"{self.requestline}\n{self.headers}".encode())
            got.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
