"""From rows to routes: what of a project is served, and where."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from sotabox.events import Bus
from sotabox.model.domain import Domain, DomainStatus
from sotabox.model.project import Project
from sotabox.model.user import Role
from sotabox.pipeline.routes import Routes
from sotabox.router.process import Caddy
from sotabox.router.terms import CustomHost, Route
from sotabox.router.upstream import Upstreams
from sotabox.store.store import Store


@dataclass
class World:
    """A store with a project, the routes of it, and what was told of them."""

    store: Store
    project: Project
    routes: Routes
    told: list[Sequence[Route]] = field(default_factory=list)

    async def add(self, domain: str, status: DomainStatus, to: str | None = None) -> None:
        added = await self.store.domains.insert(self.project.id, domain, "example.org", to, 9)
        assert isinstance(added, Domain)
        await self.store.domains.record(added.id, status=status)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = await Store.open(tmp_path, Bus())
    user = await store.users.insert("ada@box.test", Role.MEMBER, None)
    assert user
    project = await store.projects.insert(user.id, "Shop", "shop")
    assert project
    told: list[Sequence[Route]] = []
    no_caddy = cast("Caddy", None)  # reading asks nothing of it
    upstreams = Upstreams(tmp_path / "upstreams")
    routes = Routes(store, no_caddy, upstreams, lambda slug: f"{slug}.box.test", told.append)
    yield World(store, project, routes, told)
    await store.close()


async def test_read_serves_domains_from_their_verification_on(world: World) -> None:
    """Pending ones are not served; one with its certificate is Caddy's to keep."""
    await world.add("a.example.org", DomainStatus.PENDING)
    await world.add("b.example.org", DomainStatus.VERIFIED)
    await world.add("c.example.org", DomainStatus.ACTIVE)
    (route,) = await world.routes.read()
    assert route.hosts == ("shop.box.test",)
    assert route.domains == (
        CustomHost("b.example.org"),
        CustomHost("c.example.org", certified=True),
    )


async def test_read_redirects_only_to_what_is_served(world: World) -> None:
    """Nobody is sent to a name that does not answer yet."""
    await world.add("example.org", DomainStatus.PENDING)
    await world.add("www.example.org", DomainStatus.ACTIVE, "example.org")
    await world.add("old.example.org", DomainStatus.ACTIVE, "shop.box.test")
    (route,) = await world.routes.read()
    assert {domain.name: domain.redirect_to for domain in route.domains} == {
        "www.example.org": None,
        "old.example.org": "shop.box.test",
    }


async def test_read_tells_the_routes_before_caddy_has_them(world: World) -> None:
    """What was removed is unknown to the question for certificates at once."""
    routes = await world.routes.read()
    assert world.told == [routes]


async def test_read_leaves_out_a_project_that_goes(world: World) -> None:
    """Its domains are not answered to from the first moment on."""
    await world.add("example.org", DomainStatus.ACTIVE)
    await world.store.projects.mark_deleting(world.project.id)
    assert await world.routes.read() == []


@pytest.mark.parametrize("domain", ["box.test", "api.box.test", "shop.box.test", "*.box.test"])
async def test_read_leaves_out_what_became_the_box_s_own_name(world: World, domain: str) -> None:
    """A box that was renamed starts, whatever domains its projects had before."""
    await world.add(domain, DomainStatus.ACTIVE)
    (route,) = await world.routes.read()
    assert route.domains == ()


async def test_route_has_a_slot_for_each_address_of_its_file(world: World) -> None:
    """A start after a kill finds as many replicas as visitors are sent to, whatever rows say."""
    upstreams = Upstreams(world.store.folders.root / "upstreams")
    upstreams.prepare()
    assert [route.slots for route in await world.routes.read()] == [1]
    upstreams.point(world.project.id, "10.9.0.2:80 10.9.0.3:80 10.9.0.4:80")
    assert [route.slots for route in await world.routes.read()] == [3]
