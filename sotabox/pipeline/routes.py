"""Hostnames to projects: read from the store, put in force by the router."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from sotabox.model.domain import Domain, DomainStatus
from sotabox.model.project import Project
from sotabox.router.balance import count_addresses, slot_count
from sotabox.router.process import Caddy
from sotabox.router.terms import CustomHost, Route
from sotabox.router.upstream import Upstreams
from sotabox.store.store import Store

_logger = logging.getLogger(__name__)


class Routes:
    """Keeps the router's hosts what the store says; a deploy does not touch them."""

    def __init__(
        self,
        store: Store,
        caddy: Caddy,
        upstreams: Upstreams,
        host_of: Callable[[str], str],
        tell: Callable[[Sequence[Route]], None],
    ) -> None:
        """The routes of a store.

        Args:
            host_of: a project's host below the box's own domain, by its slug.
            tell: is given the routes before Caddy is, so that what was removed is unknown at once.
        """
        self._store = store
        self._caddy = caddy
        self._upstreams = upstreams
        self._host_of = host_of
        self._tell = tell
        self._turn = asyncio.Lock()
        self._asked = 0
        self._served = 0
        self._coming: dict[str, set[int]] = {}  # numbers of addresses that a file is about to hold
        self._slots: dict[str, int] = {}  # in force, by project

    async def read(self) -> list[Route]:
        """The routes of all projects that are not on their way out."""
        domains = defaultdict[str, list[Domain]](list)
        for domain in await self._store.domains.served():
            if self._is_of_the_box(domain.domain):
                _logger.warning("%s is not served: this box has that name now", domain.domain)
            else:
                domains[domain.project_id].append(domain)
        upstreams = await asyncio.to_thread(self._upstreams.known)
        numbers = await self._store.deployments.replica_numbers()
        routes = [
            self._route(
                project,
                domains[project.id],
                slot_count(
                    {
                        count_addresses(upstreams.get(project.id)),
                        *numbers.get(project.id, ()),
                        *self._coming.get(project.id, ()),
                    }
                ),
            )
            for project in await self._store.projects.all()
            if not project.deleting
        ]
        self._tell(routes)
        return routes

    async def apply(self) -> None:
        """Puts today's routes in force.

        Those who ask while one change is loaded share the next: each reload costs clients their idle
        connections, so that few are better than many.

        Raises:
            RouterUnavailable: Caddy is away; its next start puts them in force.
        """
        self._asked += 1
        mine = self._asked
        async with self._turn:
            if self._served >= mine:
                return
            serving = self._asked
            routes = await self.read()
            self._slots = {}  # should it fail, nobody knows
            await self._caddy.apply(routes)
            self._slots = {route.project_id: route.slots for route in routes}
            self._served = serving

    @asynccontextmanager
    async def room_for(self, project_id: str, addresses: int) -> AsyncIterator[None]:
        """For the time of the block a project's upstream may hold so many addresses.

        Takes a reload only where the project never had that many; none for a single one.

        Raises:
            RouterUnavailable: Caddy is away, and its route can't hold them.
        """
        held = count_addresses(self._upstreams.read(project_id))
        if addresses == held == 1:
            yield
            return
        self._coming[project_id] = {addresses, held}
        try:
            numbers = await self._store.deployments.replica_numbers()
            wanted = slot_count({addresses, held, *numbers.get(project_id, ())})
            async with self._turn:  # a change that is under way may not know of this one
                fits = self._slots.get(project_id) == wanted
            if not fits:
                await self.apply()
            yield
        finally:
            del self._coming[project_id]

    def _is_of_the_box(self, name: str) -> bool:
        """Whether a domain is the box's own, as after the box was given another name."""
        box_domain = self._host_of("app").partition(".")[2]
        return name == box_domain or name.endswith(f".{box_domain}")

    def _route(self, project: Project, domains: Sequence[Domain], slots: int) -> Route:
        host = self._host_of(project.slug)
        served = {host, *(domain.domain for domain in domains)}
        return Route(
            hosts=(host,),
            project_id=project.id,
            upstream_file=str(self._upstreams.path(project.id)),
            slots=slots,
            domains=tuple(
                CustomHost(
                    domain.domain,
                    # Until its target is served as well, it shows the app itself.
                    redirect_to=domain.redirect_to if domain.redirect_to in served else None,
                    certified=domain.status is DomainStatus.ACTIVE,
                )
                for domain in domains
            ),
        )
