"""The suite cleans up after a run that was killed, and only after that."""

import os
import subprocess

import docker
import pytest

from tests.machine import sweep

pytestmark = pytest.mark.engine


@pytest.fixture
def engine(docker_host: str) -> docker.DockerClient:
    client = docker.DockerClient(base_url=docker_host, timeout=30)
    yield client
    client.close()


def test_sweep_after_a_killed_run_removes_what_it_left(
    engine: docker.DockerClient, busybox: str
) -> None:
    """A run that was killed does not litter the engine for ever."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    instance = f"{sweep.PREFIX}{gone.pid}-dead"
    labels = {sweep.LABEL: instance}
    engine.containers.create(busybox, ["true"], labels=labels)
    engine.networks.create("sotabox-test-sweep", labels=labels)
    engine.volumes.create(labels=labels)

    found = sweep.find(engine, sweep.of_dead_runs)
    sweep.remove(engine, found)

    assert {"container", "network", "volume"} <= {item.kind for item in found}
    assert sweep.find(engine, lambda name: name == instance) == []


def test_sweep_of_a_run_beside_ours_takes_nothing(
    engine: docker.DockerClient, busybox: str, instance_id: str
) -> None:
    """Two runs at once on one engine do not sweep each other's containers away."""
    container = engine.containers.create(busybox, ["true"], labels={sweep.LABEL: instance_id})
    try:
        found = sweep.find(engine, sweep.of_dead_runs)
        assert container.id not in {item.id for item in found}
        ours = sweep.find(engine, sweep.of_run(os.getpid()))
        assert container.id in {item.id for item in ours}
    finally:
        container.remove()
