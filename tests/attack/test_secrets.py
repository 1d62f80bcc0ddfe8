"""Every secret of a box, looked for wherever it must not be, after deploys that end in every way."""

import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest

from sotabox.crypto.totp import STEP_S, totp_code
from tests.attack.spy import Arguments, Canaries, refusing
from tests.box import Box, running_box
from tests.dashboard_routes import dashboard_routes
from tests.integration.engine import registry as registries
from tests.integration.engine.registry import Registry
from tests.machine import git_server
from tests.machine.git_server import GitServer

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PYTHON = "python:3.13-slim"
APP = """import http.server, os
assert os.environ["BOTH"] and os.environ["RUN"] and "BUILD" not in os.environ
http.server.test(HandlerClass=http.server.SimpleHTTPRequestHandler, port=int(os.environ["PORT"]))
"""
GOOD = f"""FROM {PYTHON}
COPY . /app
RUN --mount=type=secret,id=BUILD,required=true test -s /run/secrets/BUILD
WORKDIR /app
CMD ["python", "app.py"]
"""
BAD_BUILD = f"""FROM {PYTHON}
RUN --mount=type=secret,id=BUILD --mount=type=secret,id=BOTH cat /run/secrets/* >/dev/null; false
"""
#: What lasts, and what a page shows because it was asked to.
STREAMS = {"/events", "/projects/{project}/logs/events"} | {
    "/projects/{project}/deployments/{deployment}/events",
    "/v1/events",
    "/v1/projects/{project}/logs",
}
REVEALING = {"/v1/projects/{project}/envs", "/projects/{project}/environment/text"}


def test_secret_is_found_in_each_form_and_process() -> None:
    """The search finds what it is for."""
    canaries = Canaries()
    secret = canaries.new("ONE")
    with Arguments().watched() as arguments:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.2)", secret], check=True)
    assert canaries.found_in(b"\0".join(arguments.seen)) == {"ONE"}
    for before in ("", "x", "xy"):
        for after in ("", "z", "zz"):
            text = f"{before}{secret}{after}".encode()
            assert canaries.found_in(base64.b64encode(text)) == {"ONE"}
    assert canaries.found_in(secret.encode().hex().encode()) == {"ONE"}


@dataclass
class Town:
    """A box on which every kind of secret is in use, and what each is for."""

    box: Box
    canaries: Canaries
    browser: httpx.Client
    ids: dict[str, str]
    received: list[bytes]
    arguments: Arguments
    backups: Path


@pytest.fixture(scope="module")
def town(
    python_base: str,  # noqa: ARG001 - it is there then
    docker_host: str,  # noqa: ARG001 - the box's end tells what was left
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    """A box after deploys, logins, backups and webhooks that went well, and that failed."""
    folder, canaries, arguments = tmp_path_factory.mktemp("secrets"), Canaries(), Arguments()

    def file(name: str) -> str:
        path = folder / name
        path.write_text(canaries.new(name) + "\n")
        path.chmod(0o600)
        return str(path)

    with (
        refusing() as (refuser, received),
        git_server.running(tmp_path_factory.mktemp("git")) as server,
        registries.running(tmp_path_factory.mktemp("registry"), free_port()) as registry,
        arguments.watched(),
        running_box(
            log_level="debug",
            private_sources="true",
            webhook_private="true",
            metrics_token_file=file("METRICS"),
            alert_url=refuser,
            alert_secret_file=file("ALERT"),
            backup_store="s3://bucket",
            backup_store_endpoint=refuser,
            backup_store_key_id="id",
            backup_store_secret_file=file("STORE"),
            backup_passphrase_file=file("PASSPHRASE"),
        ) as box,
        httpx.Client(base_url=f"http://localhost:{box.port}", timeout=60) as browser,
    ):
        canaries.add("KEY", box.key)
        ids = _set_up(box, canaries, f"{refuser}/hook")
        _log_in(box, canaries, browser)
        _deploy_in_every_way(box, canaries, server, registry)
        _back_up(box, folder)
        yield Town(box, canaries, browser, ids, received, arguments, folder / "backups")


def _ask(box: Box, method: str, path: str, body: Any = None) -> Any:
    answer = box.request(method, path, body)
    assert answer.status < 300, (method, path, answer.body)
    return answer.json.get("data")


def _set_up(box: Box, canaries: Canaries, hook: str) -> dict[str, str]:
    """Secrets that the API takes, and those that it gives once; ids of what has them."""
    _ask(box, "POST", "/v1/projects", {"name": "app", "slug": "secretive"})
    for key in ("BOTH", "BUILD", "RUN"):
        variable = {"key": key, "value": canaries.new(key), "target": key.lower()}
        _ask(box, "POST", "/v1/projects/secretive/envs", variable)
    key = _ask(box, "POST", "/v1/api-keys", {"name": "ci"})
    canaries.add("OTHERKEY", key["key"])
    partner = _ask(box, "POST", "/v1/partners", {"name": "shop"})
    canaries.add("PARTNER", partner["key"])
    user = _ask(box, "POST", "/v1/users", {"email": "eve@box.test"})
    canaries.add("SETUPLINK", user["setup_url"].rpartition("/")[2])
    events = ["deploy.started", "deploy.succeeded", "deploy.failed"]
    webhook = _ask(box, "POST", "/v1/projects/secretive/webhooks", {"url": hook, "events": events})
    canaries.add("WEBHOOK", webhook["secret"])
    code = box.request("POST", "/v1/auth/device-code", {})
    canaries.add("DEVICE", code.json["device_code"])
    return {"project": "secretive", "user": user["id"], "webhook": webhook["id"]}


def _log_in(box: Box, canaries: Canaries, browser: httpx.Client) -> None:
    """A password, a session of each kind, and a second factor."""
    link = box.command("user", "setup-link").strip()
    token = canaries.add("OWNLINK", link.rpartition("/")[2])
    password = canaries.new("PASSWORD")
    chosen = {"email": "ada@box.test", "password": password, "again": password}
    _send(browser, f"/setup/{token}", f"/setup/{token}", chosen)
    wrong = {"email": "ada@box.test", "password": canaries.new("WRONG")}
    assert box.request("POST", "/v1/auth/session", wrong).status == 401
    # Not a few type it into the wrong field.
    swapped = {"email": canaries.new("SWAPPED"), "password": "x"}
    assert box.request("POST", "/v1/auth/session", swapped).status == 401
    right = {"email": "ada@box.test", "password": password}
    granted = box.request("POST", "/v1/auth/session", right)
    canaries.add("TOKEN", granted.data["token"])
    canaries.add("COOKIE", browser.cookies["sotabox"])
    page = _send(browser, "/account", "/account/factor", {"step": "begin"})
    secret = re.search(r'name="secret" value="([A-Z2-7]+)"', page.text)
    assert secret, page.text
    code = totp_code(canaries.add("TOTP", secret[1]), int(time.time() // STEP_S))
    _send(browser, "/account", "/account/factor", {"step": "on", "secret": secret[1], "code": code})


def _send(browser: httpx.Client, page: str, path: str, form: dict[str, str]) -> httpx.Response:
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text)
    assert token
    answer = browser.post(path, data={"csrf": token[1]} | form)
    assert answer.status_code in {200, 303}, answer.text
    return answer


def _deploy_in_every_way(
    box: Box, canaries: Canaries, server: GitServer, registry: Registry
) -> None:
    """What serves, what is not built, not started, not fetched and not pulled."""
    good = {"Dockerfile": GOOD, "app.py": APP}
    assert box.deploy("secretive", good)["status"] == "running"
    assert box.deploy("secretive", {"Dockerfile": BAD_BUILD})["status"] == "failed"
    crashing = {"Dockerfile": GOOD, "app.py": "raise SystemExit(3)"}
    assert box.deploy("secretive", crashing)["status"] == "failed"
    _ask(
        box,
        "PATCH",
        "/v1/projects/secretive/settings",
        {"build_command": 'test -n "$BUILD" && false'},
    )
    assert box.deploy("secretive", {"main.py": APP})["status"] == "failed"
    assert box.again("secretive")["status"] == "running"

    server.commit("team/app", {"Dockerfile": BAD_BUILD}, "x")
    canaries.add("GITTOKEN", server.token)
    for url, token in (
        (server.url("team/app"), server.token),
        (server.url("team/app"), canaries.new("WRONGTOKEN")),
        (server.url("team/app"), "name:" + canaries.new("PAIR")),
        ("http://127.0.0.1:1/team/app", server.token),
    ):
        made = _ask(box, "POST", "/v1/projects/secretive/deploy", {"git": url, "token": token})
        assert box.settled("secretive", made["id"])["status"] == "failed"

    canaries.add("REGISTRY", registry.password)
    for password in (canaries.new("WRONGREGISTRY"), registry.password):
        credentials = {"host": registry.address, "username": registry.user, "password": password}
        kept = _ask(box, "POST", "/v1/registries", credentials)
        image = {"image": f"{registry.address}/private/absent:1"}
        made = _ask(box, "POST", "/v1/projects/secretive/deploy", image)
        assert box.settled("secretive", made["id"])["status"] == "failed"
        private = {"Dockerfile": f"FROM {registry.address}/private/absent:1\n"}
        assert box.deploy("secretive", private)["status"] == "failed"
        if password != registry.password:
            box.request("DELETE", f"/v1/registries/{kept['id']}")
    command = {"command": ["python", "-c", "print(1)"]}
    assert box.request("POST", "/v1/projects/secretive/run", command).status == 200


def _back_up(box: Box, folder: Path) -> None:
    """A backup that is encrypted, and one that the store refuses."""
    for name, options in (("kept", []), ("checked", ["--check"])):  # one a second has its name
        (place := folder / "backups" / name).mkdir(parents=True)
        box.command("backup", "--output", str(place), "--logs", *options)
    (place := folder / "backups" / "refused").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        box.command("backup", "--output", str(place), "--store")


def test_secrets_are_in_nothing_that_is_written(town: Town) -> None:
    """Logs, the database with its journal, every other file, backups, process arguments."""
    files = {
        str(path): path.read_bytes()
        for folder in (town.box.directory, town.backups)
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert any(name.endswith("-wal") for name in files), "the journal is looked at as well"
    assert sum(name.startswith(str(town.backups)) for name in files) >= 2
    files |= {
        "log": town.box.log_text().encode(),
        "arguments": b"\0".join(town.arguments.seen),
        "sent": b"".join(town.received),
    }
    assert len(files["log"]) > 1000
    assert len(files["sent"]) > 1000
    assert _leaks(town, files) == {}


def test_secrets_are_in_nothing_that_is_shown(town: Town) -> None:
    """The API, where it does not show them on purpose, and every page of the dashboard."""
    description = json.loads(town.box.request("GET", "/v1/openapi.json").body)
    deployments = _ask(town.box, "GET", "/v1/projects/secretive/deployments")
    shown: dict[str, bytes] = {}
    for path in {p for p, methods in description["paths"].items() if "get" in methods} - STREAMS:
        for deployment in deployments if "{deployment}" in path else [{"id": "-"}]:
            filled = path.format_map(_Ids(town.ids | {"deployment": deployment["id"]}))
            filled += "?masked=true" if path in REVEALING else ""
            shown[filled] = town.box.request("GET", filled).body
    for path in dashboard_routes("GET") - STREAMS - REVEALING:
        for deployment in deployments if "{deployment}" in path else [{"id": "-"}]:
            filled = path.format_map(_Ids(town.ids | {"deployment": deployment["id"]}))
            answer = town.browser.get(filled)
            assert answer.status_code in {200, 404} or path == "/login", (filled, answer)
            shown[f"dashboard {filled}"] = answer.content
    assert len(shown) > 80
    assert _leaks(town, shown) == {}


def test_secrets_are_in_nothing_that_the_engine_or_caddy_tells(town: Town) -> None:
    """Containers but for their own variables, images with their history, networks, routes."""
    own = {"label": f"sotabox.instance={town.box.instance_id}"}
    told: dict[str, bytes] = {}
    with closing(docker.DockerClient()) as engine:
        containers = engine.containers.list(all=True, filters=own)
        images = engine.images.list(all=True, filters=own)
        assert containers
        assert images
        for container in containers:
            variables = json.dumps(container.attrs["Config"].pop("Env")).encode()
            assert town.canaries.found_in(variables) <= {"BOTH", "RUN"}
            told[f"container {container.name}"] = json.dumps(container.attrs).encode()
        for image in images:
            history = json.dumps([image.attrs, image.history()]).encode()
            told[f"image {image.tags}"] = history
        for network in engine.networks.list(filters=own):
            told[f"network {network.name}"] = json.dumps(network.attrs).encode()
    socket = str(town.box.directory / "router/run/admin.sock")
    with httpx.Client(transport=httpx.HTTPTransport(uds=socket)) as caddy:
        told["caddy"] = caddy.get("http://localhost/config/").content
    assert len(told["caddy"]) > 1000
    assert _leaks(town, told) == {}


class _Ids(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "absent"


def _leaks(town: Town, contents: dict[str, bytes]) -> dict[str, set[str]]:
    found = {name: town.canaries.found_in(content) for name, content in contents.items()}
    return {name: names for name, names in found.items() if names}
