"""What a box does for itself: backups by the clock, tidying up, and what a kill leaves of both."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SOON_S = 20


def test_scheduled_backup_is_made_and_tried_out(docker_host: str, tmp_path: Path) -> None:  # noqa: ARG001
    """The first one comes with the start, and monitors see that it can be restored."""
    with running_box(backup_dir=str(tmp_path), backups_kept="2") as box:
        wait_for(lambda: readiness(box)["backup"] == "ok")
        (file,) = tmp_path.iterdir()
        record = json.loads((box.directory / "backups.json").read_text())
        assert record["file"] == str(file)
        assert record["rehearsal_s"] > 0
        assert list((box.directory / "scratch").glob("*/")) == []


def test_backup_that_fails_is_seen(docker_host: str, tmp_path: Path) -> None:  # noqa: ARG001
    """A folder that is not there, such as a mount that was forgotten: the box works, and tells."""
    with running_box(backup_dir=str(tmp_path / "unmounted")) as box:
        wait_for(lambda: readiness(box)["backup"] == "failing")
        assert "no backup was made" in box.log_text()
        assert "is no folder" in json.loads((box.directory / "backups.json").read_text())["problem"]


def test_killed_backup_leaves_nothing(box: Box, tmp_path: Path) -> None:
    """kill -9 at several moments: no file that looks like a backup, and the next one is made."""
    box.create("shop")
    for number in range(40):
        (box.directory / "archives" / f"x{number}.tar.gz").write_bytes(bytes(5_000_000))
    for moment_s in (0.1, 0.3, 0.5, 0.7):
        child = box.spawn("backup", "--output", str(tmp_path), "--logs")
        time.sleep(moment_s)
        child.kill()
        child.wait()
    killed = list(tmp_path.iterdir())
    assert [path for path in killed if path.suffix != ".sotabox-backup"] == []
    for whole in killed:  # it was faster than the kill
        whole.unlink()
    assert "can be restored" in box.command("backup", "--output", str(tmp_path), "--check")
    assert [path.name for path in (box.directory / "scratch").iterdir()] == ["lock"]


def test_backup_is_consistent_while_everything_is_written(box: Box, tmp_path: Path) -> None:
    """Projects are made as fast as can be: each backup of that time can be restored."""
    for number in range(5):
        box.create(f"app-{number}")
        (tmp_path / str(number)).mkdir()
        output = box.command("backup", "--output", str(tmp_path / str(number)), "--check")
        assert "can be restored" in output


@pytest.mark.settings(releases_kept="1")
def test_gc_removes_strays_and_keeps_what_a_rollback_needs(
    box: Box, deployed: Callable[[str], str], app_files: dict[str, str]
) -> None:
    """An image that nothing knows goes; after that, rolling back works as before."""
    deployed("shop")
    second = app_files | {"Dockerfile": app_files["Dockerfile"] + "ENV RELEASE=two\n"}
    assert box.deploy("shop", second)["status"] == "running"
    with closing(docker.DockerClient(timeout=60)) as engine:
        labels = {"sotabox.instance": box.instance_id, "sotabox.role": "image"}
        stray = stray_image(engine, labels)
        assert "nothing knows       1" in box.command("gc", "--dry-run")
        assert engine.images.get(stray)
        box.command("gc")
        with pytest.raises(docker.errors.ImageNotFound):
            engine.images.get(stray)
    assert box.again("shop", "rollback")["status"] == "running"
    assert box.visit("shop").status == 200
    assert "nothing knows       0" in box.command("gc", "--dry-run")


def stray_image(engine: docker.DockerClient, labels: dict[str, str]) -> str:
    """The id of an image of this box that no row knows, as a kill can leave it."""
    container = engine.containers.create(engine.images.list()[0].id, "true", labels={})
    try:
        lines = [f"LABEL {name}={value}" for name, value in labels.items()]
        image_id: str = container.commit(changes="\n".join(lines)).id
        return image_id
    finally:
        container.remove()


def readiness(box: Box) -> Any:
    return box.request("GET", "/readyz").data


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
