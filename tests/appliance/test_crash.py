"""kill -9 of sotabox: apps answer on, and the next start puts all right.

At each state of a deployment, under load: `tests/chaos`.
"""

import time
from collections.abc import Callable
from contextlib import closing

import docker
import pytest

from tests.box import Box

SETTLE_S = 60
FINAL = ("running", "failed", "stopped")

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_waiting_deployments_survive_a_kill(box: Box, app_files: dict[str, str]) -> None:
    """What was accepted is built after the next start, in every project that waited."""
    slow = app_files | {"Dockerfile": app_files["Dockerfile"] + "RUN sleep 2\n"}
    ids = {}
    for slug in ("one", "two", "three"):
        box.create(slug)
        ids[slug] = box.upload(slug, slow).data["id"]
    box.kill()
    box.start()
    for slug, id_ in ids.items():
        assert _final(box, id_, slug)["status"] == "running"
        assert box.visit(slug).status == 200


def test_apps_answer_while_sotabox_is_away(box: Box, deployed: Callable[[str], str]) -> None:
    """Neither a stop nor a kill of sotabox touches an app, its route or its container."""
    deployed("shop")
    caddy = box.caddy_pid
    release = box.visit("shop").json["app"]
    assert box.stop() == 0
    assert box.visit("shop").json["app"] == release
    box.start()
    assert box.caddy_pid == caddy, "Caddy was adopted, not started again"
    box.kill()
    assert box.visit("shop").json["app"] == release
    box.start()
    assert box.visit("shop").json["app"] == release


def test_container_that_somebody_removed_is_made_again(
    box: Box, deployed: Callable[[str], str]
) -> None:
    """`docker rm -f` of an app's container: another one serves a moment later."""
    project_id = deployed("shop")
    with closing(docker.DockerClient(timeout=60)) as engine:
        [container] = _containers(engine, project_id)
        container.remove(force=True)
        deadline = time.monotonic() + 20
        while box.visit("shop").status != 200:
            assert time.monotonic() < deadline, box.log_text()
            time.sleep(0.1)
        assert len(_containers(engine, project_id)) == 1


def test_second_sotabox_on_one_data_directory_is_refused(box: Box) -> None:
    """The second one ends at once and names the process that holds the directory."""
    first = box.process
    box.start(wait=False)
    assert box.process is not None
    assert box.process.wait(20) != 0
    assert str(first.pid if first else "") in box.logs[-1].read_text()
    box.process = first


def _final(box: Box, deployment_id: str, slug: str = "shop") -> dict[str, str]:
    deadline = time.monotonic() + SETTLE_S
    while (found := box.deployment(slug, deployment_id))["status"] not in FINAL:
        assert time.monotonic() < deadline, (found, box.log_of(slug, deployment_id))
        time.sleep(0.05)
    return found


def _containers(
    engine: docker.DockerClient, project_id: str
) -> list[docker.models.containers.Container]:
    return engine.containers.list(
        all=True, filters={"label": f"sotabox.project={project_id}"}, ignore_removed=True
    )
