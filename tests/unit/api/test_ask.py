"""The question of Caddy, and who else asks it."""

import httpx
import pytest

from sotabox.router.terms import CustomHost, Route
from tests.in_process import InProcess

ASK = "/internal/ask"


@pytest.fixture
def known(site: InProcess) -> None:
    routes = [Route(("shop.box.test",), "shop", "/u", (CustomHost("example.org"),))]
    site.box.domains.index.replace(routes)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?domain=example.org", 200),
        ("?domain=shop.box.test", 200),
        ("?domain=a.example.org", 403),
        ("?domain=", 403),
        ("", 403),
        ("?domain=%00%ff", 403),
    ],
)
async def test_ask_knows_what_is_served(site: InProcess, query: str, status: int) -> None:
    """Caddy needs no key, and gets its answer by the status alone."""
    answer = await site.client.get(ASK + query, headers={"Authorization": ""})
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-for"])
async def test_ask_passed_on_by_caddy_finds_nothing(site: InProcess, header: str) -> None:
    """From outside one can't ask which domains live here."""
    answer = await site.client.get(f"{ASK}?domain=example.org", headers={header: "127.0.0.1"})
    assert answer.status_code == 404


@pytest.mark.usefixtures("known")
async def test_ask_from_another_machine_finds_nothing(site: InProcess) -> None:
    """Not even where somebody made the control plane listen on every address."""
    app = site.client._transport.app  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as stranger:
        answer = await stranger.get(f"{ASK}?domain=example.org")
    assert answer.status_code == 404
