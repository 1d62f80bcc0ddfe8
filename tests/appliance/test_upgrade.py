"""`sotabox upgrade` on a box that install.sh made: to a good version, to bad ones, and cut off.

The versions are real program files: the checkout's, and the same with a few lines changed.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from tests.appliance.test_install import ROOT, Installation

pytestmark = [pytest.mark.engine, pytest.mark.slow]

INIT = "site-packages/sotabox/__init__.py"
RUNNING = "site-packages/sotabox/app/running.py"
FIRST_STEP = "site-packages/sotabox/store/migrations/m001_the_first_schema.py"
MIGRATE = "site-packages/sotabox/store/migrations/runner.py"
BREAKS = "def serve(settings: Settings) -> int:\n    raise RuntimeError('this version is broken')\n"
#: One step that succeeds, and one that doesn't.
STEPS = """
@SCHEMA()
def m900_new_things(db: Database) -> None:
    db.executescript("CREATE TABLE new_things (id TEXT)")


@SCHEMA()
def m901_fails(db: Database) -> None:
    raise RuntimeError("this step fails")


def migrate("""
WITHIN_S = 300


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as one file."""
    file = tmp_path_factory.mktemp("program") / "sotabox.pyz"
    build = [sys.executable, str(ROOT / ".ci/zipapp.py"), "--quick", "--output", str(file)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    return file


@pytest.fixture(scope="module")
def variant(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a program of another version, with other lines in some of its files."""
    folder = tmp_path_factory.mktemp("variants")

    def make(version: str, edits: Mapping[str, tuple[str, str]] | None = None) -> Path:
        edits = {INIT: ('__version__ = "', f'__version__ = "{version}+'), **(edits or {})}
        file: Path = folder / f"{version}.pyz"
        with zipfile.ZipFile(program) as source, zipfile.ZipFile(file, "w") as target:
            for member in source.infolist():
                content = source.read(member)
                if member.filename in edits:
                    old, new = edits[member.filename]
                    assert old in content.decode()
                    content = content.decode().replace(old, new, 1).encode()
                if member.filename == "environment.json":  # by it the unpacked folder is named
                    content = json.dumps(json.loads(content) | {"build_id": version}).encode()
                target.writestr(member, content)
        return file

    return make


@pytest.fixture(scope="module")
def box(program: Path, docker_host: str, free_port: Callable[[], int]) -> Iterator[Installation]:  # noqa: ARG001
    """A box with the example app, for all tests of this module."""
    prefix = Path(tempfile.mkdtemp(prefix="sotabox-"))
    made = Installation(ROOT, prefix, free_port(), free_port())
    try:
        made.run("--from", str(program), "--demo", *made._settings)
        yield made
    finally:
        made.run("--uninstall", "--purge")
        shutil.rmtree(prefix, ignore_errors=True)


@contextmanager
def visitors(box: Installation) -> Iterator[Counter[str]]:
    """People who ask the example app all the time; how they were answered, final after the block."""
    answers, ending = Counter[str](), threading.Event()

    def visit(*, again: bool) -> None:
        connection = HTTPConnection("127.0.0.1", box.http_port, timeout=15)
        while not ending.is_set():
            try:
                connection.request("GET", "/", headers={"Host": "hello.localhost"})
                answer = connection.getresponse()
                answer.read()
                answers[str(answer.status)] += 1
            except (OSError, HTTPException) as error:
                answers[repr(error)] += 1
            if not again:
                connection.close()
            ending.wait(0.01)
        connection.close()

    threads = [threading.Thread(target=visit, kwargs={"again": again}) for again in (True, False)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def upgrade(box: Installation, *arguments: str) -> tuple[int, dict[str, str]]:
    """Exit code and answer of an upgrade."""
    command = [str(box.launcher), "upgrade", "--json", "--timeout", str(WITHIN_S), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    answer: dict[str, str] = json.loads(done.stdout)
    return done.returncode, answer


def tables(box: Installation) -> set[str]:
    with closing(sqlite3.connect(box.data_dir / "sotabox.db")) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


def phase(box: Installation) -> str:
    try:
        return str(json.loads((box.data_dir / "upgrade/state.json").read_text())["phase"])
    except FileNotFoundError:
        return ""


def test_upgrade_to_a_good_version_and_back_loses_no_request(
    box: Installation, program: Path, variant: Callable[..., Path]
) -> None:
    """The new version serves, the one before is kept and can be had back, visitors notice nothing."""
    first = box.program.read_bytes()
    before = box.serve_pid()
    good = variant("8.0")
    with visitors(box) as answers:
        code, answer = upgrade(box, "--from", str(good), "--dry-run")
        assert (code, answer["outcome"], box.serve_pid()) == (0, "planned", before)
        code, answer = upgrade(box, "--from", str(good))
        assert (code, answer["outcome"]) == (0, "upgraded")
        assert box.sotabox("--version").startswith("sotabox 8.0")
        assert box.serve_pid() != before
        assert upgrade(box, "--from", str(good))[1]["outcome"] == "current"
        code, answer = upgrade(box, "--from", f"{box.program}.previous")
        assert (code, answer["outcome"]) == (0, "upgraded")
    assert box.program.read_bytes() == first
    # install.sh finds nothing to mend
    assert "→" not in box.run("--from", str(program), *box._settings)
    assert set(answers) == {"200"}, answers
    assert answers["200"] > 100


@pytest.mark.parametrize(
    ("version", "edits"),
    [
        ("8.1", {RUNNING: ("def serve(settings: Settings) -> int:\n", BREAKS)}),
        ("8.2", {MIGRATE: ("\ndef migrate(", STEPS)}),
    ],
    ids=["does not start", "a step of its schema fails"],
)
def test_bad_version_is_taken_back(
    box: Installation,
    variant: Callable[..., Path],
    version: str,
    edits: Mapping[str, tuple[str, str]],
) -> None:
    """The version before serves again, with its program and its database; visitors notice nothing."""
    first = box.program.read_bytes()
    with visitors(box) as answers:
        code, answer = upgrade(box, "--from", str(variant(version, edits)))
        assert (code, answer["outcome"]) == (1, "returned"), answer
        assert answer["reason"]
        box.sotabox("wait")
    assert box.program.read_bytes() == first
    assert "new_things" not in tables(box)
    assert set(answers) == {"200"}, answers


def test_upgrade_that_is_killed_is_ended_by_the_next_one(
    box: Installation, variant: Callable[..., Path]
) -> None:
    """kill -9 in the middle of the switch: asked again, the box ends in the new version."""
    good = variant("8.3")
    with visitors(box) as answers:
        command = [str(box.launcher), "upgrade", "--from", str(good)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + WITHIN_S
            while phase(box) not in {"stopped", "switched"}:
                assert process.poll() is None, "it was faster than this test"
                assert time.monotonic() < deadline
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        assert phase(box) in {"stopped", "switched"}
        code, _ = upgrade(box, "--from", str(good))
        assert code == 0
        assert box.sotabox("--version").startswith("sotabox 8.3")
        box.sotabox("wait")
        assert phase(box) == "done"
    assert set(answers) == {"200"}, answers


def test_version_that_knows_less_of_the_schema_is_refused(
    box: Installation, variant: Callable[..., Path]
) -> None:
    """A downgrade below the database's schema changes nothing, and says what stands against it."""
    older = variant("7.9", {FIRST_STEP: ("m001_the_first_schema", "m000_another_beginning")})
    before = box.serve_pid()
    command = [str(box.launcher), "upgrade", "--from", str(older)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "m001_the_first_schema is unknown to it" in done.stderr
    assert box.serve_pid() == before
