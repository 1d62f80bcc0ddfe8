"""Device login, partners and monitors, on a whole box and as clients send them."""

import asyncio
import json
import secrets
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import docker
import pytest

from sotabox.events import Bus
from sotabox.operations import device_login
from sotabox.operations.actor import Actor
from sotabox.operations.throttle import Throttle
from sotabox.operations.users import ensure_admin
from sotabox.store.store import Store
from tests.box import Box
from tests.contract.wire import Client, GoClient

pytestmark = pytest.mark.engine


async def approve(box: Box, user_code: str) -> None:
    """Confirms a code as the admin, as the dashboard's page does."""
    store = await Store.open(box.directory, Bus())
    try:
        actor = Actor(await ensure_admin(store))
        await device_login.approve(store, Throttle(5), actor, user_code)
    finally:
        await store.close()


def ask_without_key(client: Client, path: str, body: dict[str, str]) -> tuple[int, Any]:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {client.host}\r\nUser-Agent: Go-http-client/1.1\r\n"
        f"Content-Length: {len(content)}\r\nContent-Type: application/json\r\n\r\n"
    )
    reply = client.send(head.encode() + content)
    return reply.status, reply.json


def test_command_line_logs_in_by_device(box: Box, go: GoClient) -> None:
    """Codes, 428 until confirmed, a key without an envelope, and 404 for the second time."""
    status, codes = ask_without_key(go, "/v1/auth/device-code", {})
    assert status == 200
    assert codes["verification_url"].endswith("/device")
    wanted = {"device_code": codes["device_code"]}
    status, body = ask_without_key(go, "/v1/auth/device-token", wanted)
    assert (status, body["error"]["code"]) == (428, "authorization_pending")
    status, _ = ask_without_key(go, "/v1/auth/device-token", wanted)
    assert status == 429
    asyncio.run(approve(box, codes["user_code"]))
    status, body = ask_without_key(go, "/v1/auth/device-token", wanted)
    assert status == 200
    fresh = GoClient(go.port, go.host, body["api_key"])
    assert fresh.ask("GET", "/v1/api-keys").status == 200
    status, _ = ask_without_key(go, "/v1/auth/device-token", wanted)
    assert status == 404


def test_partner_brings_a_user_whose_containers_are_bounded(
    box: Box, go: GoClient, slug: str, site_archive: bytes
) -> None:
    """A key from the server, a user over the API, an app with 256 MB and half a core."""
    key = box.command("partner", "create", "--name", "shop").strip()
    partner = GoClient(go.port, go.host, key)
    assert partner.ask("GET", "/v1/projects").status == 403
    assert go.ask("GET", "/v1/partner/users").status == 403
    email = f"{secrets.token_hex(4)}@box.test"
    made = partner.ask("POST", "/v1/partner/users", {"email": email})
    assert made.status == 201, made.body
    again = partner.ask("POST", "/v1/partner/users", {"email": email})
    assert (again.status, again.data["created"]) == (200, False)
    user = GoClient(go.port, go.host, made.data["api_key"])
    assert user.ask("POST", "/v1/projects", {"name": slug, "slug": slug}).status == 201
    deployed = user.deploy(slug, site_archive)
    assert deployed.status == 202, deployed.body
    assert box.settled(slug, deployed.data["id"])["status"] == "running"
    with closing(docker.DockerClient(timeout=60)) as engine:
        (container,) = engine.containers.list(
            filters={"label": f"sotabox.deployment={deployed.data['id']}"}, ignore_removed=True
        )
        limits = container.attrs["HostConfig"]
    assert limits["Memory"] == 256 * 1024 * 1024
    assert limits["NanoCpus"] == 500_000_000
    usage = partner.ask("GET", f"/v1/partner/users/{made.data['user_id']}")
    assert (usage.data["project_count"], usage.data["deployment_count"]) == (1, 1)
    assert user.ask("DELETE", f"/v1/projects/{slug}").status == 204


def test_invited_user_is_made_on_the_server(box: Box) -> None:
    """The link leads to the dashboard, and the API knows the user."""
    email = f"{secrets.token_hex(4)}@box.test"
    link = box.command("user", "invite", email, "--role", "viewer").strip()
    assert "/setup/" in link
    users = box.request("GET", "/v1/users?limit=100").data
    assert [user["role"] for user in users if user["email"] == email] == ["viewer"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login", "/v1/me", "/v1/openapi.json"])
def test_head_answers_like_get_without_a_body(door: tuple[int, str], path: str) -> None:
    """Monitors may ask the cheap way; the connection stays in order."""
    port, host = door
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        seen = []
        for method in ("GET", "HEAD", "GET"):
            connection.request(method, path, headers={"Host": host})
            response = connection.getresponse()
            body = response.read()
            headers = {name.lower(): value for name, value in response.getheaders()}
            seen.append((response.status, headers["content-type"], headers["content-length"]))
            assert bool(body) is (method == "GET")
    finally:
        connection.close()
    assert len(set(seen)) == 1
