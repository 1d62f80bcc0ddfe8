"""What a project has on the box besides rows: its network, upstream file, route, images, files."""

import asyncio
import logging
from dataclasses import dataclass

from sotabox.engine.client import EngineError
from sotabox.engine.containers import Containers
from sotabox.engine.images import Images
from sotabox.engine.networks import Networks
from sotabox.engine.releases import let_go
from sotabox.errors import RouterUnavailable, Unavailable
from sotabox.events import Bus, ProjectChanged
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment
from sotabox.model.origin import ImageOrigin
from sotabox.model.project import Project
from sotabox.pipeline.commands import Commands
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.queue import Queue
from sotabox.pipeline.routes import Routes
from sotabox.router.upstream import Upstreams
from sotabox.store.store import Store

_PAGE = 100
#: A new project does not wait longer for an engine that hangs: its network can come later.
_NETWORK_PATIENCE_S = 5

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRooms:
    """Makes a project's rooms, and clears them."""

    store: Store
    bus: Bus
    containers: Containers
    images: Images
    networks: Networks
    upstreams: Upstreams
    routes: Routes
    queue: Queue
    drains: Drains
    commands: Commands
    swaps: ProjectLocks
    waiting_target: str

    async def provision(self, project: Project) -> None:
        """Rooms for a new project.

        A part that can't be had now does not keep the other from being made, and is made good
        later: the network by the first deployment, the route by Caddy's next start.
        """
        if self.upstreams.read(project.id) is None:
            await asyncio.to_thread(self.upstreams.point, project.id, self.waiting_target)
        reach(FaultPoint.PROJECT_POINTED)
        outcomes = await asyncio.gather(
            self.routes.apply(), self._ensure_soon(project), return_exceptions=True
        )
        for error in filter(None, outcomes):
            if not isinstance(error, Unavailable | EngineError):
                raise error
            _logger.warning("%s is not complete yet: %s", project.slug, error)
        self.bus.publish(ProjectChanged(project.id))

    async def _ensure_soon(self, project: Project) -> None:
        try:
            async with asyncio.timeout(_NETWORK_PATIENCE_S):
                await self.ensure(project)
        except TimeoutError as error:
            raise Unavailable(
                f"the engine made no network within {_NETWORK_PATIENCE_S:g} s"
            ) from error

    async def ensure(self, project: Project) -> None:
        """The project's network is there."""
        await self.networks.ensure(project.id, project.slug)

    async def dismantle(self, project: Project) -> None:
        """Removes everything of a project, rows last; a box killed in the middle does it again.

        Raises:
            EngineUnavailable: containers are still there; the next start goes on.
        """
        await self.queue.cancel_project(project.id)
        try:
            await self.routes.apply()
        except RouterUnavailable as error:
            _logger.warning("the route of %s goes with Caddy's next start: %s", project.slug, error)
        async with self.swaps.of(project.id):  # a repair under way would make a container anew
            await self.clear(project.id)
        reach(FaultPoint.PROJECT_CLEARED)
        await self._let_go_of_pulled(project)
        await self._remove_files(project)
        await self.store.projects.delete(project.id)
        reach(FaultPoint.PROJECT_FORGOTTEN)
        self.upstreams.remove(project.id)
        self.bus.publish(ProjectChanged(project.id))

    async def clear(self, project_id: str) -> None:
        """Removes what the engine holds of a project."""
        await self.drains.abandon(project_id)
        await self.commands.end_project(project_id)
        containers = await self.containers.list_ours(project_id)
        await asyncio.gather(*(self.containers.remove(container.id) for container in containers))
        await self.networks.remove(project_id)
        for image in await self.images.list_ours(project_id):
            await self.images.remove(image.id)

    async def _let_go_of_pulled(self, project: Project) -> None:
        """Takes our names from images that carry no label of ours, as others have built them."""
        kept = await self.store.releases.kept(project.id)
        pulled = [d for d in kept if isinstance(d.origin, ImageOrigin)]
        if pulled:
            await let_go(self.images, pulled)

    async def _remove_files(self, project: Project) -> None:
        before: int | None = None
        while page := await self.store.deployments.page(project.id, before, _PAGE):
            for deployment in page:
                self._remove_files_of(deployment)
            before = page[-1].number

    def _remove_files_of(self, deployment: Deployment) -> None:
        self.store.folders.archive(deployment.id).unlink(missing_ok=True)
        self.store.logs.delete(deployment.id)
