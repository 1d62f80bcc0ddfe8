"""The verbs that look after a project and its people, against a real box: each well and ill."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.appliance.person import Person, person_at
from tests.appliance.terminal import assert_screen, terminal
from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def shared_box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001  its end tells what was left
    with running_box(webhook_private="true") as box:
        yield box


@pytest.fixture
def person(shared_box: Box, app_files: dict[str, str], tmp_path: Path) -> Person:
    person = person_at(shared_box, app_files, tmp_path)
    assert person.run("init").code == 0
    return person


@pytest.fixture
def receiver() -> Iterator[str]:
    """The address of somebody who takes webhooks."""

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/box"
    server.shutdown()
    thread.join()
    server.server_close()


def test_app_is_paused_resumed_and_restarted(person: Person, shared_box: Box) -> None:
    """I stop my app, start it again and start it anew; what can't be done says why, with 2."""
    slug = person.folder.name
    assert person.run("pause").code == 2
    assert person.run("deploy").code == 0
    paused = person.run("pause")
    assert (paused.code, paused.out) == (
        0,
        f"{slug} is paused. Start it again: sotabox resume\n",
    )
    assert shared_box.visit(slug).status == 503
    assert person.run("restart").code == 2
    resumed = person.run("resume")
    assert resumed.out.splitlines()[-1].startswith(f"http://{slug}.localhost:{shared_box.port} ")
    assert person.run("restart", "--json").rows[0]["status"] == "running"
    assert shared_box.visit(slug).status == 200


def test_screen_of_looking_after_an_app_is_as_kept(person: Person, shared_box: Box) -> None:
    """What works, what can't be done now and what I mistype: each is a line or two that help."""
    with terminal(person.folder, person.home / "window") as window:
        window.type(f"sotabox login localhost:{shared_box.port} --key - <<< {person.key}")
        window.type("sotabox init --force --name my-app")
        window.type("sotabox deploy")
        window.clear()
        for line in (
            "settings set memory_mb=128 health_path=/", "settings set memory_mb=lots",
            "env set COLOUR=blue", "env diff", "redeploy", "env diff",
            "pause", "pause", "restart", "resume", "webhooks", "members", "members add ada",
            "keys revoke none", "deplyo", "deploy --ref main", "rollback 7",
        ):  # fmt: skip
            window.type(f"sotabox {line}")
        assert_screen(window, "screen-look-after.txt")
    assert person.run("projects", "delete", "my-app", "--yes", "my-app").code == 0


def test_settings_are_shown_set_and_given_back(person: Person) -> None:
    """Numbers go as numbers, text as text; what makes no sense is refused by its name."""
    assert person.run("settings", "set", "memory_mb=256", "start_command=7").code == 0
    assert person.run("settings", "get", "memory_mb").out == "256\n"
    (row,) = person.run("settings", "--json").rows
    assert (row["memory_mb"], row["start_command"]) == (256, "7")
    assert "memory_mb" in person.run("settings").out
    assert person.run("settings", "unset", "memory_mb").code == 0
    assert person.run("settings", "get", "memory_mb").out == ""
    for wrong in (
        ["set", "memory_mb=much"],
        ["set", "no_such=1"],
        ["get", "no_such"],
        ["set", "x"],
    ):
        done = person.run("settings", *wrong)
        assert (done.code, done.out) == (2, "")
        assert wrong[1].partition("=")[0] in done.err


def test_variables_differ_until_a_redeploy(person: Person) -> None:
    """`env diff` names what the running app does not have yet; export and import are inverse."""
    assert person.run("env", "set", "OLD=1", "TEXT=a b").code == 0
    assert person.run("deploy").code == 0
    assert person.run("env", "diff").out == "The running app has today's variables.\n"
    exported = person.run("env", "export").out
    (person.folder / "next.env").write_text(exported.replace("OLD=1", "NEW=1"))
    told = person.run("env", "import", "next.env", "--replace").out
    assert told.startswith("Variables: 1 added, 1 removed. ")
    assert person.run("env", "diff").out.splitlines()[:2] == ["+ NEW", "- OLD"]
    assert person.run("env", "set", "--target", "build", "ONLY=1").code == 0
    rows = {row["key"]: row["target"] for row in person.run("env", "--json").rows}
    assert rows == {"NEW": "both", "TEXT": "both", "ONLY": "build"}


def test_webhook_is_added_tried_and_removed(person: Person, receiver: str) -> None:
    """A webhook shows its secret once, answers a ping, and what it was sent can be sent again."""
    added = person.run("webhooks", "add", receiver, "--event", "deploy.failed")
    assert added.out.startswith(f"{receiver} is told of deploy.failed.\n")
    assert "whsec_" in added.out
    assert "whsec_" not in person.run("webhooks", "--json").out
    assert person.run("webhooks", "ping", receiver).out.startswith("ping: ")
    (sent,) = person.run("webhooks", "deliveries", receiver, "--json").rows
    again = person.run("webhooks", "resend", receiver, str(sent["id"]), "--json").rows
    assert [row["resent_from"] for row in again] == [sent["id"]]
    assert person.run("webhooks", "remove", "no-such").code == 2
    assert person.run("webhooks", "remove", receiver).code == 0
    assert person.run("webhooks").out.startswith("No webhooks yet.")


def test_people_and_their_keys(person: Person, shared_box: Box) -> None:
    """I add somebody to my project and let them out, make a key and revoke it, and see who did it."""
    email = f"{person.folder.name}@example.com"
    assert person.run("members", "add", email).code == 2
    shared_box.request("POST", "/v1/users", {"email": email, "role": "member"})
    assert person.run("members", "add", email, "--role", "viewer").code == 0
    assert [row["email"] for row in person.run("members", "--json").rows] == [email]
    assert person.run("members", "remove", email).code == 0
    key = person.run("keys", "create", person.folder.name).out.strip()
    assert person.run("whoami", SOTA_API_KEY=key).code == 0
    assert person.run("keys", "revoke", person.folder.name).code == 0
    assert person.run("whoami", SOTA_API_KEY=key).code == 3
    (newest,) = person.run("audit", "list", "--limit", "1", "--json").rows
    assert newest["action"] == "revoke_api_key"
    assert person.run("audit", "verify").out.startswith("The log is whole: ")


def test_credentials_of_a_registry_come_from_a_pipe(person: Person) -> None:
    """A script hands the password over by a pipe; nowhere is it shown again."""
    host = f"{person.folder.name}.example.com"
    refused = person.run("registries", "add", host, "me")
    assert (refused.code, "--password-stdin" in refused.err) == (2, True)
    added = person.run("registries", "add", host, "me", "--password-stdin", given="s3cret\n")
    assert added.out == f"Images of {host} are pulled as me.\n"
    listed = person.run("registries", "--json")
    assert (host in listed.out, "s3cret" in listed.out) == (True, False)
    assert person.run("registries", "remove", host).code == 0
    assert host not in person.run("registries").out


def test_project_is_renamed(person: Person) -> None:
    """A project gets another name, and keeps its address."""
    slug = person.folder.name
    assert person.run("projects", "rename", slug, "Shop").out == f"{slug} is called Shop.\n"
    assert person.run("projects", "rename", "no-such-project", "Shop").code == 2


def test_image_is_deployed_without_a_folder(person: Person) -> None:
    """What the box fetches by itself needs no upload; flags that do not go together are told."""
    done = person.run("deploy", "--image", "127.0.0.1:1/nobody/app:1", "--json")
    assert (done.code, [row["source"] for row in done.rows]) in [(1, ["image"]), (2, [])], done
    for wrong in (
        ["--image", "a", "--git", "b"],
        ["--ref", "main"],
        ["--image", "a", "--ref", "b"],
    ):
        refused = person.run("deploy", *wrong)
        assert (refused.code, refused.out) == (2, "")


def test_secrets_that_a_pattern_lets_in_are_told(person: Person) -> None:
    """A `.env` that goes along after all is no surprise: it is named before it is in an image."""
    (person.folder / ".sotaignore").write_text("!.env.production\n!.env.example\n")
    (person.folder / ".env.production").write_text("TOKEN=1\n")
    (person.folder / ".env.example").write_text("TOKEN=\n")
    done = person.run("deploy", "--detach", "--json")
    assert done.err.splitlines()[0].startswith("sotabox: .env.production goes along")
    assert json.loads(done.out)["status"] == "pending"
