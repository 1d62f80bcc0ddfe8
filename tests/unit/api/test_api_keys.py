"""`/v1/api-keys`."""

import asyncio
import sys

import pytest

from tests.in_process import InProcess


async def test_key_is_shown_once_and_listed_without_its_text(site: InProcess) -> None:
    """What was not noted down is lost; what leaks from a list is worthless."""
    made = await site.client.post("/v1/api-keys", json={"name": "ci"})
    assert made.status_code == 201
    key = made.json()["data"]
    assert key.keys() == {"id", "name", "key", "key_prefix", "expires_at", "created_at"}
    assert key["key"].startswith("sota_")
    assert len(key["key"]) == 45
    assert key["key_prefix"] == key["key"][:13]
    listed = await site.client.get("/v1/api-keys")
    assert key["key"] not in listed.text
    row = next(row for row in listed.json()["data"] if row["id"] == key["id"])
    assert row.keys() == {"id", "name", "key_prefix", "last_used_at", "expires_at", "created_at"}


async def test_key_of_another_user_can_not_be_revoked(site: InProcess) -> None:
    """404, as if it weren't there; it works on."""
    made = (await site.client.post("/v1/api-keys", json={"name": "mine"})).json()["data"]
    other = await site.key_of(await site.user("other@example.com"))
    response = await site.client.delete(f"/v1/api-keys/{made['id']}", headers=other)
    assert response.status_code == 404
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await site.client.get("/v1/api-keys", headers=headers)).status_code == 200


async def test_revoked_key_is_refused_at_once(site: InProcess) -> None:
    """Also one that the box knows from the request before."""
    made = (await site.client.post("/v1/api-keys", json={"name": "leaked"})).json()["data"]
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await site.client.get("/v1/projects", headers=headers)).status_code == 200
    assert (await site.client.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
    assert (await site.client.get("/v1/projects", headers=headers)).status_code == 401


async def test_key_that_another_process_revokes_is_refused_at_once(site: InProcess) -> None:
    """A command on the host is obeyed by the box that runs."""
    made = (await site.client.post("/v1/api-keys", json={"name": "leaked"})).json()["data"]
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await site.client.get("/v1/projects", headers=headers)).status_code == 200
    program = (
        "import sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "database.execute('DELETE FROM api_keys WHERE id = ?', sys.argv[2:]); database.close()"
    )
    database = str(site.box.store.folders.database)
    host = await asyncio.create_subprocess_exec(sys.executable, "-c", program, database, made["id"])
    assert await host.wait() == 0
    assert (await site.client.get("/v1/projects", headers=headers)).status_code == 401


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
async def test_key_needs_a_name(site: InProcess, name: str) -> None:
    """A list of keys without names helps nobody who has to revoke one."""
    response = await site.client.post("/v1/api-keys", json={"name": name})
    assert response.status_code == 422
