"""A disk is full, ours or the engine's: what runs goes on, what can't be done is refused in words."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.visitors import failures, served_by, visitors, wait_until_served
from tests.box import Answer, Box, running_box
from tests.machine.private_engine import PrivateEngine, private_engine
from tests.machine.small_disk import filled, small_disk

APPS = ("one", "two")
BACK_S = 15
DISK_MB = 32
ENGINE_DISK_MB = 200
CACHE_MB = 40

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture
def disk() -> Iterator[Path]:
    """The small file system on which the box keeps all its data."""
    with small_disk(DISK_MB) as directory:
        yield directory


@pytest.fixture
def box(
    disk: Path,
    docker_host: str,  # noqa: ARG001 - its end tells what was left
    app_files: dict[str, str],
) -> Iterator[Box]:
    """A box on a small disk, with two apps."""
    with running_box(data_dir=str(disk), drain_timeout_s="2") as box:
        deploy_all(box, {slug: files_of(app_files, slug) for slug in APPS})
        yield box


def test_box_without_a_byte_left_refuses_changes_and_serves_on(
    box: Box, disk: Path, app_files: dict[str, str]
) -> None:
    """Nothing half-written, no visitor lost, not even by a crash; all works when there is room."""
    before = kept(disk)
    unused = box.command("apikey", "create", "--name", "unused").strip()
    with visitors(box, APPS) as loads, filled(disk):
        for answer in (
            box.upload("one", files_of(app_files, "one")),
            box.request("POST", "/v1/projects/two/redeploy"),
            box.request("POST", "/v1/projects", {"name": "three"}),
            box.request("POST", "/v1/projects/one/envs", {"key": "KEY", "value": "x" * 5000}),
        ):
            assert_disk_full(answer)
        for key in (box.key, unused):  # its first use can't be noted
            headers = {"Authorization": f"Bearer {key}"}
            assert box.request("GET", "/v1/projects", headers=headers).status == 200
        assert kept(disk) == before
        box.kill()
        box.start()
    assert failures(loads) == {}
    assert box.deploy("one", files_of(app_files, "one"))["status"] == "running"
    assert box.again("two")["status"] == "running"
    assert box.request("POST", "/v1/projects", {"name": "three"}).status == 201


def test_router_that_dies_on_a_full_disk_is_back(box: Box, disk: Path) -> None:
    """Caddy's log and pages can't be written, and it serves all the same."""
    with filled(disk):
        os.kill(box.caddy_pid, signal.SIGKILL)
        wait_until_served(box, APPS, BACK_S)


def test_archive_for_which_there_is_no_room_leaves_nothing(box: Box, disk: Path) -> None:
    """It fits when it comes in, and not when it is unpacked: refused, and all of it is gone."""
    before = kept(disk)
    assert_disk_full(box.upload("one", {"blob": os.urandom((DISK_MB - 10) * 1_000_000)}))
    assert kept(disk) == before
    assert served_by(box, APPS) == {slug: slug for slug in APPS}


def test_disk_that_fills_up_during_a_deploy_leaves_the_old_version_or_the_new(
    box: Box, disk: Path, app_files: dict[str, str]
) -> None:
    """The swap is whole or it isn't; visitors lose nothing, and the next deploy works."""
    slow = files_of(app_files, "one", "RUN sleep 1\n")
    with visitors(box, APPS) as loads:
        id_ = box.upload("one", slow).data["id"]
        with filled(disk):
            wait_for_the_end(box, id_)
        deployment = box.settled("one", id_)
        again = box.deploy("one", files_of(app_files, "one"))
    assert failures(loads) == {}
    if deployment["status"] != "running":
        assert "disk" in deployment["error"].lower(), deployment
    assert again["status"] == "running", again


def wait_for_the_end(box: Box, deployment_id: str) -> None:
    """Returns when a deployment is over, or would be if its end could be written down."""
    deadline = time.monotonic() + 60
    while "waits for its end" not in box.log_text():
        if box.deployment("one", deployment_id)["status"] in {"running", "failed"}:
            return
        assert time.monotonic() < deadline, box.log_text()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def engine(busybox: str) -> Iterator[PrivateEngine]:
    """An engine whose data lie on a small file system."""
    with private_engine(size_mb=ENGINE_DISK_MB) as engine:
        engine.start()
        engine.load(busybox)
        yield engine


@pytest.fixture
def beside(engine: PrivateEngine, busybox: str) -> Iterator[Box]:
    """A box beside that engine, with two apps."""
    with running_box(engine, drain_timeout_s="2") as box:
        deploy_all(box, {slug: page_of(busybox, slug) for slug in APPS})
        yield box


def test_build_on_a_full_engine_fails_in_a_sentence_and_apps_go_on(
    engine: PrivateEngine, beside: Box, busybox: str
) -> None:
    """The disk is named as the reason, never the app; with room again the same archive serves."""
    empty_cache(engine)
    with engine.full():
        failed = beside.deploy("one", page_of(busybox, "one", "RUN true\n"))
        assert served_by(beside, APPS) == {slug: slug for slug in APPS}
        assert beside.request("POST", "/v1/projects", {"name": "three"}).status == 201
    assert failed["status"] == "failed"
    assert failed["error"] == "The disk on which Docker keeps its data is full."
    assert "Free some space" in failed["hint"]
    assert beside.deploy("one", page_of(busybox, "one", "RUN true\n"))["status"] == "running"
    assert beside.deploy("three", page_of(busybox, "three"))["status"] == "running"


def test_full_engine_gives_up_its_build_cache_for_a_deploy(
    engine: PrivateEngine, beside: Box, busybox: str
) -> None:
    """What can be built again makes room by itself, and the deploy succeeds at its second try."""
    hoard = f"RUN dd if=/dev/urandom of=/big bs=1000000 count={CACHE_MB}\n"
    hoarding = f"FROM {busybox} AS hoard\n{hoard}FROM {busybox}\nCOPY --from=hoard /etc/passwd /x\n"
    files = page_of(busybox, "two")
    files["Dockerfile"] = hoarding + files["Dockerfile"].partition("\n")[2]
    assert beside.deploy("two", files)["status"] == "running"
    with engine.full():
        deployment = beside.deploy("one", page_of(busybox, "one", "RUN echo more\n"))
    assert deployment["status"] == "running", deployment
    assert "MB were freed; trying again" in beside.log_of("one", deployment["id"])
    assert served_by(beside, APPS) == {slug: slug for slug in APPS}


def files_of(app_files: dict[str, str], slug: str, steps: str = "") -> dict[str, str]:
    """The archive of an app that says its own name; its build takes `steps`."""
    return app_files | {"Dockerfile": f"{app_files['Dockerfile']}{steps}ENV RELEASE={slug}\n"}


def page_of(busybox: str, slug: str, steps: str = "") -> dict[str, str]:
    """The archive of a page that says its own name, on the smallest of bases."""
    command = '["sh", "-c", "exec httpd -f -p $PORT -h /www"]'
    return {
        "Dockerfile": f"FROM {busybox}\nCOPY index.html /www/\n{steps}CMD {command}\n",
        "index.html": json.dumps({"app": slug}),
    }


def deploy_all(box: Box, archives: dict[str, dict[str, str]]) -> None:
    for slug, files in archives.items():
        box.create(slug)
        deployment = box.deploy(slug, files)
        assert deployment["status"] == "running", deployment


def empty_cache(engine: PrivateEngine) -> None:
    with engine.client() as client:
        client.api.prune_builds(all=True)


def kept(disk: Path) -> set[Path]:
    """The files that uploads and builds have left."""
    return {path for name in ("uploads", "trees", "archives") for path in (disk / name).rglob("*")}


def assert_disk_full(answer: Answer) -> None:
    """The answer says that the disk is full, and what to do."""
    assert answer.status == 503, answer.body
    assert answer.error["code"] == "disk_full"
    assert answer.error["hint"]
    assert int(answer.headers["retry-after"]) > 0
