"""What a box does for itself: backups by the clock, tidying up, and what a kill leaves of both."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SOON_S = 20.0
LOOKS_S = 70.0  # two of the looks that come each half minute


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
    noted = box.request("GET", "/v1/audit?limit=1").data[0]
    assert (noted["action"], noted["address"]) == ("free_space", "host")
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


def wait_for(condition: Callable[[], bool], timeout_s: float = SOON_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_figures_of_an_app_are_kept_and_told(
    docker_host: str,  # noqa: ARG001
    tmp_path: Path,
    app_files: dict[str, str],
) -> None:
    """Two looks later: what it used and answered, for the dashboard, and for a monitor with a token."""
    token = tmp_path / "token"
    token.write_text("open\n")
    with running_box(metrics_token_file=str(token), log_format="json") as box:
        box.create("shop")
        assert box.deploy("shop", app_files)["status"] == "running"
        assert (
            box.request("GET", "/metrics", headers={"Authorization": "Bearer shut"}).status == 401
        )
        wait_for(lambda: 'app_memory_bytes{project="shop"}' in figures(box), LOOKS_S)
        for _ in range(5):
            assert box.visit("shop").status == 200
        wait_for(
            lambda: 'app_requests_total{project="shop",class="2xx"} 5' in figures(box), LOOKS_S
        )
        rows = sampled(box)
        assert sum(row["ok"] for row in rows) == 5
        assert all(row["memory_bytes"] > 1_000_000 and row["cpu_ms"] >= 0 for row in rows)
        assert 'sotabox_deployments{status="running"} 1' in figures(box)
        assert all("time" in json.loads(line) for line in box.logs[0].read_text().splitlines())


def figures(box: Box) -> str:
    answer = box.request("GET", "/metrics", headers={"Authorization": "Bearer open"})
    assert answer.status == 200, answer.body
    return answer.body.decode()


def sampled(box: Box) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(box.directory / "sotabox.db")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM samples WHERE step_s = 30").fetchall()
