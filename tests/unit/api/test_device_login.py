"""`/v1/auth/device-code` and `/v1/auth/device-token`: the login of the official command line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sotabox.errors import NotFound, RateLimited
from sotabox.model.times import format_time
from sotabox.operations import device_login
from sotabox.operations.actor import Actor
from sotabox.operations.throttle import GUESSES_MAX
from tests.in_process import InProcess

NO_KEY = {"Authorization": ""}


async def begin(site: InProcess) -> dict[str, Any]:
    response = await site.client.post("/v1/auth/device-code", json={}, headers=NO_KEY)
    assert response.status_code == 200, response.text
    codes: dict[str, Any] = response.json()
    return codes


async def poll(site: InProcess, codes: dict[str, Any]) -> httpx.Response:
    body = {"device_code": codes["device_code"]}
    return await site.client.post("/v1/auth/device-token", json=body, headers=NO_KEY)


async def approve(site: InProcess, actor: Actor, code: str) -> None:
    await device_login.approve(site.box.store, site.box.guesses, actor, code)


async def make_older(site: InProcess, column: str, age: timedelta) -> None:
    moment = format_time(datetime.now(UTC) - age)
    async with site.box.store.database.transaction() as transaction:
        await transaction.execute(f"UPDATE device_logins SET {column} = ?", (moment,))


async def test_codes_come_without_an_envelope(site: InProcess) -> None:
    """Just as the official command line decodes them."""
    codes = await begin(site)
    assert codes.keys() == {
        "device_code",
        "user_code",
        "verification_url",
        "expires_in",
        "interval",
    }
    assert codes["verification_url"] == "http://localhost/device"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    left, dash, right = codes["user_code"].partition("-")
    assert (len(left), dash, len(right)) == (4, "-", 4)


async def test_codes_are_not_stored(site: InProcess) -> None:
    """Who reads the database gets nobody's login."""
    codes = await begin(site)
    for file in site.box.store.folders.root.glob("sotabox.db*"):
        content = file.read_bytes()
        assert codes["device_code"].encode() not in content
        assert codes["user_code"].encode() not in content


async def test_login_is_pending_until_somebody_confirms_it_and_gives_one_key(
    site: InProcess,
) -> None:
    """428, then the key of whoever confirmed; a second time there is nothing to get."""
    codes = await begin(site)
    waiting = await poll(site, codes)
    assert waiting.status_code == 428
    assert waiting.json()["error"]["code"] == "authorization_pending"
    user = await site.user("ada@box.test")
    await approve(site, Actor(user), f" {codes['user_code'].lower().replace('-', ' ')} ")
    given = await poll(site, codes)
    assert given.status_code == 200
    assert given.json().keys() == {"api_key"}
    headers = {"Authorization": f"Bearer {given.json()['api_key']}"}
    me = await site.client.get("/v1/me", headers=headers)
    assert me.json()["data"]["email"] == "ada@box.test"
    assert (await poll(site, codes)).status_code == 404


async def test_device_that_asks_too_often_is_slowed_down(site: InProcess) -> None:
    """429 with how long to wait; who keeps to the interval is not."""
    codes = await begin(site)
    assert (await poll(site, codes)).status_code == 428
    early = await poll(site, codes)
    assert early.status_code == 429
    assert early.headers["retry-after"] == "5"
    await make_older(site, "polled_at", timedelta(seconds=5))
    assert (await poll(site, codes)).status_code == 428


async def test_login_ends_after_ten_minutes(site: InProcess) -> None:
    """410 for the device, and nothing to confirm for the person."""
    codes = await begin(site)
    await make_older(site, "created_at", timedelta(minutes=10))
    with pytest.raises(NotFound):
        await approve(site, Actor(site.admin), codes["user_code"])
    late = await poll(site, codes)
    assert late.status_code == 410
    assert late.json()["error"]["code"] == "expired"


async def test_confirmed_login_ends_after_ten_minutes_too(site: InProcess) -> None:
    """A device that never came for its key does not get it later."""
    codes = await begin(site)
    await approve(site, Actor(site.admin), codes["user_code"])
    await make_older(site, "created_at", timedelta(minutes=10))
    assert (await poll(site, codes)).status_code == 410


async def test_code_is_confirmed_once(site: InProcess) -> None:
    """Nobody takes over a login that somebody has confirmed."""
    codes = await begin(site)
    await approve(site, Actor(site.admin), codes["user_code"])
    other = await site.user("other@box.test")
    with pytest.raises(NotFound):
        await approve(site, Actor(other), codes["user_code"])


async def test_refused_login_is_gone(site: InProcess) -> None:
    """A person who did not ask for it says no."""
    codes = await begin(site)
    await device_login.refuse(
        site.box.store, site.box.guesses, Actor(site.admin), codes["user_code"]
    )
    assert (await poll(site, codes)).status_code == 404


@pytest.mark.parametrize("code", ["", "x", "0" * 10_000])
async def test_unknown_device_code_is_not_found(site: InProcess, code: str) -> None:
    """404, whatever it is."""
    assert (await poll(site, {"device_code": code})).status_code == 404


async def test_guessing_of_codes_is_stopped(site: InProcess) -> None:
    """Twenty wrong codes, and a person has to wait."""
    actor = Actor(site.admin)
    for _ in range(GUESSES_MAX):
        with pytest.raises(NotFound):
            await approve(site, actor, "BCDF-GHJK")
    with pytest.raises(RateLimited):
        await approve(site, actor, (await begin(site))["user_code"])


async def test_too_many_waiting_devices_are_refused(
    site: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody fills the disk with logins that nobody wants."""
    monkeypatch.setattr(device_login, "WAITING_MAX", 2)
    await begin(site)
    await begin(site)
    response = await site.client.post("/v1/auth/device-code", json={}, headers=NO_KEY)
    assert response.status_code == 429
    await make_older(site, "created_at", timedelta(minutes=11))
    await begin(site)


async def test_body_may_be_empty(site: InProcess) -> None:
    """`{}` or nothing; a field that nobody knows is named."""
    empty = await site.client.post("/v1/auth/device-code", headers=NO_KEY)
    assert empty.status_code == 200
    odd = await site.client.post("/v1/auth/device-code", json={"x": 1}, headers=NO_KEY)
    assert odd.status_code == 422
