"""Each deployment says what its visitors met when it took over."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.appliance.test_swap import hammering
from tests.box import Box
from tests.integration.router.load import Load

pytestmark = pytest.mark.engine

DRAIN_S = 2
DROPS = 20


def drained(box: Box, deployment_id: str) -> dict[str, Any]:
    """The swap report, once the old version has drained."""
    deadline = time.monotonic() + 10 * DRAIN_S
    while time.monotonic() < deadline:
        swap = box.deployment("shop", deployment_id)["swap"]
        if swap is not None and swap["drain_ms"] is not None:
            return dict(swap)
        time.sleep(0.05)  # a drain ends without news
    raise AssertionError(f"the old version never drained: {swap}")


@pytest.mark.settings(drain_timeout_s=str(DRAIN_S))
async def test_report_under_load_counts_every_request_and_none_lost(
    box: Box, deployed: Callable[[str], str]
) -> None:
    """The log says it in a line as soon as the new version is live, the API once the old is gone."""
    await asyncio.to_thread(deployed, "shop")
    first = await asyncio.to_thread(box.request, "GET", "/v1/projects/shop/deployments")
    assert first.data[0]["swap"]["drain_ms"] is None, "nothing was there to drain"
    load = Load(box.port, "shop.localhost", connections=4, fresh=1, pause_s=0.01)
    async with hammering(load):
        deployment = await asyncio.to_thread(box.again, "shop")
        swap = await asyncio.to_thread(drained, box, deployment["id"])
    assert load.failures == {}
    assert swap["lost"] == 0
    assert 0 < swap["requests"] <= sum(load.outcomes.values())
    assert swap["started_at"] < swap["ended_at"]
    log = await asyncio.to_thread(box.log_of, "shop", deployment["id"])
    line = re.search(
        r"^\[deploy\] Switched in (\d+) ms, 0 of (\d+) requests lost$", log, re.MULTILINE
    )
    assert line, log
    assert int(line[1]) == swap["switch_ms"]
    assert int(line[2]) <= swap["requests"]


@pytest.mark.settings(drain_timeout_s=str(DRAIN_S))
async def test_report_tells_whom_the_router_lost_and_whom_the_drain_cut(
    box: Box, deployed: Callable[[str], str]
) -> None:
    """A POST that died with the old version is lost, a stream that outlived its drain is cut."""
    await asyncio.to_thread(deployed, "shop")
    for key, value in (("LATE", "1"), ("RELEASE", "second")):
        await asyncio.to_thread(
            box.request, "POST", "/v1/projects/shop/envs", {"key": key, "value": value}
        )
    with closing(socket.create_connection(("127.0.0.1", box.port))) as visitor:
        visitor.sendall(b"GET /events HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        assert visitor.recv(100).startswith(b"HTTP/1.1 200")
        going = asyncio.create_task(asyncio.to_thread(box.again, "shop"))
        await until_started(box)
        # The first ones may come before the counting begins; the others are lost while it lasts.
        for _ in range(DROPS):
            lost = await asyncio.to_thread(box.visit, "shop", "/drop", method="POST", body=b"x")
            assert lost.status == 502
        deployment = await going
        swap = await asyncio.to_thread(drained, box, deployment["id"])
    assert 1 <= swap["lost"] <= DROPS
    assert swap["requests"] == swap["lost"] + 1, "the stream ended meanwhile as well"
    assert swap["cut"] == 1
    assert swap["drain_ms"] >= DRAIN_S * 1000


async def until_started(box: Box) -> None:
    """Returns when the candidate is being probed."""
    async with asyncio.timeout(20):
        while True:
            found = await asyncio.to_thread(box.request, "GET", "/v1/projects/shop/deployments")
            newest = found.data[0]
            log = await asyncio.to_thread(box.log_of, "shop", newest["id"])
            if newest["status"] == "deploying" and "Container started" in log:
                return
