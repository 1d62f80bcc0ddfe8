import asyncio

from sotabox.engine.sockets import established_to
from sotabox.router.upstream import waiting_target
from tests.integration.router.box import MakeApp, MakeBox
from tests.integration.router.load import Load

SWAPS = 60


def connections_to(address: str) -> int:
    """Connections from this machine to an app."""
    host, _, port = address.rpartition(":")
    return established_to(host, int(port))


async def test_swap_under_keep_alive_load_loses_nothing(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """Sixty deploys in a row: every GET and POST is answered, and after each by the new version."""
    box = make_box()
    apps = [await make_app("blue", delay_s=0.005), await make_app("green", delay_s=0.005)]
    await box.point("shop", apps[1].address)
    await box.caddy.start([box.route("shop")])
    load = Load(box.settings.http_port, box.at("shop")["Host"])
    running = asyncio.create_task(load.run())
    for number in range(SWAPS):
        app = apps[number % 2]
        load.expect_nothing()
        await box.point("shop", app.address)
        await load.wait_for(app.name)
    load.end()
    await running
    print(f"\n{SWAPS} swaps: {dict(load.outcomes)} {dict(load.by_app)}")
    assert set(load.outcomes) == {"ok"}
    assert load.stale == 0
    assert load.by_app["blue"] > SWAPS
    assert load.by_app["green"] > SWAPS


async def test_swap_away_from_a_dead_app_serves_who_waits(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """A request that meets a stopped version is not lost: it reaches the one that replaces it."""
    box = make_box(retry_s=10)
    old, new = await make_app("old"), await make_app("new")
    await box.point("shop", old.address)
    await box.caddy.start([box.route("shop")])
    await old.stop()
    asking = asyncio.create_task(box.client.post("/", headers=box.at("shop"), content=b"order"))
    await box.until_waiting()
    await box.point("shop", new.address)
    assert (await asking).json() == {"app": "new", "method": "POST", "size": 5}


async def test_first_deploy_replaces_the_waiting_page(make_box: MakeBox, make_app: MakeApp) -> None:
    """The page that says how to deploy gives way to the app, without a reload of Caddy."""
    box = make_box()
    app = await make_app()
    await box.point("shop", waiting_target(box.settings.files))
    await box.caddy.start([box.route("shop")])
    before = await box.client.get("/", headers=box.at("shop"))
    await box.point("shop", app.address)
    after = await box.client.get("/", headers=box.at("shop"))
    assert (before.status_code, after.status_code) == (503, 200)


async def test_in_flight_counts_what_the_old_version_still_does(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """After a swap the slow request ends on the old version, and Caddy says until when."""
    box = make_box()
    old, new = await make_app("old"), await make_app("new")
    await box.point("shop", old.address)
    await box.caddy.start([box.route("shop")])
    slow = asyncio.create_task(box.client.get("/hold", headers=box.at("shop")))
    await old.arrived.wait()
    await box.point("shop", new.address)
    fresh = await box.client.get("/", headers=box.at("shop"))
    assert fresh.json()["app"] == "new"
    assert await box.caddy.admin.in_flight(old.address) == 1
    assert connections_to(old.address) == 1
    old.release.set()
    assert (await slow).json()["app"] == "old"
    assert await box.caddy.admin.in_flight(old.address) == 0
    await asyncio.wait_for(old.left.wait(), 5)  # the idle connection is closed soon
    assert connections_to(old.address) == 0


async def test_in_flight_survives_reloads(make_box: MakeBox, make_app: MakeApp) -> None:
    """A slow request is not cut off by a drain because somebody else's domain came in between."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    slow = asyncio.create_task(box.client.get("/hold", headers=box.at("shop")))
    await app.arrived.wait()
    for number in range(3):
        assert await box.caddy.apply([box.route("shop"), box.route(f"other-{number}")])
    assert await box.caddy.admin.in_flight(app.address) == 1
    assert connections_to(app.address) == 1
    app.release.set()
    assert (await slow).status_code == 200
    assert await box.caddy.admin.in_flight(app.address) == 0
