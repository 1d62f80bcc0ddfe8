"""An S3-compatible server for tests, as a process in an environment of its own."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_LOCK = _HERE / "s3.lock"
_CACHE = Path(os.environ.get("SOTABOX_TEST_CACHE", "/var/cache/sotabox-tests"))


@dataclass(frozen=True)
class Server:
    """A server with one bucket, and a key to it."""

    endpoint: str
    bucket: str
    region: str
    key_id: str
    secret: str


@contextmanager
def serving() -> Iterator[Server]:
    """A server for the time of the block."""
    command = [str(_environment() / "bin" / "python"), str(_HERE / "s3_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Server(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()


def _environment() -> Path:
    """Where the server's libraries are, installed once a lock."""
    digest = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _CACHE / f"s3-{digest}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "s3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            uv = str(Path(sys.executable).parent / "uv")
            python = str(folder / "bin" / "python")
            subprocess.run([uv, "venv", "-q", "--clear", "-p", sys.executable, folder], check=True)
            install = [uv, "pip", "sync", "-q", "--require-hashes", "-p", python, _LOCK]
            subprocess.run(install, check=True)
            (folder / "complete").touch()
    return folder
