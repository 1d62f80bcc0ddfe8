"""Deploys against their floor: what the engine alone takes for the same work.

Floor: the same Dockerfile built over the Engine API, a container made of it with the same body,
started, and asked until it answers 200. Ours: from the 202 until Caddy answers with the new version.
The two take turns, so that whatever else the machine does hits both.
"""

import io
import secrets
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import docker
from docker.types import IPAMConfig, IPAMPool

from sotabox.engine.spec import ContainerRequest, container_body
from sotabox.model.project import Limits
from tests.bench.table import show
from tests.box import Box, running_box

ROUNDS = 20
_SUBNET = IPv4Network("10.214.255.0/27")
_ROOT = Path(__file__).resolve().parents[2]

DOCKERFILE = """\
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
EXPOSE 8080
CMD ["gunicorn", "--bind", "0.0.0.0:8080", "app:app"]
"""
APP = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def home():
    return "version {version}"
"""


def files(version: str) -> dict[str, str]:
    """The app, in a version."""
    return {
        "Dockerfile": DOCKERFILE,
        "requirements.txt": "flask\ngunicorn\n",
        "app.py": APP.format(version=version),
    }


def run(rounds: int = ROUNDS) -> None:
    """Prints the medians of deploy, redeploy and rollback beside those of their floors."""
    subprocess.run([sys.executable, str(_ROOT / "tests/bases/make.py"), "python"], check=True)
    with running_box() as box, closing(docker.APIClient(timeout=600)) as engine:
        box.create("bench")
        floor = _Floor(engine, box)
        floor.deploy(secrets.token_hex(4))
        floor.rest()
        box.deploy("bench", files("warm"))
        built, deployed = [], []
        started, redeployed, rolled_back = [], [], []
        for _ in range(rounds):
            built.append(floor.deploy(secrets.token_hex(4)))
            floor.rest()
            deployed.append(_deploy(box, secrets.token_hex(4)))
        show(
            "A one-file change of a Flask app, until it answers",
            [("engine alone: build, create, start, 200", built),
             ("sotabox: accepted to 200 through Caddy", deployed)],
        )  # fmt: skip
        for _ in range(rounds):
            started.append(floor.start())
            floor.rest()
            redeployed.append(_again(box, "redeploy"))
            rolled_back.append(_again(box, "rollback"))
        show(
            "The same image again, until it answers",
            [("engine alone: create, start, 200", started),
             ("sotabox: redeploy", redeployed),
             ("sotabox: rollback", rolled_back)],
        )  # fmt: skip
        _phases(box)


class _Floor:
    """The engine, with nothing around it."""

    def __init__(self, engine: docker.APIClient, box: Box) -> None:
        self._engine = engine
        self._instance_id = box.instance_id
        # A network like a project's, but of its own: sotabox counts on having a project's alone.
        self._network = engine.create_network(
            f"bench-{box.instance_id}",
            ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(_SUBNET))]),
            labels={"sotabox.instance": box.instance_id},
        )["Id"]
        self._address = str(_SUBNET[-2])
        self._image = ""
        self._serving = ""

    def deploy(self, version: str) -> float:
        """Seconds for a build and a start."""
        began = time.monotonic()
        self._build(version)
        self._serve()
        return time.monotonic() - began

    def start(self) -> float:
        """Seconds for a start."""
        began = time.monotonic()
        self._serve()
        return time.monotonic() - began

    def _build(self, version: str) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for name, text in files(version).items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        answer = self._engine._post(  # the SDK's own build() has no BuildKit
            self._engine._url("/build"),
            data=buffer.getvalue(),
            headers={"Content-Type": "application/x-tar"},
            params={
                "version": "2",
                "labels": f'{{"sotabox.instance": "{self._instance_id}", "round": "{version}"}}',
                "t": f"sotabox-bench:{self._instance_id}",
            },
            stream=True,
        )
        for line in answer.iter_lines():
            if b'"moby.image.id"' in line:
                self._image = line.partition(b'"ID":"')[2].partition(b'"')[0].decode()
        assert self._image

    def _serve(self) -> None:
        request = ContainerRequest(
            instance_id=self._instance_id,
            project_id="floor",
            deployment_id="floor",
            slug="floor",
            image_id=self._image,
            network_id=self._network,
            address=self._address,
            env={},
            command=None,
            port=8080,
            limits=Limits(512, 1.0, 512),
            stop_grace_s=10,
        )
        made = self._engine.create_container_from_config(container_body(request, 4096))
        self._engine.start(made["Id"])
        _until(lambda: _get(self._address, 8080, "floor") is not None)
        self._serving = made["Id"]

    def rest(self) -> None:
        """Removes the container; not timed, as ours drains and removes after its 200 too."""
        self._engine.remove_container(self._serving, force=True)


def _deploy(box: Box, version: str) -> float:
    accepted = box.upload("bench", files(version))
    began = time.monotonic()
    assert accepted.status == 202, accepted.body
    expected = f"version {version}".encode()
    _until(lambda: _get("127.0.0.1", box.port, "bench.localhost") == expected)
    seconds = time.monotonic() - began
    _rest(box, accepted.data["id"])
    return seconds


def _again(box: Box, verb: str) -> float:
    began = time.monotonic()
    answer = box.request("POST", f"/v1/projects/bench/{verb}")
    assert answer.status == 200, answer.body
    id_ = answer.data["id"]
    for line in box.stream("bench", id_):
        if "Live at" in line:
            break
    seconds = time.monotonic() - began
    _rest(box, id_)
    return seconds


def _rest(box: Box, deployment_id: str) -> None:
    """Lets the drain end, so that its stop is not counted into the next round."""
    deployment = box.settled("bench", deployment_id)
    assert deployment["status"] == "running", deployment
    _until(lambda: "drain" in box.deployment("bench", deployment_id)["duration_ms"])


def _phases(box: Box) -> None:
    page: list[dict[str, Any]] = box.request("GET", "/v1/projects/bench/deployments?limit=3").data
    for deployment in page:
        print(f"  phases of #{deployment['number']} ({deployment['source']}), in ms:",
              deployment["duration_ms"])  # fmt: skip


def _get(host: str, port: int, name: str) -> bytes | None:
    """The body of a 200, None for anything else."""
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": name})
        response = connection.getresponse()
        body = response.read()
    except OSError:
        return None
    finally:
        connection.close()
    return body if response.status == 200 else None


def _until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.005)
