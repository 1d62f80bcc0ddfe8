"""The real apps of `tests/apps/`, deployed to a box as people do it and asked as their visitors do.

An app takes part whose `expect.toml` has a table `[live]`:

    [live]
    slow = true             # more than ten seconds: marked so
    without = ["gcc"]       # programs that the image must not hold

`[answer]` is what is asked and expected (`headers` of the request may be added), `[env]` the
project's variables, `[prepare]` a `command` that makes a file the repository doesn't hold, `[needs]`
the base images. All apps share one box, and so its caches; each is a project of its own.
"""

import io
import os
import shlex
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest

from sotabox.engine.labels import Role, filter_of
from tests.box import Box, running_box

APPS = Path(__file__).parents[2] / "apps"
#: What a machine behind a proxy or beside a mirror has in its environment, for builds too.
_PASSED = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "GOPROXY", "GOSUMDB",
)  # fmt: skip
_DEPLOY_S = 180.0

pytestmark = pytest.mark.engine


def _expected(app: Path) -> dict[str, Any]:
    return tomllib.loads((app / "expect.toml").read_text())


def _live() -> Iterator[Any]:
    for path in sorted(APPS.glob("*/expect.toml")):
        live = _expected(path.parent).get("live")
        if live is not None:
            marks = (pytest.mark.slow,) if live.get("slow") else ()
            yield pytest.param(path.parent, id=path.parent.name, marks=marks)


@pytest.fixture(scope="module")
def box(docker_host: str) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    """One box for all apps, which builds as this machine would."""
    env = {name: os.environ[name] for name in _PASSED if os.environ.get(name)}
    settings = {
        "build_env": shlex.join(f"{name}={value}" for name, value in env.items()),
        "build_cache_mb": "20000",  # a box trims the whole engine's cache, others' layers too
    }
    if bundle := os.environ.get("SSL_CERT_FILE"):
        settings["build_ca"] = bundle
    with running_box(**settings) as box:
        yield box


@pytest.fixture
def deploy(
    box: Box, base_image: Callable[[str], str], tmp_path: Path
) -> Callable[[Path, dict[str, Any]], str]:
    """Deploys an app as a project of its name; gives the project's id once it serves."""

    def run(app: Path, expected: dict[str, Any]) -> str:
        for base in expected.get("needs", {}).get("bases", ()):
            base_image(base)
        project_id = box.create(app.name)
        for key, value in expected.get("env", {}).items():
            answer = box.request(
                "POST", f"/v1/projects/{app.name}/envs", {"key": key, "value": value}
            )
            assert answer.status in (200, 201), answer.body
        started = box.upload(app.name, _archive(app, expected.get("prepare"), tmp_path))
        assert started.status == 202, started.body
        settled = box.settled(app.name, started.data["id"], _DEPLOY_S)
        log = box.log_of(app.name, started.data["id"])
        assert settled["status"] == "running", f"{settled['error']}\n{log[-4000:]}"
        return project_id

    return run


@pytest.mark.parametrize("app", list(_live()))
def test_app_is_built_started_and_answers(
    app: Path, box: Box, deploy: Callable[[Path, dict[str, Any]], str]
) -> None:
    """A repository of this kind deploys with no configuration, and its visitors see it.

    It runs without rights, and what built it stays out of its image.
    """
    expected = _expected(app)
    project_id = deploy(app, expected)
    asked = expected["answer"]
    answer = box.visit(app.name, asked["path"], headers=asked.get("headers"))
    assert answer.status == asked["status"]
    assert asked["contains"] in answer.body.decode()
    with _container(box, project_id) as container:
        titles, processes = (
            container.top(ps_args="-eo pid,uid")[k] for k in ("Titles", "Processes")
        )
        assert processes
        assert "0" not in {process[titles.index("UID")] for process in processes}
        for program in expected["live"].get("without", ()):
            found, where = container.exec_run(["/bin/sh", "-c", f"command -v {program}"])
            assert found != 0, f"{program} is in the image: {where!r}"
    box.request("DELETE", f"/v1/projects/{app.name}")


@contextmanager
def _container(box: Box, project_id: str) -> Iterator[Any]:
    """The one container that serves a project."""
    labels = filter_of(box.instance_id, role=Role.APP, project_id=project_id)
    with closing(docker.DockerClient(timeout=60)) as engine:
        (container,) = engine.containers.list(filters={"label": labels}, ignore_removed=True)
        yield container


def _archive(app: Path, prepare: dict[str, str] | None, scratch: Path) -> bytes:
    """The app's files as a `.tar.gz`, with what `prepare` makes."""
    if prepare:
        subprocess.run(["cp", "-r", f"{app}/.", str(scratch)], check=True)
        programs = Path(sys.executable).parent
        subprocess.run(
            shlex.split(prepare["command"]),
            cwd=scratch,
            env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
            check=True,
            timeout=60,
        )
        app = scratch
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        tar.add(app, arcname=".", filter=lambda m: None if m.name == "./expect.toml" else m)
    return buffer.getvalue()
