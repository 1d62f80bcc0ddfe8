"""The engine goes away in every way that it can; what runs goes on, or comes back by itself.

Three apps on an engine of this file's own, with visitors who count what they lose.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.appliance.visitors import failures, served_by, visitors, wait_until_served
from tests.box import Answer, Box, running_box
from tests.machine.private_engine import PrivateEngine, private_engine

APPS = ("one", "two", "three")
BACK_S = 15
PAGE_S = 6  # for the page that says that an app is down
ENGINE_TIMEOUT_S = 5  # how long a request waits for an engine that hangs
CPU_SHARE = 0.03
SLOW = "RUN sleep 3 #{nonce}\n"

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def engine(python_base: str) -> Iterator[PrivateEngine]:
    """An engine that only this file's tests use."""
    with private_engine() as engine:
        engine.start()
        engine.load(python_base)
        yield engine


@pytest.fixture(scope="module")
def one_box(engine: PrivateEngine, app_files: dict[str, str]) -> Iterator[Box]:
    with running_box(engine, app_memory_mb="64", drain_timeout_s="2") as box:
        for slug in APPS:
            box.create(slug)
            deployment = box.deploy(slug, files_of(app_files, slug))
            assert deployment["status"] == "running", deployment
        yield box


@pytest.fixture
def box(one_box: Box) -> Box:
    """The box of this file with its three apps, all of which answer."""
    wait_until_served(one_box, APPS, BACK_S)
    return one_box


def files_of(app_files: dict[str, str], slug: str, steps: str = "") -> dict[str, str]:
    """The archive of an app that says its own name; its build takes `steps`."""
    dockerfile = f"{app_files['Dockerfile']}{steps}ENV RELEASE={slug}\n"
    return app_files | {"Dockerfile": dockerfile}


@contextmanager
def slow_build(box: Box, app_files: dict[str, str], slug: str) -> Iterator[str]:
    """A deployment whose build is under way when the block begins; gives its id."""
    answer = box.upload(slug, files_of(app_files, slug, SLOW.format(nonce=time.monotonic_ns())))
    assert answer.status == 202, answer.body
    id_: str = answer.data["id"]
    _wait(lambda: "sleep 3" in box.log_of(slug, id_), box)
    yield id_


def test_upgrade_of_the_engine_under_live_restore_loses_no_request(
    engine: PrivateEngine, box: Box, app_files: dict[str, str]
) -> None:
    """No visitor notices; deploys are refused meanwhile, and the build that was cut off succeeds."""
    restart(engine, box, live_restore=True)
    with visitors(box, APPS) as loads, slow_build(box, app_files, "one") as building:
        engine.stop()
        refused = [
            box.upload("two", files_of(app_files, "two")),
            box.request("POST", "/v1/projects/two/redeploy"),
        ]
        listed = box.request("GET", "/v1/projects")
        assert box.deployment("one", building)["status"] in ("pending", "building")
        engine.start(live_restore=True)
        deployment = box.settled("one", building)
    for answer in refused:
        assert_unavailable(answer)
    assert [project["slug"] for project in listed.data] == list(APPS)
    assert deployment["status"] == "running", deployment
    assert "Docker is back" in box.log_of("one", building)
    assert failures(loads) == {}


def test_stopped_engine_takes_apps_along_and_brings_them_back(
    engine: PrivateEngine, box: Box, app_files: dict[str, str]
) -> None:
    """Without live-restore: a page in seconds, then each app at its own address again."""
    restart(engine, box, live_restore=False)
    with slow_build(box, app_files, "two") as building:
        engine.stop()
        began = time.monotonic()
        assert set(served_by(box, APPS).values()) <= {"502", "503"}
        assert time.monotonic() - began < PAGE_S
        engine.start()
        wait_until_served(box, APPS, BACK_S)
        deployment = box.settled("two", building)
    assert deployment["status"] == "running", deployment
    assert served_by(box, APPS) == {slug: slug for slug in APPS}


def test_candidate_that_goes_with_the_engine_is_not_blamed_on_the_app(
    engine: PrivateEngine, box: Box, app_files: dict[str, str]
) -> None:
    """Stopped by the engine in the midst of its health check, it is started again and serves."""
    restart(engine, box, live_restore=False)
    late = files_of(app_files, "three", "ENV LATE=2\n")
    id_ = box.upload("three", late).data["id"]
    _wait(lambda: "Container started" in box.log_of("three", id_), box)
    engine.stop()
    engine.start()
    deployment = box.settled("three", id_)
    assert deployment["status"] == "running", deployment
    assert deployment["error"] is None


def test_killed_engine_stops_apps_at_its_return_and_sotabox_starts_them(
    engine: PrivateEngine, box: Box
) -> None:
    """Docker leaves `unless-stopped` down after a crash of its own; they are up again in seconds."""
    restart(engine, box, live_restore=False)
    before = containers(engine)
    engine.kill()
    assert served_by(box, APPS) == {slug: slug for slug in APPS}
    engine.start()
    wait_until_served(box, APPS, BACK_S)
    assert containers(engine) == before


@pytest.mark.parametrize("order", ["caddy engine sotabox", "engine sotabox", "sotabox engine"])
def test_after_a_power_cut_all_apps_answer_whatever_starts_first(
    engine: PrivateEngine, box: Box, order: str
) -> None:
    """Everything is killed at once and started in some order: each address serves its own app."""
    box.kill()
    os.kill(box.caddy_pid, signal.SIGKILL)
    engine.power_off()
    starts = {
        "caddy": lambda: box.spawn("caddy"),
        "engine": engine.start,
        "sotabox": box.start,
    }
    for part in order.split():
        starts[part]()
    wait_until_served(box, APPS, BACK_S)
    assert box.again("one")["status"] == "running"


def test_app_killed_for_its_memory_is_back_at_its_address(engine: PrivateEngine, box: Box) -> None:
    """The kernel kills it, the engine starts it again, and nothing else is disturbed."""
    before = containers(engine)
    with visitors(box, ("two", "three")) as loads:
        assert box.visit("one", "/hog", method="POST").status == 502
        wait_until_served(box, ("one",), BACK_S)
    with engine.client() as client:
        state = client.containers.get(before["one"][0]).attrs
    assert state["RestartCount"] >= 1
    assert containers(engine) == before
    assert box.request("GET", "/v1/projects/one/deployments").data[0]["status"] == "running"
    assert failures(loads) == {}


def test_app_that_crash_loops_costs_nothing_and_a_deploy_ends_it(
    engine: PrivateEngine, box: Box
) -> None:
    """The engine starts it ever more rarely, sotabox stays calm, and the next version serves."""
    doomed = containers(engine)["two"][0]
    with visitors(box, ("one", "three")) as loads:
        assert box.visit("two", "/doom", method="POST").status == 502
        began, cpu_s = time.monotonic(), cpu_of(box.pid)
        with engine.client() as client:
            _wait(lambda: client.containers.get(doomed).attrs["RestartCount"] >= 5, box)
        share = (cpu_of(box.pid) - cpu_s) / (time.monotonic() - began)
    assert failures(loads) == {}
    assert share < CPU_SHARE
    assert box.again("two")["status"] == "running"
    wait_until_served(box, ("two",), BACK_S)


def test_engine_that_hangs_holds_nobody_up(
    engine: PrivateEngine, box: Box, app_files: dict[str, str]
) -> None:
    """Every request has its answer, visitors notice nothing, and a build goes on where it was."""
    with slow_build(box, app_files, "one") as building:
        with engine.hanging():
            began = time.monotonic()
            with visitors(box, APPS) as loads:
                refused = box.upload("two", files_of(app_files, "two"))
                listed = box.request("GET", "/v1/projects", timeout_s=1)
            created = box.request("POST", "/v1/projects", {"name": "late"})
            assert time.monotonic() - began < 2 * ENGINE_TIMEOUT_S + 2
        deployment = box.settled("one", building)
    assert_unavailable(refused)
    assert listed.status == 200
    assert created.status == 201
    assert deployment["status"] == "running", deployment
    assert failures(loads) == {}
    late = box.deploy("late", files_of(app_files, "late"))
    assert late["status"] == "running", late
    assert box.request("DELETE", "/v1/projects/late").status == 204


def test_box_ends_while_calls_of_the_engine_have_no_answer(engine: PrivateEngine, box: Box) -> None:
    """Such a call may hold a thread for minutes: an end or an upgrade waits for none of them."""
    with engine.hanging():
        assert box.request("POST", "/v1/projects/one/redeploy").status in (200, 503)
        assert box.stop(timeout_s=25) == 0
    box.start()
    wait_until_served(box, APPS, BACK_S)


def restart(engine: PrivateEngine, box: Box, *, live_restore: bool) -> None:
    """The engine with the other setting, all apps up."""
    engine.stop()
    engine.start(live_restore=live_restore)
    wait_until_served(box, APPS, BACK_S)


def containers(engine: PrivateEngine) -> dict[str, tuple[str, str]]:
    """By app, the id and the address of its container, once what was replaced is gone."""
    with engine.client() as client:
        deadline = time.monotonic() + BACK_S
        while len(found := client.containers.list(all=True, ignore_removed=True)) > len(APPS):
            assert time.monotonic() < deadline, [container.name for container in found]
            time.sleep(0.1)
    addresses = {}
    for container in found:
        [network] = container.attrs["NetworkSettings"]["Networks"].values()
        addresses[container.name.partition("-")[0]] = (container.id, network["IPAddress"])
    return addresses


def assert_unavailable(answer: Answer) -> None:
    """The answer says that the engine is away, what to do, and when to come again."""
    assert answer.status == 503, answer.body
    assert answer.error["code"] == "engine_unavailable"
    assert answer.error["hint"]
    assert int(answer.headers["retry-after"]) > 0


def cpu_of(pid: int) -> float:
    """The seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait(condition: Callable[[], Any], box: Box, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, box.log_text()
        time.sleep(0.05)
