"""One-off commands in the running release: what they see, how they end, what they leave."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest

from tests.box import Answer, Box, running_box
from tests.contract.echo import FILES

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("python_base")]


@pytest.fixture(scope="module")
def app(box: Box) -> Iterator[str]:
    """A running app with a variable."""
    slug = f"t{secrets.token_hex(4)}"
    box.create(slug)
    box.request("POST", f"/v1/projects/{slug}/envs", {"key": "APP_COLOUR", "value": "red"})
    assert box.deploy(slug, FILES)["status"] == "running"
    yield slug
    box.request("DELETE", f"/v1/projects/{slug}")


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(timeout=60)
    yield client
    client.close()


def run(box: Box, slug: str, command: Any, accept: str = "text/plain", **more: Any) -> Answer:
    body = {"command": command, **more}
    return box.request("POST", f"/v1/projects/{slug}/run", body, headers={"Accept": accept})


def commands_of(engine: docker.DockerClient, box: Box) -> list[Any]:
    found: list[Any] = engine.containers.list(
        all=True,
        filters={"label": [f"sotabox.instance={box.instance_id}", "sotabox.role=command"]},
        ignore_removed=True,
    )
    return found


def eventually(condition: Callable[[], bool], what: str, within_s: float = 20) -> None:
    """Returns once `condition` holds; it is the box that must get there, so it is asked again."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.05)


def test_command_runs_in_the_release_with_its_variables_and_network(
    box: Box, app: str, engine: docker.DockerClient
) -> None:
    """Image, environment and neighbours are those of the app; its container goes afterwards."""
    script = (
        "ls /server.py; echo $APP_COLOUR; "
        f"python -c \"import urllib.request as u; print(u.urlopen('http://{app}:8080/x').status)\""
    )
    lines = run(box, app, script).body.decode().splitlines()
    assert lines[:2] == ["/server.py", "red"]
    assert lines[-1].startswith("[run] exited with code ")
    eventually(lambda: commands_of(engine, box) == [], "its container is gone")
    assert box.visit(app).status == 200


def test_exit_code_comes_last(box: Box, app: str) -> None:
    """What it printed to either stream, then how it ended."""
    lines = run(box, app, "echo out; echo err >&2; exit 7").body.decode().splitlines()
    assert sorted(lines[:2]) == ["err", "out"]
    assert lines[2:] == ["[run] exited with code 7"]


def test_events_end_with_the_exit_code(box: Box, app: str) -> None:
    """A program reads the same as events."""
    answer = run(box, app, "echo hello; exit 3", accept="text/event-stream")
    text = answer.body.decode()
    assert "\ndata: hello\n\n" in text
    assert text.endswith('event: exit\ndata:{"exit_code": 3, "problem": null}\n\n')


def test_list_is_run_without_a_shell(box: Box, app: str) -> None:
    """Nothing in it is expanded."""
    lines = run(box, app, ["/bin/echo", "$APP_COLOUR", "a b"]).body.decode().splitlines()
    assert lines == ["$APP_COLOUR a b", "[run] exited with code 0"]


def test_command_is_walled_in_like_the_app(box: Box, app: str, engine: docker.DockerClient) -> None:
    """The same limits and the same capabilities; nothing more for a person's own command."""
    started = box.request  # the command goes on while it is looked at
    with box.connection(box.api_port, 30) as connection:
        connection.request(
            "POST",
            f"/v1/projects/{app}/run",
            b'{"command": "echo ready; sleep 60"}',
            {"Authorization": f"Bearer {box.key}", "Content-Type": "application/json"},
        )
        assert connection.getresponse().readline() == b"ready\n"
        (command,) = commands_of(engine, box)
        (served,) = engine.containers.list(
            filters={"label": [f"sotabox.project={started('GET', f'/v1/projects/{app}').data['id']}",
                               "sotabox.role=app"]}, ignore_removed=True)  # fmt: skip
        same = ("CapAdd", "CapDrop", "SecurityOpt", "Memory", "NanoCpus", "PidsLimit", "Privileged")
        mine, its = command.attrs["HostConfig"], served.attrs["HostConfig"]
        assert {key: mine[key] for key in same} == {key: its[key] for key in same}
        assert mine["RestartPolicy"]["Name"] == "no"
    # The connection is closed: whoever hangs up ends the command.
    eventually(lambda: commands_of(engine, box) == [], "it ended with its reader")


def test_command_that_takes_too_long_is_ended(
    box: Box, app: str, engine: docker.DockerClient
) -> None:
    """At the time that was asked for; what it printed until then was shown."""
    lines = run(box, app, "echo begun; sleep 60", timeout_s=2).body.decode().splitlines()
    assert lines == ["begun", "[run] ended: it was not done after 2 s"]
    eventually(lambda: commands_of(engine, box) == [], "its container is gone")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"command": ""}, "command"),
        ({"command": []}, "command"),
        ({"command": "a\0b"}, "command"),
        ({"command": 7}, "command"),
        ({"command": "x" * 70_000}, "command"),
        ({}, "command"),
        ({"command": "true", "timeout_s": 0}, "timeout_s"),
        ({"command": "true", "timeout_s": 10**6}, "timeout_s"),
        ({"command": "true", "shell": "sh"}, "shell"),
    ],
)
def test_command_that_can_not_be_is_refused(
    box: Box, app: str, body: dict[str, Any], field: str
) -> None:
    """422 with the field that was wrong."""
    answer = box.request("POST", f"/v1/projects/{app}/run", body)
    assert (answer.status, answer.code) == (422, "validation_error")
    assert [detail["field"] for detail in answer.error["details"]] == [field]


def test_program_that_is_not_in_the_image_exits_as_shells_say_it(box: Box, app: str) -> None:
    """127, after a line that names it."""
    first, last = run(box, app, ["/nowhere/at/all"]).body.decode().splitlines()
    assert "/nowhere/at/all" in first
    assert last == "[run] exited with code 127"


def test_command_in_a_project_that_does_not_run_is_a_conflict(box: Box, project: str) -> None:
    """There is no image to run it in."""
    answer = run(box, project, "true")
    assert (answer.status, answer.code) == (409, "nothing_running")


def test_command_of_a_killed_box_is_removed_at_its_next_start(engine: docker.DockerClient) -> None:
    """The app is not touched by that; nor by a command in the first place."""
    with running_box() as box:
        box.create("shop")
        assert box.deploy("shop", FILES)["status"] == "running"
        with box.connection(box.api_port, 30) as connection:
            connection.request(
                "POST",
                "/v1/projects/shop/run",
                b'{"command": "echo ready; sleep 600"}',
                {"Authorization": f"Bearer {box.key}", "Content-Type": "application/json"},
            )
            assert connection.getresponse().readline() == b"ready\n"
            host = box.visit("shop").json["host"]
            box.kill()
        assert len(commands_of(engine, box)) == 1
        box.start()
        eventually(lambda: commands_of(engine, box) == [], "the command is gone")
        assert box.visit("shop").json["host"] == host


def test_box_that_is_stopped_does_not_wait_for_a_command() -> None:
    """Its reader learns that it was broken off, and the box is gone in a moment."""
    with running_box() as box:
        box.create("shop")
        assert box.deploy("shop", FILES)["status"] == "running"
        with box.connection(box.api_port, 30) as connection:
            connection.request(
                "POST",
                "/v1/projects/shop/run",
                b'{"command": "echo ready; sleep 600"}',
                {"Authorization": f"Bearer {box.key}", "Content-Type": "application/json"},
            )
            response = connection.getresponse()
            assert response.readline() == b"ready\n"
            started = time.monotonic()
            assert box.stop() == 0
            assert time.monotonic() - started < 8
            assert response.read().endswith(b"[run] ended: it was broken off\n")
