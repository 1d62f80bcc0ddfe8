"""Several apps behind one file, by a real Caddy."""

import asyncio

from sotabox.router.terms import Route
from tests.integration.router.box import MakeApp, MakeBox
from tests.integration.router.load import Load


async def test_replicas_share_the_load_and_are_swapped_together(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """Three serve, then three others, then one: no request is lost, and nothing is reloaded."""
    box = make_box()
    old = [await make_app(f"old{n}") for n in range(3)]
    new = [await make_app(f"new{n}") for n in range(3)]
    host, path = "shop.localhost", str(box.upstreams.path("shop"))
    await box.point("shop", " ".join(app.address for app in old))
    await box.caddy.start([Route((host,), "shop", path, slots=3)])
    load = Load(box.settings.http_port, host, connections=8, fresh=2)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        for app in old:
            await load.wait_for(app.name)
        await box.point("shop", " ".join(app.address for app in new))
        for app in new:
            await load.wait_for(app.name)
        await box.point("shop", new[1].address)
        await load.wait_for(new[1].name)
        load.end()
    assert load.failures == {}, load.outcomes


async def test_replica_that_is_gone_is_passed_over(make_box: MakeBox, make_app: MakeApp) -> None:
    """One refuses connections: the next try goes to another, for a POST as well."""
    box = make_box()
    apps = [await make_app(f"app{n}") for n in range(3)]
    host, path = "shop.localhost", str(box.upstreams.path("shop"))
    await box.point("shop", " ".join(app.address for app in apps))
    await box.caddy.start([Route((host,), "shop", path, slots=3)])
    await apps[0].stop()
    load = Load(box.settings.http_port, host, connections=4, fresh=2)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        for app in apps[1:]:
            await load.wait_for(app.name)
        load.end()
    assert load.failures == {}, load.outcomes


async def test_requests_under_way_are_known_by_address(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """An old version's drain waits for what each of its replicas still has to answer."""
    box = make_box()
    apps = [await make_app(f"slow{n}", delay_s=4) for n in range(2)]
    path = str(box.upstreams.path("shop"))
    await box.point("shop", " ".join(app.address for app in apps))
    await box.caddy.start([Route(("shop.localhost",), "shop", path, slots=2)])
    visits = []
    async with asyncio.timeout(20):
        for count in range(1, 5):  # Caddy spreads what it knows of: one after the other
            visits.append(asyncio.create_task(box.client.get("/", headers=box.at("shop"))))
            while (
                sum(under_way := [await box.caddy.admin.in_flight(app.address) for app in apps])
                != count
            ):
                assert not any(visit.done() for visit in visits), f"only {under_way} of {count}"
    assert under_way == [2, 2]
    assert [visit.status_code for visit in await asyncio.gather(*visits)] == [200] * 4
