"""Domains on their way, with real DNS and a real store; Caddy's part is the test's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from sotabox.domains.addresses import Addresses
from sotabox.domains.resolver import Resolver
from sotabox.domains.watch import DomainWatch
from sotabox.errors import RouterUnavailable, Unavailable
from sotabox.events import Bus, DomainChanged
from sotabox.model.domain import Domain, DomainStatus
from sotabox.model.project import Project
from sotabox.model.times import parse_time
from sotabox.model.user import Role
from sotabox.store.store import Store
from tests.machine.name_server import NameServer


@dataclass
class World:
    """A watch that runs, its store, and what it asked of the router."""

    store: Store
    bus: Bus
    project: Project
    watch: DomainWatch = field(init=False)
    applied: asyncio.Event = field(default_factory=asyncio.Event)
    served: list[tuple[str, ...]] = field(default_factory=list)
    obtained: list[str] = field(default_factory=list)
    refusal: str | None = None
    fault: Exception | None = None
    router_is_away: bool = False

    async def apply_routes(self) -> None:
        if self.router_is_away:
            raise RouterUnavailable("Caddy is not running")
        names = [f"{d.domain}:{d.status}" for d in await self.store.domains.served()]
        self.served.append(tuple(names))
        self.applied.set()

    async def until_served(self, *routes: tuple[str, ...]) -> None:
        """Returns when these routes were in force, one after the other, and no others."""
        async with asyncio.timeout(10):
            while len(self.served) < len(routes):
                self.applied.clear()
                await self.applied.wait()
        assert self.served == list(routes)

    async def obtain(self, name: str) -> str | None:
        self.obtained.append(name)
        if self.fault is not None:
            raise self.fault
        return self.refusal

    async def add(self, domain: str) -> Domain:
        added = await self.store.domains.insert(self.project.id, domain, "example.org", None, 5)
        assert isinstance(added, Domain)
        self.watch.wake()
        return added

    async def until(self, domain: Domain, status: DomainStatus, error: str | None) -> Domain:
        """The domain, once it is like that; waits for news of it."""
        with self.bus.subscribe() as news:
            async with asyncio.timeout(10):
                changes = aiter(news)
                while True:
                    (now,) = await self.store.domains.of_project(self.project.id)
                    if (now.status, now.error_message) == (status, error) and now.last_checked_at:
                        return now
                    assert isinstance(await anext(changes), DomainChanged)


@pytest.fixture
async def world(tmp_path: Path, dns: NameServer) -> AsyncIterator[World]:
    bus = Bus()
    store = await Store.open(tmp_path, bus)
    user = await store.users.insert("ada@box.test", Role.MEMBER, None)
    assert user
    project = await store.projects.insert(user.id, "Shop", "shop")
    assert project
    resolver = Resolver(dns.address)
    world = World(store, bus, project)
    world.watch = DomainWatch(
        store=store,
        resolver=resolver,
        addresses=Addresses("203.0.113.7", "box.test", resolver),
        app_host=lambda slug: f"{slug}.box.test",
        apply_routes=world.apply_routes,
        obtain_certificate=world.obtain,
    )
    task = asyncio.create_task(world.watch.run(), name="watch domains")
    yield world
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await store.close()


def leads_here(dns: NameServer, name: str) -> None:
    dns.records[name] = [("CNAME", "shop.box.test")]


async def test_domain_goes_from_pending_to_active(world: World, dns: NameServer) -> None:
    """Served as soon as it is verified; managed by Caddy as soon as its certificate is there."""
    leads_here(dns, "a.example.org")
    active = await world.until(await world.add("a.example.org"), DomainStatus.ACTIVE, None)
    await world.until_served(("a.example.org:verified",), ("a.example.org:active",))
    assert world.obtained == ["a.example.org"]
    assert active.verified_at
    waits_s = parse_time(active.next_check_at) - parse_time(active.last_checked_at or "")
    assert waits_s.total_seconds() == 3600


async def test_domain_without_a_record_waits_a_minute(world: World) -> None:
    """It says what is missing, and nothing is asked of the router."""
    domain = await world.add("a.example.org")
    pending = await world.until(
        domain,
        DomainStatus.PENDING,
        "a.example.org has no record in DNS yet; expected: CNAME a → shop.box.test",
    )
    waits_s = parse_time(pending.next_check_at) - parse_time(pending.last_checked_at or "")
    assert waits_s.total_seconds() == 60
    assert (world.served, world.obtained) == ([], [])


async def test_domain_is_looked_at_again_when_its_time_has_come(
    world: World, dns: NameServer
) -> None:
    """Nobody has to do anything after DNS is right."""
    domain = await world.add("a.example.org")
    words = "a.example.org has no record in DNS yet; expected: CNAME a → shop.box.test"
    await world.until(domain, DomainStatus.PENDING, words)
    leads_here(dns, "a.example.org")
    await world.store.domains.record(domain.id, next_check_at="2026-01-01T00:00:00.000Z")
    world.watch.wake()
    await world.until(domain, DomainStatus.ACTIVE, None)


async def test_domain_without_certificate_is_served_and_says_why(
    world: World, dns: NameServer
) -> None:
    """The authority's words reach the person; the domain stays verified and is tried again."""
    leads_here(dns, "a.example.org")
    world.refusal = "too many certificates already issued"
    domain = await world.add("a.example.org")
    await world.until(domain, DomainStatus.VERIFIED, world.refusal)
    assert world.served == [("a.example.org:verified",)]
    world.refusal = None
    await world.store.domains.record(domain.id, next_check_at="2026-01-01T00:00:00.000Z")
    world.watch.wake()
    await world.until(domain, DomainStatus.ACTIVE, None)


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (RuntimeError("odd"), "The box met a fault of its own; its log says more"),
        (Unavailable("Caddy is odd"), "Caddy is odd"),
    ],
    ids=["of ours", "known"],
)
async def test_domain_whose_check_breaks_waits_for_its_time_like_any_other(
    world: World, dns: NameServer, fault: Exception, shown: str
) -> None:
    """A fault shows with the domain, and is not met again every second."""
    world.fault = fault
    leads_here(dns, "a.example.org")
    domain = await world.until(await world.add("a.example.org"), DomainStatus.VERIFIED, shown)
    assert domain.last_checked_at is not None
    assert parse_time(domain.next_check_at) - parse_time(domain.last_checked_at) >= timedelta(
        seconds=60
    )
    assert world.obtained == ["a.example.org"]


async def test_domain_is_verified_while_the_router_is_away(world: World, dns: NameServer) -> None:
    """Its next start serves the domain: the row is what counts."""
    leads_here(dns, "a.example.org")
    world.router_is_away = True
    await world.until(await world.add("a.example.org"), DomainStatus.ACTIVE, None)


async def test_active_domain_whose_dns_moved_says_so_and_stays(
    world: World, dns: NameServer
) -> None:
    """A slip at the registrar is shown, and takes nothing down."""
    leads_here(dns, "a.example.org")
    domain = await world.until(await world.add("a.example.org"), DomainStatus.ACTIVE, None)
    dns.records["a.example.org"] = [("A", "198.51.100.9")]
    await world.store.domains.record(domain.id, next_check_at="2026-01-01T00:00:00.000Z")
    world.watch.wake()
    await world.until(
        domain,
        DomainStatus.ACTIVE,
        "a.example.org points to 198.51.100.9, not to this box; expected: CNAME a → shop.box.test",
    )


async def test_wildcard_is_active_without_a_certificate(world: World, dns: NameServer) -> None:
    """A name that nobody set is looked up; each name gets its certificate when it is visited."""
    leads_here(dns, "*.example.org")
    await world.until(await world.add("*.example.org"), DomainStatus.ACTIVE, None)
    assert world.obtained == []
    assert any(name.startswith("sotabox-") for name in dns.asked)


async def test_domain_that_was_removed_meanwhile_is_not_served(
    world: World, dns: NameServer
) -> None:
    """A check under way does not bring it back."""
    leads_here(dns, "a.example.org")
    domain = await world.store.domains.insert(
        world.project.id, "a.example.org", "example.org", None, 5
    )
    assert isinstance(domain, Domain)
    await world.store.domains.delete(domain.id, world.project.id)
    await world.watch.check(domain)
    assert (world.served, world.obtained) == ([], [])
    assert await world.store.domains.of_project(world.project.id) == []


async def test_many_domains_are_all_looked_at(world: World, dns: NameServer) -> None:
    """More than are looked at at once: none is left behind."""
    projects = [world.project]
    for number in range(9):
        project = await world.store.projects.insert(world.project.user_id, "P", f"p{number}")
        assert project
        projects.append(project)
    with world.bus.subscribe() as news:
        for project in projects:
            name = f"{project.slug}.example.org"
            dns.records[name] = [("A", "203.0.113.7")]
            for prefix in ("", "a.", "b."):
                dns.records[prefix + name] = [("A", "203.0.113.7")]
                await world.store.domains.insert(project.id, prefix + name, "example.org", None, 5)
        world.watch.wake()
        async with asyncio.timeout(20):
            async for _ in news:
                served = await world.store.domains.served()
                if sum(domain.status is DomainStatus.ACTIVE for domain in served) == 30:
                    break
    assert len(world.obtained) == 30
