"""Hostnames to projects: read from the store, put in force by the router."""

import asyncio
from collections.abc import Callable

from sotabox.model.project import Project
from sotabox.router.config import Route
from sotabox.router.process import Caddy
from sotabox.router.upstream import Upstreams
from sotabox.store.store import Store


class Routes:
    """Keeps the router's hosts what the store says; a deploy does not touch them."""

    def __init__(
        self, store: Store, caddy: Caddy, upstreams: Upstreams, host_of: Callable[[str], str]
    ) -> None:
        self._store = store
        self._caddy = caddy
        self._upstreams = upstreams
        self._host_of = host_of
        self._turn = asyncio.Lock()
        self._asked = 0
        self._served = 0

    async def read(self) -> list[Route]:
        """The routes of all projects that are not on their way out."""
        projects = await self._store.projects.all()
        return [self._route(project) for project in projects if not project.deleting]

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
            await self._caddy.apply(await self.read())
            self._served = serving

    def _route(self, project: Project) -> Route:
        return Route(
            hosts=(self._host_of(project.slug),),
            project_id=project.id,
            upstream_file=str(self._upstreams.path(project.id)),
        )
