"""The examples of `docs/api.md`, as a reader would run them: in order, on a real box."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.api_page import PAGE, examples
from tests.box import running_box

pytestmark = pytest.mark.engine


def test_examples_work(docker_host: str, tmp_path: Path) -> None:  # noqa: ARG001
    """Each is answered with success, or with the error that the page says."""
    (tmp_path / "examples").symlink_to(PAGE.parent.parent / "examples")
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 120\n")
    with running_box() as box:
        known = {
            "PATH": os.environ["PATH"],
            "CURL_HOME": str(tmp_path),
            "BOX": f"http://127.0.0.1:{box.api_port}",
            "KEY": box.key,
            "AUTH": f"Authorization: Bearer {box.key}",
        }
        for example in examples():
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", example.script],
                cwd=tmp_path,
                env=known,
                check=False,
                capture_output=True,
                text=True,
                timeout=180,
            )
            seen = f"{example.script}\n{done.stdout}\n{done.stderr}"
            if example.status is not None:
                assert done.returncode == 22, seen  # curl's word for an error of HTTP
                assert f"error: {example.status}" in done.stderr, seen
            else:
                assert done.returncode == 0, seen
            for name, path in example.remember.items():
                known[name] = value_at(path, done.stdout)
            if example.wait is not None:
                id_ = value_at(example.wait, done.stdout)
                assert box.settled("my-app", id_)["status"] == "running", seen


def value_at(path: str, answer: str) -> str:
    """The text at a path such as `data.id`."""
    value = json.loads(answer)
    for key in path.split("."):
        value = value[key]
    assert isinstance(value, str), (path, answer)
    return value
