"""Puts Caddy into the world: as a detached process, or in place of this one.

A lock on a file is handed to Caddy and lives exactly as long as it does, however it dies. So there
is one Caddy a data directory, whoever starts it: sotabox, or the unit `sotabox-caddy`.
"""

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from sotabox.errors import RouterRefused, RouterUnavailable
from sotabox.router.config import encode_config, render_idle
from sotabox.router.files import RouterFiles

_LOCK_IN_CHILD: Final = 3
_VALIDATE_TIMEOUT_S: Final = 60.0
_VERSION_TIMEOUT_S: Final = 10.0
_LOG_READ_MAX_BYTES: Final = 1_000_000
#: What a Go program takes from its surroundings, and we let through.
_PASSED: Final = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ", "GOMEMLIMIT", "GOMAXPROCS")


def prepare_folders(files: RouterFiles) -> None:
    """Make the router's folders; only our own user may enter the one with the admin socket."""
    files.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for private in (files.run, files.storage):
        private.mkdir(mode=0o700, exist_ok=True)
        private.chmod(0o700)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old content or the new, on disk."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def take_lock(files: RouterFiles, *, wait: bool = False) -> int | None:
    """The lock's descriptor; None when a Caddy holds it and we don't wait for its end."""
    descriptor = os.open(files.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def spawn_caddy(binary: Path, files: RouterFiles, environ: Mapping[str, str], lock: int) -> int:
    """Start Caddy on the document on disk; returns its process id, takes over the lock.

    It has a session of its own, no descriptor of ours but the lock, and outlives us.
    """
    if files.stderr.exists():  # keep the last words of the one before, and no more
        files.stderr.replace(files.stderr.with_suffix(".stderr.1"))
    try:
        return os.posix_spawn(
            binary,
            _arguments(binary, files),
            caddy_environment(files, environ),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (
                    os.POSIX_SPAWN_OPEN,
                    1,
                    str(files.stderr),
                    os.O_WRONLY | os.O_CREAT | os.O_APPEND,
                    0o600,
                ),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, lock, _LOCK_IN_CHILD),
                *((os.POSIX_SPAWN_CLOSE, number) for number in _inheritable()),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
        )
    except OSError as error:
        raise RouterUnavailable(
            f"Caddy could not be started from {binary}: {error.strerror}",
            hint="Reinstall sotabox, or name another binary in SOTABOX_CADDY.",
        ) from error
    finally:
        os.close(lock)


def running_on(files: RouterFiles) -> list[int]:
    """The processes that serve this data directory's document, whether they can be asked or not."""
    found = []
    for process in Path("/proc").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError, NotADirectoryError):  # it has ended
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[1:4] == [b"run", b"--config", os.fsencode(files.config)]:
                found.append(int(process.name))
    return found


def exec_caddy(binary: Path, files: RouterFiles, environ: Mapping[str, str]) -> NoReturn:
    """Become Caddy: for a service manager that looks after it in a unit of its own.

    While another Caddy of this data directory lives, this waits for its end and then takes over.
    Without a document on disk it serves nothing until sotabox loads one.
    """
    prepare_folders(files)
    lock = take_lock(files, wait=True)
    if lock is None:  # pragma: no cover - a waiting flock returns with the lock or raises
        raise AssertionError
    if not files.config.exists():
        write_whole(files.config, encode_config(render_idle(files)))
    os.set_inheritable(lock, True)
    environment = caddy_environment(files, environ)
    if address := environ.get("NOTIFY_SOCKET"):
        environment["NOTIFY_SOCKET"] = address
    os.execve(binary, _arguments(binary, files), environment)  # noqa: S606 - that is the point


def caddy_environment(files: RouterFiles, environ: Mapping[str, str]) -> dict[str, str]:
    """Little of ours (our own may hold secrets), and folders inside the data directory."""
    home = str(files.storage)
    return {
        **{name: environ[name] for name in _PASSED if name in environ},
        "HOME": home,
        "XDG_DATA_HOME": home,
        "XDG_CONFIG_HOME": home,
    }


async def validate(
    binary: Path, files: RouterFiles, environ: Mapping[str, str], document: Path
) -> None:
    """Ask Caddy about a document without serving it.

    Raises:
        RouterRefused: it would not load; Caddy's words.
    """
    mark = log_mark(files)
    code, output = await _run(
        binary, files, environ, _VALIDATE_TIMEOUT_S, "validate", "--config", str(document)
    )
    if code != 0:
        words = last_words(output + read_since(files, mark))
        raise RouterRefused(
            f"Caddy refused its configuration: {words}",
            hint="This is a fault of sotabox: please report it.",
        )


async def read_version(binary: Path, files: RouterFiles, environ: Mapping[str, str]) -> str:
    """The version a Caddy binary has, as `v2.11.7`."""
    code, output = await _run(binary, files, environ, _VERSION_TIMEOUT_S, "version")
    if code != 0 or not output.strip():
        raise RouterUnavailable(
            f"{binary} does not run as Caddy: {last_words(output)}",
            hint="Reinstall sotabox, or name another binary in SOTABOX_CADDY.",
        )
    return output.split()[0]


def last_words(output: str) -> str:
    """What in Caddy's output, plain or JSON lines, says why it ended."""
    lines = [line for line in output.splitlines() if line.strip()]
    for line in reversed(lines):
        if line.startswith("Error:"):
            return line.removeprefix("Error: ")
        if line.startswith('{"level":"error"'):
            return _said(line)
    plain = [line for line in lines if not line.startswith('{"level":')]
    return plain[-1] if plain else "it gave no reason"


def issuance_words(log: str, name: str) -> str | None:
    """What a log of Caddy's says of why it could not get a certificate of `name`; None: nothing."""
    for line in reversed(log.splitlines()):
        if '"level":"error"' in line and '"logger":"tls' in line and f'"{name}"' in line:
            return _said(line)
    return None


def gave_up(log: str, name: str) -> bool:
    """Whether a log of Caddy's says that no authority gave a certificate of `name`, for this time."""
    said = '"msg":"could not get certificate from issuer"'
    return any(said in line and f'"{name}"' in line for line in log.splitlines())


def read_since(files: RouterFiles, mark: int) -> str:
    """Caddy's log from `mark` (a size that it had); where errors go once the log is open."""
    if not files.log.exists():
        return ""
    with files.log.open("rb") as log:
        log.seek(mark if mark <= files.log.stat().st_size else 0)  # smaller: rolled over meanwhile
        return log.read(_LOG_READ_MAX_BYTES).decode(errors="replace")


def log_mark(files: RouterFiles) -> int:
    """Where Caddy's log ends now."""
    return files.log.stat().st_size if files.log.exists() else 0


def _said(line: str) -> str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError:  # cut off in the middle
        return line
    return ": ".join(str(row[key]) for key in ("msg", "error") if key in row)


async def _run(
    binary: Path, files: RouterFiles, environ: Mapping[str, str], timeout_s: float, *arguments: str
) -> tuple[int, str]:
    try:
        process = await asyncio.create_subprocess_exec(
            binary,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=caddy_environment(files, environ),
        )
    except OSError as error:
        raise RouterUnavailable(f"{binary} could not be run: {error.strerror}") from error
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError as error:
        raise RouterUnavailable(
            f"{binary} {arguments[0]} did not end within {timeout_s:.0f} s"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode(errors="replace")


def _inheritable() -> list[int]:
    """Descriptors that whoever started us left open for its children's children."""
    numbers = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    return [number for number in numbers if number > _LOCK_IN_CHILD and _is_inheritable(number)]


def _is_inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # the listing's own
        return False


def _arguments(binary: Path, files: RouterFiles) -> list[str]:
    return [str(binary), "run", "--config", str(files.config)]
