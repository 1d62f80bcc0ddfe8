"""Apps that can't serve: each fails for its own reason, said in words, and leaves nothing behind."""

import shutil
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    """One box for all: a sick app must not spoil the next one's deploy."""
    with running_box(health_timeout_s="4", app_memory_mb="64") as box:
        box.create("sick")
        yield box


SICK = {
    "exit": ("exited with code 3 before it answered", "cannot go on: no database"),
    "loopback": ("the app listens on 127.0.0.1:5000, so nothing outside its container can reach",),
    "other-port": ("the app listens on port 5000 instead of 8080",),
    "deaf": ("Not healthy after 4 s: nothing listens on its port",),
    "sick": ("Not healthy after 4 s: GET / answers 500",),
    "hog": ("ran out of memory: it may use 64 MB",),
}


@pytest.mark.parametrize("mode", SICK)
def test_sick_app_fails_and_says_why(box: Box, app_files: dict[str, str], mode: str) -> None:
    """The error names what was seen; the hint says what to do; the container is gone."""
    files = app_files | {"Dockerfile": app_files["Dockerfile"] + f"ENV MODE={mode}\n"}
    deployment = box.deploy("sick", files)
    assert deployment["status"] == "failed"
    for words in SICK[mode]:
        assert words in deployment["error"], deployment["error"]
    assert deployment["error"] == deployment["error_message"]
    assert deployment["hint"]
    assert deployment["url"] is None
    assert "✕" in box.log_of("sick", deployment["id"])
    with closing(docker.DockerClient(timeout=60)) as engine:
        wanted = {"label": f"sotabox.instance={box.instance_id}"}
        assert engine.containers.list(all=True, filters=wanted, ignore_removed=True) == []


@pytest.mark.parametrize(
    ("dockerfile", "words"),
    [
        ("FRM busybox\n", "unknown instruction"),
        ("FROM python:3.13-slim\nRUN echo about to fail && exit 7\n", "7"),
        ("FROM python:3.13-slim\nCOPY nothere /\n", "nothere"),
        ('FROM python:3.13-slim\nCMD ["/nothere"]\n', "/nothere"),
        ("", "empty"),
    ],
    ids=["instruction", "exit-code", "copy", "command", "empty"],
)
def test_broken_dockerfile_fails_with_its_log_kept(box: Box, dockerfile: str, words: str) -> None:
    """The deployment fails with what the build said, and the log stays."""
    deployment = box.deploy("sick", {"Dockerfile": dockerfile, "x": "x"})
    assert deployment["status"] == "failed"
    log = box.log_of("sick", deployment["id"])
    assert words in deployment["error"] + log, (deployment["error"], log)


def test_unknown_app_fails_with_what_was_looked_for(box: Box) -> None:
    """Nothing fits: the error lists what is there and the two ways out."""
    deployment = box.deploy("sick", {"notes.txt": "hello", "data/x.csv": "1,2"})
    assert deployment["status"] == "failed"
    assert "notes.txt" in deployment["error"] + box.log_of("sick", deployment["id"])
    assert "Dockerfile" in deployment["hint"]


def test_railpack_where_it_is_not_installed_says_what_to_install(box: Box) -> None:
    """Choosing Railpack on a server without it fails at once, with two ways out."""
    assert shutil.which("railpack") is None, "this machine has Railpack: the test proves nothing"
    files = {"sotabox.toml": 'builder = "railpack"\n', "main.py": "print('hello')\n"}
    deployment = box.deploy("sick", files)
    assert deployment["status"] == "failed"
    assert "there is no railpack program on this server" in deployment["error"]
    assert "Install railpack" in deployment["hint"]
    assert "Builds with Railpack" in box.log_of("sick", deployment["id"])
