"""The drill: a box is lost with its machine, and comes back from the file of its backup."""

import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests.box import Box
from tests.machine import sweep

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PASSPHRASE = "correct horse battery staple"
BACK_S = 120


def test_a_box_that_was_lost_comes_back_from_its_backup(
    box: Box, app_files: dict[str, str], tmp_path: Path
) -> None:
    """Containers, images and data are gone: each app serves again, and can be rolled back."""
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    for slug in ("shop", "blog"):
        box.create(slug)
        box.request("POST", f"/v1/projects/{slug}/envs", {"key": "GREETING", "value": f"of {slug}"})
    for release in ("one", "two"):
        files = app_files | {"Dockerfile": app_files["Dockerfile"] + f"ENV RELEASE={release}\n"}
        assert box.deploy("shop", files)["status"] == "running"
    assert box.deploy("blog", {"index.html": "<h1>words</h1>"})["status"] == "running"
    output = box.command(
        "backup", "--output", str(tmp_path), "--passphrase-file", str(secret), "--check"
    )
    (file,) = tmp_path.glob("*.sotabox-backup")
    assert "it can be restored" in output
    assert b"GREETING" not in file.read_bytes()

    _lose(box)
    box.command("restore", str(file), "--passphrase-file", str(secret))
    box.start()

    assert _served(box, "shop")["app"] == "two"
    assert b"words" in _answer(box, "blog")
    assert box.request("GET", "/v1/projects/shop/envs").data[0]["key"] == "GREETING"
    assert box.again("shop", "rollback")["status"] == "running"
    assert box.visit("shop").json["app"] == "one"


def _lose(box: Box) -> None:
    """What a broken disk takes: the process, Caddy, all of the box's on the engine, its data."""
    caddy = box.caddy_pid
    box.kill()
    subprocess.run(["kill", "-9", str(caddy)], check=True)
    with closing(docker.DockerClient(timeout=60)) as engine:
        sweep.remove(engine, sweep.find(engine, lambda instance: instance == box.instance_id))
    for path in box.directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _answer(box: Box, slug: str) -> bytes:
    deadline = time.monotonic() + BACK_S
    while (answer := box.visit(slug)).status != 200:
        assert time.monotonic() < deadline, (answer, box.log_text())
        time.sleep(0.1)
    return answer.body


def _served(box: Box, slug: str) -> dict[str, str]:
    _answer(box, slug)
    served: dict[str, str] = box.visit(slug).json
    return served
