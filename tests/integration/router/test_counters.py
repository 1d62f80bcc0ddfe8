"""What Caddy's counters count, on a real Caddy: whom the router lost, and who was answered."""

import asyncio

import httpx
import pytest

from sotabox.router.requests import FIGURES, read_requests
from sotabox.router.traffic import COUNTERS, Tally, Traffic, read_traffic, tally
from tests.integration.router.box import Box, MakeApp, MakeBox

HOST = "shop.localhost"


async def look(box: Box) -> Traffic:
    return read_traffic(await box.caddy.admin.metrics(COUNTERS))


async def test_only_requests_that_caddy_answers_with_an_error_are_lost(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """An app's own 502 is an answer; a client that went away lost nothing; a dead app's visitors did."""
    box, app = make_box(), await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    before = await look(box)
    assert (await box.client.get("/", headers=box.at("shop"))).status_code == 200
    assert (await box.client.get("/my-own-502", headers=box.at("shop"))).status_code == 502
    with pytest.raises(httpx.ReadTimeout):
        await box.client.get("/hold", headers=box.at("shop"), timeout=0.2)
    async with asyncio.timeout(10):
        while await box.caddy.admin.in_flight(app.address):
            pass  # each turn waits for Caddy's answer
    app.release.set()
    assert tally(before, await look(box), [HOST]) == Tally(requests=3, lost=0)
    await app.stop()
    assert (await box.client.get("/", headers=box.at("shop"))).status_code >= 502
    assert tally(before, await look(box), [HOST]) == Tally(requests=4, lost=1)


async def test_visitors_who_name_the_port_are_counted_like_all_others(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """A browser says an unusual port behind the host; figures and swap reports hold it all the same."""
    box, app = make_box(), await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    before = await look(box)
    for host in (HOST, f"{HOST}:{box.settings.http_port}"):
        assert (await box.client.get("/", headers={"Host": host})).status_code == 200
    assert tally(before, await look(box), [HOST]) == Tally(requests=2, lost=0)
    figures = read_requests(await box.caddy.admin.metrics(FIGURES)).hosts
    assert figures[HOST].total == 2


async def test_counters_begin_anew_with_another_document(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """A reload in the middle is seen as such, and never taken for fewer visitors."""
    box, app = make_box(), await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    before = await look(box)
    assert (await box.client.get("/", headers=box.at("shop"))).status_code == 200
    await box.caddy.apply([box.route("shop"), box.route("other")])
    assert tally(before, await look(box), [HOST]) is None
