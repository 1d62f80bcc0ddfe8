"""A release as an upgrade takes it: loaded from a real server, checked by the real ssh-keygen."""

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sotabox.errors import Invalid, NotFound, SotaboxError, Unavailable
from sotabox.upkeep.releases import PROGRAM, fetch_release


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@dataclass(frozen=True)
class Site:
    """A place of releases, and the key that signs them."""

    url: str
    folder: Path
    private: Path

    @property
    def key(self) -> str:
        return Path(f"{self.private}.pub").read_text().strip()

    def publish(self, version: str, content: bytes) -> Path:
        program = self.folder / version / PROGRAM
        program.parent.mkdir()
        program.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        Path(f"{program}.sha256").write_text(f"{digest}  {PROGRAM}\n")
        sign(self.private, program)
        return program


def make_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def sign(key: Path, program: Path) -> None:
    Path(f"{program}.sig").unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "sotabox", str(program)]
    subprocess.run(command, check=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}/", folder, make_key(tmp_path / "key"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_signed_release_is_taken(site: Site, target: Path) -> None:
    """What was published is what comes."""
    site.publish("1.0", b"program" * 100_000)
    assert fetch_release(site.url, "1.0", target, site.key).read_bytes() == b"program" * 100_000


def altered(_site: Site, program: Path) -> None:
    """By somebody who can write to the server, the sum too."""
    program.write_bytes(b"evil")
    Path(f"{program}.sha256").write_text(hashlib.sha256(b"evil").hexdigest())


def cut(_site: Site, program: Path) -> None:
    program.write_bytes(program.read_bytes()[:-1])


def signed_by_another(site: Site, program: Path) -> None:
    sign(make_key(site.private.with_name("other")), program)


def unsigned(_site: Site, program: Path) -> None:
    Path(f"{program}.sig").unlink()


@pytest.mark.parametrize(
    ("harm", "kind", "words"),
    [
        (altered, Invalid, "not signed by the makers"),
        (signed_by_another, Invalid, "not signed by the makers"),
        (cut, Invalid, "damaged on its way"),
        (unsigned, NotFound, "There is no"),
    ],
)
def test_release_that_is_not_ours_is_refused(
    site: Site,
    target: Path,
    harm: Callable[[Site, Path], None],
    kind: type[SotaboxError],
    words: str,
) -> None:
    """Nothing is run of it."""
    harm(site, site.publish("1.0", b"program"))
    with pytest.raises(kind, match=words):
        fetch_release(site.url, "1.0", target, site.key)


def test_place_that_is_away_and_version_that_is_not_are_told_apart(
    site: Site, target: Path, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """The one may come back, the other has to be spelled otherwise."""
    with pytest.raises(NotFound, match=r"9\.9"):
        fetch_release(site.url, "9.9", target, site.key)
    with pytest.raises(Unavailable, match="can't be loaded"):
        fetch_release(f"http://127.0.0.1:{free_port()}", "1.0", tmp_path / "site", site.key)
