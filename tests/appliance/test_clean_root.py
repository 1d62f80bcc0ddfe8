"""install.sh on a server's first day: a bare Debian, online from the checkout and offline from a file.

Nothing is taken from this machine: Python, Docker and ports are the system's own.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.clean_root import CleanRoot, clean_root

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "examples" / "static" / "index.html").read_text(encoding="utf-8")
INSTALLER = "/srv/sotabox/install.sh"
#: What install.sh says that it leaves: Python and Docker with their packages, state and log.
LEFT = re.compile(
    r"(etc|usr|var)(/(lib|lib64|cache|log|share|local/(lib|share)))?$"
    r"|usr/(?!local/)|usr/local/(lib/python3|share/ca-certificates)|var/(lib|cache)/|var/log/|opt/containerd|etc/"
)
#: Of that, what is sotabox's own must not be there all the same.
OURS = re.compile(r"sotabox(?!/)|sotabox/")
#: What goes on changing while an engine runs, without sotabox.
ENGINE = re.compile(
    r"var/lib/(docker|containerd)|var/log/dockerd.log|var/lib/dpkg/lock|var/cache/ldconfig"
)

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture
def server() -> Iterator[CleanRoot]:
    """The server, with a checkout in /srv."""
    with clean_root() as made:
        others = shutil.ignore_patterns(".git", ".venv", ".*cache", "__pycache__", "dist", "tests")
        shutil.copytree(ROOT, made.root / "srv" / "sotabox", ignore=others)
        yield made


def install(server: CleanRoot, *options: str, **environ: str) -> str:
    """What install.sh prints; it must succeed."""
    done = server.run("sh", INSTALLER, *options, environ=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def page(server: CleanRoot) -> str:
    """What a visitor of the example sees, on the ports that everybody uses."""
    ask = "import urllib.request as u; r = u.Request('http://127.0.0.1', headers={'Host': "
    ask += "'hello.localhost'}); print(u.urlopen(r, timeout=30).read().decode(), end='')"
    return server.run("python3", "-c", ask).stdout


def differences(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The paths that are new, gone or changed."""
    paths = before.keys() | after.keys()
    return {path for path in paths if before.get(path) != after.get(path)}


def test_server_from_its_first_day_to_as_it_was(server: CleanRoot) -> None:
    """One command from nothing to an app; again, nothing happens; removed, nothing is left of it."""
    bare = server.files()
    with server.online() as environ:
        said = install(server, "--demo", **environ)
    assert "Python is missing" in said
    assert "Docker is missing" in said
    assert page(server) == PAGE
    program = server.root / "srv" / "sotabox.pyz"
    shutil.copy(server.root / "usr/local/lib/sotabox/sotabox.pyz", program)
    install(server, "--uninstall", "--purge")
    program.rename(server.root / "run-later.pyz")
    left = server.files()
    left.pop("run-later.pyz")
    news = differences(bare, left)
    assert {path for path in news if not LEFT.match(path)} == set()
    assert {path for path in news if OURS.search(path)} == set()

    said = install(server, "--demo", "--from", "/run-later.pyz")  # without any network
    assert page(server) == PAGE
    assert "→    started" in said
    again = install(server, "--demo", "--from", "/run-later.pyz")
    assert "→" not in again, again
    install(server, "--uninstall", "--purge")
    after = server.files()
    after.pop("run-later.pyz")
    assert {path for path in differences(left, after) if not ENGINE.match(path)} == set()
