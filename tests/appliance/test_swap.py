"""Nobody who visits an app notices its deploys."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import websockets

from tests.box import Box
from tests.integration.router.load import Load

REDEPLOYS = 50
DRAIN_S = 4

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.mark.settings(drain_timeout_s=str(DRAIN_S))
async def test_fifty_redeploys_under_load_lose_nothing(
    box: Box, deployed: Callable[[str], str]
) -> None:
    """Fifty redeploys in a row under GET and POST, fresh and kept connections: not one failure."""
    await asyncio.to_thread(deployed, "shop")
    load = Load(box.port, "shop.localhost", connections=12, fresh=4, pause_s=0.01)
    async with hammering(load), listening(box) as heard:
        for _ in range(REDEPLOYS):
            deployment = await asyncio.to_thread(box.again, "shop")
            assert deployment["status"] == "running", deployment
    assert load.failures == {}, load.outcomes
    assert sum(load.outcomes.values()) > 20 * REDEPLOYS, "the load was too small to prove anything"
    # Long streams of an old version live on until its drain time ends; a visitor then comes back.
    assert heard["events"], "no event came"
    assert heard["socket"], "the WebSocket heard nothing"
    assert min(heard["lives"], default=DRAIN_S) >= DRAIN_S * 0.9


@pytest.mark.settings(drain_timeout_s="20")
async def test_slow_request_on_the_old_version_is_finished_by_it(
    box: Box, deployed: Callable[[str], str]
) -> None:
    """A request that takes three seconds survives the deploy that happens meanwhile."""
    await asyncio.to_thread(deployed, "shop")
    old = json.loads((await asyncio.to_thread(box.visit, "shop")).body)["app"]
    slow = asyncio.create_task(asyncio.to_thread(box.visit, "shop", "/slow?3"))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(
        box.request, "POST", "/v1/projects/shop/envs", {"key": "RELEASE", "value": "second"}
    )
    redeployed = await asyncio.to_thread(box.again, "shop")
    assert redeployed["status"] == "running"
    assert json.loads((await asyncio.to_thread(box.visit, "shop")).body)["app"] == "second"
    answer = await slow
    assert answer.status == 200
    assert json.loads(answer.body)["app"] == old


async def test_sick_new_version_never_serves(box: Box, deployed: Callable[[str], str]) -> None:
    """A version that exits at once fails with its last words; visitors stay with the old one."""
    await asyncio.to_thread(deployed, "shop")
    load = Load(box.port, "shop.localhost", connections=4, pause_s=0.01)
    async with hammering(load):
        await asyncio.to_thread(
            box.request, "POST", "/v1/projects/shop/envs", {"key": "MODE", "value": "exit"}
        )
        failed = await asyncio.to_thread(box.again, "shop")
    assert failed["status"] == "failed"
    assert "exited with code 3" in failed["error"]
    assert "cannot go on: no database" in failed["error"]
    assert load.failures == {}


@asynccontextmanager
async def hammering(load: Load) -> AsyncIterator[None]:
    """Load for the time of the block."""
    running = asyncio.create_task(load.run())
    try:
        yield
    finally:
        load.end()
        await running


@asynccontextmanager
async def listening(box: Box) -> AsyncIterator[dict[str, list[float]]]:
    """A visitor with an event stream and one with a WebSocket, who come back when cut off.

    Gives what they heard, and how long each of their connections that was cut lived.
    """
    heard: dict[str, list[float]] = {"events": [], "socket": [], "lives": []}
    tasks = [
        asyncio.create_task(_come_back(partial(_hear_events, box, heard), heard)),
        asyncio.create_task(_come_back(partial(_hear_socket, box, heard), heard)),
    ]
    try:
        yield heard
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, asyncio.CancelledError), outcome


async def _come_back(hear: Callable[[], Awaitable[None]], heard: dict[str, list[float]]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        came = loop.time()
        await hear()
        heard["lives"].append(loop.time() - came)


async def _hear_events(box: Box, heard: dict[str, list[float]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
    try:
        writer.write(b"GET /events HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        while line := await reader.readline():
            if line.startswith(b"data: "):
                heard["events"].append(asyncio.get_running_loop().time())
    finally:
        writer.close()


async def _hear_socket(box: Box, heard: dict[str, list[float]]) -> None:
    address = f"ws://shop.localhost:{box.port}/socket"
    try:
        async with websockets.connect(address, host="127.0.0.1", port=box.port) as socket:
            async for _ in socket:
                heard["socket"].append(asyncio.get_running_loop().time())
    except websockets.ConnectionClosedError:
        return
