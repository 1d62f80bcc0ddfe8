"""An app that serves, and then ends by itself as often as the engine starts it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.box import Box, running_box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

WITHIN_S = 180


@pytest.fixture
def box(docker_host: str, tmp_path: Path) -> Iterator[Box]:  # noqa: ARG001 - its end tells what was left
    """One whose figures may be read, and whose webhooks may lead to this machine."""
    token = tmp_path / "token"
    token.write_text("open\n")
    with running_box(webhook_private="true", metrics_token_file=str(token)) as box:
        yield box


def test_crash_loop_is_told_until_a_deploy_ends_it(
    box: Box, deployed: Callable[[str], str], app_files: dict[str, str]
) -> None:
    """The API says degraded and why; webhook, feed and monitor hear of it; the next is healthy."""
    deployed("shop")
    hook = box.request(
        "POST",
        "/v1/projects/shop/webhooks",
        {"url": "http://127.0.0.1:9/", "events": ["app.degraded"]},
    ).data["id"]
    assert project(box)["health"] == "healthy"
    assert box.visit("shop", "/doom").status >= 500

    wait_for(lambda: project(box)["health"] == "degraded")
    told = project(box)
    assert told["status"] == "running"
    assert told["crash_loop"]["restarts"] >= 3
    assert told["crash_loop"]["exit_code"] == 1  # of the last run; the first one ended with 4
    assert not told["crash_loop"]["out_of_memory"]
    (deployment,) = box.request("GET", "/v1/projects/shop/deployments").data
    assert (deployment["status"], deployment["health"]) == ("running", "degraded")
    assert deployment["crash_loop"]["since"] == told["crash_loop"]["since"]
    (delivery,) = box.request("GET", f"/v1/projects/shop/webhooks/{hook}/deliveries").data
    assert delivery["event"] == "app.degraded"
    assert "app.degraded" in feed(box)
    figures = box.request("GET", "/metrics", headers={"Authorization": "Bearer open"}).body.decode()
    assert 'sotabox_app_degraded{project="shop"} 1' in figures

    assert box.deploy("shop", app_files)["status"] == "running"
    assert (project(box)["health"], project(box)["crash_loop"]) == ("healthy", None)


def project(box: Box) -> Any:
    return box.request("GET", "/v1/projects/shop").data


def feed(box: Box) -> list[str]:
    with closing(sqlite3.connect(box.directory / "sotabox.db")) as connection:
        return [row[0] for row in connection.execute("SELECT type FROM events")]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
