"""Releases of sotabox: where they are had from, and how one is known to be ours.

Beside each program lies what it has to be: its SHA-256, and a signature over the file by the release
key (OpenSSH's, `ssh-keygen -Y sign`). install.sh checks the same.
"""

import hashlib
import platform
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import httpx

from sotabox.errors import Invalid, NotFound, Unavailable

PROGRAM: Final = f"sotabox-{platform.machine()}.pyz"
IDENTITY: Final = "sotabox"
_MAX_BYTES: Final = 500_000_000
_SMALL_BYTES: Final = 100_000
_CHUNK_BYTES: Final = 256 * 1024
_TIMEOUT: Final = httpx.Timeout(30)
_VERIFY_WITHIN_S: Final = 60


def fetch_release(source: str, version: str, folder: Path, key: str) -> Path:
    """Loads a release into a folder, and checks it; the program's path.

    Args:
        source: URL below which releases lie.
        version: such as `1.2.0`, or `latest`.
        folder: an empty one.
        key: whose signature counts, as a line of OpenSSH's.

    Raises:
        NotFound: there is no such release.
        Unavailable: the source can't be reached.
        Invalid: it is not what it should be.
    """
    base = f"{source.rstrip('/')}/{version}/{PROGRAM}"
    program = folder / PROGRAM
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        for suffix, limit in (("", _MAX_BYTES), (".sha256", _SMALL_BYTES), (".sig", _SMALL_BYTES)):
            _load(client, f"{base}{suffix}", Path(f"{program}{suffix}"), limit)
    check_release(program, key)
    return program


def check_release(program: Path, key: str) -> None:
    """Holds a program to its checksum and its signature, which lie beside it.

    Raises:
        Invalid: they are missing, or don't fit.
    """
    try:
        wanted = Path(f"{program}.sha256").read_text(encoding="ascii").split()[0]
        signature = Path(f"{program}.sig")
        with program.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise Invalid(f"{program.name} can't be checked: {error}") from error
    if digest != wanted.lower():
        raise Invalid(f"{program.name} was damaged on its way: its SHA-256 is {digest}")
    if problem := _signature_problem(program, signature, key):
        raise Invalid(
            f"{program.name} is not signed by the makers of sotabox: {problem}",
            hint="Do not run it. --from FILE takes a file that you trust yourself.",
        )


def _signature_problem(program: Path, signature: Path, key: str) -> str | None:
    with tempfile.NamedTemporaryFile("w", prefix="sotabox-signers-") as signers:
        signers.write(f"{IDENTITY} {key}\n")
        signers.flush()
        command = ["ssh-keygen", "-Y", "verify", "-f", signers.name, "-I", IDENTITY]
        with program.open("rb") as file:
            try:
                done = subprocess.run(
                    [*command, "-n", IDENTITY, "-s", signature],
                    stdin=file,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=_VERIFY_WITHIN_S,
                )
            except FileNotFoundError as error:
                raise Invalid(
                    "ssh-keygen is missing, so no signature can be checked",
                    hint="apt-get install openssh-client",
                ) from error
            except subprocess.TimeoutExpired:
                return "ssh-keygen does not end"
    return None if done.returncode == 0 else " ".join((done.stderr or done.stdout).split())


def _load(client: httpx.Client, url: str, target: Path, limit: int) -> None:
    try:
        with client.stream("GET", url) as answer, target.open("xb") as file:
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise NotFound(f"There is no {url}")
            answer.raise_for_status()
            size = 0
            for chunk in answer.iter_bytes(_CHUNK_BYTES):
                size += len(chunk)
                if size > limit:
                    raise Invalid(f"{url} is larger than {limit} bytes")
                file.write(chunk)
    except httpx.HTTPError as error:
        raise Unavailable(
            f"{url} can't be loaded: {error}", hint="Or give a file: sotabox upgrade --from FILE."
        ) from error
