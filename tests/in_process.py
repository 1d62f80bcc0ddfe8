"""A box's site without a server, an engine or Caddy: a real store, and a real queue.

What a deployment does while it is under way is the test's: the queue runs `work` for each.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from sotabox.api.routes import api_routes
from sotabox.builds.archive import ArchiveLimits
from sotabox.crypto.tokens import digest_token, key_prefix, new_api_key
from sotabox.domains.addresses import Addresses
from sotabox.domains.ask import AskIndex
from sotabox.domains.custom_domains import CustomDomains
from sotabox.domains.resolver import Resolver
from sotabox.domains.watch import DomainWatch
from sotabox.engine.client import Engine
from sotabox.engine.images import Images
from sotabox.errors import Invalid
from sotabox.events import Bus
from sotabox.model.deployment import Deployment
from sotabox.model.ids import new_deployment_id
from sotabox.model.project import Project
from sotabox.model.user import Role, User
from sotabox.operations.users import ensure_admin
from sotabox.pipeline.credentials import Keyring
from sotabox.pipeline.fetch import Fetcher
from sotabox.pipeline.image_pulls import ImagePulls
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.pipeline import Pipeline
from sotabox.pipeline.presence import Presence
from sotabox.pipeline.pull import Puller
from sotabox.pipeline.queue import Queue
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.web.box import Box
from sotabox.web.site import open_site as serve_at
from sotabox.web.site import route_site
from sotabox.webhooks.addresses import Policy, judge_host
from sotabox.webhooks.courier import Courier
from sotabox.webhooks.schedule import next_pause

Work = Callable[[str], Awaitable[None]]

#: The API's routing, once for as many sites as are open at a time: it takes longer than most tests.
_IDLE: list[Litestar] = []


@dataclass
class InProcess:
    """The box under test, and a client that holds a key of its admin."""

    box: Box
    client: httpx.AsyncClient
    admin: User

    async def key_of(self, user: User) -> dict[str, str]:
        """The headers of a request that `user` makes."""
        key = new_api_key()
        await self.box.store.api_keys.insert(user.id, "test", digest_token(key), key_prefix(key))
        return {"Authorization": f"Bearer {key}"}

    async def user(self, email: str, role: Role = Role.MEMBER) -> User:
        user = await self.box.store.users.insert(email, role, None)
        assert user is not None
        return user

    async def project(self, slug: str, owner: User | None = None) -> Project:
        owner = owner or self.admin
        project = await self.box.store.projects.insert(owner.id, f"Project {slug}", slug)
        assert project is not None
        return project

    async def deployment(self, project: Project) -> Deployment:
        """A deployment that waits; nothing works on it."""
        deployment, _ = await self.box.store.deployments.insert_pending(
            new_deployment_id(), project.id, self.admin.id, 1000
        )
        return deployment


async def _nothing(_: str) -> None:
    """Work that is done at once."""


async def _no_certificate(_: str) -> str | None:
    """A box without TLS: there is nothing to obtain."""


async def _no_router() -> None:
    """Routes that are in force at once, as nobody serves them."""


def custom_domains(settings: Settings, store: Store) -> CustomDomains:
    """The domains room of a box whose router is not there."""

    def app_host(slug: str) -> str:
        return f"{slug}.{settings.domain}"

    resolver = Resolver(settings.dns)
    addresses = Addresses(settings.public_ip, settings.domain, resolver)
    watch = DomainWatch(
        store=store,
        resolver=resolver,
        addresses=addresses,
        app_host=app_host,
        apply_routes=_no_router,
        obtain_certificate=_no_certificate,
    )
    return CustomDomains(
        watch=watch,
        addresses=addresses,
        index=AskIndex(lambda _: False),
        app_host=app_host,
        apply_routes=_no_router,
    )


async def judge(host: str, _: int) -> list[IPv4Address | IPv6Address]:
    """Addresses as a box would dial them, for hosts that are given as addresses."""
    if problem := judge_host(host, Policy(private=False, own_networks=())):
        raise Invalid(problem)
    return [IPv4Address("192.0.2.1")]


@asynccontextmanager
async def open_site(
    data_dir: Path,
    *,
    work: Work = _nothing,
    routes: list[ControllerRouterHandler] | None = None,
    pause: Callable[[int, float], timedelta] = next_pause,
    **settings: Any,
) -> AsyncIterator[InProcess]:
    """A site on a store of its own in `data_dir`."""
    bus = Bus()
    store = await Store.open(data_dir, bus)
    queue = Queue(work, on_end=store.logs.wake)
    engine = Engine(f"unix://{data_dir}/no-engine.sock", "unit")
    chosen = Settings(data_dir=data_dir, **{"rate_limit": 0, "disk_floor_mb": 0} | settings)
    pipeline = Pipeline(
        store=store,
        engine=engine,
        queue=queue,
        rooms=None,  # type: ignore[arg-type]  # networks need an engine: tests/contract has one
        serving=None,  # type: ignore[arg-type]  # so do containers
        commands=None,  # type: ignore[arg-type]  # and what runs in them
        presence=Presence(store=store, bus=bus),
        fetcher=Fetcher(chosen, store, judge),
        puller=Puller(
            chosen,
            store,
            Images(engine),
            Keyring(chosen, store),
            ImagePulls(Images(engine), store.pulls, store.private_images, Keyring(chosen, store)),
            judge,
        ),
        swaps=ProjectLocks(),
        limits=ArchiveLimits(1000, 10_000_000),
    )
    courier = Courier(
        store,
        bus,
        Policy(chosen.webhook_private, (chosen.network_pool,)),
        url_of=lambda slug: f"http://{slug}.{chosen.domain}",
        version="test",
        pause=pause,
    )
    box = Box(
        chosen,
        store,
        pipeline,
        bus,
        custom_domains(chosen, store),
        courier,
        lambda host: f"http://{host}",
    )
    routed = route_site(routes) if routes else _IDLE.pop() if _IDLE else route_site(api_routes())
    transport = httpx.ASGITransport(serve_at(box, routed))  # type: ignore[arg-type]
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
            site = InProcess(box, client, await ensure_admin(store))
            client.headers.update(await site.key_of(site.admin))
            yield site
    finally:
        await courier.close()
        await queue.close()
        await engine.close()
        await store.close()
        if not routes:
            _IDLE.append(routed)
