"""An app that serves, and then ends by itself as often as the engine starts it."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.box import Box

pytestmark = [pytest.mark.engine, pytest.mark.slow]

WITHIN_S = 60


@pytest.mark.settings(webhook_private="true")
def test_crash_loop_is_told_until_a_deploy_ends_it(
    box: Box, deployed: Callable[[str], str], app_files: dict[str, str]
) -> None:
    """The API says degraded and why, webhook and feed hear of it; the next version is healthy."""
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
