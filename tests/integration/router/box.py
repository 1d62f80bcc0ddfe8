"""What a test drives, and how it waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from sotabox.router.process import Caddy
from sotabox.router.terms import Route, RouterSettings
from sotabox.router.upstream import Upstreams
from tests.integration.router.apps import App

MakeSettings = Callable[..., RouterSettings]
MakeApp = Callable[..., Awaitable[App]]


@dataclass
class Box:
    """Caddy, the upstream files, and a client."""

    caddy: Caddy
    settings: RouterSettings
    upstreams: Upstreams
    client: httpx.AsyncClient

    def route(self, slug: str) -> Route:
        return Route((f"{slug}.{self.settings.domain}",), slug, str(self.upstreams.path(slug)))

    def at(self, slug: str) -> dict[str, str]:
        """The header that asks for a project, whatever resolves on this machine."""
        return {"Host": f"{slug}.{self.settings.domain}"}

    async def point(self, slug: str, target: str) -> None:
        await asyncio.to_thread(self.upstreams.point, slug, target)

    async def until_answering(self) -> None:
        """Return when a Caddy that we did not start serves what is on disk."""
        async with asyncio.timeout(20):
            while self.caddy.admin.pid() is None:
                await asyncio.sleep(0.01)
            await self.caddy.admin.config()

    async def until_another(self, pid: int) -> None:
        """Return when a Caddy other than `pid` is ours."""
        async with asyncio.timeout(20):
            while self.caddy.pid in (None, pid):
                await asyncio.sleep(0.01)

    async def until_waiting(self) -> None:
        """Return when Caddy holds a request that it can't pass on yet."""
        gauge = "caddy_http_requests_in_flight"
        async with asyncio.timeout(10):
            while not any(
                line.startswith(gauge) and not line.endswith(" 0")
                for line in (await self.caddy.admin.metrics()).splitlines()
            ):
                pass  # each turn waits for Caddy's answer


MakeBox = Callable[..., Box]
