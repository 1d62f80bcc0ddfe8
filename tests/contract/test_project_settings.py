"""Settings of a project: what they change, and what can't be one."""

import json
from collections.abc import Iterator

import docker
import pytest

from tests.box import Box
from tests.contract.echo import FILES

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("python_base")]


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(timeout=60)
    yield client
    client.close()


def host_config(engine: docker.DockerClient, project: str) -> dict[str, int]:
    """What the engine was told of a project's only container."""
    (container,) = engine.containers.list(
        filters={"label": [f"sotabox.project={project}", "sotabox.role=app"]}, ignore_removed=True
    )
    config: dict[str, int] = container.attrs["HostConfig"]
    return config


def change(box: Box, project: str, **settings: object) -> None:
    answer = box.request("PATCH", f"/v1/projects/{project}/settings", settings)
    assert answer.status == 200, answer.body
    assert settings.items() <= answer.data.items()


def test_settings_of_a_new_project_are_all_null(box: Box, project: str) -> None:
    """The box decides, until somebody says otherwise."""
    settings = box.request("GET", f"/v1/projects/{project}/settings").data
    assert set(settings) == {
        "memory_mb", "cpus", "pids", "health_path", "health_timeout_s", "drain_timeout_s", "port",
        "builder", "root_directory", "build_command", "start_command", "guard_minutes",
        "guard_5xx_percent", "replicas",
    }  # fmt: skip
    assert set(settings.values()) == {None}


def test_settings_count_from_the_next_deployment(
    box: Box, project: str, slug: str, engine: docker.DockerClient
) -> None:
    """Limits, port, health path, root directory and start command, all in one deployment."""
    change(
        box,
        project,
        memory_mb=96,
        cpus=0.5,
        pids=77,
        port=3456,
        health_path="/alive?x=1",
        root_directory="apps/web",
        start_command="python /server.py from-settings",
    )
    box.request("POST", f"/v1/projects/{project}/envs", {"key": "APP_HEALTH", "value": "/none"})
    files = {f"apps/web/{name}": text for name, text in FILES.items()}
    deployment = box.deploy(slug, files)
    assert deployment["status"] == "running", deployment
    answer = box.visit(slug, "/x")
    assert answer.json["env"]["PORT"] == "3456"
    assert answer.json["argv"] == ["/server.py", "from-settings"]
    config = host_config(engine, project)
    assert (config["Memory"], config["NanoCpus"]) == (96 * 1024**2, 500_000_000)
    assert config["PidsLimit"] == 77

    # Without its health path the app is asked at `/`, where it says 503.
    change(box, project, health_path=None, health_timeout_s=1)
    failed = box.again(slug)
    assert failed["status"] == "failed"
    assert "Not healthy after 1 s: GET / answers 503" in failed["error"]
    assert box.visit(slug, "/x").status == 200


def test_more_memory_counts_at_once_and_less_at_the_next_start(
    box: Box, project: str, slug: str, engine: docker.DockerClient
) -> None:
    """Who needs memory now gets it; taking some away could kill what runs."""
    change(box, project, memory_mb=100, cpus=1)
    assert box.deploy(slug, FILES)["status"] == "running"
    change(box, project, memory_mb=200, cpus=0.25)
    config = host_config(engine, project)
    assert (config["Memory"], config["NanoCpus"]) == (200 * 1024**2, 250_000_000)
    change(box, project, memory_mb=80)
    assert host_config(engine, project)["Memory"] == 200 * 1024**2
    assert box.again(slug)["status"] == "running"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memory_mb", 5),
        ("memory_mb", "much"),
        ("memory_mb", 10**15),
        ("cpus", 0),
        ("cpus", -1),
        ("pids", 0),
        ("health_path", "alive"),
        ("health_path", "/a b"),
        ("health_path", "/ä"),
        ("health_timeout_s", 0),
        ("drain_timeout_s", -1),
        ("port", 0),
        ("port", 65536),
        ("port", 80.5),
        ("builder", "nix"),
        ("root_directory", "../x"),
        ("root_directory", "/x"),
        ("root_directory", "a//b"),
        ("build_command", "a\nb"),
        ("start_command", " "),
        ("start_command", "x" * 5000),
        ("memory", 1),
    ],
)
def test_setting_that_can_not_be_is_refused_and_named(
    box: Box, project: str, field: str, value: object
) -> None:
    """422 with the field, and nothing is changed."""
    body = {field: value, "drain_timeout_s": 7} if field != "drain_timeout_s" else {field: value}
    answer = box.request("PATCH", f"/v1/projects/{project}/settings", body)
    assert (answer.status, answer.code) == (422, "validation_error")
    assert [detail["field"] for detail in answer.error["details"]] == [field]
    assert box.request("GET", f"/v1/projects/{project}/settings").data["drain_timeout_s"] is None


def test_numbers_that_json_does_not_know_are_malformed(box: Box, project: str) -> None:
    """400, as for any body that is no JSON."""
    answer = box.request(
        "PATCH",
        f"/v1/projects/{project}/settings",
        json.dumps({"cpus": float("nan")}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status == 400


def test_settings_of_an_absent_project_are_not_found(box: Box) -> None:
    """404, to read and to write."""
    assert box.request("GET", "/v1/projects/absent/settings").status == 404
    assert box.request("PATCH", "/v1/projects/absent/settings", {"port": 1}).status == 404
