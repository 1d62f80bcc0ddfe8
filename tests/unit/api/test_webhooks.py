"""`/v1/projects/{project}/webhooks`, without a receiver; deliveries: tests/integration/webhooks."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import InProcess, open_site

EVENTS = ["deploy.started", "deploy.succeeded", "deploy.failed"]
URL = "http://8.8.8.8/hook"
FIELDS = {"id", "project_id", "url", "events", "active", "created_at", "updated_at"}


@pytest.fixture
async def inner(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A box that allows webhooks into private networks."""
    async with open_site(tmp_path, webhook_private=True) as site:
        yield site


async def make(site: InProcess, slug: str = "shop", **body: Any) -> dict[str, Any]:
    response = await site.client.post(
        f"/v1/projects/{slug}/webhooks", json={"url": URL, "events": EVENTS} | body
    )
    assert response.status_code == 201, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


async def test_secret_is_shown_once(site: InProcess) -> None:
    """In the answer that makes the webhook; no other one holds it, and the store only sealed."""
    await site.project("shop")
    made = await make(site)
    assert made.keys() == FIELDS | {"secret"}
    assert made["secret"].startswith("whsec_")
    assert made["events"] == EVENTS
    listed = await site.client.get("/v1/projects/shop/webhooks")
    one = await site.client.get(f"/v1/projects/shop/webhooks/{made['id']}")
    changed = await site.client.patch(
        f"/v1/projects/shop/webhooks/{made['id']}", json={"active": False}
    )
    assert listed.json() == {"data": [one.json()["data"]]}
    assert one.json()["data"].keys() == FIELDS
    assert changed.json()["data"]["active"] is False
    for response in (listed, one, changed):
        assert made["secret"] not in response.text
    for file in site.box.store.folders.root.glob("sotabox.db*"):
        assert made["secret"].encode() not in file.read_bytes()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://LOCALHOST./",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "http://0/",
        "http://0x7f.1/",
        "http://10.213.0.2:8080/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://[fe80::1]/",
    ],
)
async def test_url_into_the_box_is_refused(site: InProcess, url: str) -> None:
    """422 that says where it leads, and with which setting a private box allows it."""
    await site.project("shop")
    response = await site.client.post(
        "/v1/projects/shop/webhooks", json={"url": url, "events": EVENTS}
    )
    assert response.status_code == 422, response.text
    assert response.json()["error"]["code"] == "validation_error"
    assert "SOTABOX_WEBHOOK_PRIVATE" in response.json()["error"]["hint"]
    listed = await site.client.get("/v1/projects/shop/webhooks")
    assert listed.json()["data"] == []


async def test_url_of_a_webhook_is_not_changed_into_one_that_is_refused(site: InProcess) -> None:
    """The same check at each door."""
    await site.project("shop")
    made = await make(site)
    response = await site.client.patch(
        f"/v1/projects/shop/webhooks/{made['id']}", json={"url": "http://127.0.0.1/"}
    )
    assert response.status_code == 422


async def test_private_url_is_fine_where_the_box_allows_it(inner: InProcess) -> None:
    """For a laptop, or a box within a company; the cloud's metadata stay closed."""
    await inner.project("shop")
    await make(inner, url="http://127.0.0.1:9/")
    response = await inner.client.post(
        "/v1/projects/shop/webhooks", json={"url": "http://169.254.169.254/", "events": EVENTS}
    )
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://example.com", "events": EVENTS}, "url"),
        ({"url": "https://user:word@example.com", "events": EVENTS}, "url"),
        ({"url": "", "events": EVENTS}, "url"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": ["deploy.finished"]}, "events"),
        ({"url": URL, "events": [""]}, "events"),
        ({"url": URL, "events": ["ping"]}, "events"),
        ({"url": URL}, "events"),
        ({"url": URL, "events": "deploy.failed"}, "events"),
        ({"url": URL, "events": EVENTS, "secret": "mine"}, "secret"),
    ],
)
async def test_wrong_field_is_named(site: InProcess, body: dict[str, Any], field: str) -> None:
    """422 with the field and what is wrong with it."""
    await site.project("shop")
    response = await site.client.post("/v1/projects/shop/webhooks", json=body)
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["error"]["details"]] == [field]


async def test_eleventh_webhook_is_a_conflict(site: InProcess) -> None:
    """Ten receivers of one project are enough."""
    await site.project("shop")
    for _ in range(10):
        await make(site)
    response = await site.client.post(
        "/v1/projects/shop/webhooks", json={"url": URL, "events": EVENTS}
    )
    assert response.status_code == 409


async def test_deliveries_are_walked_by_cursors(inner: InProcess) -> None:
    """Newest first, each once; a cursor of another webhook is foreign."""
    await inner.project("shop")
    one, other = await make(inner, url="http://127.0.0.1:9/"), await make(inner)
    path = f"/v1/projects/shop/webhooks/{one['id']}"
    pinged = [(await inner.client.post(f"{path}/ping")).json()["data"] for _ in range(3)]
    assert {delivery["status"] for delivery in pinged} == {"failed"}
    assert all(delivery["error"] for delivery in pinged)
    first = (await inner.client.get(f"{path}/deliveries?limit=2")).json()
    cursor = first["pagination"]["next_cursor"]
    second = (await inner.client.get(f"{path}/deliveries?limit=2&cursor={cursor}")).json()
    seen = [delivery["id"] for delivery in first["data"] + second["data"]]
    assert seen == [delivery["id"] for delivery in reversed(pinged)]
    assert second["pagination"] == {"next_cursor": None, "has_more": False}
    foreign = await inner.client.get(
        f"/v1/projects/shop/webhooks/{other['id']}/deliveries?cursor={cursor}"
    )
    assert foreign.status_code == 400


async def test_resend_of_a_delivery_tells_how_it_went(inner: InProcess) -> None:
    """A new delivery, which names the one that it repeats."""
    await inner.project("shop")
    made = await make(inner, url="http://127.0.0.1:9/")
    path = f"/v1/projects/shop/webhooks/{made['id']}"
    ping = (await inner.client.post(f"{path}/ping")).json()["data"]
    again = await inner.client.post(f"{path}/deliveries/{ping['id']}/resend")
    assert again.status_code == 200
    assert again.json()["data"]["resent_from"] == ping["id"]
    assert (await inner.client.post(f"{path}/deliveries/absent/resend")).status_code == 404


async def test_delete_takes_the_webhook_away(site: InProcess) -> None:
    """204, then 404."""
    await site.project("shop")
    made = await make(site)
    path = f"/v1/projects/shop/webhooks/{made['id']}"
    assert (await site.client.delete(path)).status_code == 204
    assert (await site.client.delete(path)).status_code == 404
