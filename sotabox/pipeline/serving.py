"""What happens to a project's running version between deployments: other limits, a pause."""

import asyncio
from dataclasses import dataclass

from sotabox.engine.containers import Containers
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.project import Project
from sotabox.pipeline.commands import Commands
from sotabox.pipeline.drain import Drains
from sotabox.pipeline.limits import PlanLimits
from sotabox.pipeline.locks import ProjectLocks
from sotabox.pipeline.queue import Queue
from sotabox.pipeline.terms import terms_of
from sotabox.router.upstream import Upstreams
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.uninterrupted import uninterrupted


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Changes how a project's version serves, or whether it does."""

    settings: Settings
    store: Store
    containers: Containers
    limits: PlanLimits
    upstreams: Upstreams
    drains: Drains
    commands: Commands
    queue: Queue
    swaps: ProjectLocks
    paused_target: str

    async def grant(self, project: Project) -> None:
        """Gives each running container today's limits; memory is only added.

        Raises:
            EngineUnavailable, EngineError: some keep the limits that they have.
        """
        running = await self.store.deployments.running(project.id)
        if running is not None:
            limits = await self.limits.of(project)
            for container_id in running.container_ids:
                await self.containers.grant(container_id, limits)

    async def pause(self, project: Project) -> None:
        """Sends visitors to the page that says so, lets requests finish, ends all containers.

        What waits or is under way ends as well. Once the rows say that the project is paused, a
        start after a kill does the rest.
        """
        async with self.swaps.of(project.id):
            await uninterrupted(self._pause(project))
        await self.queue.cancel_project(project.id)
        await self.commands.end_project(project.id)

    async def _pause(self, project: Project) -> None:
        stopped = await self.store.deployments.pause(project.id)
        reach(FaultPoint.PAUSE_NOTED)
        await asyncio.to_thread(self.upstreams.point, project.id, self.paused_target)
        terms = await terms_of(self.store, self.settings, project)
        for deployment in stopped:
            self.drains.begin(project.id, deployment.replicas, timeout_s=terms.drain_timeout_s)
