"""A new version that fails its visitors gives way to the one before, by itself."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.box import Box

pytestmark = pytest.mark.engine


def newest(box: Box) -> list[dict[str, Any]]:
    return list(box.request("GET", "/v1/projects/shop/deployments").data)


def until_back(box: Box) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rollback that the guard made, once it serves, and the deployment that it went back from."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        rollback, failing = newest(box)[:2]
        if rollback["source"] == "rollback" and rollback["status"] == "running":
            return rollback, failing
        time.sleep(0.1)  # nothing tells when a watch has looked
    raise AssertionError(f"the guard did not go back: {newest(box)}\n{box.log_text()}")


def release(box: Box, name: str) -> None:
    box.request("POST", "/v1/projects/shop/envs", {"key": "RELEASE", "value": name})


def guarded(box: Box, app_files: dict[str, str], deployed: Callable[[str], str]) -> dict[str, Any]:
    """Deploys one version, then another under guard; the second."""
    deployed("shop")
    for _ in range(5):
        assert box.visit("shop").status == 200
    assert box.request("PATCH", "/v1/projects/shop/settings", {"guard_minutes": 5}).status == 200
    release(box, "second")
    second = box.deploy("shop", {**app_files, "mark": "second"})
    assert second["status"] == "running"
    return second


def test_version_with_server_errors_gives_way_even_across_a_crash(
    box: Box, app_files: dict[str, str], deployed: Callable[[str], str]
) -> None:
    """Kill -9 of the box in between: it goes on watching, goes back, and says why."""
    first = guarded(box, app_files, deployed)
    box.kill()
    box.start()
    for _ in range(40):
        assert box.visit("shop", "/error").status == 500
    rollback, failing = until_back(box)
    assert failing["id"] == first["id"]
    assert failing["status"] == "stopped"
    assert failing["error"].startswith("The guard went back to version 1: ")
    assert "answers were server errors" in failing["error"]
    assert failing["hint"]
    log = box.log_of("shop", rollback["id"])
    assert "[deploy] The guard goes back from version 2: " in log
    answer = json.loads(box.visit("shop").body)["app"]
    assert answer != "second", "the version before runs with the variables that it had"
    assert len(newest(box)) == 3, "it went back once"


def test_version_that_ends_again_and_again_gives_way(
    box: Box, app_files: dict[str, str], deployed: Callable[[str], str]
) -> None:
    """An app that the engine has to start again and again is not fit to serve."""
    guarded(box, app_files, deployed)
    box.visit("shop", "/doom")
    _, failing = until_back(box)
    assert "ended by itself" in failing["error"]
    assert box.visit("shop").status == 200
