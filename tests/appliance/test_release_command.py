"""`release:` of a Procfile: run once in the new image before anybody sees it."""

import pytest

from tests.box import Box

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def files(app_files: dict[str, str], release: str) -> dict[str, str]:
    """A Python app without a Dockerfile, and with a Procfile."""
    return {
        "server.py": app_files["server.py"],
        "requirements.txt": "",
        "Procfile": f"web: python server.py\nrelease: {release}\n",
    }


def test_release_command_runs_before_the_swap(box: Box, app_files: dict[str, str]) -> None:
    """Its output is in the log, it sees the app's variables, and only then the app goes live."""
    box.create("shop")
    box.request("POST", "/v1/projects/shop/envs", {"key": "RELEASE", "value": "spring-tide"})
    deployment = box.deploy("shop", files(app_files, "python -c 'print(6 * 7)'"))
    assert deployment["status"] == "running", deployment
    log = box.log_of("shop", deployment["id"])
    assert "Running the release command" in log
    lines = log.splitlines()
    assert "[build] Installing dependencies..." in lines
    told = ["[deploy]   42", "[deploy] Release command finished", "[deploy] Container started"]
    assert [line for line in lines if line in told] == told
    assert deployment["duration_ms"]["release"] > 0
    assert "release" not in box.again("shop")["duration_ms"], "a redeploy does not run it again"


def test_failing_release_command_leaves_the_old_version(
    box: Box, app_files: dict[str, str]
) -> None:
    """The deployment fails with the command's exit code; visitors stay with the old version."""
    box.create("shop")
    assert box.deploy("shop", files(app_files, "true"))["status"] == "running"
    before = box.visit("shop").json["app"]
    failed = box.deploy("shop", files(app_files, "echo no such table && exit 4"))
    assert failed["status"] == "failed"
    assert "release command exited with code 4" in failed["error"]
    assert "no such table" in box.log_of("shop", failed["id"])
    assert box.visit("shop").json["app"] == before
