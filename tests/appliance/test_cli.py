"""The command line as people and scripts use it, against a real box."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sotabox.cli.host_store import open_store
from sotabox.engine.firewall import chains_of
from sotabox.operations import device_login, users
from sotabox.operations.actor import Actor
from sotabox.operations.throttle import GUESSES_MAX, Throttle
from sotabox.settings import Settings
from tests.appliance.person import Person, break_app, person_at
from tests.appliance.terminal import Terminal, assert_screen, terminal
from tests.box import Box, free_port, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SICK_AFTER_S = 3


@pytest.fixture(scope="module")
def shared_box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001  its end tells what was left
    with running_box(health_timeout_s=str(SICK_AFTER_S)) as box:
        yield box


@pytest.fixture
def person(shared_box: Box, app_files: dict[str, str], tmp_path: Path) -> Person:
    return person_at(shared_box, app_files, tmp_path)


@pytest.fixture
def window(person: Person, shared_box: Box) -> Iterator[Terminal]:
    """The person's terminal, in a folder `my-app` that holds the app as well."""
    folder = person.folder.with_name("my-app")
    shutil.copytree(person.folder, folder)
    with terminal(folder, person.home) as window:
        yield window
    shared_box.request("DELETE", "/v1/projects/my-app")


def test_screen_of_a_first_hour_is_as_kept(
    person: Person, window: Terminal, shared_box: Box
) -> None:
    """Log in, deploy, break it, look, go back: every screen is what it should be to the letter."""
    window.type(f"sotabox login localhost:{shared_box.port} --key - <<< {person.key}")
    window.clear()
    window.type("sotabox deploy")
    assert_screen(window, "screen-deploy.txt")
    window.clear()
    break_app(person.folder.with_name("my-app"))
    window.type("sotabox deploy")
    assert_screen(window, "screen-deploy-bad.txt")
    window.clear()
    window.type("sotabox redeploy")
    window.type("sotabox status")
    window.type("sotabox ps")
    assert_screen(window, "screen-status.txt")
    window.clear()
    window.type("sotabox projects delete my-app --yes my-app")
    assert shared_box.request("GET", "/v1/projects/my-app").status == 404


def test_login_is_confirmed_in_the_browser(
    person: Person, window: Terminal, shared_box: Box
) -> None:
    """I type an address, confirm the code that I see on the box's page, and am logged in."""
    window.begin(f"sotabox login {person.url}")
    code = window.await_text(r"and enter  (\S+)")
    asyncio.run(confirm(shared_box, code))
    window.await_prompt()
    assert "Logged in to http://localhost:38080 as admin@localhost" in window.screen()
    assert person.run("whoami", logged_in=False).code == 0


async def confirm(box: Box, code: str) -> None:
    """What the box's page does when its admin presses the button."""
    async with open_store(Settings(data_dir=box.directory)) as store:
        actor = Actor(await users.ensure_admin(store))
        await device_login.approve(store, Throttle(GUESSES_MAX), actor, code)


def test_followed_logs_go_on_over_a_redeploy(person: Person, window: Terminal) -> None:
    """`logs -f` shows what the app prints, then what the next release of it prints."""
    assert person.run("login", person.url, "--key", person.key, logged_in=False).code == 0
    window.type("sotabox deploy")
    window.clear()
    window.begin("sotabox logs -f")
    window.await_text(r"(listening on)")
    assert person.run("redeploy", "--project", "my-app").code == 0
    window.await_text(r"(listening on[^\n]*\s+listening on)")
    window.press("C-c")
    window.await_prompt()
    assert "Traceback" not in window.screen()


def test_deploy_in_a_pipe_prints_plain_lines(person: Person) -> None:
    """CI's log has the same lines as my screen, without a single escape code."""
    done = person.run("deploy")
    assert (done.code, done.err, "\x1b" in done.out, "\r" in done.out) == (0, "", False, False)
    labels = [line.split()[0] for line in done.out.splitlines() if line.startswith("  ")]
    assert labels == ["packed", "uploaded", "built", "healthy", "live"]


def test_json_of_a_deploy_is_one_object(person: Person) -> None:
    """A script reads one object on stdout, whether the deploy went well or not."""
    good = person.run("deploy", "--json")
    assert (good.code, good.err) == (0, "")
    assert [row["status"] for row in good.rows] == ["running"]
    break_app(person.folder)
    sick = person.run("deploy", "--json")
    assert (sick.code, sick.err) == (1, "")
    assert [row["status"] for row in sick.rows] == ["failed"]


def test_ignored_files_never_leave_the_folder(person: Person) -> None:
    """What git ignores and what is secret by its name isn't in the container."""
    (person.folder / ".env").write_text("SECRET=1")
    (person.folder / ".gitignore").write_text("*.tmp\n")
    (person.folder / "scratch.tmp").write_text("x")
    (person.folder / "Dockerfile").write_text(
        "FROM python:3.13-slim\nCOPY . /app\nCMD python /app/server.py\n"
    )
    assert person.run("deploy").code == 0
    done = person.run("run", "--", "ls", "-A", "/app")
    assert (done.code, set(done.out.split())) == (
        0,
        {".gitignore", "Dockerfile", "server.py"},
    )


def test_variables_go_in_and_out(person: Person) -> None:
    """What I set is what the app gets after a redeploy, also with quotes and line ends in it."""
    assert person.run("deploy").code == 0
    (person.folder / "prod.env").write_text("COLOUR='deep blue'\nTEXT=\"a\\nb\"\n")
    assert person.run("env", "import", "prod.env").code == 0
    assert person.run("env", "set", "SIZE=1=2").code == 0
    assert "deep blue" not in person.run("env").out
    assert person.run("env", "list", "--show").out == 'COLOUR=deep blue\nSIZE=1=2\nTEXT="a\nb"\n'
    assert person.run("redeploy").code == 0
    done = person.run("run", "--", "printenv", "COLOUR")
    assert (done.code, done.out) == (0, "deep blue\n")
    assert person.run("env", "delete", "COLOUR", "SIZE").code == 0
    assert [row["key"] for row in person.run("env", "--json").rows] == ["TEXT"]


def test_rollback_and_logs_name_deployments_in_every_way(person: Person) -> None:
    """A deployment may be named by its number, its id, or the beginning of that."""
    first = person.run("deploy", "--json").rows[0]
    second = person.run("deploy", "--json").rows[0]
    assert person.run("rollback", "1", "--json").rows[0]["source_deployment_id"] == first["id"]
    id_ = str(second["id"])
    texts = {person.run("logs", name).out for name in (id_, id_[:8], "2")}
    assert len(texts) == 1
    assert "[deploy] Health check passed" in texts.pop()
    assert person.run("logs").out.startswith("listening on ")


def test_failed_command_says_its_exit_code(person: Person) -> None:
    """A one-off command that fails fails the script that ran it."""
    assert person.run("deploy").code == 0
    done = person.run("run", "--", "sh", "-c", "echo out; exit 7")
    assert (done.code, done.out) == (1, "out\n")
    assert "exit code 7" in done.err


@pytest.mark.parametrize(
    ("arguments", "environ", "code"),
    [
        (["whoami"], {}, 0),
        (["deploy", "--no-such-flag"], {}, 2),
        (["status", "--project", "no-such-project"], {}, 2),
        (["logs"], {}, 2),
        (["whoami"], {"SOTA_API_KEY": "sota_" + "0" * 40}, 3),
        (["whoami"], {"SOTA_API_URL": "http://localhost:1"}, 4),
    ],
)
def test_exit_code_says_whose_turn_it_is(
    person: Person, arguments: list[str], environ: dict[str, str], code: int
) -> None:
    """A script can tell a typo, a wrong key and a box that is away apart; errors go to stderr."""
    done = person.run(*arguments, **environ)
    assert done.code == code
    assert bool(done.err) is (code != 0)
    assert bool(done.out) is (code == 0)


def test_error_as_json_is_one_object_on_stderr(person: Person) -> None:
    """A program reads an error as it reads an answer."""
    done = person.run("status", "--project", "no-such-project", "--json")
    assert done.out == ""
    assert json.loads(done.err)["error"]["code"] == "not_found"


def test_nothing_is_asked_without_a_terminal(person: Person) -> None:
    """A script that lacks something ends with a hint, and never waits for an answer."""
    assert person.run("login", person.url, logged_in=False).code == 3
    assert person.run("login", logged_in=False).code == 2
    assert person.run("deploy", logged_in=False).code == 3
    slug = str(person.run("deploy", "--json").rows[0]["url"]).partition(".")[0]
    assert "was not confirmed" in person.run("projects", "delete", slug).err


def test_login_by_key_is_kept_and_forgotten(person: Person) -> None:
    """A login is good for every folder until I log out."""
    assert person.run("login", person.url, "--key", person.key, logged_in=False).code == 0
    assert person.run("whoami", logged_in=False).out.endswith(f" at {person.url}\n")
    assert person.run("logout", logged_in=False).code == 0
    assert person.run("whoami", logged_in=False).code == 3


def test_another_folder_of_the_same_name_overwrites_nothing(person: Person, tmp_path: Path) -> None:
    """A second folder called like my app isn't deployed over it by accident."""
    assert person.run("deploy").code == 0
    other = tmp_path / "elsewhere" / person.folder.name
    other.mkdir(parents=True)
    (other / "index.html").write_text("another")
    done = person.run("deploy", str(other))
    assert done.code == 2
    assert "isn't known to belong to it" in done.err


def test_box_with_an_authority_of_its_own_is_trusted_when_told(
    docker_host: str,  # noqa: ARG001  its end tells what was left
    tmp_path: Path,
) -> None:
    """A box with certificates of its own is refused with the way to trust it, and then works."""
    port = free_port()
    with running_box(tls="internal", https_port=str(port)) as box:
        person = Person(tmp_path, tmp_path, f"https://localhost:{port}", box.key)
        stranger = person.run("whoami", SSL_CERT_FILE="")
        assert (stranger.code, "SSL_CERT_FILE=" in stranger.err) == (4, True)
        root = box.directory / "router/caddy/pki/authorities/local/root.crt"
        assert person.run("whoami", SSL_CERT_FILE=str(root)).code == 0


def test_domain_is_added_with_what_to_set(person: Person) -> None:
    """Adding a domain says which record to set; removing it takes its name."""
    assert person.run("deploy").code == 0
    done = person.run("domains", "add", "www.example.com")
    assert "CNAME  www" in done.out
    assert [row["domain"] for row in person.run("domains", "--json").rows] == ["www.example.com"]
    assert person.run("domains", "remove", "www.example.com").code == 0
    assert person.run("domains", "list", "--json").rows == []


def test_deploy_is_followed_over_a_restart_of_the_box(
    box: Box, app_files: dict[str, str], tmp_path: Path
) -> None:
    """The box is upgraded while I deploy: my command goes on, and ends with a live app."""
    folder = tmp_path / "patient-app"
    folder.mkdir()
    for name, text in app_files.items():
        (folder / name).write_text(text)
    person = Person(tmp_path, folder, f"http://localhost:{box.port}", box.key)
    assert person.run("init", "--name", "patient-app").code == 0
    assert person.run("env", "set", "LATE=6").code == 0
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(person.run, "deploy")
        path = "/v1/projects/patient-app/deployments"
        wait_for(lambda: [row["status"] for row in box.request("GET", path).data] == ["deploying"])
        box.stop()
        box.start()
        done = deploying.result()
    assert (done.code, done.err) == (0, ""), done.out
    assert done.out.splitlines()[-1].startswith(f"http://patient-app.localhost:{box.port} ")


def wait_for(is_so: Callable[[], bool]) -> None:
    """Returns once something is so, which no event tells of."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_doctor_finds_and_mends(box: Box, deployed: Callable[[str], str]) -> None:
    """A key that others can read and a firewall that somebody flushed are found, and mended."""
    deployed("patient")

    def doctor(*more: str) -> dict[str, dict[str, object]]:
        done = subprocess.run(
            [sys.executable, "-m", "sotabox", "doctor", "--json", *more],
            check=False, env=box.environ, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {str(row["subject"]): row for row in rows}

    well = doctor()
    ours = {"permissions", "database", "control plane", "Caddy", "routes", "leftovers", "firewall"}
    assert {name for name in ours if not well[name]["ok"]} == set()
    assert well[f"port {box.port}"]["ok"]
    (box.directory / "key").chmod(0o644)
    fence = chains_of(box.instance_id).input
    subprocess.run(["iptables", "-w", "-F", fence], check=True)
    sick = doctor()
    assert (sick["permissions"]["ok"], sick["firewall"]["ok"]) == (False, False)
    assert str(sick["permissions"]["mend"]).startswith("sudo chmod 600 ")
    mended = doctor("--fix")
    assert (mended["permissions"]["mended"], mended["firewall"]["mended"]) == (True, True)
    assert doctor()["firewall"]["ok"]
    assert box.visit("patient").status == 200
