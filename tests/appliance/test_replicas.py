"""Several containers of one version: they share the load, stand in for each other, and change as one."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from sotabox.fault_points import FaultPoint
from tests.appliance.test_crash import _final
from tests.appliance.test_swap import hammering
from tests.box import Box, running_box
from tests.integration.router.load import Load

SETTLE_S = 60

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says where the box is to end."""
    return tmp_path_factory.mktemp("fault") / "point"


@pytest.fixture(scope="module")
def box(
    docker_host: str,  # noqa: ARG001 - its end tells what was left
    fault: Path,
    app_files: dict[str, str],
) -> Iterator[Box]:
    """A box with one project, which three containers serve."""
    with running_box(fault_file=str(fault), drain_timeout_s="5") as box:
        box.create("shop")
        assert box.deploy("shop", app_files)["status"] == "running"
        scale(box, 3)
        yield box


@pytest.fixture
def engine(docker_host: str) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(docker_host, timeout=60)) as engine:
        yield engine


def scale(box: Box, replicas: int | None) -> None:
    """As many containers serve from now on."""
    answer = box.request("PATCH", "/v1/projects/shop/settings", {"replicas": replicas})
    assert answer.status == 200, answer.body
    deployment = box.again("shop")
    assert deployment["status"] == "running", deployment


def until(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.1)  # the engine's news are not ours


def serving(box: Box) -> set[str]:
    """Where the containers are to which visitors are sent."""
    [file] = (box.directory / "router/upstreams").glob("*.upstream")
    return {address.partition(":")[0] for address in file.read_text().split(" ")}


def answering(box: Box) -> set[str]:
    """The containers that answered one of thirty visits."""
    return {box.visit("shop").json["ip"] for _ in range(30)}


def containers(
    engine: docker.DockerClient, project_id: str
) -> list[docker.models.containers.Container]:
    """All of a project, running or not."""
    wanted = {"label": f"sotabox.project={project_id}"}
    return list(engine.containers.list(all=True, filters=wanted, ignore_removed=True))


def alone(box: Box, engine: docker.DockerClient) -> list[docker.models.containers.Container]:
    """The three that serve, once nothing else is there."""
    project_id = project_of(box)
    found: list[docker.models.containers.Container] = []

    def only_three() -> bool:
        found[:] = containers(engine, project_id)
        return len(found) == 3 and {_address(one) for one in found} == serving(box)

    until("the end of the others", only_three)
    return found


def project_of(box: Box) -> str:
    project_id: str = box.request("GET", "/v1/projects/shop").data["id"]
    return project_id


async def test_redeploys_under_load_lose_nothing(box: Box) -> None:
    """Three replicas, then three others, and again: all of them serve, and no request is lost."""
    before = await asyncio.to_thread(serving, box)
    load = Load(box.port, "shop.localhost", connections=6, fresh=3, pause_s=0.01)
    async with hammering(load):
        for _ in range(3):
            deployment = await asyncio.to_thread(box.again, "shop")
            assert deployment["status"] == "running", deployment
    assert load.failures == {}, load.outcomes
    after = await asyncio.to_thread(serving, box)
    assert (len(after), before & after) == (3, set())
    await asyncio.to_thread(until, "a visit to each", lambda: answering(box) == after)


async def test_replica_that_is_killed_loses_no_get(box: Box, engine: docker.DockerClient) -> None:
    """Its requests are answered by the others, until the engine has it running again."""
    served = await asyncio.to_thread(serving, box)
    project_id = await asyncio.to_thread(project_of, box)
    running = await asyncio.to_thread(containers, engine, project_id)
    [victim, *_] = [c for c in running if _address(c) in served]
    load = Load(box.port, "shop.localhost", connections=6, fresh=3, pause_s=0.01, posts=False)
    async with hammering(load):
        os.kill(victim.attrs["State"]["Pid"], signal.SIGKILL)
        await asyncio.to_thread(until, "its restart", lambda: _restarts(victim) > 0)
        await asyncio.to_thread(until, "a visit to each", lambda: answering(box) == served)
    assert load.failures == {}, load.outcomes


async def test_other_number_of_replicas_loses_nothing(
    box: Box, engine: docker.DockerClient
) -> None:
    """Three, one, and three again, under load of fresh connections; what was is gone."""
    load = Load(box.port, "shop.localhost", connections=4, fresh=4, pause_s=0.01)
    async with hammering(load):
        for replicas, count in ((None, 1), (3, 3)):
            await asyncio.to_thread(scale, box, replicas)
            assert len(await asyncio.to_thread(serving, box)) == count
    assert load.failures == {}, load.outcomes
    await asyncio.to_thread(alone, box, engine)


@pytest.mark.parametrize(
    "point",
    [
        FaultPoint.CANDIDATE_CREATED,
        FaultPoint.CANDIDATE_HEALTHY,
        FaultPoint.UPSTREAM_RENAMED,
        FaultPoint.SWAP_NOTED,
        FaultPoint.OLD_STOPPED,
    ],
)
def test_kill_in_a_swap_leaves_three_and_nothing_else(
    box: Box, fault: Path, engine: docker.DockerClient, point: FaultPoint
) -> None:
    """Wherever the box is cut off: after its next start the three new ones serve, and are alone."""
    before = serving(box)
    fault.write_text(f"KILL {point}")
    answer = box.request("POST", "/v1/projects/shop/redeploy")
    assert answer.status == 200, answer.body
    assert box.process is not None
    assert box.process.wait(SETTLE_S) == -signal.SIGKILL
    assert box.visit("shop").status == 200
    box.start()
    assert _final(box, answer.data["id"])["status"] == "running"
    alone(box, engine)
    after = serving(box)
    assert (len(after), before & after) == (3, set())
    until("a visit to each", lambda: answering(box) == after)


def test_replica_that_somebody_removed_is_made_again(box: Box, engine: docker.DockerClient) -> None:
    """`docker rm -f` of one of three: another takes its place, and the other two stay."""
    [victim, *others] = alone(box, engine)
    victim.remove(force=True)
    assert {c.id for c in others} < {c.id for c in alone(box, engine)}
    until("a visit to each", lambda: answering(box) == serving(box))


def test_version_of_which_one_fails_never_serves(box: Box, engine: docker.DockerClient) -> None:
    """Its candidates go, all of them; the three that serve are the same as before."""
    before = {c.id for c in alone(box, engine)}
    made = box.request("POST", "/v1/projects/shop/envs", {"key": "MODE", "value": "exit"})
    assert made.status == 200, made.body
    failed = box.again("shop")
    assert failed["status"] == "failed"
    assert failed["error"].startswith("Replica ")
    assert "exited with code 3" in failed["error"]
    assert {c.id for c in alone(box, engine)} == before
    assert box.request("DELETE", "/v1/projects/shop/envs/MODE").status < 300


def test_lines_name_their_replica(box: Box) -> None:
    """Three containers' lines are one log, and say whose each is."""
    text = box.request("GET", "/v1/projects/shop/logs?tail=all").body.decode()
    assert {line[:4] for line in text.splitlines()} == {"[1] ", "[2] ", "[3] "}


def test_pause_ends_all_and_resume_brings_all_back(box: Box, engine: docker.DockerClient) -> None:
    """Nothing of a paused project runs; what comes back is as many as before."""
    project_id = project_of(box)
    assert box.request("POST", "/v1/projects/shop/pause").status == 200
    until("their end", lambda: not containers(engine, project_id))
    assert box.visit("shop").status == 503
    assert box.again("shop", "resume")["status"] == "running"
    assert len(serving(box)) == 3


def _address(container: docker.models.containers.Container) -> str:
    """The one that it was made with, running or not."""
    [network] = container.attrs["NetworkSettings"]["Networks"].values()
    address: str = network["IPAMConfig"]["IPv4Address"]
    return address


def _restarts(container: docker.models.containers.Container) -> int:
    container.reload()
    count: int = container.attrs["RestartCount"]
    return count
