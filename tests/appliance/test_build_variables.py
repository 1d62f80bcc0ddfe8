"""A project's variables while it is built: seen by the build, and found nowhere afterwards."""

import gzip
import io
import json
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest

from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: Answers with the names of its variables; its build notes how long their values are.
APP = """\
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        here = sorted(k for k in os.environ if k.startswith("V_"))
        body = json.dumps({"running": here, "built": open("built.txt").read()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""
BUILD = """\
import os
here = {k: v for k, v in os.environ.items() if k.startswith("V_")}
print("building with", here)
open("built.txt", "w").write(",".join(f"{k}:{len(v)}" for k, v in sorted(here.items())))
"""
FILES = {"main.py": APP, "note.py": BUILD, "sotabox.toml": 'build = "python3 note.py"\n'}


@pytest.fixture(scope="module")
def box(docker_host: str, python_base: str) -> Iterator[Box]:  # noqa: ARG001 - they are there then
    with running_box() as box:
        yield box


def put(box: Box, slug: str, key: str, value: str, target: str) -> None:
    """Sets a variable."""
    body = {"key": key, "value": value, "target": target}
    assert box.request("POST", f"/v1/projects/{slug}/envs", body).status == 200


def seen(box: Box, slug: str) -> Any:
    """What the app says of its variables."""
    return json.loads(box.visit(slug).body)


def stored(deployment: dict[str, Any]) -> bytes:
    """Everything of a deployment's image: configuration, history, and the files of its layers."""
    with closing(docker.DockerClient(timeout=60)) as engine:
        image = engine.images.get(deployment["image_tag"])
        about = str((image.attrs, image.history())).encode()
        archive = b"".join(image.save())
    return about + b"".join(_contents(archive))


def _contents(archive: bytes) -> Iterator[bytes]:
    """The layers and descriptions in a saved image; a layer is a tar, in which files lie as they are."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for entry in tar:
            if entry.isfile() and (file := tar.extractfile(entry)):
                content = file.read()
                yield gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def test_variables_of_an_app_that_we_detect(box: Box) -> None:
    """Each variable is where its target says, its value in no part of image or log."""
    box.create("detected")
    values = {target: f"{target}-{secrets.token_hex(16)}" for target in ("both", "build", "run")}
    for target, value in values.items():
        put(box, "detected", f"V_{target.upper()}", value, target)
    first = box.deploy("detected", FILES)
    assert first["status"] == "running", first
    assert first["build_method"] == "auto"
    assert seen(box, "detected") == {
        "running": ["V_BOTH", "V_RUN"],
        "built": "V_BOTH:37,V_BUILD:38",
    }
    log = box.log_of("detected", first["id"])
    assert "building with" in log
    assert "••••••" in log
    kept = stored(first)
    assert b"V_BOTH:37" in kept, "the layers were not looked at"
    for value in values.values():
        assert value not in log
        assert value.encode() not in kept


def test_changed_value_builds_again_and_an_unchanged_one_does_not(box: Box) -> None:
    """A build's step runs again when what it sees has changed, and only then."""
    box.create("changed")
    put(box, "changed", "V_BUILD", "first-value", "build")
    put(box, "changed", "V_RUN", "first-value", "run")

    def builds() -> bool:
        deployment = box.deploy("changed", FILES)
        assert deployment["status"] == "running", deployment
        return "building with" in box.log_of("changed", deployment["id"])

    assert builds()
    assert not builds()
    put(box, "changed", "V_RUN", "second-value", "run")
    assert not builds()
    put(box, "changed", "V_BUILD", "second-value!", "build")
    assert builds()
    assert seen(box, "changed")["built"] == "V_BUILD:13"


def test_dockerfile_of_the_app_mounts_any_variable(box: Box) -> None:
    """A secret of my own Dockerfile is a variable's name; its value stays out of the image."""
    box.create("own")
    value = secrets.token_hex(16)
    put(box, "own", "V_TOKEN", value, "build")
    put(box, "own", "V_RUN", "not-for-builds", "run")
    dockerfile = (
        "FROM python:3.13-slim\nWORKDIR /app\nCOPY main.py .\nARG SOTABOX_ENV_HASH\n"
        "RUN --mount=type=secret,id=V_TOKEN --mount=type=secret,id=V_RUN "
        "ls /run/secrets > built.txt; cat /run/secrets/V_TOKEN; wc -c /run/secrets/V_TOKEN\n"
        'CMD ["python3", "main.py"]\n'
    )
    deployment = box.deploy("own", {"Dockerfile": dockerfile, "main.py": APP})
    assert deployment["status"] == "running", deployment
    assert deployment["build_method"] == "dockerfile"
    assert seen(box, "own") == {"running": ["V_RUN"], "built": "V_TOKEN\n"}
    log = box.log_of("own", deployment["id"])
    assert "32 /run/secrets/V_TOKEN" in log
    assert value not in log
    assert value.encode() not in stored(deployment)
